from sqlalchemy import insert

from app.adapters.sql.db import Database
from app.adapters.sql.tables import audit
from app.core.audit.model import AuditEvent
from app.core.kernel.clock import Clock
from app.core.kernel.ids import new_uuid

_APPEND = insert(audit)


class SqlAuditLog:
    """The ``AuditLog``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(self, event: AuditEvent) -> None:
        with self._database.connection() as connection:
            connection.execute(
                _APPEND,
                {
                    "id": new_uuid(),
                    "at": self._clock.now(),
                    "pool_id": event.pool_id,
                    "event": event.event,
                    "outcome": event.outcome,
                    "sub": event.sub,
                    "client_id": event.client_id,
                    "address": event.address,
                    "request_id": event.request_id,
                    "detail": dict(event.detail),
                },
            )
