from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.tables import domains, pools, users
from app.core.kernel.errors import Conflict
from app.core.kernel.ids import PoolId
from app.core.pools.model import Domain, Pool, PoolExtensions
from app.core.pools.settings import PoolSettings


def _pool(row: Row[Any]) -> Pool:
    return Pool(
        pool_id=PoolId(row.pool_id),
        account_id=row.account_id,
        region=row.region,
        name=row.name,
        settings=PoolSettings.read(row.settings),
        extensions=PoolExtensions.read(row.extensions),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _columns(pool: Pool) -> dict[str, Any]:
    return {
        "pool_id": pool.pool_id,
        "account_id": pool.account_id,
        "region": pool.region,
        "name": pool.name,
        "settings": dict(pool.settings.document),
        "extensions": dict(pool.extensions.document),
        "created_at": pool.created_at,
        "updated_at": pool.updated_at,
    }


_COUNTED = 10_000
"""Up to so many users a pool's number is counted at each look; that costs a few milliseconds at most."""
_REMEMBERED_SECONDS = 3600


class SqlPools:
    """The ``PoolStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._large: dict[str, tuple[int, int]] = {}
        """Of pools with more users than are counted each time: how many there were, and when."""

    def find(self, pool_id: PoolId) -> Pool | None:
        with self._database.connection() as connection:
            row = connection.execute(select(pools).where(pools.c.pool_id == pool_id)).one_or_none()
        return _pool(row) if row else None

    def find_to_change(self, pool_id: PoolId) -> Pool | None:
        # SQLite knows no row locks and needs none: it has one writer, whose transaction begins with its turn.
        with self._database.writing() as connection:
            found = select(pools).where(pools.c.pool_id == pool_id).with_for_update()
            row = connection.execute(found).one_or_none()
        return _pool(row) if row else None

    def add(self, pool: Pool) -> None:
        with self._database.writing() as connection:
            connection.execute(insert(pools).values(_columns(pool)))
            touch_configuration(connection)

    def save(self, pool: Pool) -> None:
        with self._database.writing() as connection:
            connection.execute(update(pools).where(pools.c.pool_id == pool.pool_id).values(_columns(pool)))
            touch_configuration(connection)

    def remove(self, pool_id: PoolId) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(pools).where(pools.c.pool_id == pool_id))
            touch_configuration(connection)

    def list_all(self) -> list[Pool]:
        with self._database.connection() as connection:
            return [
                _pool(row) for row in connection.execute(select(pools).order_by(pools.c.created_at, pools.c.pool_id))
            ]

    def page(self, account_id: str, region: str, *, after: str, limit: int) -> list[Pool]:
        found = (
            select(pools)
            .where(pools.c.account_id == account_id, pools.c.region == region, pools.c.pool_id > after)
            .order_by(pools.c.pool_id)
            .limit(limit)
        )
        with self._database.connection() as connection:
            return [_pool(row) for row in connection.execute(found)]

    def count(self, account_id: str, region: str) -> int:
        counted = select(func.count()).where(pools.c.account_id == account_id, pools.c.region == region)
        with self._database.connection() as connection:
            return connection.execute(counted).scalar_one()

    def estimate_users(self, pool_id: PoolId, *, now: int) -> int:
        known = self._large.get(pool_id)
        if known is not None and 0 <= now - known[1] < _REMEMBERED_SECONDS:
            return known[0]
        first = select(users.c.sub).where(users.c.pool_id == pool_id).limit(_COUNTED).subquery()
        with self._database.connection() as connection:
            number = connection.execute(select(func.count()).select_from(first)).scalar_one()
            if number < _COUNTED:
                return number
            number = connection.execute(select(func.count()).where(users.c.pool_id == pool_id)).scalar_one()
        self._large[pool_id] = number, now
        return number


class SqlDomains:
    """The ``DomainStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, domain: str) -> Domain | None:
        with self._database.connection() as connection:
            row = connection.execute(select(domains).where(domains.c.domain == domain)).one_or_none()
        return _domain(row) if row else None

    def list_of(self, pool_id: PoolId) -> list[Domain]:
        found = select(domains).where(domains.c.pool_id == pool_id).order_by(domains.c.created_at, domains.c.domain)
        with self._database.connection() as connection:
            return [_domain(row) for row in connection.execute(found)]

    def count_custom(self, account_id: str, region: str) -> int:
        mine = pools.c.account_id == account_id, pools.c.region == region
        counted = select(func.count()).select_from(domains).join(pools, pools.c.pool_id == domains.c.pool_id)
        with self._database.connection() as connection:
            return connection.execute(counted.where(domains.c.custom, *mine)).scalar_one()

    def add(self, domain: Domain) -> None:
        try:
            with self._database.refusable() as connection:
                connection.execute(
                    insert(domains).values(
                        domain=domain.domain,
                        pool_id=domain.pool_id,
                        custom=domain.custom,
                        settings=dict(domain.document),
                        created_at=domain.created_at,
                    )
                )
                touch_configuration(connection)
        except IntegrityError as error:
            raise Conflict from error

    def save(self, domain: Domain) -> None:
        with self._database.writing() as connection:
            changed = update(domains).where(domains.c.domain == domain.domain).values(settings=dict(domain.document))
            connection.execute(changed)
            touch_configuration(connection)

    def remove(self, domain: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(domains).where(domains.c.domain == domain))
            touch_configuration(connection)


def _domain(row: Row[Any]) -> Domain:
    return Domain(
        domain=row.domain,
        pool_id=PoolId(row.pool_id),
        custom=row.custom,
        document=row.settings or {},
        created_at=row.created_at,
    )
