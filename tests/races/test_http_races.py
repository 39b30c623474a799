"""Two worker processes behind one socket, asked over HTTP: one winner each, and what an operator changes counts everywhere at once."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from tests.support.house import CALLBACK, House, Tenant, house, house_on, signed_in
from tests.support.oauth_app import challenge_of

ROUNDS = 100
CONTENDERS = 20
VERIFIER = "v" * 43
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STEP_SECONDS = 205
"""Less than the time an application keeps a JWKS, more than a third of the time a key is published before it signs."""
CONFIGURATION_SECONDS = 0.25
"""After this a change of configuration counts on every worker (architecture: caches)."""


@pytest.fixture(scope="module", params=["sqlite", "postgres-redis"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_on(request.param, request, tmp_path_factory.mktemp("races")) as found:
        yield found


@dataclass
class Connections:
    """Many open connections, spread by the kernel over both workers; requests leave on all before the first answer is read."""

    home: House
    count: int = CONTENDERS
    _open: list[HTTPConnection] = field(default_factory=list)

    def __enter__(self) -> "Connections":
        self._open = [HTTPConnection("127.0.0.1", self.home.server.port, timeout=30) for _ in range(self.count)]
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._open:
            connection.close()

    def all_ask(self, method: str, path: str, body: str | None = None, **headers: str) -> list[tuple[int, Any]]:
        host = {"Host": f"localhost:{self.home.server.port}"}
        for connection in self._open:
            connection.request(method, path, body=body, headers={**host, **(FORM if body else {}), **headers})
        answers = []
        for connection in self._open:
            answer = connection.getresponse()
            answers.append((answer.status, json.loads(answer.read() or b"{}")))
        return answers

    def redeem(self, form: dict[str, str]) -> list[tuple[int, Any]]:
        return self.all_ask("POST", "/oauth2/token", urlencode(form))


def code_form(client_id: str, code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }


def refresh_form(client_id: str, token: str, secret: str | None = None) -> dict[str, str]:
    form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": token}
    return form if secret is None else {**form, "client_secret": secret}


def authorize_url(client_id: str) -> str:
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid email",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    return f"/oauth2/authorize?{urlencode(query)}"


def minted_codes(home: House, tenant: Tenant, client_id: str, count: int) -> list[str]:
    with home.visitor() as visitor:
        url = authorize_url(client_id)
        return [signed_in(visitor, url, tenant.username).query["code"] for _ in range(count)]


def tokens_for(home: House, tenant: Tenant, client_id: str, secret: str | None = None) -> dict[str, Any]:
    [code] = minted_codes(home, tenant, client_id, 1)
    form = code_form(client_id, code) | ({} if secret is None else {"client_secret": secret})
    with Connections(home, 1) as one:
        [(status, body)] = one.redeem(form)
    assert status == 200, body
    return dict(body)


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_of_twenty_parallel_redemptions_over_http_one_gets_tokens_a_hundred_times(home: House):
    tenant = home.tenant("race")
    client_id = tenant.public.client_id
    codes = minted_codes(home, tenant, client_id, ROUNDS)
    with Connections(home) as many:
        rounds = [many.redeem(code_form(client_id, code)) for code in codes]
    winners = [sum(status == 200 for status, _ in answers) for answers in rounds]
    assert winners == [1] * ROUNDS
    refusals = {(status, body["error"]) for answers in rounds for status, body in answers if status != 200}
    assert refusals == {(400, "invalid_grant")}


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_the_late_duplicates_of_a_race_revoke_what_the_winner_got(home: House):
    tenant = home.tenant("late")
    [code] = minted_codes(home, tenant, tenant.public.client_id, 1)
    with Connections(home) as many:
        answers = many.redeem(code_form(tenant.public.client_id, code))
        [token] = [body["access_token"] for status, body in answers if status == 200]
        seen = many.all_ask("GET", "/oauth2/userInfo", Authorization=f"Bearer {token}")
    assert {status for status, _ in seen} == {401}


@dataclass
class RelyingParty:
    """Verifies as applications do: with a JWKS it keeps for as long as the answer says, by the server's clock."""

    home: House
    tenant: Tenant
    now: int = 0
    keys: KeySet | None = None
    fetched_at: int = 0
    max_age: int = 0
    kids: set[str] = field(default_factory=set)

    def look_at(self, token: str) -> None:
        """Raises where the token does not verify with what is remembered."""
        if self.keys is None or self.now - self.fetched_at >= self.max_age:
            self.fetch()
        assert self.keys is not None
        self.kids.add(jwt.decode(token, self.keys, algorithms=["RS256"]).header["kid"])

    def fetch(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.home.server.port, timeout=30)
        path = f"/{self.tenant.pool.pool_id}/.well-known/jwks.json"
        connection.request("GET", path, headers={"Host": f"localhost:{self.home.server.port}"})
        answer = connection.getresponse()
        self.keys = KeySet.import_key_set(json.loads(answer.read()))
        control = answer.headers["Cache-Control"] or ""
        self.max_age = int(control.partition("max-age=")[2].split(",")[0])
        self.fetched_at = self.now
        connection.close()


