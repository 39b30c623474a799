"""What the endpoints need from outside: the rooms they call, and what the web side knows about the request at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response

from app.blueprints.oauth2.errors import PageRefusal
from app.core.clients.model import Client
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.ids import ClientId, PoolId
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.keys.service import Keys
from app.core.pools.model import Pool
from app.core.sessions.consent import Consents
from app.core.sessions.logout import Logouts
from app.core.sessions.service import Sessions
from app.core.tokens.hint import Hints
from app.core.tokens.introspection import Introspection
from app.core.tokens.parked import ParkedHints
from app.core.tokens.service import Tokens
from app.web.client_pages import ClientPages
from app.web.csrf import Csrf


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Given once by the factory. The functions read the request at hand.

    ``pool_of_host``: the pool whose own host was asked, None on the public origin. ``session_handle``: the browser's session cookie
    for a pool. ``forget_session``: takes that cookie away. ``render_error``: the page for a refusal, never a redirect.
    ``render_form_post``: the page that posts an answer to a client's registered redirect URI. ``living_scopes``: those of a
    client's scopes that still exist.
    for a pool. ``forget_session``: takes that cookie away. ``render_error``: the page for a refusal, never a redirect. ``session_pools``: for which
    pools this browser sent a session cookie, as the host sees them.
    """

    tokens: Tokens
    introspection: Introspection
    sessions: Sessions
    keys: Keys
    find_pool: Callable[[PoolId], Pool | None]
    find_client: Callable[[ClientId], Client | None]
    living_scopes: Callable[[PoolId, tuple[str, ...]], tuple[str, ...]]
    hasher: Hasher
    clock: Clock
    public_url: str
    pool_of_host: Callable[[], Pool | None]
    caller: Callable[[], Caller]
    session_handle: Callable[[PoolId], Secret | None]
    forget_session: Callable[[Response, PoolId], None]
    render_error: Callable[[PageRefusal], Response]
    render_form_post: Callable[[Pool, Client, str, Mapping[str, str]], Response]
    hints: Hints
    parked: ParkedHints
    consents: Consents
    logouts: Logouts
    session_pools: Callable[[], tuple[PoolId, ...]]
    csrf: Csrf
    client_pages: ClientPages
