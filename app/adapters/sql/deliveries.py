from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update

from app.adapters.sql.db import Database
from app.adapters.sql.tables import deliveries
from app.core.deliveries.model import Delivery
from app.core.deliveries.ports import PayloadLost
from app.core.kernel.sealing import Sealer, Unsealable


def delivery_row(delivery_id: str) -> str:
    """The associated data under which a payload is sealed."""
    return f"deliveries:{delivery_id}"


class SqlDeliveries:
    """The ``DeliveryStore``."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def add(self, delivery: Delivery) -> None:
        sealed = self._sealer.seal(delivery.payload.encode(), row=delivery_row(delivery.delivery_id))
        with self._database.connection() as connection:
            connection.execute(
                insert(deliveries).values(
                    id=delivery.delivery_id,
                    kind=delivery.kind,
                    sealed=sealed,
                    created_at=delivery.created_at,
                    due_at=delivery.due_at,
                    tries=delivery.tries,
                )
            )

    def claim(self, *, now: int, until: int) -> Delivery | None:
        c = deliveries.c
        due = and_(c.due_at <= now, or_(c.claimed_until.is_(None), c.claimed_until <= now))
        oldest = select(c.id).where(due).order_by(c.due_at, c.id).limit(1)
        with self._database.connection() as connection:
            # Looking first keeps an idle poll from taking SQLite's only write lock.
            if connection.execute(oldest).scalar_one_or_none() is None:
                return None
            # The condition stands in the update too: whoever comes second finds it no longer true.
            row = connection.execute(
                update(deliveries)
                .where(c.id == oldest.with_for_update(skip_locked=True).scalar_subquery(), due)
                .values(claimed_until=until, tries=c.tries + 1)
                .returning(c.id, c.kind, c.sealed, c.created_at, c.due_at, c.tries)
            ).one_or_none()
        if row is None:
            return None
        try:
            payload = self._sealer.unseal(row.sealed, row=delivery_row(row.id)).decode()
        except Unsealable as error:
            with self._database.connection() as connection:
                connection.execute(delete(deliveries).where(c.id == row.id, c.tries == row.tries))
            raise PayloadLost(row.id) from error
        return Delivery(
            delivery_id=row.id,
            kind=row.kind,
            payload=payload,
            created_at=row.created_at,
            due_at=row.due_at,
            tries=row.tries,
        )

    def count_waiting(self) -> int:
        """How many are queued, due or not."""
        with self._database.connection() as connection:
            return connection.execute(select(func.count()).select_from(deliveries)).scalar_one()

    def remove(self, delivery: Delivery) -> None:
        with self._database.connection() as connection:
            connection.execute(delete(deliveries).where(self._held(delivery)))

    def postpone(self, delivery: Delivery, *, due_at: int) -> None:
        with self._database.connection() as connection:
            connection.execute(update(deliveries).where(self._held(delivery)).values(due_at=due_at, claimed_until=None))

    def _held(self, delivery: Delivery) -> Any:
        return and_(deliveries.c.id == delivery.delivery_id, deliveries.c.tries == delivery.tries)