def test_keys_rotate_by_command_while_applications_verify_without_one_failure(home: House):
    """Two rotations in an hour; tokens of every generation verify at applications and at userInfo until they expire."""
    tenant = home.tenant("keys")
    client_id = tenant.public.client_id
    refresh = tokens_for(home, tenant, client_id)["refresh_token"]
    # Three applications whose copies of the JWKS are of different ages.
    parties = [RelyingParty(home, tenant) for _ in range(3)]
    issued: list[tuple[int, str]] = []
    elapsed = 0

    def everybody_works(many: Connections) -> None:
        answers = many.redeem(refresh_form(client_id, refresh))
        assert {status for status, _ in answers} == {200}
        for party in parties:
            party.now = elapsed
            for _, body in answers:
                party.look_at(body["id_token"])
                party.look_at(body["access_token"])
            for expires, token in issued:
                if elapsed < expires:
                    party.look_at(token)
        issued.append((elapsed + 3600, answers[0][1]["access_token"]))
        for expires, token in issued:
            live = elapsed < expires - 5
            seen = many.all_ask("GET", "/oauth2/userInfo", Authorization=f"Bearer {token}")
            assert not live or {status for status, _ in seen} == {200}

    with Connections(home, 6) as many:
        for step in range(9):
            if step in {1, 5}:
                home.command("key", "rotate", "--pool", tenant.pool.pool_id)
            if step < len(parties):
                parties[step].now = elapsed
                parties[step].fetch()
            everybody_works(many)
            home.move_clock(STEP_SECONDS)
            elapsed += STEP_SECONDS
    # Two purposes, three generations.
    assert {len(party.kids) for party in parties} == {6}


def test_after_a_compromise_old_keys_verify_nothing_and_new_tokens_flow(home: House):
    tenant = home.tenant("stolen")
    client_id = tenant.public.client_id
    before = tokens_for(home, tenant, client_id)
    party = RelyingParty(home, tenant)
    party.look_at(before["access_token"])
    home.command("key", "rotate", "--now", "--pool", tenant.pool.pool_id)
    with Connections(home, 8) as many:
        bearer = {"Authorization": f"Bearer {before['access_token']}"}
        holds_from_now_on(lambda: many.all_ask("GET", "/oauth2/userInfo", **bearer), lambda seen: seen[0] == 401)
        answers = many.redeem(refresh_form(client_id, before["refresh_token"]))
    party.fetch()
    for status, body in answers:
        assert status == 200
        party.look_at(body["access_token"])
    with pytest.raises(InvalidKeyIdError):
        party.look_at(before["access_token"])


def holds_from_now_on(
    ask: Callable[[], list[tuple[int, Any]]],
    holds: Callable[[tuple[int, Any]], bool],
    *,
    changed_at: float | None = None,
) -> None:
    """No request sent later than the promised time after the change is answered as before it; asked on every connection, twice."""
    changed_at = time.monotonic() if changed_at is None else changed_at
    late = 0
    while late < 2:
        sent = time.monotonic()
        answers = ask()
        if sent - changed_at > CONFIGURATION_SECONDS:
            assert [answer for answer in answers if not holds(answer)] == []
            late += 1


def test_a_deleted_client_is_gone_on_every_worker_within_a_quarter_of_a_second(home: House):
    tenant = home.tenant("gone")
    client_id = tenant.public.client_id
    form = refresh_form(client_id, tokens_for(home, tenant, client_id)["refresh_token"])
    with Connections(home, 12) as many, home.services() as rooms:
        assert {status for status, _ in many.redeem(form)} == {200}
        rooms.clients.remove(tenant.pool.pool_id, tenant.public.client_id)
        holds_from_now_on(lambda: many.redeem(form), lambda seen: seen[1].get("error") == "invalid_client")


