from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Text, and_, bindparam, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.adapters.sql.db import Database
from app.adapters.sql.prepared import Prepared
from app.adapters.sql.sweeping import BEFORE, sweep_of
from app.adapters.sql.tables import ephemeral
from app.core.kernel.clock import Clock

# Statements are built once: building one takes longer than running it, and these run in every sign-in.
_KIND, _KEY, _VALUE = (bindparam(name, type_=Text) for name in ("its_kind", "its_key", "its_value"))
_NOW, _UNTIL, _BY = (bindparam(name, type_=BigInteger) for name in ("now", "until", "by"))
_NAMED = and_(ephemeral.c.kind == _KIND, ephemeral.c.key == _KEY)
_LIVE = and_(_NAMED, ephemeral.c.expires_at > _NOW)
_EXPIRED = ephemeral.c.expires_at <= _NOW

_SWEEP = Prepared(sweep_of(ephemeral.c.expires_at, limit=10))
"""Ten expired rows leave with each write: more than it adds, so the table stays bounded."""

_FIND = Prepared(select(ephemeral.c.value).where(_LIVE))
_FIND_COUNT = Prepared(select(ephemeral.c.count).where(_LIVE))
_FIND_MANY = select(ephemeral.c.key, ephemeral.c.value).where(
    ephemeral.c.kind == _KIND,
    ephemeral.c.key.in_(bindparam("its_keys", expanding=True)),
    ephemeral.c.expires_at > _NOW,
    ephemeral.c.value.is_not(None),
)
_TAKE = Prepared(delete(ephemeral).where(_LIVE).returning(ephemeral.c.value))
_REMOVE = Prepared(delete(ephemeral).where(_NAMED))
_SWAP = Prepared(
    update(ephemeral)
    .where(_LIVE, ephemeral.c.value == bindparam("old"))
    .values(value=_VALUE, expires_at=_UNTIL)
    .returning(ephemeral.c.key)
)


class SqlEphemeral:
    """The ``Ephemeral`` port in one table; each method is one statement or one short transaction, right across processes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        upsert: Any = sqlite.insert if database.is_sqlite else postgresql.insert
        row = {"kind": _KIND, "key": _KEY, "value": _VALUE, "count": None, "expires_at": _UNTIL}
        insert = upsert(ephemeral).values(row)
        names = ["kind", "key"]
        self._put = Prepared(insert.on_conflict_do_update(index_elements=names, set_=row))
        self._add = Prepared(
            insert.on_conflict_do_update(index_elements=names, set_=row, where=_EXPIRED).returning(ephemeral.c.key)
        )
        counted = upsert(ephemeral).values({**row, "value": None, "count": _BY})
        summed = {
            "count": case((_EXPIRED, _BY), else_=ephemeral.c.count + _BY),
            "expires_at": case((_EXPIRED, _UNTIL), else_=ephemeral.c.expires_at),
        }
        self._count = Prepared(
            counted.on_conflict_do_update(index_elements=names, set_=summed).returning(ephemeral.c.count)
        )

    def put(self, kind: str, key: str, value: str, *, expires_at: int) -> None:
        self._write(self._put, its_kind=kind, its_key=key, its_value=value, until=expires_at)

    def add_once(self, kind: str, key: str, value: str, *, expires_at: int) -> bool:
        now = self._clock.now()
        added = self._write(self._add, its_kind=kind, its_key=key, its_value=value, until=expires_at, now=now)
        return added is not None

    def find(self, kind: str, key: str) -> str | None:
        found: str | None = self._ask(_FIND, its_kind=kind, its_key=key, now=self._clock.now())
        return found

    def find_many(self, kind: str, keys: Sequence[str]) -> dict[str, str]:
        if not keys:
            return {}
        given = {"its_kind": kind, "its_keys": list(keys), "now": self._clock.now()}
        with self._database.connection() as connection:
            found: dict[str, str] = {row.key: row.value for row in connection.execute(_FIND_MANY, given)}
        return found

    def take(self, kind: str, key: str) -> str | None:
        taken: str | None = self._ask(_TAKE, its_kind=kind, its_key=key, now=self._clock.now())
        return taken

    def swap(self, kind: str, key: str, *, old: str | None, new: str, expires_at: int) -> bool:
        if old is None:
            return self.add_once(kind, key, new, expires_at=expires_at)
        now = self._clock.now()
        swapped = self._ask(_SWAP, its_kind=kind, its_key=key, its_value=new, old=old, until=expires_at, now=now)
        return swapped is not None

    def count(self, kind: str, key: str, *, expires_at: int, by: int = 1) -> int:
        now = self._clock.now()
        return int(self._write(self._count, its_kind=kind, its_key=key, by=by, until=expires_at, now=now))

    def find_count(self, kind: str, key: str) -> int:
        return int(self._ask(_FIND_COUNT, its_kind=kind, its_key=key, now=self._clock.now()) or 0)

    def remove(self, kind: str, key: str) -> None:
        self._database.run(_REMOVE, {"its_kind": kind, "its_key": key})

    def _ask(self, statement: Prepared, **given: Any) -> Any:
        """The one value of a single statement, None without a row."""
        rows = self._database.run(statement, given)
        return rows[0][0] if rows else None

    def _write(self, statement: Prepared, **given: Any) -> Any:
        """The same after a sweep, in one transaction."""
        with self._database.transaction():
            self._database.run(_SWEEP, {BEFORE: self._clock.now()})
            return self._ask(statement, **given)
