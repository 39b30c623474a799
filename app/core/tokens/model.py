from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.kernel.ids import ClientId, PoolId, Sub


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """What an authorization code stands for. The code itself is kept as ``code_hash`` only; a used one stays as a tombstone."""

    code_hash: str
    pool_id: PoolId
    client_id: ClientId
    sub: Sub
    redirect_uri: str
    redirect_uri_given: bool
    scope: tuple[str, ...]
    nonce: str | None
    code_challenge: str | None
    auth_time: int
    sid: str
    origin_jti: str
    amr: tuple[str, ...] = ("pwd",)
    extra: Mapping[str, str] = field(default_factory=dict)
    created_at: int
    expires_at: int
    used_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSession:
    """One lineage of tokens (``origin_jti``) of one user at one client: the truth about whether its tokens still count."""

    origin_jti: str
    pool_id: PoolId
    client_id: ClientId
    sub: Sub
    scope: tuple[str, ...]
    nonce: str | None
    auth_time: int
    sid: str | None
    amr: tuple[str, ...] = ("pwd",)
    extra: Mapping[str, str] = field(default_factory=dict)
    created_at: int
    expires_at: int
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token as stored: its hash, its family, and when it was exchanged for a successor (rotation)."""

    token_hash: str
    pool_id: PoolId
    origin_jti: str
    created_at: int
    expires_at: int
    used_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """What the token endpoint answers with. ``expires_in`` is the access token's, in seconds."""

    access_token: str
    id_token: str | None
    refresh_token: str | None
    expires_in: int
    scope: tuple[str, ...]
