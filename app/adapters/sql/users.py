from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, case, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.db import Database
from app.adapters.sql.prepared import Prepared
from app.adapters.sql.tables import password_history, user_identifiers, users
from app.adapters.sql.user_search import page_of, write_search
from app.core.kernel.errors import Conflict
from app.core.kernel.ids import PoolId, Sub
from app.core.kernel.secret import Secret
from app.core.users.filter import UserFilter
from app.core.users.model import Identifier, ListedUser, MfaPreference, PasswordRecord, User, UserStatus
from app.core.users.ports import IdentifierTaken

_STATUS = {status.value: status for status in UserStatus}
_NO_FACTORS = MfaPreference()


def user_from(row: Row[Any]) -> User:
    """The value of a row that carries all columns of ``users``."""
    password = None
    if row.password_hash is not None:
        password = PasswordRecord(
            encoded=Secret(row.password_hash),
            set_at=row.password_set_at,
            srp=None if row.srp is None else Secret(row.srp),
        )
    return User(
        pool_id=PoolId(row.pool_id),
        sub=Sub(row.sub),
        username=row.username,
        status=_STATUS[row.status],
        enabled=row.enabled,
        attributes=row.attributes,
        password=password,
        mfa=_mfa_from(row.mfa),
        pending=row.pending or {},
        sessions_valid_after=row.sessions_valid_after,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _mfa_from(document: dict[str, Any] | None) -> MfaPreference:
    if not document:
        return _NO_FACTORS
    return MfaPreference(enabled=tuple(document["enabled"]), preferred=document["preferred"])


def _columns(user: User) -> dict[str, Any]:
    return {
        "pool_id": user.pool_id,
        "sub": user.sub,
        "username": user.username,
        "status": user.status.value,
        "enabled": user.enabled,
        "attributes": dict(user.attributes),
        "password_hash": user.password.encoded.reveal() if user.password else None,
        "password_set_at": user.password.set_at if user.password else None,
        "srp": user.password.srp.reveal() if user.password and user.password.srp else None,
        "mfa": {"enabled": list(user.mfa.enabled), "preferred": user.mfa.preferred} if user.mfa.enabled else None,
        "pending": dict(user.pending) or None,
        "sessions_valid_after": user.sessions_valid_after,
        "revision": user.revision,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }


# Built once: building a statement takes as long as running it.
_FIND = Prepared(select(users).where(users.c.pool_id == bindparam("its_pool"), users.c.sub == bindparam("its_sub")))


@cache
def _find_by(count: int) -> Prepared:
    """The user who holds any of so many names; of several, the holder of the first."""
    names = user_identifiers.c
    matches = [
        and_(names.kind == bindparam(f"kind_{position}"), names.value == bindparam(f"value_{position}"))
        for position in range(count)
    ]
    rank = case(*[(match, position) for position, match in enumerate(matches)], else_=count)
    return Prepared(
        select(users)
        .join(user_identifiers, and_(names.pool_id == users.c.pool_id, names.sub == users.c.sub))
        .where(names.pool_id == bindparam("its_pool"), or_(*matches))
        .order_by(rank)
        .limit(1)
    )


class SqlUsers:
    """The ``UserStore``. ``add`` and ``save`` write under a savepoint: a taken name refused inside a use case's transaction must
    not end that transaction (PostgreSQL would), for the holder is still to be looked up.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, pool_id: PoolId, sub: Sub) -> User | None:
        rows = self._database.run(_FIND, {"its_pool": pool_id, "its_sub": sub})
        return user_from(rows[0]) if rows else None

    def find_by_identifiers(self, pool_id: PoolId, candidates: Sequence[Identifier]) -> User | None:
        if not candidates:
            return None
        given: dict[str, str] = {"its_pool": pool_id}
        for position, candidate in enumerate(candidates):
            given |= {f"kind_{position}": candidate.kind.value, f"value_{position}": candidate.value}
        rows = self._database.run(_find_by(len(candidates)), given)
        return user_from(rows[0]) if rows else None

    def add(self, user: User, identifiers: Sequence[Identifier]) -> None:
        try:
            with self._database.refusable() as connection:
                connection.execute(insert(users).values(_columns(user)))
                self._claim(connection, user, identifiers)
                write_search(connection, user, new=True)
        except IntegrityError as error:
            raise self._taken(user, identifiers, error) from error

    def save(self, user: User, identifiers: Sequence[Identifier] | None = None) -> User:
        saved = replace(user, revision=user.revision + 1)
        stored = and_(users.c.pool_id == user.pool_id, users.c.sub == user.sub, users.c.revision == user.revision)
        try:
            with self._database.refusable() as connection:
                written = connection.execute(update(users).where(stored).values(_columns(saved)).returning(users.c.sub))
                if written.one_or_none() is None:
                    raise Conflict
                if identifiers is not None:
                    owned = and_(user_identifiers.c.pool_id == user.pool_id, user_identifiers.c.sub == user.sub)
                    connection.execute(delete(user_identifiers).where(owned))
                    self._claim(connection, user, identifiers)
                write_search(connection, saved)
        except IntegrityError as error:
            raise self._taken(user, identifiers or (), error) from error
        return saved

    def list_page(
        self, pool_id: PoolId, wanted: UserFilter | None, *, after: Mapping[str, str] | None, limit: int
    ) -> list[ListedUser]:
        rows = self._database.run(*page_of(pool_id, wanted, after, limit))
        return [ListedUser(user=user_from(row), position={"value": row.position, "sub": row.sub}) for row in rows]

    def remove(self, pool_id: PoolId, sub: Sub) -> None:
        with self._database.connection() as connection:
            connection.execute(delete(users).where(users.c.pool_id == pool_id, users.c.sub == sub))

    def record_password(self, pool_id: PoolId, sub: Sub, encoded: Secret, *, at: int, keep: int) -> None:
        mine = and_(password_history.c.pool_id == pool_id, password_history.c.sub == sub)
        newest = select(password_history.c.id).where(mine).order_by(password_history.c.id.desc()).limit(keep)
        with self._database.writing() as connection:
            if keep:
                connection.execute(
                    insert(password_history).values(
                        pool_id=pool_id, sub=sub, password_hash=encoded.reveal(), created_at=at
                    )
                )
            connection.execute(
                delete(password_history).where(mine, password_history.c.id.not_in(newest.scalar_subquery()))
            )

    def find_password_history(self, pool_id: PoolId, sub: Sub, *, limit: int) -> list[Secret]:
        statement = (
            select(password_history.c.password_hash)
            .where(password_history.c.pool_id == pool_id, password_history.c.sub == sub)
            .order_by(password_history.c.id.desc())
            .limit(limit)
        )
        with self._database.connection() as connection:
            return [Secret(encoded) for encoded in connection.execute(statement).scalars()]

    def _claim(self, connection: Connection, user: User, identifiers: Sequence[Identifier]) -> None:
        if identifiers:
            # In one order for all: who claims two names the other way round would wait for us, and we for them.
            ordered = sorted(identifiers, key=lambda i: (i.kind.value, i.value))
            rows = [{"pool_id": user.pool_id, "kind": i.kind.value, "value": i.value, "sub": user.sub} for i in ordered]
            connection.execute(insert(user_identifiers), rows)

    def _taken(self, user: User, identifiers: Sequence[Identifier], error: IntegrityError) -> Exception:
        """Which identifier another user holds; looked up after the rollback, because drivers word the violation differently."""
        for identifier in identifiers:
            holder = self.find_by_identifiers(user.pool_id, [identifier])
            if holder is not None and holder.sub != user.sub:
                return IdentifierTaken(identifier)
        return error
