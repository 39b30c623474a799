from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.identity_tables import identities, identity_logins, identity_pools
from app.adapters.sql.prepared import Prepared
from app.core.identity_pools.model import Identity, IdentityPool, Login
from app.core.kernel.errors import Conflict


class SqlIdentityPools:
    """The ``IdentityPoolStore``. Every change raises the configuration version: workers drop what they remember of pools."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, identity_pool_id: str) -> IdentityPool | None:
        mine = identity_pools.c.identity_pool_id == identity_pool_id
        with self._database.connection() as connection:
            row = connection.execute(select(identity_pools).where(mine)).one_or_none()
        return None if row is None else _pool(row)

    def find_to_change(self, identity_pool_id: str) -> IdentityPool | None:
        # SQLite knows no row locks and needs none: it has one writer, whose transaction begins with its turn.
        found = select(identity_pools).where(identity_pools.c.identity_pool_id == identity_pool_id).with_for_update()
        with self._database.writing() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else _pool(row)

    def add(self, pool: IdentityPool) -> None:
        with self._database.writing() as connection:
            connection.execute(insert(identity_pools).values(_pool_columns(pool)))
            touch_configuration(connection)

    def save(self, pool: IdentityPool) -> None:
        mine = identity_pools.c.identity_pool_id == pool.identity_pool_id
        with self._database.writing() as connection:
            connection.execute(update(identity_pools).where(mine).values(_pool_columns(pool)))
            touch_configuration(connection)

    def remove(self, identity_pool_id: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(identity_pools).where(identity_pools.c.identity_pool_id == identity_pool_id))
            touch_configuration(connection)

    def list_of(self, account_id: str, region: str, *, after: str | None, limit: int) -> list[IdentityPool]:
        found = select(identity_pools).where(
            _of_account(account_id, region), identity_pools.c.identity_pool_id > (after or "")
        )
        with self._database.connection() as connection:
            rows = connection.execute(found.order_by(identity_pools.c.identity_pool_id).limit(limit)).all()
        return [_pool(row) for row in rows]

    def count(self, account_id: str, region: str) -> int:
        counted = select(func.count()).select_from(identity_pools).where(_of_account(account_id, region))
        with self._database.connection() as connection:
            return connection.execute(counted).scalar_one()


class SqlIdentities:
    """The ``IdentityStore``. Logins are written in one order everywhere, so that two requests never wait for each other."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, identity_pool_id: str, identity_id: str) -> Identity | None:
        given = {"its_pool": identity_pool_id, "its_id": identity_id}
        found = _whole(self._database.run(_FIND, given))
        return found[0] if found else None

    def find_pool_id(self, identity_id: str) -> str | None:
        rows = self._database.run(_FIND_POOL_ID, {"its_id": identity_id})
        return rows[0].identity_pool_id if rows else None

    def find_pool_ids(self, identity_ids: Sequence[str]) -> dict[str, str]:
        mine = identities.c.identity_id.in_(identity_ids)
        found = select(identities.c.identity_id, identities.c.identity_pool_id).where(mine)
        with self._database.connection() as connection:
            return {row.identity_id: row.identity_pool_id for row in connection.execute(found)}

    def find_to_change(self, identity_pool_id: str, identity_ids: Sequence[str]) -> list[Identity]:
        mine = and_(identities.c.identity_pool_id == identity_pool_id, identities.c.identity_id.in_(identity_ids))
        found = select(identities).where(mine).order_by(identities.c.identity_id).with_for_update()
        with self._database.writing() as connection:
            return _with_logins(connection, connection.execute(found).all())

    def find_by_logins(self, identity_pool_id: str, logins: Sequence[Login]) -> list[Identity]:
        if not logins:
            return []
        if len(logins) == 1:
            login = logins[0]
            given = {"its_pool": identity_pool_id, "its_provider": login.provider, "its_subject": login.subject}
            return _whole(self._database.run(_FIND_BY_LOGIN, given))
        led_to = select(identity_logins.c.identity_id).where(_among(identity_pool_id, logins))
        found = select(identities).where(identities.c.identity_id.in_(led_to)).order_by(identities.c.identity_id)
        with self._database.connection() as connection:
            return _with_logins(connection, connection.execute(found).all())

    def add(self, identity: Identity) -> None:
        try:
            with self._database.refusable() as connection:
                connection.execute(insert(identities).values(_columns(identity)))
                if identity.logins:
                    rows = _login_rows(identity, identity.logins, identity.created_at)
                    connection.execute(insert(identity_logins).values(rows))
        except IntegrityError as error:
            raise Conflict from error

    def link(self, identity: Identity, logins: Sequence[Login], *, now: int) -> None:
        insert_here: Any = sqlite.insert if self._database.is_sqlite else postgresql.insert
        linked = insert_here(identity_logins).values(_login_rows(identity, logins, now)).on_conflict_do_nothing()
        elsewhere = and_(
            _among(identity.identity_pool_id, logins), identity_logins.c.identity_id != identity.identity_id
        )
        with self._database.refusable() as connection:
            _touch(connection, identity, now, enabled=True)
            if logins:
                connection.execute(linked)
                if connection.execute(select(identity_logins.c.identity_id).where(elsewhere).limit(1)).first():
                    raise Conflict

    def unlink(self, identity: Identity, logins: Sequence[Login], *, now: int) -> None:
        mine = and_(_among(identity.identity_pool_id, logins), identity_logins.c.identity_id == identity.identity_id)
        with self._database.refusable() as connection:
            _touch(connection, identity, now, was_authenticated=True)
            if logins:
                connection.execute(delete(identity_logins).where(mine))

    def save(self, identity: Identity) -> None:
        mine = identities.c.identity_id == identity.identity_id
        columns = _columns(identity)
        if not identity.was_authenticated:
            # Once somebody's, never a guest's again, however old the reading is.
            del columns["was_authenticated"]
        with self._database.connection() as connection:
            connection.execute(update(identities).where(mine).values(columns))

    def remove(self, identity_ids: Sequence[str]) -> list[str]:
        mine = identities.c.identity_id.in_(identity_ids)
        with self._database.writing() as connection:
            there = connection.execute(select(identities.c.identity_id).where(mine).order_by(identities.c.identity_id))
            found = list(there.scalars())
            connection.execute(delete(identities).where(mine))
        return found

    def list_of(self, identity_pool_id: str, *, after: str | None, limit: int, hide_disabled: bool) -> list[Identity]:
        found = select(identities).where(
            identities.c.identity_pool_id == identity_pool_id, identities.c.identity_id > (after or "")
        )
        if hide_disabled:
            found = found.where(identities.c.enabled)
        with self._database.connection() as connection:
            rows = connection.execute(found.order_by(identities.c.identity_id).limit(limit)).all()
            return _with_logins(connection, rows)

    def list_developer_ids(self, identity_id: str, provider: str, *, after: str | None, limit: int) -> list[str]:
        login = identity_logins.c
        found = select(login.subject).where(login.identity_id == identity_id, login.provider == provider)
        with self._database.connection() as connection:
            page = found.where(login.subject > (after or "")).order_by(login.subject).limit(limit)
            return list(connection.execute(page).scalars())


