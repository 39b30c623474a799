"""Records of users, codes, token sessions and refresh tokens with sensible defaults; nothing here is stored."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.core.kernel.ids import ClientId, new_handle, new_sub, new_uuid
from app.core.pools.model import Pool
from app.core.tokens.model import AuthorizationCode, RefreshToken, TokenSession
from app.core.users.model import Identifier, IdentifierKind, User, UserStatus
from tests.support.world import NOON, World


def user_record(pool: Pool, username: str = "anna", **changes: Any) -> User:
    user = User(
        pool_id=pool.pool_id,
        sub=new_sub(),
        username=username,
        status=UserStatus.CONFIRMED,
        attributes={"email": f"{username}@example.com"},
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(user, **changes)


def names(username: str, *, email: str | None = None) -> list[Identifier]:
    found = [Identifier(kind=IdentifierKind.USERNAME, value=username)]
    return [*found, Identifier(kind=IdentifierKind.EMAIL, value=email)] if email else found


def stored_user(
    world: World, pool: Pool, username: str = "anna", identifiers: Sequence[Identifier] | None = None
) -> User:
    user = user_record(pool, username)
    world.users.add(user, identifiers if identifiers is not None else names(username))
    return user


def code_record(user: User, **changes: Any) -> AuthorizationCode:
    code = AuthorizationCode(
        code_hash=new_handle(),
        pool_id=user.pool_id,
        client_id=ClientId("client"),
        sub=user.sub,
        redirect_uri="https://app.example.com/callback",
        redirect_uri_given=True,
        scope=("openid", "email"),
        nonce="n",
        code_challenge="challenge",
        auth_time=NOON,
        sid="sso1",
        origin_jti=new_uuid(),
        extra={"lang": "en"},
        created_at=NOON,
        expires_at=NOON + 300,
    )
    return replace(code, **changes)


def session_record(code: AuthorizationCode, **changes: Any) -> TokenSession:
    session = TokenSession(
        origin_jti=code.origin_jti,
        pool_id=code.pool_id,
        client_id=code.client_id,
        sub=code.sub,
        scope=code.scope,
        nonce=code.nonce,
        auth_time=code.auth_time,
        sid=code.sid,
        extra=code.extra,
        created_at=NOON,
        expires_at=NOON + 30 * 86400,
    )
    return replace(session, **changes)


def refresh_record(session: TokenSession, **changes: Any) -> RefreshToken:
    refresh = RefreshToken(
        token_hash=new_handle(),
        pool_id=session.pool_id,
        origin_jti=session.origin_jti,
        created_at=NOON,
        expires_at=session.expires_at,
    )
    return replace(refresh, **changes)
