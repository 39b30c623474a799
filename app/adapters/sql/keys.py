from sqlalchemy import Table, delete, insert, or_, select, update

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.issuer_tables import issuer_keys
from app.adapters.sql.tables import signing_keys
from app.core.kernel.sealing import Sealer
from app.core.kernel.secret import Secret
from app.core.keys.model import KeyPurpose, SigningKey


def key_row(kid: str) -> str:
    """The associated data under which a private key is sealed."""
    return f"signing_keys:{kid}"


def issuer_key_row(kid: str) -> str:
    return f"issuer_keys:{kid}"


class SqlKeys:
    """The ``KeyStore``; private keys are sealed. ``of_issuers``: the keys of what is no user pool (``GetOpenIdToken``)."""

    def __init__(self, database: Database, sealer: Sealer, *, of_issuers: bool = False) -> None:
        self._database = database
        self._sealer = sealer
        self._keys: Table = issuer_keys if of_issuers else signing_keys
        self._row = issuer_key_row if of_issuers else key_row

    def list_of(self, pool_id: str) -> list[SigningKey]:
        statement = (
            select(self._keys)
            .where(self._keys.c.pool_id == pool_id)
            .order_by(self._keys.c.created_at, self._keys.c.signs_from, self._keys.c.kid)
        )
        with self._database.connection() as connection:
            rows = connection.execute(statement).all()
        return [
            SigningKey(
                kid=row.kid,
                pool_id=row.pool_id,
                purpose=KeyPurpose(row.purpose),
                algorithm=row.algorithm,
                private_pem=Secret(self._sealer.unseal(row.sealed_pem, row=self._row(row.kid)).decode()),
                public_jwk=row.public_jwk,
                created_at=row.created_at,
                signs_from=row.signs_from,
                published_until=row.published_until,
            )
            for row in rows
        ]

    def add(self, key: SigningKey) -> None:
        with self._database.writing() as connection:
            connection.execute(
                insert(self._keys).values(
                    kid=key.kid,
                    pool_id=key.pool_id,
                    purpose=key.purpose.value,
                    algorithm=key.algorithm,
                    sealed_pem=self._sealer.seal(key.private_pem.reveal().encode(), row=self._row(key.kid)),
                    public_jwk=dict(key.public_jwk),
                    created_at=key.created_at,
                    signs_from=key.signs_from,
                    published_until=key.published_until,
                )
            )
            touch_configuration(connection)

    def retire(self, pool_id: str, purpose: KeyPurpose, *, but: str, published_until: int) -> None:
        with self._database.writing() as connection:
            connection.execute(
                update(self._keys)
                .where(
                    self._keys.c.pool_id == pool_id,
                    self._keys.c.purpose == purpose.value,
                    self._keys.c.kid != but,
                    or_(self._keys.c.published_until.is_(None), self._keys.c.published_until > published_until),
                )
                .values(published_until=published_until)
            )
            touch_configuration(connection)

    def remove_expired(self, pool_id: str, *, now: int) -> None:
        with self._database.writing() as connection:
            connection.execute(
                delete(self._keys).where(self._keys.c.pool_id == pool_id, self._keys.c.published_until <= now)
            )
            touch_configuration(connection)
