from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, func, insert, nulls_last, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.db import Database
from app.adapters.sql.prepared import Prepared
from app.adapters.sql.tables import group_members, groups, users
from app.adapters.sql.users import user_from
from app.core.groups.model import Group
from app.core.kernel.errors import GroupExists, QuotaExceeded
from app.core.kernel.ids import PoolId, Sub
from app.core.users.model import User


def _group(row: Row[Any]) -> Group:
    return Group(
        pool_id=PoolId(row.pool_id),
        name=row.name,
        description=row.description,
        role_arn=row.role_arn,
        precedence=row.precedence,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _columns(group: Group) -> dict[str, Any]:
    return {
        "pool_id": group.pool_id,
        "name": group.name,
        "description": group.description,
        "role_arn": group.role_arn,
        "precedence": group.precedence,
        "created_at": group.created_at,
        "updated_at": group.updated_at,
    }


_BY_PRECEDENCE = (nulls_last(groups.c.precedence), groups.c.name)
_OF_USER = Prepared(
    select(groups)
    .join(group_members, and_(group_members.c.pool_id == groups.c.pool_id, group_members.c.name == groups.c.name))
    .where(group_members.c.pool_id == bindparam("its_pool"), group_members.c.sub == bindparam("its_sub"))
    .order_by(*_BY_PRECEDENCE)
)
"""Built once: building a statement takes as long as running it."""


class SqlGroups:
    """The ``GroupStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, pool_id: PoolId, name: str) -> Group | None:
        with self._database.connection() as connection:
            row = connection.execute(
                select(groups).where(groups.c.pool_id == pool_id, groups.c.name == name)
            ).one_or_none()
        return _group(row) if row else None

    def add(self, group: Group) -> None:
        try:
            with self._database.refusable() as connection:
                connection.execute(insert(groups).values(_columns(group)))
        except IntegrityError as error:
            raise GroupExists from error

    def save(self, group: Group) -> None:
        mine = and_(groups.c.pool_id == group.pool_id, groups.c.name == group.name)
        with self._database.connection() as connection:
            connection.execute(update(groups).where(mine).values(_columns(group)))

    def remove(self, pool_id: PoolId, name: str) -> None:
        with self._database.connection() as connection:
            connection.execute(delete(groups).where(groups.c.pool_id == pool_id, groups.c.name == name))

    def list_of(self, pool_id: PoolId) -> list[Group]:
        with self._database.connection() as connection:
            rows = connection.execute(select(groups).where(groups.c.pool_id == pool_id).order_by(*_BY_PRECEDENCE))
            return [_group(row) for row in rows]

    def page(self, pool_id: PoolId, *, after: str, limit: int) -> list[Group]:
        found = select(groups).where(groups.c.pool_id == pool_id, groups.c.name > after).order_by(groups.c.name)
        with self._database.connection() as connection:
            return [_group(row) for row in connection.execute(found.limit(limit))]

    def count(self, pool_id: PoolId) -> int:
        with self._database.connection() as connection:
            return connection.execute(select(func.count()).where(groups.c.pool_id == pool_id)).scalar_one()

    def members_page(self, pool_id: PoolId, name: str, *, after: str, limit: int) -> list[User]:
        member = group_members.c
        found = (
            select(users)
            .join(group_members, and_(member.pool_id == users.c.pool_id, member.sub == users.c.sub))
            .where(member.pool_id == pool_id, member.name == name, member.sub > after)
            .order_by(member.sub)
            .limit(limit)
        )
        with self._database.connection() as connection:
            return [user_from(row) for row in connection.execute(found)]

    def list_of_user(self, pool_id: PoolId, sub: Sub) -> list[Group]:
        return [_group(row) for row in self._database.run(_OF_USER, {"its_pool": pool_id, "its_sub": sub})]

    def add_member(self, pool_id: PoolId, name: str, sub: Sub, *, at: int, most: int | None = None) -> None:
        upsert: Any = sqlite.insert if self._database.is_sqlite else postgresql.insert
        member = upsert(group_members).values(pool_id=pool_id, name=name, sub=sub, created_at=at)
        with self._database.writing() as connection:
            if most is not None:
                # The user's row is held, so that of two additions at once the second counts the first.
                held = select(users.c.sub).where(users.c.pool_id == pool_id, users.c.sub == sub).with_for_update()
                connection.execute(held)
                mine = and_(group_members.c.pool_id == pool_id, group_members.c.sub == sub)
                others = select(func.count()).where(mine, group_members.c.name != name)
                if connection.execute(others).scalar_one() >= most:
                    raise QuotaExceeded(f"A user is in at most {most} groups.")
            connection.execute(member.on_conflict_do_nothing())

    def remove_member(self, pool_id: PoolId, name: str, sub: Sub) -> None:
        with self._database.connection() as connection:
            connection.execute(delete(group_members).filter_by(pool_id=pool_id, name=name, sub=sub))
