"""What the endpoints need from outside: the rooms they call, and what the web side knows about the request at hand."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.errors import PageRefusal
from app.core.clients.model import Client
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.ids import ClientId, PoolId
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.keys.service import Keys
from app.core.pools.model import Pool
from app.core.sessions.service import Sessions
from app.core.tokens.service import Tokens
from app.services import Services
from app.web.context import current_context
from app.web.cookies import Cookies
from app.web.pool import WhichPool

SESSION_COOKIE = "session"
"""The kind of cookie that holds a browser session's handle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Given once by the factory. The functions read the request at hand.

    ``pool_of_host``: the pool whose own host was asked, None on the public origin. ``session_handle``: the browser's session cookie
    for a pool. ``forget_session``: takes that cookie away. ``render_error``: the page for a refusal, never a redirect.
    """

    tokens: Tokens
    sessions: Sessions
    keys: Keys
    find_pool: Callable[[PoolId], Pool | None]
    find_client: Callable[[ClientId], Client | None]
    hasher: Hasher
    clock: Clock
    public_url: str
    pool_of_host: Callable[[], Pool | None]
    caller: Callable[[], Caller]
    session_handle: Callable[[PoolId], Secret | None]
    forget_session: Callable[[Response, PoolId], None]
    render_error: Callable[[PageRefusal], Response]


def surroundings_of(
    services: Services, cookies: Cookies, public_url: str, render_error: Callable[[PageRefusal], Response]
) -> Surroundings:
    """How the server puts the endpoints into its web side."""
    which_pool = WhichPool(pools=services.pools, clients=services.clients)

    def session_handle(pool_id: PoolId) -> Secret | None:
        found = cookies.find(flask_request, SESSION_COOKIE, pool_id)
        return None if found is None else Secret(found)

    return Surroundings(
        tokens=services.tokens,
        sessions=services.sessions,
        keys=services.keys,
        find_pool=services.pools.find,
        find_client=services.clients.find,
        hasher=services.hasher,
        clock=services.clock,
        public_url=public_url,
        pool_of_host=which_pool.find_by_host,
        caller=lambda: current_context().caller,
        session_handle=session_handle,
        forget_session=lambda response, pool_id: cookies.remove(response, SESSION_COOKIE, pool_id),
        render_error=render_error,
    )
