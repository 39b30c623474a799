from sqlalchemy import and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.db import Database
from app.adapters.sql.factor_tables import totp_secrets
from app.core.factors.software_token import SoftwareToken
from app.core.kernel.errors import UserNotFound
from app.core.kernel.ids import PoolId, Sub
from app.core.kernel.sealing import Sealer
from app.core.kernel.secret import Secret

_C = totp_secrets.c


def token_row(token_id: str) -> str:
    """The associated data under which a seed is sealed."""
    return f"totp_secrets:{token_id}"


class SqlSoftwareTokens:
    """The ``SoftwareTokenStore``. Seeds are sealed, not hashed: codes are made of them."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer
        self._upsert = sqlite.insert if database.is_sqlite else postgresql.insert

    def put_waiting(self, token: SoftwareToken) -> None:
        row = {
            "token_id": token.token_id,
            "pool_id": token.pool_id,
            "sub": token.sub,
            "confirmed": False,
            "sealed": self._sealer.seal(token.seed.reveal().encode(), row=token_row(token.token_id)),
            "last_step": token.last_step,
            "friendly_name": token.name,
            "created_at": token.created_at,
        }
        # One statement that replaces the key itself: of two that begin at the same time, neither can fail.
        replaced = {name: row[name] for name in ("token_id", "sealed", "last_step", "friendly_name", "created_at")}
        statement = (
            self._upsert(totp_secrets)
            .values(row)
            .on_conflict_do_update(index_elements=[_C.pool_id, _C.sub, _C.confirmed], set_=replaced)
        )
        try:
            with self._database.refusable() as connection:
                connection.execute(statement)
        except IntegrityError as error:  # the user was deleted meanwhile
            raise UserNotFound from error

    def find(self, pool_id: PoolId, sub: Sub, *, confirmed: bool) -> SoftwareToken | None:
        with self._database.connection() as connection:
            row = connection.execute(
                select(totp_secrets).where(_C.pool_id == pool_id, _C.sub == sub, _C.confirmed == confirmed)
            ).one_or_none()
        if row is None:
            return None
        return SoftwareToken(
            token_id=row.token_id,
            pool_id=PoolId(row.pool_id),
            sub=Sub(row.sub),
            seed=Secret(self._sealer.unseal(row.sealed, row=token_row(row.token_id)).decode()),
            confirmed=row.confirmed,
            last_step=row.last_step,
            name=row.friendly_name,
            created_at=row.created_at,
        )

    def confirm(self, token: SoftwareToken, *, step: int, name: str | None) -> bool:
        waiting = and_(_C.token_id == token.token_id, _C.confirmed.is_(False))
        with self._database.writing() as connection:
            # The row is held first, so that the one it replaces leaves only where it still waits.
            if connection.execute(select(_C.token_id).where(waiting).with_for_update()).one_or_none() is None:
                return False
            earlier = and_(_C.pool_id == token.pool_id, _C.sub == token.sub, _C.confirmed.is_(True))
            connection.execute(delete(totp_secrets).where(earlier))
            connection.execute(
                update(totp_secrets).where(waiting).values(confirmed=True, last_step=step, friendly_name=name)
            )
        return True

    def use_step(self, token: SoftwareToken, step: int) -> bool:
        later = and_(_C.token_id == token.token_id, _C.confirmed.is_(True), _C.last_step < step)
        with self._database.connection() as connection:
            used = connection.execute(
                update(totp_secrets).where(later).values(last_step=step).returning(_C.token_id)
            ).one_or_none()
        return used is not None

    def remove(self, pool_id: PoolId, sub: Sub) -> bool:
        with self._database.connection() as connection:
            gone = connection.execute(
                delete(totp_secrets).where(_C.pool_id == pool_id, _C.sub == sub).returning(_C.token_id)
            ).scalars()
            return bool(list(gone))
