"""What browser sessions leave in SQL: consents, and who took part."""

from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.adapters.sql.db import Database
from app.adapters.sql.sweeping import BEFORE, sweep_of
from app.adapters.sql.tables import consents, session_clients
from app.core.kernel.ids import ClientId, PoolId, Sub
from app.core.sessions.model import Participant

_SWEEP = sweep_of(session_clients.c.expires_at, limit=20)


class SqlConsents:
    """The ``ConsentStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        upsert: Any = sqlite.insert if database.is_sqlite else postgresql.insert
        self._add = upsert(consents).on_conflict_do_nothing()

    def find_scopes(self, pool_id: PoolId, sub: Sub, client_id: ClientId) -> frozenset[str]:
        c = consents.c
        mine = and_(c.pool_id == pool_id, c.sub == sub, c.client_id == client_id)
        with self._database.connection() as connection:
            return frozenset(connection.execute(select(c.scope).where(mine)).scalars())

    def add_scopes(self, pool_id: PoolId, sub: Sub, client_id: ClientId, scopes: tuple[str, ...], *, at: int) -> None:
        if not scopes:
            return
        rows = [
            {"pool_id": pool_id, "sub": sub, "client_id": client_id, "scope": scope, "created_at": at}
            for scope in scopes
        ]
        with self._database.writing() as connection:
            connection.execute(self._add, rows)


class SqlParticipants:
    """The ``ParticipantStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        upsert: Any = sqlite.insert if database.is_sqlite else postgresql.insert
        inserted = upsert(session_clients)
        self._add = inserted.on_conflict_do_update(
            index_elements=["pool_id", "sid", "client_id"], set_={"expires_at": inserted.excluded.expires_at}
        )

    def add(self, participant: Participant) -> None:
        row = {
            "pool_id": participant.pool_id,
            "sid": participant.sid,
            "client_id": participant.client_id,
            "sub": participant.sub,
            "expires_at": participant.expires_at,
        }
        with self._database.connection() as connection:
            connection.execute(self._add, row)

    def take_session(self, pool_id: PoolId, sid: str, *, now: int) -> list[Participant]:
        return self._take(and_(session_clients.c.pool_id == pool_id, session_clients.c.sid == sid), now)

    def take_user(self, pool_id: PoolId, sub: Sub, *, now: int) -> list[Participant]:
        return self._take(and_(session_clients.c.pool_id == pool_id, session_clients.c.sub == sub), now)

    def _take(self, which: ColumnElement[bool], now: int) -> list[Participant]:
        with self._database.writing() as connection:
            rows = connection.execute(delete(session_clients).where(which).returning(session_clients)).all()
            connection.execute(_SWEEP, {BEFORE: now})
        return [
            Participant(
                pool_id=PoolId(row.pool_id),
                sid=row.sid,
                sub=Sub(row.sub),
                client_id=ClientId(row.client_id),
                expires_at=row.expires_at,
            )
            for row in sorted(rows, key=lambda row: (row.client_id, row.sid))
            if row.expires_at > now
        ]
