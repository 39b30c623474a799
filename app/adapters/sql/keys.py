from sqlalchemy import delete, insert, or_, select, update

from app.adapters.sql.configuration import touch_configuration
from app.adapters.sql.db import Database
from app.adapters.sql.tables import signing_keys
from app.core.kernel.sealing import Sealer
from app.core.kernel.secret import Secret
from app.core.keys.model import KeyPurpose, SigningKey


def key_row(kid: str) -> str:
    """The associated data under which a private key is sealed."""
    return f"signing_keys:{kid}"


class SqlKeys:
    """The ``KeyStore``; private keys are sealed."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def list_of(self, pool_id: str) -> list[SigningKey]:
        statement = (
            select(signing_keys)
            .where(signing_keys.c.pool_id == pool_id)
            .order_by(signing_keys.c.created_at, signing_keys.c.signs_from, signing_keys.c.kid)
        )
        with self._database.connection() as connection:
            rows = connection.execute(statement).all()
        return [
            SigningKey(
                kid=row.kid,
                pool_id=row.pool_id,
                purpose=KeyPurpose(row.purpose),
                algorithm=row.algorithm,
                private_pem=Secret(self._sealer.unseal(row.sealed_pem, row=key_row(row.kid)).decode()),
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
                insert(signing_keys).values(
                    kid=key.kid,
                    pool_id=key.pool_id,
                    purpose=key.purpose.value,
                    algorithm=key.algorithm,
                    sealed_pem=self._sealer.seal(key.private_pem.reveal().encode(), row=key_row(key.kid)),
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
                update(signing_keys)
                .where(
                    signing_keys.c.pool_id == pool_id,
                    signing_keys.c.purpose == purpose.value,
                    signing_keys.c.kid != but,
                    or_(signing_keys.c.published_until.is_(None), signing_keys.c.published_until > published_until),
                )
                .values(published_until=published_until)
            )
            touch_configuration(connection)

    def remove_expired(self, pool_id: str, *, now: int) -> None:
        with self._database.writing() as connection:
            connection.execute(
                delete(signing_keys).where(signing_keys.c.pool_id == pool_id, signing_keys.c.published_until <= now)
            )
            touch_configuration(connection)
