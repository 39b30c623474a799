from typing import Any

from sqlalchemy import Connection, and_, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.adapters.sql.db import Database
from app.adapters.sql.sweeping import sweep
from app.adapters.sql.tables import ephemeral
from app.core.kernel.clock import Clock

_SWEEP = 10
"""Expired rows that one write removes: more than it adds, so the table stays bounded without a job."""


class SqlEphemeral:
    """The ``Ephemeral`` port in one table; each method is one statement or one short transaction, right across processes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._insert: Any = sqlite.insert if database.is_sqlite else postgresql.insert

    def put(self, kind: str, key: str, value: str, *, expires_at: int) -> None:
        row = {"kind": kind, "key": key, "value": value, "count": None, "expires_at": expires_at}
        statement = self._insert(ephemeral).values(row).on_conflict_do_update(index_elements=["kind", "key"], set_=row)
        with self._database.writing() as connection:
            self._sweep(connection)
            connection.execute(statement)

    def add_once(self, kind: str, key: str, value: str, *, expires_at: int) -> bool:
        row = {"kind": kind, "key": key, "value": value, "count": None, "expires_at": expires_at}
        statement = (
            self._insert(ephemeral)
            .values(row)
            .on_conflict_do_update(
                index_elements=["kind", "key"], set_=row, where=ephemeral.c.expires_at <= self._clock.now()
            )
            .returning(ephemeral.c.key)
        )
        with self._database.writing() as connection:
            self._sweep(connection)
            return connection.execute(statement).one_or_none() is not None

    def find(self, kind: str, key: str) -> str | None:
        with self._database.connection() as connection:
            return connection.execute(select(ephemeral.c.value).where(self._live(kind, key))).scalar_one_or_none()

    def take(self, kind: str, key: str) -> str | None:
        statement = delete(ephemeral).where(self._live(kind, key)).returning(ephemeral.c.value)
        with self._database.connection() as connection:
            return connection.execute(statement).scalar_one_or_none()

    def swap(self, kind: str, key: str, *, old: str | None, new: str, expires_at: int) -> bool:
        if old is None:
            return self.add_once(kind, key, new, expires_at=expires_at)
        statement = (
            update(ephemeral)
            .where(self._live(kind, key), ephemeral.c.value == old)
            .values(value=new, expires_at=expires_at)
            .returning(ephemeral.c.key)
        )
        with self._database.connection() as connection:
            return connection.execute(statement).one_or_none() is not None

    def count(self, kind: str, key: str, *, expires_at: int, by: int = 1) -> int:
        now = self._clock.now()
        row = {"kind": kind, "key": key, "value": None, "count": by, "expires_at": expires_at}
        expired = ephemeral.c.expires_at <= now
        statement = (
            self._insert(ephemeral)
            .values(row)
            .on_conflict_do_update(
                index_elements=["kind", "key"],
                set_={
                    "count": case((expired, by), else_=ephemeral.c.count + by),
                    "expires_at": case((expired, expires_at), else_=ephemeral.c.expires_at),
                },
            )
            .returning(ephemeral.c.count)
        )
        with self._database.writing() as connection:
            self._sweep(connection)
            return int(connection.execute(statement).scalar_one())

    def remove(self, kind: str, key: str) -> None:
        with self._database.connection() as connection:
            connection.execute(delete(ephemeral).where(ephemeral.c.kind == kind, ephemeral.c.key == key))

    def _live(self, kind: str, key: str) -> Any:
        return and_(ephemeral.c.kind == kind, ephemeral.c.key == key, ephemeral.c.expires_at > self._clock.now())

    def _sweep(self, connection: Connection) -> None:
        sweep(connection, ephemeral, ephemeral.c.expires_at <= self._clock.now(), limit=_SWEEP)
