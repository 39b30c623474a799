"""A user's access token for the API's own operations, without a sign-in before it."""

from app.core.clients.model import Client
from app.core.pools.model import Pool
from app.core.sessions.model import BrowserSession
from app.core.tokens.model import DirectRequest
from app.core.users.model import User
from app.services import Services


def access_token_of(
    services: Services,
    pool: Pool,
    client: Client,
    user: User,
    scope: tuple[str, ...] = ("aws.cognito.signin.user.admin",),
) -> str:
    now = services.clock.now()
    browser = BrowserSession(
        sid="sso0", pool_id=pool.pool_id, sub=user.sub, auth_time=now, amr=("pwd",), expires_at=now + 3600
    )
    request = DirectRequest(access_token=True, id_token=False, scope=scope)
    issued = services.tokens.issue_directly(pool, client, user, browser, request).access_token
    assert issued is not None
    return issued.reveal()
