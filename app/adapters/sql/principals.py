from typing import Any

from sqlalchemy import Row, delete, insert, select

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.tables import access_keys
from app.core.kernel.sealing import Sealer
from app.core.kernel.secret import Secret
from app.core.principals.model import AccessKey


def access_key_row(access_key_id: str) -> str:
    """The associated data under which an access key's secret is sealed."""
    return f"access_keys:{access_key_id}"


class SqlAccessKeys:
    """The ``AccessKeyStore``. Secrets are sealed, not hashed: signatures are keyed with them."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def find(self, access_key_id: str) -> AccessKey | None:
        with self._database.connection() as connection:
            row = connection.execute(
                select(access_keys).where(access_keys.c.access_key_id == access_key_id)
            ).one_or_none()
        return None if row is None else self._key(row)

    def add(self, key: AccessKey) -> None:
        sealed = self._sealer.seal(key.secret.reveal().encode(), row=access_key_row(key.access_key_id))
        with self._database.writing() as connection:
            connection.execute(
                insert(access_keys).values(
                    access_key_id=key.access_key_id,
                    account_id=key.account_id,
                    name=key.name,
                    sealed=sealed,
                    policy=None if key.policy is None else dict(key.policy),
                    created_at=key.created_at,
                )
            )
            touch_configuration(connection)

    def list_all(self) -> list[AccessKey]:
        with self._database.connection() as connection:
            rows = connection.execute(select(access_keys).order_by(access_keys.c.created_at)).all()
        return [self._key(row) for row in rows]

    def remove(self, access_key_id: str) -> bool:
        with self._database.writing() as connection:
            gone = connection.execute(delete(access_keys).where(access_keys.c.access_key_id == access_key_id))
            touch_configuration(connection)
        return gone.rowcount > 0

    def _key(self, row: Row[Any]) -> AccessKey:
        return AccessKey(
            access_key_id=row.access_key_id,
            account_id=row.account_id,
            name=row.name,
            secret=Secret(self._sealer.unseal(row.sealed, row=access_key_row(row.access_key_id)).decode()),
            policy=row.policy,
            created_at=row.created_at,
        )