def _of_account(account_id: str, region: str) -> Any:
    return and_(identity_pools.c.account_id == account_id, identity_pools.c.region == region)


def _among(identity_pool_id: str, logins: Sequence[Login]) -> Any:
    column = identity_logins.c
    each = [and_(column.provider == login.provider, column.subject == login.subject) for login in logins]
    return and_(column.identity_pool_id == identity_pool_id, or_(*each))


def _touch(connection: Connection, identity: Identity, now: int, *, enabled: bool | None = None, **also: bool) -> None:
    """Raises ``Conflict`` where the identity is gone by now, or is to be enabled and is not."""
    mine = identities.c.identity_id == identity.identity_id
    if enabled is not None:
        mine = and_(mine, identities.c.enabled == enabled)
    done = connection.execute(update(identities).where(mine).values(modified_at=now, **also))
    if done.rowcount != 1:
        raise Conflict


def _with_logins(connection: Connection, rows: Sequence[Row[Any]]) -> list[Identity]:
    """Two statements for any number of identities."""
    if not rows:
        return []
    mine = identity_logins.c.identity_id.in_([row.identity_id for row in rows])
    by_identity: dict[str, list[Login]] = {}
    for row in connection.execute(select(identity_logins).where(mine)):
        by_identity.setdefault(row.identity_id, []).append(Login(provider=row.provider, subject=row.subject))
    return [_identity(row, by_identity.get(row.identity_id, ())) for row in rows]