def test_a_removed_secret_opens_nothing_within_a_quarter_of_a_second(home: House):
    tenant = home.tenant("secret")
    client_id, pool_id = tenant.confidential.client_id, tenant.pool.pool_id
    refresh = tokens_for(home, tenant, client_id, tenant.secret)["refresh_token"]
    old = refresh_form(client_id, refresh, tenant.secret)
    with Connections(home, 12) as many, home.services() as rooms:
        new = refresh_form(client_id, refresh, rooms.clients.add_secret(pool_id, client_id).reveal())
        holds_from_now_on(lambda: many.redeem(new), lambda seen: seen[0] == 200)
        assert {status for status, _ in many.redeem(old)} == {200}, "both count until the old one is removed"
        rooms.clients.remove_secret(pool_id, client_id)
        holds_from_now_on(lambda: many.redeem(old), lambda seen: seen[1].get("error") == "invalid_client")
        assert {status for status, _ in many.redeem(new)} == {200}


def test_a_removed_pool_is_gone_with_its_tokens_within_a_quarter_of_a_second(home: House):
    tenant = home.tenant("closed")
    tokens = tokens_for(home, tenant, tenant.public.client_id)
    form = refresh_form(tenant.public.client_id, tokens["refresh_token"])
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    discovery = f"/{tenant.pool.pool_id}/.well-known/openid-configuration"
    with Connections(home, 12) as many, home.services() as rooms:
        assert {status for status, _ in many.all_ask("GET", "/oauth2/userInfo", **bearer)} == {200}
        assert {status for status, _ in many.all_ask("GET", discovery)} == {200}
        rooms.pools.remove(tenant.pool.pool_id)
        changed = time.monotonic()
        holds_from_now_on(lambda: many.redeem(form), lambda seen: seen[0] == 400, changed_at=changed)
        holds_from_now_on(
            lambda: many.all_ask("GET", "/oauth2/userInfo", **bearer), lambda seen: seen[0] == 401, changed_at=changed
        )
        holds_from_now_on(lambda: many.all_ask("GET", discovery), lambda seen: seen[0] == 404, changed_at=changed)


def test_a_disabled_pool_serves_nobody_within_a_quarter_of_a_second_and_all_when_enabled(home: House):
    tenant = home.tenant("paused")
    tokens = tokens_for(home, tenant, tenant.public.client_id)
    form = refresh_form(tenant.public.client_id, tokens["refresh_token"])
    with Connections(home, 12) as many, home.services() as rooms:
        rooms.pools.set_extension(tenant.pool.pool_id, "enabled", value=False)
        holds_from_now_on(lambda: many.redeem(form), lambda seen: seen[0] == 400)
        rooms.pools.set_extension(tenant.pool.pool_id, "enabled", value=None)
        holds_from_now_on(lambda: many.redeem(form), lambda seen: seen[0] == 200)


def a_key(byte: int) -> str:
    return base64.b64encode(bytes([byte]) * 32).decode()


def test_the_master_key_is_rotated_without_losing_a_secret_and_a_wrong_one_stops_the_start(tmp_path: Path):
    old, new, wrong = a_key(1), a_key(2), a_key(3)
    hashing = {"POOLHOUSE_PASSWORD_HASHING": "test"}
    with house(tmp_path, hashing | {"POOLHOUSE_MASTER_KEY": old}, workers=1) as home:
        tenant = home.tenant("sealed")
        client_id, port = tenant.confidential.client_id, home.server.port
        refresh = tokens_for(home, tenant, client_id, tenant.secret)["refresh_token"]
    form = refresh_form(client_id, refresh, tenant.secret)
    with house(tmp_path, hashing | {"POOLHOUSE_MASTER_KEY": f"{new},{old}"}, workers=1, port=port) as home:
        with Connections(home, 1) as one:
            assert one.redeem(form)[0][0] == 200
        refused = home.try_command("pool", "list", env={"POOLHOUSE_MASTER_KEY": new})
        assert refused.returncode == 1, "before resealing, the old key is still needed"
        home.command("db", "reseal")
        with Connections(home, 1) as one:
            assert one.redeem(form)[0][0] == 200, "the running server did not notice"
    with house(tmp_path, hashing | {"POOLHOUSE_MASTER_KEY": new}, workers=1, port=port) as home:
        with Connections(home, 1) as one:
            assert one.redeem(form)[0][0] == 200
        again = tokens_for(home, tenant, client_id, tenant.secret)
        RelyingParty(home, tenant).look_at(again["id_token"])
    for unusable in (wrong, old):
        env = {"POOLHOUSE_MASTER_KEY": unusable, "POOLHOUSE_DATA_DIR": str(tmp_path)}
        stopped = home.try_command("run", "--port", str(port), env=env)
        assert stopped.returncode == 1
        assert "POOLHOUSE_MASTER_KEY" in stopped.stderr
        assert "Traceback" not in stopped.stderr
