"""Which users there are, page by page: along the primary key, or along the index of what they are found by. Never a scan."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    and_,
    bindparam,
    cast,
    delete,
    insert,
    literal_column,
    null,
    select,
    tuple_,
)

from app.adapters.sql.prepared import Prepared
from app.adapters.sql.tables import user_search, users
from app.core.kernel.ids import PoolId
from app.core.users.filter import LONGEST_INDEXED, UserFilter, searchable_values
from app.core.users.model import User

_LAST_CHARACTER = "\U0010ffff"
_INDEXED_ELSEWHERE = frozenset({"sub"})
"""In the primary key of the users themselves."""
_LISTED = [
    null().label(column.name) if column.name in {"password_hash", "password_set_at", "srp"} else column
    for column in users.c
]

_SUB_OF_USERS = cast(user_search.c.sub, String(36).with_variant(String(36, collation="default"), "postgresql"))
"""As the users' own key is sorted: compared across collations, PostgreSQL would use no index and read every user."""


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


def page_of(
    pool_id: PoolId, wanted: UserFilter | None, after: Mapping[str, str] | None, limit: int
) -> tuple[Prepared, dict[str, Any]]:
    """The statement for one page, and what it is given: rows of users, with ``position`` for what the index is sorted by. What a
    password is kept as is left out.
    """
    given: dict[str, Any] = {"its_pool": pool_id, "most": limit}
    kind = None
    if wanted is not None:
        kind = "prefix" if wanted.prefix else "equal"
        # A value that fills the index may be cut off there.
        given["wanted"] = value = wanted.value[:LONGEST_INDEXED]
        if wanted.prefix:
            given["wanted_last"] = value + _LAST_CHARACTER
    if wanted is None or wanted.attribute in _INDEXED_ELSEWHERE:
        if after is not None:
            given["after_sub"] = after["sub"]
        return _along_users(kind, after is not None, _written(kind, limit)), given
    given["its_name"] = wanted.attribute
    if after is not None:
        given |= {"after_value": after["value"], "after_sub": after["sub"]}
    return _along_search(kind, after is not None, _written(kind, limit)), given


@cache
def _along_search(kind: str | None, later: bool, written: int | None) -> Prepared:  # noqa: FBT001 - of these the statement is made
    value, sub = user_search.c.value, user_search.c.sub
    statement = (
        select(*_LISTED, value.label("position"))
        .join(user_search, and_(user_search.c.pool_id == users.c.pool_id, users.c.sub == _SUB_OF_USERS))
        .where(user_search.c.pool_id == bindparam("its_pool"), user_search.c.name == bindparam("its_name"))
        .where(*_range(value, kind))
        .order_by(value, sub)
        .limit(_limit(written))
    )
    if later:
        statement = statement.where(tuple_(value, sub) > tuple_(bindparam("after_value"), bindparam("after_sub")))
    return Prepared(statement)


@cache
def _along_users(kind: str | None, later: bool, written: int | None) -> Prepared:  # noqa: FBT001 - as above
    sub = users.c.sub
    statement = (
        select(*_LISTED, sub.label("position"))
        .where(users.c.pool_id == bindparam("its_pool"), *_range(sub, kind))
        .order_by(users.c.pool_id, sub)
        .limit(_limit(written))
    )
    return Prepared(statement.where(sub > bindparam("after_sub")) if later else statement)


def _written(kind: str | None, limit: int) -> int | None:
    """The limit where the statement itself shall say it, at most sixty and one; None where it is a parameter.

    PostgreSQL takes a parameter for a tenth of what there is. Of all users, or of a prefix's, that is so many that it would make a plan
    at each execution instead of keeping one; of the few that equal a value it is so few that it keeps it.
    """
    return None if kind == "equal" else limit


def _limit(written: int | None) -> ColumnElement[int]:
    return bindparam("most", type_=Integer) if written is None else literal_column(f"{written:d}", Integer)


def _range(column: ColumnElement[str], kind: str | None) -> list[ColumnElement[bool]]:
    if kind is None:
        return []
    if kind == "equal":
        return [column == bindparam("wanted")]
    return [column >= bindparam("wanted"), column <= bindparam("wanted_last")]