def _whole(rows: Sequence[Any]) -> list[Identity]:
    """The one identity that rows of ``_EACH_LOGIN`` tell of, or none."""
    if not rows:
        return []
    logins = [Login(provider=row.provider, subject=row.subject) for row in rows if row.provider is not None]
    return [_identity(rows[0], logins)]


def _identity(row: Any, logins: Iterable[Login]) -> Identity:
    return Identity(
        identity_id=row.identity_id,
        identity_pool_id=row.identity_pool_id,
        logins=tuple(sorted(logins)),
        enabled=row.enabled,
        merged_into=row.merged_into,
        was_authenticated=row.was_authenticated,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


def _columns(identity: Identity) -> dict[str, Any]:
    return {
        "identity_id": identity.identity_id,
        "identity_pool_id": identity.identity_pool_id,
        "enabled": identity.enabled,
        "merged_into": identity.merged_into,
        "was_authenticated": identity.was_authenticated,
        "created_at": identity.created_at,
        "modified_at": identity.modified_at,
    }


def _login_rows(identity: Identity, logins: Sequence[Login], now: int) -> list[dict[str, Any]]:
    return [
        {
            "identity_pool_id": identity.identity_pool_id,
            "provider": login.provider,
            "subject": login.subject,
            "identity_id": identity.identity_id,
            "linked_at": now,
        }
        for login in sorted(logins)
    ]


def _pool(row: Row[Any]) -> IdentityPool:
    return IdentityPool(
        identity_pool_id=row.identity_pool_id,
        account_id=row.account_id,
        region=row.region,
        name=row.name,
        settings=row.settings,
        roles=row.roles,
        role_mappings=row.role_mappings,
        principal_tags=row.principal_tags,
        tags=row.tags,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _pool_columns(pool: IdentityPool) -> dict[str, Any]:
    return {
        "identity_pool_id": pool.identity_pool_id,
        "account_id": pool.account_id,
        "region": pool.region,
        "name": pool.name,
        "settings": dict(pool.settings),
        "roles": dict(pool.roles),
        "role_mappings": dict(pool.role_mappings),
        "principal_tags": dict(pool.principal_tags),
        "tags": dict(pool.tags),
        "created_at": pool.created_at,
        "updated_at": pool.updated_at,
    }


_EACH_LOGIN = select(identities, identity_logins.c.provider, identity_logins.c.subject).select_from(
    identities.outerjoin(identity_logins, identity_logins.c.identity_id == identities.c.identity_id)
)
"""A row for each login of an identity, and one for an identity without."""
_FIND = Prepared(
    _EACH_LOGIN.where(
        identities.c.identity_pool_id == bindparam("its_pool"), identities.c.identity_id == bindparam("its_id")
    )
)
_FIND_BY_LOGIN = Prepared(
    _EACH_LOGIN.where(
        identities.c.identity_id
        == select(identity_logins.c.identity_id)
        .where(
            identity_logins.c.identity_pool_id == bindparam("its_pool"),
            identity_logins.c.provider == bindparam("its_provider"),
            identity_logins.c.subject == bindparam("its_subject"),
        )
        .correlate(None)
        .scalar_subquery()
    )
)
_FIND_POOL_ID = Prepared(select(identities.c.identity_pool_id).where(identities.c.identity_id == bindparam("its_id")))
