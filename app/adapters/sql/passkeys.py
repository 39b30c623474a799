from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.db import Database
from app.adapters.sql.factor_tables import passkeys
from app.adapters.sql.tables import users
from app.core.factors.passkey import Passkey
from app.core.factors.ports import PasskeyTaken
from app.core.kernel.errors import QuotaExceeded, UserNotFound
from app.core.kernel.ids import PoolId, Sub

_C = passkeys.c


class SqlPasskeys:
    """The ``PasskeyStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, passkey: Passkey, *, most: int) -> None:
        owner = and_(users.c.pool_id == passkey.pool_id, users.c.sub == passkey.sub)
        mine = and_(_C.pool_id == passkey.pool_id, _C.sub == passkey.sub)
        with self._database.writing() as connection:
            # The user's row is held, so that of two registrations at once the second counts the first.
            if connection.execute(select(users.c.sub).where(owner).with_for_update()).one_or_none() is None:
                raise UserNotFound
            if connection.execute(select(func.count()).select_from(passkeys).where(mine)).scalar_one() >= most:
                raise QuotaExceeded
            try:
                with self._database.refusable() as inner:
                    inner.execute(insert(passkeys).values(_columns(passkey)))
            except IntegrityError as error:
                raise PasskeyTaken from error

    def find(self, pool_id: PoolId, credential_id: str) -> Passkey | None:
        found = and_(_C.pool_id == pool_id, _C.credential_id == credential_id)
        with self._database.connection() as connection:
            row = connection.execute(select(passkeys).where(found)).one_or_none()
        return None if row is None else _passkey(row)

    def list_of(self, pool_id: PoolId, sub: Sub) -> list[Passkey]:
        mine = select(passkeys).where(_C.pool_id == pool_id, _C.sub == sub).order_by(_C.created_at, _C.credential_id)
        with self._database.connection() as connection:
            return [_passkey(row) for row in connection.execute(mine)]

    def has_any(self, pool_id: PoolId, sub: Sub) -> bool:
        mine = select(_C.credential_id).where(_C.pool_id == pool_id, _C.sub == sub).limit(1)
        with self._database.connection() as connection:
            return connection.execute(mine).one_or_none() is not None

    def use(self, passkey: Passkey, *, sign_count: int) -> bool:
        grew = _C.sign_count < sign_count if sign_count else _C.sign_count == 0
        its = and_(_C.pool_id == passkey.pool_id, _C.credential_id == passkey.credential_id, _C.sub == passkey.sub)
        with self._database.connection() as connection:
            used = connection.execute(
                update(passkeys).where(its, grew).values(sign_count=sign_count).returning(_C.credential_id)
            ).one_or_none()
        return used is not None

    def rename(self, pool_id: PoolId, sub: Sub, credential_id: str, name: str) -> bool:
        its = and_(_C.pool_id == pool_id, _C.credential_id == credential_id, _C.sub == sub)
        with self._database.connection() as connection:
            renamed = connection.execute(
                update(passkeys).where(its).values(friendly_name=name).returning(_C.credential_id)
            ).one_or_none()
        return renamed is not None

    def remove(self, pool_id: PoolId, sub: Sub, credential_id: str) -> bool:
        its = and_(_C.pool_id == pool_id, _C.credential_id == credential_id, _C.sub == sub)
        with self._database.connection() as connection:
            return connection.execute(delete(passkeys).where(its).returning(_C.credential_id)).one_or_none() is not None


def _columns(passkey: Passkey) -> dict[str, Any]:
    return {
        "pool_id": passkey.pool_id,
        "credential_id": passkey.credential_id,
        "sub": passkey.sub,
        "public_key": passkey.public_key,
        "sign_count": passkey.sign_count,
        "transports": list(passkey.transports),
        "attachment": passkey.attachment,
        "user_verified": passkey.user_verified,
        "backed_up": passkey.backed_up,
        "friendly_name": passkey.name,
        "aaguid": passkey.aaguid,
        "rp_id": passkey.rp_id,
        "created_at": passkey.created_at,
    }


def _passkey(row: Row[Any]) -> Passkey:
    return Passkey(
        pool_id=PoolId(row.pool_id),
        credential_id=row.credential_id,
        sub=Sub(row.sub),
        public_key=row.public_key,
        sign_count=row.sign_count,
        transports=tuple(row.transports),
        attachment=row.attachment,
        user_verified=row.user_verified,
        backed_up=row.backed_up,
        name=row.friendly_name,
        aaguid=row.aaguid,
        rp_id=row.rp_id,
        created_at=row.created_at,
    )
