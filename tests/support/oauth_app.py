"""The OAuth endpoints over a real database, with a browser and an app that behave, until a test makes them misbehave."""

import json
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from shutil import copyfile
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, Response
from flask import request as flask_request
from flask.testing import FlaskClient

from app.aws.validation import BotocoreSchema
from app.blueprints.oauth2.errors import PageRefusal
from app.blueprints.oauth2.routes import create_blueprint
from app.blueprints.oauth2.surroundings import Surroundings
from app.core.clients.model import Client, ClientSettings
from app.core.groups.model import Group
from app.core.kernel.caller import Caller
from app.core.kernel.ids import ClientId, PoolId, new_sub
from app.core.kernel.secret import Secret
from app.core.keys.model import KeyPurpose
from app.core.keys.service import Keys
from app.core.pools.model import Pool
from app.core.resource_servers.service import ResourceServers
from app.core.sessions.consent import Consents
from app.core.sessions.ended import EndedSessions
from app.core.sessions.logout import Logouts
from app.core.sessions.service import Sessions
from app.core.tokens.hint import Hints
from app.core.tokens.introspection import Introspection
from app.core.tokens.parked import ParkedHints
from app.core.tokens.service import Tokens
from app.core.users.model import User, UserStatus
from app.web.client_pages import ClientPages
from app.web.context import Contexts
from app.web.cookies import Cookies
from app.web.csrf import Csrf
from app.web.form_post import FormPostPages
from app.web.headers import add_security_headers
from app.web.pages import Pages, shipped_themes
from app.web.site import Site
from tests.support.prepared_keys import keys_of
from tests.support.world import World, fresh_sqlite

SESSION_COOKIE = "session"
PUBLIC_URL = "https://id.example.com"
CALLBACK = "https://app.example.com/callback"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def claims_of(token: str) -> dict[str, Any]:
    """The payload, unverified."""
    part = token.split(".")[1]
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def header_of(token: str) -> dict[str, Any]:
    part = token.split(".", maxsplit=1)[0]
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def basic(client: Client, secret: str | None = None) -> dict[str, str]:
    shown = secret if secret is not None else client.secrets[0].reveal()
    return {"Authorization": "Basic " + b64encode(f"{client.client_id}:{shown}".encode()).decode()}


@dataclass(frozen=True)
class Landing:
    """Where a redirect led: the address alone, the query, and the fragment read like a query."""

    status: int
    address: str
    query: dict[str, str]
    fragment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, response: Any) -> "Landing":
        location = response.headers.get("Location", "")
        location, _, fragment = location.partition("#")
        address, _, query = location.partition("?")
        return cls(
            response.status_code,
            address,
            dict(parse_qsl(query, keep_blank_values=True)),
            dict(parse_qsl(fragment, keep_blank_values=True)),
        )


@cache
def _prepared() -> tuple[Path, str, dict[str, Any]]:
    """A database with one pool and its keys, and those keys as one worker has parsed them: parsing takes a fifth of a second."""
    folder = Path(mkdtemp(prefix="poolhouse-oauth-"))
    world = World(fresh_sqlite(folder))
    pool, keys = world.a_pool(), keys_of(world)
    keys.ensure(pool.pool_id)
    keys.jwks(pool.pool_id)
    with world.database.connection() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    world.close()
    return folder / "poolhouse.sqlite3", pool.pool_id, keys._rings


@cache
def _pages() -> Pages:
    return Pages([shipped_themes()])


