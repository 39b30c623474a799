"""The token session that an authorization becomes. Pure."""

from app.core.clients.model import Client
from app.core.kernel.ids import new_uuid
from app.core.sessions.model import BrowserSession
from app.core.tokens.model import AuthorizationCode, DirectRequest, Sighting, TokenSession
from app.core.users.model import User

RESOURCE = "resource"
"""Where ``extra`` of codes and sessions keeps what RFC 8707 calls the resource."""


API = "api"
"""In ``extra``: the session was begun by an AWS API, not by an authorize request."""
DEVICE_KEY = "device_key"
EVENT_ID = "event_id"
"""In ``extra``: the sign-in that the session began with, as tokens of the API name it."""
API_SCOPE = ("aws.cognito.signin.user.admin",)
"""What tokens of the API are good for: the user's own operations (tokens.md §3)."""


def begin_from_api(
    client: Client,
    user: User,
    *,
    amr: tuple[str, ...],
    auth_time: int,
    device_key: str | None,
    now: int,
    seen: Sighting | None = None,
) -> TokenSession:
    """The session of tokens that InitiateAuth and its like answer with."""
    lifetimes = client.settings.lifetimes
    return TokenSession(
        origin_jti=new_uuid(),
        pool_id=client.pool_id,
        client_id=client.client_id,
        sub=user.sub,
        scope=API_SCOPE,
        nonce=None,
        auth_time=auth_time,
        sid=None,
        amr=amr,
        extra={API: "yes", EVENT_ID: new_uuid(), **({} if device_key is None else {DEVICE_KEY: device_key})},
        created_at=now,
        expires_at=now + lifetimes.refresh_token + max(lifetimes.access_token, lifetimes.id_token),
        seen=seen,
    )


def begin_from_code(
    code: AuthorizationCode, client: Client, *, now: int, resource: str | None, seen: Sighting | None = None
) -> TokenSession:
    """The session that a code becomes. Its row outlives the refresh token by what the last refresh may still have issued."""
    lifetimes = client.settings.lifetimes
    return TokenSession(
        origin_jti=code.origin_jti,
        pool_id=code.pool_id,
        client_id=code.client_id,
        sub=code.sub,
        scope=code.scope,
        nonce=code.nonce,
        auth_time=code.auth_time,
        sid=code.sid,
        amr=code.amr,
        extra=code.extra if resource is None else {**code.extra, RESOURCE: resource},
        created_at=now,
        expires_at=now + lifetimes.refresh_token + max(lifetimes.access_token, lifetimes.id_token),
        seen=seen,
    )


def begin_directly(
    client: Client, user: User, browser: BrowserSession, request: DirectRequest, *, now: int
) -> TokenSession:
    """The session of tokens that were given without a code; it ends with them, for nothing refreshes them."""
    lifetimes = client.settings.lifetimes
    return TokenSession(
        origin_jti=new_uuid(),
        pool_id=client.pool_id,
        client_id=client.client_id,
        sub=user.sub,
        scope=request.scope,
        nonce=request.nonce,
        auth_time=browser.auth_time,
        sid=browser.sid,
        amr=browser.amr,
        extra={} if request.resource is None else {RESOURCE: request.resource},
        created_at=now,
        expires_at=now + max(lifetimes.access_token, lifetimes.id_token),
    )
