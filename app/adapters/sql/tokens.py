from itertools import count
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, func, insert, or_, select, update

from app.adapters.sql.db import Database
from app.adapters.sql.prepared import Prepared
from app.adapters.sql.sweeping import BEFORE, sweep_of
from app.adapters.sql.tables import authorization_codes, refresh_tokens, token_sessions, users
from app.adapters.sql.users import user_from
from app.core.kernel.ids import ClientId, PoolId, Sub
from app.core.tokens.model import AuthorizationCode, RefreshToken, Sighting, TokenSession
from app.core.users.model import User

_TURNS = 8
_SWEPT = 20 * _TURNS
"""How many expired rows one write in eight removes on its way: more than were added, so that the tables stay bounded."""

_TOMBSTONE_SECONDS = 86400
"""How long a code or a token session outlives its expiry: a late replay still revokes what the code issued, and an access
token minted in the last second of its session still finds it. No access token lives longer than a day.
"""


class SqlTokens:
    """The ``TokenStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._code_turn, self._session_turn = count(), count()

    def add_code(self, code: AuthorizationCode) -> None:
        document = {
            "redirect_uri": code.redirect_uri,
            "redirect_uri_given": code.redirect_uri_given,
            "scope": list(code.scope),
            "nonce": code.nonce,
            "code_challenge": code.code_challenge,
            "auth_time": code.auth_time,
            "sid": code.sid,
            "amr": list(code.amr),
            "extra": dict(code.extra),
        }
        if next(self._code_turn) % _TURNS == 0:
            self._database.run(_SWEEP_CODES, {BEFORE: code.created_at - _TOMBSTONE_SECONDS})
        self._database.run(
            _ADD_CODE,
            {
                "code_hash": code.code_hash,
                "pool_id": code.pool_id,
                "client_id": code.client_id,
                "sub": code.sub,
                "document": document,
                "origin_jti": code.origin_jti,
                "created_at": code.created_at,
                "expires_at": code.expires_at,
                "used_at": None,
            },
        )

    def find_code(self, code_hash: str) -> AuthorizationCode | None:
        rows = self._database.run(_FIND_CODE, {"its_hash": code_hash})
        if not rows:
            return None
        row = rows[0]
        document = {**row.document, "scope": tuple(row.document["scope"]), "amr": tuple(row.document["amr"])}
        return AuthorizationCode(
            code_hash=row.code_hash,
            pool_id=PoolId(row.pool_id),
            client_id=ClientId(row.client_id),
            sub=Sub(row.sub),
            origin_jti=row.origin_jti,
            created_at=row.created_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
            **document,
        )

    def redeem_code(self, code_hash: str, session: TokenSession, refresh: RefreshToken | None, *, now: int) -> bool:
        claim = {"its_hash": code_hash, "now": now}
        self._sweep_sessions(now)
        if refresh is not None and not self._database.is_sqlite:
            return bool(self._database.run(_REDEEM_CODE, {**claim, **_both_columns(session, refresh)}))
        with self._database.transaction():
            if not self._database.run(_CLAIM_CODE, claim):
                return False
            if refresh is None:
                self._database.run(_ADD_SESSION, _session_columns(session))
            else:
                self._add_both(session, refresh)
            return True

    def add_session(self, session: TokenSession) -> None:
        self._sweep_sessions(session.created_at)
        self._database.run(_ADD_SESSION, _session_columns(session))

    def begin_session(self, session: TokenSession, refresh: RefreshToken) -> None:
        self._sweep_sessions(session.created_at)
        self._add_both(session, refresh)

    def _add_both(self, session: TokenSession, refresh: RefreshToken) -> None:
        """In one statement where the database can: PostgreSQL checks what one row means to the other at its end."""
        if not self._database.is_sqlite:
            self._database.run(_ADD_BOTH, _both_columns(session, refresh))
            return
        with self._database.transaction():
            self._database.run(_ADD_SESSION, _session_columns(session))
            self._database.run(_ADD_REFRESH, _refresh_columns(refresh))

    def _sweep_sessions(self, now: int) -> None:
        if next(self._session_turn) % _TURNS == 0:
            self._database.run(_SWEEP_SESSIONS, {BEFORE: now - _TOMBSTONE_SECONDS})

    def find_refresh(self, token_hash: str) -> tuple[RefreshToken, TokenSession, User | None] | None:
        rows = self._database.run(_FIND_REFRESH, {"its_hash": token_hash})
        if not rows:
            return None
        row = rows[0]
        session = _session(row)
        refresh = RefreshToken(
            token_hash=token_hash,
            pool_id=session.pool_id,
            origin_jti=session.origin_jti,
            created_at=row.refresh_created_at,
            expires_at=row.refresh_expires_at,
            used_at=row.refresh_used_at,
        )
        return refresh, session, user_from(row) if row.sub is not None else None

    def rotate_refresh(self, token_hash: str, successor: RefreshToken, *, now: int, reusable_since: int) -> bool:
        given = {
            "its_hash": token_hash,
            "its_jti": successor.origin_jti,
            "now": now,
            "reusable_since": reusable_since,
        }
        with self._database.transaction():
            if not self._database.run(_CLAIM_REFRESH, given):
                return False
            self._database.run(_ADD_REFRESH, _refresh_columns(successor))
            return True

    def find_session(self, pool_id: PoolId, origin_jti: str) -> tuple[TokenSession, User | None] | None:
        rows = self._database.run(_FIND_SESSION, {"its_jti": origin_jti, "its_pool": pool_id})
        if not rows:
            return None
        row = rows[0]
        return _session(row), user_from(row) if row.sub is not None else None

    def bind_once(self, pool_id: PoolId, origin_jti: str, name: str, value: str) -> bool:
        c = token_sessions.c
        mine = and_(c.origin_jti == origin_jti, c.pool_id == pool_id)
        with self._database.writing() as connection:
            document = connection.execute(select(c.document).where(mine).with_for_update()).scalar_one_or_none()
            if document is None:
                return False
            held = document["extra"].get(name)
            if held is None:
                extra = {**document["extra"], name: value}
                connection.execute(update(token_sessions).where(mine).values(document={**document, "extra": extra}))
            return held in {None, value}

    def list_sessions(
        self, pool_id: PoolId, sub: Sub, *, now: int, signed_in_after: int, limit: int
    ) -> list[TokenSession]:
        given = {"its_pool": pool_id, "its_sub": sub, "now": now, "after": signed_in_after, "most": limit}
        with self._database.connection() as connection:
            return [_session(row) for row in connection.execute(_LIST_SESSIONS, given)]

    def see_session(self, pool_id: PoolId, origin_jti: str, seen: Sighting) -> None:
        c = token_sessions.c
        with self._database.connection() as connection:
            connection.execute(
                update(token_sessions)
                .where(c.origin_jti == origin_jti, c.pool_id == pool_id)
                .values(active_at=seen.at, address=seen.address, device=seen.device)
            )

    def evict_sessions(self, session: TokenSession, *, keep: int, now: int) -> None:
        given = {
            "its_pool": session.pool_id,
            "its_sub": session.sub,
            "its_jti": session.origin_jti,
            "now": now,
            "kept": keep - 1,
        }
        with self._database.writing() as connection:
            connection.execute(_EVICT_SESSIONS, given)

    def revoke_browser_sessions(self, pool_id: PoolId, sub: Sub, sid: str, *, now: int) -> None:
        c = token_sessions.c
        with self._database.connection() as connection:
            connection.execute(
                update(token_sessions)
                .where(c.pool_id == pool_id, c.sub == sub, c.sid == sid, c.revoked_at.is_(None))
                .values(revoked_at=now)
            )

    def revoke_session(self, pool_id: PoolId, origin_jti: str, *, now: int) -> None:
        c = token_sessions.c
        with self._database.connection() as connection:
            connection.execute(
                update(token_sessions)
                .where(c.origin_jti == origin_jti, c.pool_id == pool_id, c.revoked_at.is_(None))
                .values(revoked_at=now)
            )


_IS_USER = and_(users.c.pool_id == token_sessions.c.pool_id, users.c.sub == token_sessions.c.sub)
_SESSION_COLUMNS = [column.label(f"session_{column.name}") for column in token_sessions.c]

# Built once: building a statement takes as long as running it.
_SWEEP_CODES = Prepared(sweep_of(authorization_codes.c.expires_at, limit=_SWEPT))
_SWEEP_SESSIONS = Prepared(sweep_of(token_sessions.c.expires_at, limit=_SWEPT))
_FIND_CODE = Prepared(select(authorization_codes).where(authorization_codes.c.code_hash == bindparam("its_hash")))
_ADD_CODE = Prepared(insert(authorization_codes))
_ADD_SESSION = Prepared(insert(token_sessions))
_ADD_REFRESH = Prepared(insert(refresh_tokens))
_ADD_BOTH = Prepared(
    insert(refresh_tokens)
    .values({column.name: bindparam(f"refresh_{column.name}", type_=column.type) for column in refresh_tokens.c})
    .add_cte(insert(token_sessions).cte("begun"))
)
_CLAIM = (
    update(authorization_codes)
    .where(authorization_codes.c.code_hash == bindparam("its_hash"), authorization_codes.c.used_at.is_(None))
    .values(used_at=bindparam("now"))
    .returning(authorization_codes.c.code_hash)
)
_CLAIM_CODE = Prepared(_CLAIM)
# The same in one round trip, for PostgreSQL: both rows are made from the code that was claimed, so without it from nothing.
_CLAIMED = _CLAIM.cte("claimed")
_REDEEM_CODE = Prepared(
    insert(refresh_tokens)
    .from_select(
        [column.name for column in refresh_tokens.c],
        select(*(bindparam(f"refresh_{column.name}", type_=column.type) for column in refresh_tokens.c)).select_from(
            _CLAIMED
        ),
    )
    .add_cte(
        insert(token_sessions)
        .from_select(
            [column.name for column in token_sessions.c],
            select(*(bindparam(column.name, type_=column.type) for column in token_sessions.c)).select_from(_CLAIMED),
        )
        .cte("begun")
    )
    .returning(refresh_tokens.c.token_hash)
)
_LIVE = select(token_sessions.c.origin_jti).where(
    token_sessions.c.origin_jti == bindparam("its_jti"), token_sessions.c.revoked_at.is_(None)
)
_CLAIM_REFRESH = Prepared(
    update(refresh_tokens)
    .where(
        refresh_tokens.c.token_hash == bindparam("its_hash"),
        or_(refresh_tokens.c.used_at.is_(None), refresh_tokens.c.used_at >= bindparam("reusable_since")),
        refresh_tokens.c.origin_jti.in_(_LIVE),
    )
    .values(used_at=func.coalesce(refresh_tokens.c.used_at, bindparam("now", type_=BigInteger)))
    .returning(refresh_tokens.c.token_hash)
)
_FIND_REFRESH = Prepared(
    select(
        refresh_tokens.c.used_at.label("refresh_used_at"),
        refresh_tokens.c.created_at.label("refresh_created_at"),
        refresh_tokens.c.expires_at.label("refresh_expires_at"),
        *_SESSION_COLUMNS,
        users,
    )
    .join(token_sessions, token_sessions.c.origin_jti == refresh_tokens.c.origin_jti)
    .outerjoin(users, _IS_USER)
    .where(refresh_tokens.c.token_hash == bindparam("its_hash"))
)
_MINE = and_(
    token_sessions.c.pool_id == bindparam("its_pool"),
    token_sessions.c.sub == bindparam("its_sub"),
    token_sessions.c.revoked_at.is_(None),
    token_sessions.c.expires_at > bindparam("now"),
)
_ACTIVE_AT = func.coalesce(token_sessions.c.active_at, token_sessions.c.created_at)
_LATEST_FIRST = (_ACTIVE_AT.desc(), token_sessions.c.created_at.desc(), token_sessions.c.origin_jti)
_LIST_SESSIONS = (
    select(*_SESSION_COLUMNS)
    .where(_MINE, token_sessions.c.auth_time > bindparam("after"))
    .order_by(*_LATEST_FIRST)
    .limit(bindparam("most"))
)
_OTHERS = (
    select(token_sessions.c.origin_jti)
    .where(_MINE, token_sessions.c.origin_jti != bindparam("its_jti"))
    .order_by(*_LATEST_FIRST)
    .limit(1_000)
    .offset(bindparam("kept"))
)
_EVICT_SESSIONS = (
    update(token_sessions)
    .where(token_sessions.c.origin_jti.in_(_OTHERS))
    .values(revoked_at=bindparam("now", type_=BigInteger))
)
_FIND_SESSION = Prepared(
    select(*_SESSION_COLUMNS, users)
    .outerjoin(users, _IS_USER)
    .where(token_sessions.c.origin_jti == bindparam("its_jti"), token_sessions.c.pool_id == bindparam("its_pool"))
)


def _session(row: Any) -> TokenSession:
    document = row.session_document
    return TokenSession(
        origin_jti=row.session_origin_jti,
        pool_id=PoolId(row.session_pool_id),
        client_id=ClientId(row.session_client_id),
        sub=Sub(row.session_sub),
        scope=tuple(document["scope"]),
        nonce=document["nonce"],
        auth_time=row.session_auth_time,
        sid=row.session_sid,
        amr=tuple(document["amr"]),
        extra=document["extra"],
        created_at=row.session_created_at,
        expires_at=row.session_expires_at,
        revoked_at=row.session_revoked_at,
        seen=None if row.session_active_at is None else _sighting(row),
    )


def _sighting(row: Any) -> Sighting:
    return Sighting(at=row.session_active_at, address=row.session_address, device=row.session_device)


def _session_columns(session: TokenSession) -> dict[str, Any]:
    return {
        "origin_jti": session.origin_jti,
        "pool_id": session.pool_id,
        "client_id": session.client_id,
        "sub": session.sub,
        "sid": session.sid,
        "document": {
            "scope": list(session.scope),
            "nonce": session.nonce,
            "amr": list(session.amr),
            "extra": dict(session.extra),
        },
        "auth_time": session.auth_time,
        "created_at": session.created_at,
        "expires_at": session.expires_at,
        "revoked_at": session.revoked_at,
        "active_at": session.seen.at if session.seen else None,
        "address": session.seen.address if session.seen else None,
        "device": session.seen.device if session.seen else None,
    }


def _both_columns(session: TokenSession, refresh: RefreshToken) -> dict[str, Any]:
    token = {f"refresh_{name}": value for name, value in _refresh_columns(refresh).items()}
    return {**_session_columns(session), **token}


def _refresh_columns(refresh: RefreshToken) -> dict[str, Any]:
    return {
        "token_hash": refresh.token_hash,
        "pool_id": refresh.pool_id,
        "origin_jti": refresh.origin_jti,
        "created_at": refresh.created_at,
        "expires_at": refresh.expires_at,
        "used_at": refresh.used_at,
    }
