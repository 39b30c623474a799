from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.tables import resource_servers
from app.core.kernel.ids import PoolId
from app.core.resource_servers.errors import ResourceServerExists
from app.core.resource_servers.model import ResourceServer, Scope


class SqlResourceServers:
    """The ``ResourceServerStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, pool_id: PoolId, identifier: str) -> ResourceServer | None:
        with self._database.connection() as connection:
            row = connection.execute(select(resource_servers).where(_is(pool_id, identifier))).one_or_none()
        return _server(row) if row else None

    def add(self, server: ResourceServer) -> None:
        try:
            with self._database.refusable() as connection:
                connection.execute(insert(resource_servers).values(_columns(server)))
                touch_configuration(connection)
        except IntegrityError as error:
            raise ResourceServerExists from error

    def save(self, server: ResourceServer) -> None:
        with self._database.writing() as connection:
            connection.execute(
                update(resource_servers).where(_is(server.pool_id, server.identifier)).values(_columns(server))
            )
            touch_configuration(connection)

    def remove(self, pool_id: PoolId, identifier: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(resource_servers).where(_is(pool_id, identifier)))
            touch_configuration(connection)

    def list_of(self, pool_id: PoolId) -> list[ResourceServer]:
        found = (
            select(resource_servers)
            .where(resource_servers.c.pool_id == pool_id)
            .order_by(resource_servers.c.identifier)
        )
        with self._database.connection() as connection:
            return [_server(row) for row in connection.execute(found)]

    def page(self, pool_id: PoolId, *, after: str, limit: int) -> list[ResourceServer]:
        found = (
            select(resource_servers)
            .where(resource_servers.c.pool_id == pool_id, resource_servers.c.identifier > after)
            .order_by(resource_servers.c.identifier)
            .limit(limit)
        )
        with self._database.connection() as connection:
            return [_server(row) for row in connection.execute(found)]

    def count(self, pool_id: PoolId) -> int:
        counted = select(func.count()).where(resource_servers.c.pool_id == pool_id)
        with self._database.connection() as connection:
            return connection.execute(counted).scalar_one()

    def scopes_of(self, pool_id: PoolId) -> frozenset[str]:
        return frozenset().union(*(server.scope_names for server in self.list_of(pool_id)))


def _is(pool_id: PoolId, identifier: str) -> Any:
    return and_(resource_servers.c.pool_id == pool_id, resource_servers.c.identifier == identifier)


def _server(row: Row[Any]) -> ResourceServer:
    return ResourceServer(
        pool_id=PoolId(row.pool_id),
        identifier=row.identifier,
        name=row.name,
        scopes=tuple(Scope(name=name, description=text) for name, text in row.scopes),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _columns(server: ResourceServer) -> dict[str, Any]:
    return {
        "pool_id": server.pool_id,
        "identifier": server.identifier,
        "name": server.name,
        "scopes": [[scope.name, scope.description] for scope in server.scopes],
        "created_at": server.created_at,
        "updated_at": server.updated_at,
    }
