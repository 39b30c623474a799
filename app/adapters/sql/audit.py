from itertools import count

from sqlalchemy import bindparam, insert

from app.adapters.sql.db import Database
from app.adapters.sql.prepared import Prepared
from app.adapters.sql.sweeping import BEFORE, sweep_of
from app.adapters.sql.tables import audit
from app.core.audit.model import AuditEvent
from app.core.kernel.clock import Clock
from app.core.kernel.ids import new_uuid

_DAY = 86400
_TURNS = 16
_SWEEP = sweep_of(audit.c.at, audit.c.pool_id == bindparam("its_pool"), limit=4 * _TURNS)
_SWEEP_OF_NO_POOL = sweep_of(audit.c.at, audit.c.pool_id.is_(None), limit=4 * _TURNS)
"""Old rows of the pool that is written for, so that the index serves it: every few rows, four times as many as came."""
_APPEND = Prepared(insert(audit))


class SqlAuditLog:
    """The ``AuditLog``. Rows leave after ``days`` as others are written, so that nothing is kept for ever."""

    def __init__(self, database: Database, clock: Clock, *, days: int = 90) -> None:
        self._database = database
        self._clock = clock
        self._seconds = days * _DAY
        self._turn = count()

    def record(self, event: AuditEvent) -> None:
        now = self._clock.now()
        if next(self._turn) % _TURNS == 0:
            self._sweep(event.pool_id, now - self._seconds)
        self._database.run(
            _APPEND,
            {
                "id": new_uuid(),
                "at": now,
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

    def _sweep(self, pool_id: str | None, before: int) -> None:
        with self._database.connection() as connection:
            if pool_id is None:
                connection.execute(_SWEEP_OF_NO_POOL, {BEFORE: before})
            else:
                connection.execute(_SWEEP, {BEFORE: before, "its_pool": pool_id})
