from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.clients.model import Client
from app.core.kernel.ids import ClientId, PoolId, Sub
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.model import User


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """The part of an authorize request that its code is bound to. ``scope`` is what is granted, ``redirect_uri`` where the code goes;
    ``redirect_uri_given`` tells whether the client named it, because then it must name it again (RFC 6749 §4.1.3).
    """

    redirect_uri: str
    redirect_uri_given: bool
    scope: tuple[str, ...]
    nonce: str | None = None
    code_challenge: str | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectRequest:
    """An authorize request that is answered with tokens at once (the implicit grant): which ones, and for what."""

    access_token: bool
    id_token: bool
    scope: tuple[str, ...]
    nonce: str | None = None
    resource: str | None = None


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
class Sighting:
    """When a session was last active and where from; kept only where the pool tracks sessions."""

    at: int
    address: str | None
    device: str


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
    seen: Sighting | None = None


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
class RefreshFamily:
    """A refresh token that was presented, the session it belongs to, and that session's user (None: deleted)."""

    refresh: RefreshToken
    session: TokenSession
    user: User | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAccess:
    """An access token of ours that counts: signed, unexpired, not revoked, of a living user, client and pool.

    ``session`` is None for tokens of clients whose token revocation is switched off: they name none.
    """

    pool: Pool
    client: Client
    user: User
    session: TokenSession | None
    scope: tuple[str, ...]
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedMachine:
    """An access token that a client got for itself (client credentials): signed, unexpired, of a living client and pool."""

    pool: Pool
    client: Client
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectTokens:
    """What the implicit grant answers with; never a refresh token (RFC 6749 §4.2.2)."""

    access_token: Secret | None
    id_token: Secret | None
    expires_in: int
    scope: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """What the token endpoint answers with. ``expires_in`` is the access token's, in seconds."""

    access_token: Secret
    id_token: Secret | None
    refresh_token: Secret | None
    expires_in: int
    scope: tuple[str, ...]