class KeptQueue:
    """The ``Queue`` of tests: keeps what was enqueued."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, dict[str, Any]]] = []

    def enqueue(self, kind: str, payload: str) -> None:
        self.kept.append((kind, json.loads(payload)))


class OAuthApp:
    """One server. ``host_pool`` pretends that requests come to that pool's own host."""

    def __init__(self, folder: Path) -> None:
        template, pool_id, parsed = _prepared()
        target = folder / "poolhouse.sqlite3"
        copyfile(template, target)
        self.world = World(f"sqlite:///{target}")
        self.clock = self.world.clock
        self.host_pool: Pool | None = None
        self.keys: Keys = keys_of(self.world, skip=2)
        self.keys._rings.update(parsed)
        self.cookies = Cookies(hasher=self.world.hasher, clock=self.clock, is_https=True)
        self.sessions = Sessions(
            ephemeral=self.world.ephemeral, users=self.world.users, hasher=self.world.hasher, clock=self.clock
        )
        self.ended = EndedSessions(ephemeral=self.world.ephemeral, clock=self.clock)
        self.tokens = Tokens(
            ended=self.ended,
            store=self.world.tokens,
            users=self.world.users,
            groups=self.world.groups,
            keys=self.keys,
            find_pool=self.world.pools.find,
            find_client=self.world.clients.find,
            audit=self.world.audit,
            hasher=self.world.hasher,
            clock=self.clock,
            public_url=PUBLIC_URL,
        )
        self.servers = ResourceServers(
            store=self.world.resource_servers,
            read_scopes=self.world.resource_servers.scopes_of,
            schema=BotocoreSchema(),
            clock=self.clock,
            transactions=self.world.database,
        )
        self.hints = Hints(keys=self.keys, find_pool=self.world.pools.find, public_url=PUBLIC_URL)
        self.consents = Consents(
            store=self.world.consents, ephemeral=self.world.ephemeral, hasher=self.world.hasher, clock=self.clock
        )
        self.queue = KeptQueue()
        self.logouts = Logouts(
            store=self.world.participants,
            find_client=self.world.clients.find,
            issuer=self.tokens.issuer,
            queue=self.queue,
            ended=self.ended,
            clock=self.clock,
            transactions=self.world.database,
        )
        self.site = Site(public_url=PUBLIC_URL)
        self.csrf = Csrf(cookies=self.cookies, hasher=self.world.hasher, site=self.site)
        self.flask = Flask("oauth")
        self.flask.before_request(lambda: Contexts(self.site).open(flask_request) and None)
        self.flask.after_request(lambda response: add_security_headers(response, self.site))
        self.flask.register_blueprint(create_blueprint(self._surroundings()))
        self.pool: Pool = self.world.pools.find(PoolId(pool_id))  # type: ignore[assignment]
        self.client = self.world.a_client(self.pool)
        self.user = self.a_user(self.pool)

    def _surroundings(self) -> Surroundings:
        def session_handle(pool_id: str) -> Secret | None:
            found = self.cookies.find(flask_request, SESSION_COOKIE, pool_id)
            return None if found is None else Secret(found)

        def render_error(refused: PageRefusal) -> Response:
            return Response(f'<p role="alert">{escape(refused.sentence)}</p>', refused.status, mimetype="text/html")

        return Surroundings(
            tokens=self.tokens,
            introspection=Introspection(tokens=self.tokens),
            sessions=self.sessions,
            keys=self.keys,
            find_pool=self.world.pools.find,
            find_client=self.world.clients.find,
            living_scopes=self.servers.choose_living,
            hasher=self.world.hasher,
            clock=self.clock,
            public_url=PUBLIC_URL,
            pool_of_host=lambda: self.host_pool,
            caller=lambda: Caller(address="203.0.113.9", request_id="r1"),
            session_handle=session_handle,
            forget_session=lambda response, pool_id: self.cookies.remove(response, SESSION_COOKIE, pool_id),
            render_error=render_error,
            render_form_post=FormPostPages(pages=_pages()).draw,
            hints=self.hints,
            parked=ParkedHints(ephemeral=self.world.ephemeral, hasher=self.world.hasher, clock=self.clock),
            consents=self.consents,
            logouts=self.logouts,
            session_pools=lambda: tuple(map(PoolId, self.cookies.pools_with(flask_request, SESSION_COOKIE))),
            csrf=self.csrf,
            client_pages=ClientPages(pages=_pages(), csrf=self.csrf),
        )

    def close(self) -> None:
        self.world.close()

    # -- records -------------------------------------------------------------------------------------------------------

    def a_pool(self, **extensions: Any) -> Pool:
        pool = self.world.a_pool(extensions=extensions)
        self.keys.ensure(pool.pool_id)
        return pool

    def a_user(self, pool: Pool, **attributes: str) -> User:
        sub, now = new_sub(), self.clock.now()
        email = f"{sub[:8]}@example.com"
        user = User(
            pool_id=pool.pool_id,
            sub=sub,
            username=sub,
            status=UserStatus.CONFIRMED,
            attributes={"email": email, "email_verified": "true", **attributes},
            created_at=now - 60,
            updated_at=now - 60,
        )
        self.world.users.add(user, ())
        return user

    def a_group(self, name: str, *, role: str | None = None, precedence: int | None = None) -> None:
        now = self.clock.now()
        group = Group(
            pool_id=self.pool.pool_id, name=name, role_arn=role, precedence=precedence, created_at=now, updated_at=now
        )
        self.world.groups.add(group)
        self.world.groups.add_member(self.pool.pool_id, name, self.user.sub, at=now)

    def change_user(self, **changes: Any) -> User:
        self.user = self.world.users.save(replace(self.user, **changes))
        return self.user

    def change_client(self, client: Client, settings: dict[str, Any]) -> Client:
        document = {**client.settings.document, **settings}
        changed = replace(client, settings=ClientSettings.read(document))
        self.world.clients.save(changed)
        return changed

    # -- the browser ---------------------------------------------------------------------------------------------------

    def browser(self) -> FlaskClient:
        return self.flask.test_client()

    def signed_in(self, user: User | None = None, *, auth_time: int | None = None) -> FlaskClient:
        """A browser with a session of the user."""
        user = user or self.user
        browser = self.browser()
        moment = self.clock.now() if auth_time is None else auth_time
        handle, _ = self.sessions.open(user.pool_id, user, ("pwd",), moment, Caller())
        browser.set_cookie(
            self.cookies.name(SESSION_COOKIE, user.pool_id), handle.reveal(), domain="localhost", secure=False
        )
        return browser

    def authorize_url(self, client: Client | None = None, **changes: str | None) -> str:
        client = client or self.client
        query: dict[str, str | None] = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": CALLBACK,
            "state": "s-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return "/oauth2/authorize?" + urlencode({name: value for name, value in query.items() if value is not None})

    def authorize(
        self, client: Client | None = None, browser: FlaskClient | None = None, **changes: str | None
    ) -> Landing:
        return Landing.of((browser or self.signed_in()).get(self.authorize_url(client, **changes)))

    def a_code(self, client: Client | None = None, browser: FlaskClient | None = None, **changes: str | None) -> str:
        return self.authorize(client, browser, **changes).query["code"]

    # -- the app -------------------------------------------------------------------------------------------------------

    def redeem(
        self, code: str, client: Client | None = None, *, headers: dict[str, str] | None = None, **changes: str | None
    ) -> Any:
        client = client or self.client
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": client.client_id,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.post_token(form, headers=headers)

    def refresh(
        self, token: str, client: Client | None = None, *, headers: dict[str, str] | None = None, **changes: str | None
    ) -> Any:
        client = client or self.client
        form: dict[str, str | None] = {
            "grant_type": "refresh_token",
            "client_id": client.client_id,
            "refresh_token": token,
            **changes,
        }
        return self.post_token(form, headers=headers)

    def post_token(self, form: dict[str, str | None], *, headers: dict[str, str] | None = None) -> Any:
        sent = {name: value for name, value in form.items() if value is not None}
        return self.browser().post("/oauth2/token", data=sent, headers=headers)

    def tokens_of(self, client: Client | None = None, **changes: str | None) -> dict[str, Any]:
        """A whole code flow."""
        response = self.redeem(self.a_code(client, **changes), client)
        assert response.status_code == 200, response.text
        return response.json

    def own_tokens(self, client: Client, *, headers: dict[str, str] | None = None, **changes: str | None) -> Any:
        """The client credentials grant."""
        form = {"grant_type": "client_credentials", **changes}
        return self.post_token(form, headers=basic(client) if headers is None else headers)

    def introspect(self, token: str, client: Client, *, headers: dict[str, str] | None = None, **changes: str) -> Any:
        sent = {"token": token, **changes}
        return self.browser().post(
            "/oauth2/introspect", data=sent, headers=basic(client) if headers is None else headers
        )

    def userinfo(self, token: str) -> Any:
        return self.browser().get("/oauth2/userInfo", headers={"Authorization": f"Bearer {token}"})

    def revoke(self, token: str, client: Client | None = None) -> Any:
        client = client or self.client
        return self.browser().post("/oauth2/revoke", data={"token": token, "client_id": client.client_id})

    # -- forgery -------------------------------------------------------------------------------------------------------

    def signer(self, purpose: KeyPurpose = KeyPurpose.ACCESS, pool: Pool | None = None) -> Any:
        return self.keys.signer((pool or self.pool).pool_id, purpose)

    def find_client(self, client_id: str) -> Client | None:
        return self.world.clients.find(ClientId(client_id))


def path_of(url: str) -> str:
    return urlsplit(url).path
