from collections.abc import Sequence

from sqlalchemy import and_, delete, func, insert, select

from app.adapters.sql.db import Database
from app.adapters.sql.factor_tables import recovery_codes
from app.adapters.sql.tables import users
from app.core.kernel.errors import UserNotFound
from app.core.kernel.ids import PoolId, Sub

_C = recovery_codes.c


class SqlRecoveryCodes:
    """The ``RecoveryCodeStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace(self, pool_id: PoolId, sub: Sub, hashes: Sequence[str], *, at: int) -> None:
        owner = and_(users.c.pool_id == pool_id, users.c.sub == sub)
        rows = [{"pool_id": pool_id, "sub": sub, "code_hash": code_hash, "created_at": at} for code_hash in hashes]
        with self._database.writing() as connection:
            # The user's row is held, so that a replacement at the same time comes wholly before or after.
            if connection.execute(select(users.c.sub).where(owner).with_for_update()).one_or_none() is None:
                raise UserNotFound
            connection.execute(delete(recovery_codes).where(_C.pool_id == pool_id, _C.sub == sub))
            connection.execute(insert(recovery_codes), rows)

    def take(self, pool_id: PoolId, sub: Sub, code_hash: str) -> bool:
        its = and_(_C.pool_id == pool_id, _C.sub == sub, _C.code_hash == code_hash)
        with self._database.connection() as connection:
            return connection.execute(delete(recovery_codes).where(its).returning(_C.sub)).one_or_none() is not None

    def count(self, pool_id: PoolId, sub: Sub) -> int:
        mine = select(func.count()).select_from(recovery_codes).where(_C.pool_id == pool_id, _C.sub == sub)
        with self._database.connection() as connection:
            return int(connection.execute(mine).scalar_one())
