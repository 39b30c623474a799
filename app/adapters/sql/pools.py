from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.tables import domains, pools
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


class SqlPools:
    """The ``PoolStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, pool_id: PoolId) -> Pool | None:
        with self._database.connection() as connection:
            row = connection.execute(select(pools).where(pools.c.pool_id == pool_id)).one_or_none()
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

    def add(self, domain: Domain) -> None:
        try:
            with self._database.refusable() as connection:
                connection.execute(
                    insert(domains).values(
                        domain=domain.domain, pool_id=domain.pool_id, custom=domain.custom, created_at=domain.created_at
                    )
                )
                touch_configuration(connection)
        except IntegrityError as error:
            raise Conflict from error

    def remove(self, domain: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(domains).where(domains.c.domain == domain))
            touch_configuration(connection)


def _domain(row: Row[Any]) -> Domain:
    return Domain(domain=row.domain, pool_id=PoolId(row.pool_id), custom=row.custom, created_at=row.created_at)
