"""Two nodes behind nginx with TLS, one PostgreSQL, one Redis: what docs/guide/production.md sets up."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import text

from app.core.kernel.secret import Secret
from tests.support import nginx as nginx_support
from tests.support.certificate import make_certificate
from tests.support.databases import migrated
from tests.support.free_port import free_port
from tests.support.guide import blocks, fitted
from tests.support.house import CALLBACK, MASTER_KEY, PASSWORD, House, Tenant
from tests.support.server import ROOT, Server, running
from tests.support.visitor import Page, Visitor

# nginx comes from an address of its own, so that nobody else on this machine is taken for it.
PROXY = "127.0.0.2"
NEW_PASSWORD = "Another-horse-8-battery"


@dataclass
class Pair:
    """Both nodes and what stands around them. ``ends`` ends one node; ``starts`` starts it again."""

    url: str
    log: Path
    certificate: Path
    env: dict[str, str]
    nodes: list[Server] = field(default_factory=list)
    starts: Callable[[int], Server] = field(default=lambda _: pytest.fail("not started"))

    @property
    def house(self) -> House:
        """The same installation through the CLI and the rooms."""
        return House(self.nodes[0], self.env)

    def visitor(self) -> Visitor:
        visitor = Visitor(self.url)
        # Else REQUESTS_CA_BUNDLE, where it is set, takes the place of our own authority.
        visitor.http.trust_env = False
        visitor.http.verify = str(self.certificate)
        return visitor

    def app(self, tenant: Tenant) -> OAuth2Session:
        session = OAuth2Session(
            tenant.public.client_id,
            redirect_uri=CALLBACK,
            scope="openid email profile",
            code_challenge_method="S256",
            token_endpoint_auth_method="none",
        )
        session.trust_env = False
        session.verify = str(self.certificate)
        return session

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, verify=str(self.certificate), timeout=10, **options)

    def served_by(self) -> list[str]:
        """The upstream address of each answered request."""
        return [line.split()[-1] for line in self.log.read_text().splitlines()]


@contextmanager
def pair_of_nodes(nginx: str, folder: Path, database: str, redis: str) -> Iterator[Pair]:
    certificate, key = make_certificate(folder)
    ports, port = (free_port(), free_port()), free_port()
    url = f"https://localhost:{port}"
    env = {
        "POOLHOUSE_DEV": "0",
        "POOLHOUSE_PUBLIC_URL": url,
        "POOLHOUSE_DATABASE_URL": database,
        "POOLHOUSE_REDIS_URL": redis,
        "POOLHOUSE_MASTER_KEY": MASTER_KEY,
        "POOLHOUSE_TRUSTED_PROXIES": PROXY,
    }
    [config] = blocks("production", "nginx")
    own = {
        "10.0.0.11:8000": f"127.0.0.1:{ports[0]}",
        "10.0.0.12:8000": f"127.0.0.1:{ports[1]}",
        "fail_timeout=5s": "fail_timeout=1s",
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/ssl/login.example.com.crt": str(certificate),
        "/etc/ssl/login.example.com.key": str(key),
        "login.example.com": "localhost",
        "proxy_http_version 1.1;": f"proxy_http_version 1.1; proxy_bind {PROXY};",
    }
    http = fitted(config, own)
    with ExitStack() as stack:
        front = stack.enter_context(nginx_support.running(nginx, folder / "nginx", http, port=port))

        def start(number: int) -> Server:
            return stack.enter_context(running(folder / f"node{number}", env=env, port=ports[number]))

        pair = Pair(url, front / "access.log", certificate, env, starts=start)
        pair.nodes = [start(0), start(1)]
        yield pair


@pytest.fixture(scope="module")
def pair(nginx: str, fresh_postgres, fresh_redis, tmp_path_factory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with pair_of_nodes(nginx, folder, migrated(fresh_postgres()), fresh_redis()) as found:
        yield found


def begin(pair: Pair, app: OAuth2Session, tenant: Tenant) -> tuple[str, str]:
    """An authorization request and its PKCE verifier."""
    verifier = "v" * 64
    url, _ = app.create_authorization_url(f"{pair.url}/oauth2/authorize", code_verifier=verifier)
    return url, verifier


def redeem(pair: Pair, app: OAuth2Session, page: Page, verifier: str) -> dict[str, Any]:
    assert not page.opened, (page.url, page.status, page.alert)
    return dict(app.fetch_token(f"{pair.url}/oauth2/token", authorization_response=page.url, code_verifier=verifier))


def claims_of(pair: Pair, tenant: Tenant, token: str) -> dict[str, Any]:
    """What the token says, verified with the keys that are published now."""
    keys = KeySet.import_key_set(pair.get(f"/{tenant.pool.pool_id}/.well-known/jwks.json").json())
    return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)


def kids(pair: Pair, tenant: Tenant) -> set[str]:
    return {key["kid"] for key in pair.get(f"/{tenant.pool.pool_id}/.well-known/jwks.json").json()["keys"]}


# -- behind the proxy --------------------------------------------------------------------------------------------------


def test_one_sign_in_uses_both_nodes(pair: Pair):
    tenant = pair.house.tenant("both")
    before = len(pair.served_by())
    with pair.visitor() as visitor, pair.app(tenant) as app:
        url, verifier = begin(pair, app, tenant)
        page = visitor.open(url)
        tokens = redeem(pair, app, visitor.sign_in(page, tenant.username, PASSWORD), verifier)
    claims = claims_of(pair, tenant, tokens["id_token"])
    assert claims["iss"] == f"{pair.url}/{tenant.pool.pool_id}"
    assert claims["email"] == tenant.username
    assert len(set(pair.served_by()[before:])) == 2


@pytest.mark.spec("RFC 6265bis §4.1.3.2")
def test_cookies_behind_tls_are_bound_to_this_host(pair: Pair):
    tenant = pair.house.tenant("cookies")
    with pair.visitor() as visitor, pair.app(tenant) as app:
        page = visitor.open(begin(pair, app, tenant)[0])
        visitor.sign_in(page, tenant.username, PASSWORD)
        cookies = list(visitor.http.cookies)
    assert len(cookies) >= 1
    for cookie in cookies:
        assert cookie.name.startswith("__Host-")
        assert (cookie.secure, cookie.path, cookie.domain_specified) == (True, "/", False)


def test_every_address_in_discovery_is_the_public_one(pair: Pair):
    tenant = pair.house.tenant("discovery")
    document = pair.get(f"/{tenant.pool.pool_id}/.well-known/openid-configuration").json()
    addresses = [value for name, value in document.items() if name.endswith(("_endpoint", "_uri", "issuer"))]
    assert len(addresses) > 4
    assert all(address.startswith(pair.url + "/") for address in addresses)


def test_https_is_remembered_by_browsers(pair: Pair):
    tenant = pair.house.tenant("hsts")
    answer = pair.get("/login", params={"client_id": tenant.public.client_id})
    assert "max-age=" in answer.headers.get("Strict-Transport-Security", "")


def test_the_proxy_is_believed_about_the_caller_and_nobody_further(pair: Pair):
    """The audit names who stands before nginx, not whom that caller claims to speak for."""
    tenant = pair.house.tenant("address")
    with pair.visitor() as visitor, pair.app(tenant) as app:
        visitor.http.headers["X-Forwarded-For"] = "203.0.113.9"
        page = visitor.open(begin(pair, app, tenant)[0])
        visitor.sign_in(page, tenant.username, "not the password")
    assert addresses(pair, tenant) == ["127.0.0.1"]


def addresses(pair: Pair, tenant: Tenant) -> list[str]:
    from app.config import Settings
    from app.installation import open_installation

    only_ours = {name: value for name, value in pair.env.items() if name.startswith("POOLHOUSE_")}
    opened = open_installation(Settings.from_env(only_ours))
    try:
        with opened.database.connection() as connection:
            query = text("SELECT address FROM audit WHERE pool_id = :pool AND event LIKE 'sign_in.%'")
            return [row.address for row in connection.execute(query, {"pool": tenant.pool.pool_id})]
    finally:
        opened.close()


def test_a_forwarded_header_from_anyone_else_is_ignored_and_shown(pair: Pair):
    node = pair.nodes[0]
    plain = f"http://127.0.0.1:{node.port}"
    forged = {"X-Forwarded-Host": pair.url.removeprefix("https://"), "X-Forwarded-Proto": "https"}
    assert requests.get(f"{plain}/login", headers=forged, timeout=10).status_code == 421
    warnings = requests.get(f"{plain}/readyz", timeout=10).json()["warnings"]
    assert any("was ignored" in warning for warning in warnings)


def test_each_node_shows_its_metrics_to_its_own_machine_only(pair: Pair):
    assert pair.get("/metrics").status_code == 404
    node = f"http://127.0.0.1:{pair.nodes[0].port}/metrics"
    assert requests.get(node, timeout=10).status_code == 200
    assert requests.get(node, headers={"X-Forwarded-For": "127.0.0.1"}, timeout=10).status_code == 403


# -- losing a node -----------------------------------------------------------------------------------------------------


def test_a_node_is_killed_a_key_is_rotated_and_nobody_is_lost(pair: Pair):
    tenant = pair.house.tenant("lost")
    newcomer = "newcomer@example.com"
    with pair.house.services() as rooms:
        attributes = {"email": newcomer, "email_verified": "true"}
        rooms.users.create(tenant.pool, newcomer, attributes, temporary_password=Secret(PASSWORD))
    with (
        pair.visitor() as settled,
        pair.visitor() as typing,
        pair.visitor() as halfway,
        pair.visitor() as waiting,
        pair.app(tenant) as app,
        pair.app(tenant) as other,
    ):
        # One is signed in, one reads the sign-in page, one is asked for a new password, and one has a code in hand.
        url, verifier = begin(pair, app, tenant)
        tokens = redeem(pair, app, settled.sign_in(settled.open(url), tenant.username, PASSWORD), verifier)
        reading = typing.open(begin(pair, app, tenant)[0])
        asked = halfway.sign_in(halfway.open(begin(pair, app, tenant)[0]), newcomer, PASSWORD)
        assert "new_password" in asked.form("reset_password").fields
        url, _ = begin(pair, other, tenant)
        code = waiting.sign_in(waiting.open(url), tenant.username, PASSWORD)

        before = kids(pair, tenant)
        os.killpg(pair.nodes[0].pid, signal.SIGKILL)
        pair.nodes[0].process.wait()
        made = pair.house.command("key", "rotate", "--pool", tenant.pool.pool_id)

        assert not settled.open(begin(pair, app, tenant)[0]).opened
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert pair.get("/oauth2/userInfo", headers=bearer).json()["email"] == tenant.username
        renewed = app.refresh_token(f"{pair.url}/oauth2/token", refresh_token=tokens["refresh_token"])
        assert not typing.sign_in(reading, tenant.username, PASSWORD).opened
        fields = {"new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
        assert not halfway.submit(asked, "reset_password", **fields).opened
        late = redeem(pair, other, code, verifier)

    after = kids(pair, tenant)
    assert after == before | {key["kid"] for key in made}
    assert len(after) == 4
    for token in (tokens["id_token"], renewed["id_token"], late["id_token"]):
        assert claims_of(pair, tenant, token)["email"] == tenant.username

    # It comes back by itself into the circle.
    pair.nodes[0] = pair.starts(0)
    seen = len(pair.served_by())
    address = f"127.0.0.1:{pair.nodes[0].port}"
    for _ in range(50):
        if address in pair.served_by()[seen:]:
            break
        assert pair.get(f"/{tenant.pool.pool_id}/.well-known/jwks.json").status_code == 200
    assert address in pair.served_by()[seen:]
    assert kids(pair, tenant) == after


# -- the guide's commands ----------------------------------------------------------------------------------------------


def test_the_guide_to_production_works_as_written(fresh_postgres, tmp_path: Path):
    """Every shell block in its order, in an empty folder, against an empty database."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "poolhouse"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m app.cli "$@"\n')
    program.chmod(0o755)
    first, *others = blocks("production", "sh")
    assert len(others) == 3
    find_pool = (
        f"POOL=$(poolhouse pool list | {sys.executable} -c 'import json, sys; print(json.load(sys.stdin)[0][\"Id\"])')"
    )
    script = "\n".join(["set -e", first, others[0], find_pool, *others[1:]])
    env = {name: value for name, value in os.environ.items() if not name.startswith("POOLHOUSE_")}
    env |= {
        "PATH": f"{programs}:{env['PATH']}",
        "POOLHOUSE_PUBLIC_URL": "https://login.example.com",
        "POOLHOUSE_DATABASE_URL": fresh_postgres(),
        "POOLHOUSE_MASTER_KEY_FILE": "master.key",
    }
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("sealed again") == 1
    assert done.stdout.rstrip().endswith("]")
    assert (tmp_path / "master.key").stat().st_mode & 0o077 == 0
