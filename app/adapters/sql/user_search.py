"""Which users there are, page by page: along the primary key, or along the index of what they are found by. Never a scan."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, insert, select, tuple_

from app.adapters.sql.tables import user_search, users
from app.core.kernel.ids import PoolId
from app.core.users.filter import LONGEST_INDEXED, UserFilter, searchable_values
from app.core.users.model import User

_LAST_CHARACTER = "\U0010ffff"
_INDEXED_ELSEWHERE = frozenset({"sub"})
"""In the primary key of the users themselves."""


def write_search(connection: Connection, user: User, *, new: bool = False) -> None:
    """Brings the index up to what the user is found by now; writes what differs."""
    wanted = {
        (name, value[:LONGEST_INDEXED]) for name, value in searchable_values(user) if name not in _INDEXED_ELSEWHERE
    }
    mine = and_(user_search.c.pool_id == user.pool_id, user_search.c.sub == user.sub)
    stored: set[tuple[str, str]] = set()
    if not new:
        rows = connection.execute(select(user_search.c.name, user_search.c.value).where(mine)).all()
        stored = {(row.name, row.value) for row in rows}
    gone = stored - wanted
    if gone:
        connection.execute(delete(user_search).where(mine, tuple_(user_search.c.name, user_search.c.value).in_(gone)))
    fresh = wanted - stored
    if fresh:
        connection.execute(
            insert(user_search),
            [{"pool_id": user.pool_id, "name": name, "value": value, "sub": user.sub} for name, value in sorted(fresh)],
        )


def page_of(pool_id: PoolId, wanted: UserFilter | None, after: Mapping[str, str] | None, limit: int) -> Select[Any]:
    """The statement for one page: rows of users, with ``position`` for what the index is sorted by."""
    if wanted is None or wanted.attribute in _INDEXED_ELSEWHERE:
        return _along_users(pool_id, wanted, after, limit)
    value, sub = user_search.c.value, user_search.c.sub
    statement = (
        select(users, value.label("position"))
        .join(user_search, and_(user_search.c.pool_id == users.c.pool_id, sub == users.c.sub))
        .where(user_search.c.pool_id == pool_id, user_search.c.name == wanted.attribute, *_range(value, wanted))
        .order_by(value, sub)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(tuple_(value, sub) > tuple_(after["value"], after["sub"]))
    return statement


def _along_users(
    pool_id: PoolId, wanted: UserFilter | None, after: Mapping[str, str] | None, limit: int
) -> Select[Any]:
    sub = users.c.sub
    statement = (
        select(users, sub.label("position"))
        .where(users.c.pool_id == pool_id)
        .order_by(users.c.pool_id, sub)
        .limit(limit)
    )
    if wanted is not None:
        statement = statement.where(*_range(sub, wanted))
    if after is not None:
        statement = statement.where(sub > after["sub"])
    return statement


def _range(column: ColumnElement[str], wanted: UserFilter) -> list[ColumnElement[bool]]:
    value = wanted.value[:LONGEST_INDEXED]
    # A value that fills the index may be cut off there.
    if not wanted.prefix:
        return [column == value]
    return [column >= value, column <= value + _LAST_CHARACTER]
