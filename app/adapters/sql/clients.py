from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.tables import client_secrets, clients, ui_customizations
from app.core.clients.model import Client, ClientExtensions, ClientName, ClientSettings, SecretName
from app.core.kernel.errors import ClientNotFound
from app.core.kernel.ids import ClientId, PoolId, new_uuid
from app.core.kernel.sealing import Sealer
from app.core.kernel.secret import Secret


def secret_row(secret_id: str) -> str:
    """The associated data under which a client secret is sealed."""
    return f"client_secrets:{secret_id}"


class SqlClients:
    """The ``ClientStore``. Secrets are sealed, not hashed: ``SECRET_HASH`` is keyed with them and Describe returns them."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def _client(self, row: Row[Any], secrets: Iterable[Row[Any]]) -> Client:
        return Client(
            client_id=ClientId(row.client_id),
            pool_id=PoolId(row.pool_id),
            name=row.name,
            settings=ClientSettings.read(row.settings),
            extensions=ClientExtensions.read(row.extensions),
            secrets=tuple(Secret(self._sealer.unseal(s.sealed, row=secret_row(s.secret_id)).decode()) for s in secrets),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    def find(self, client_id: ClientId) -> Client | None:
        with self._database.connection() as connection:
            row = connection.execute(select(clients).where(clients.c.client_id == client_id)).one_or_none()
            if row is None:
                return None
            found = (
                select(client_secrets)
                .where(client_secrets.c.client_id == client_id)
                .order_by(client_secrets.c.position)
            )
            return self._client(row, connection.execute(found).all())

    def find_to_change(self, client_id: ClientId) -> Client | None:
        with self._database.writing() as connection:
            connection.execute(select(clients.c.client_id).where(clients.c.client_id == client_id).with_for_update())
            return self.find(client_id)

    def list_of(self, pool_id: PoolId) -> list[Client]:
        with self._database.connection() as connection:
            rows = connection.execute(
                select(clients).where(clients.c.pool_id == pool_id).order_by(clients.c.created_at)
            ).all()
            joined = (
                select(client_secrets)
                .join(clients, clients.c.client_id == client_secrets.c.client_id)
                .where(clients.c.pool_id == pool_id)
                .order_by(client_secrets.c.position)
            )
            secrets: dict[str, list[Row[Any]]] = {}
            for secret in connection.execute(joined):
                secrets.setdefault(secret.client_id, []).append(secret)
        return [self._client(row, secrets.get(row.client_id, ())) for row in rows]

    def add(self, client: Client) -> None:
        with self._database.writing() as connection:
            connection.execute(insert(clients).values(_columns(client)))
            self._add_secrets(connection, client.client_id, client.secrets, at=client.created_at)
            touch_configuration(connection)

    def save(self, client: Client) -> None:
        with self._database.writing() as connection:
            connection.execute(
                update(clients)
                .where(clients.c.pool_id == client.pool_id, clients.c.client_id == client.client_id)
                .values(_columns(client))
            )
            touch_configuration(connection)

    def replace_secrets(self, pool_id: PoolId, client_id: ClientId, secrets: tuple[Secret, ...], *, at: int) -> None:
        with self._database.writing() as connection:
            owned = select(clients.c.client_id).where(clients.c.pool_id == pool_id, clients.c.client_id == client_id)
            # The lock makes two replacements follow each other, else both sets would stay (PostgreSQL).
            if connection.execute(owned.with_for_update()).one_or_none() is None:
                raise ClientNotFound
            mine = client_secrets.c.client_id == client_id
            before = connection.execute(select(client_secrets).where(mine)).all()
            names = {
                Secret(self._sealer.unseal(row.sealed, row=secret_row(row.secret_id)).decode()): SecretName(
                    secret_id=row.public_id, created_at=row.created_at
                )
                for row in before
            }
            connection.execute(delete(client_secrets).where(mine))
            self._add_secrets(connection, client_id, secrets, at=at, names=names)
            touch_configuration(connection)

    def list_secrets(self, client_id: ClientId) -> list[SecretName]:
        found = (
            select(client_secrets).where(client_secrets.c.client_id == client_id).order_by(client_secrets.c.position)
        )
        with self._database.connection() as connection:
            return [SecretName(secret_id=row.public_id, created_at=row.created_at) for row in connection.execute(found)]

    def page(self, pool_id: PoolId, *, after: str, limit: int) -> list[ClientName]:
        found = (
            select(clients.c.client_id, clients.c.name)
            .where(clients.c.pool_id == pool_id, clients.c.client_id > after)
            .order_by(clients.c.client_id)
            .limit(limit)
        )
        with self._database.connection() as connection:
            return [ClientName(client_id=ClientId(row.client_id), name=row.name) for row in connection.execute(found)]

    def count(self, pool_id: PoolId) -> int:
        with self._database.connection() as connection:
            return connection.execute(select(func.count()).where(clients.c.pool_id == pool_id)).scalar_one()

    def remove(self, pool_id: PoolId, client_id: ClientId) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(clients).where(clients.c.pool_id == pool_id, clients.c.client_id == client_id))
            connection.execute(delete(ui_customizations).filter_by(pool_id=pool_id, client_id=client_id))
            touch_configuration(connection)

    def _add_secrets(
        self,
        connection: Connection,
        client_id: ClientId,
        secrets: tuple[Secret, ...],
        *,
        at: int,
        names: Mapping[Secret, SecretName] | None = None,
    ) -> None:
        known, rows = names or {}, []
        taken = {name.secret_id for name in known.values()}
        for position, secret in enumerate(secrets):
            name = known.get(secret) or _free_name(client_id, at, taken)
            taken.add(name.secret_id)
            secret_id = new_uuid()
            rows.append(
                {
                    "secret_id": secret_id,
                    "client_id": client_id,
                    "sealed": self._sealer.seal(secret.reveal().encode(), row=secret_row(secret_id)),
                    "created_at": name.created_at,
                    "position": position,
                    "public_id": name.secret_id,
                }
            )
        if rows:
            connection.execute(insert(client_secrets), rows)


def _free_name(client_id: ClientId, at: int, taken: Collection[str]) -> SecretName:
    """``<client id>--<epoch>``; a second secret of the same second is named after the next one."""
    epoch = at
    while (secret_id := f"{client_id}--{epoch}") in taken:
        epoch += 1
    return SecretName(secret_id=secret_id, created_at=at)


def _columns(client: Client) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "pool_id": client.pool_id,
        "name": client.name,
        "settings": dict(client.settings.document),
        "extensions": dict(client.extensions.document),
        "created_at": client.created_at,
        "updated_at": client.updated_at,
    }
