"""What is asked of the server: each scenario a job for the load generator, made of requests prepared beforehand."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from app.core.kernel.caller import Caller
from app.core.kernel.ids import new_session_id
from app.core.kernel.secret import Secret
from app.core.sessions.model import BrowserSession
from app.core.tokens.model import CodeRequest, TokenSet
from app.installation import Installation
from tests.bench import meters
from tests.bench.api_scenarios import ApiSample, api_jobs
from tests.bench.credential_scenarios import Vended, gateway_jobs, vending_job
from tests.bench.load import request
from tests.bench.seed import CALLBACK, PASSWORD, SCOPE, World, email_of
from tests.support.server import ROOT

CONNECTIONS = 8
_SAMPLED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``job`` None: this build does not have it. ``hashes``: passwords hashed in one unit of work, ``signs``: RSA signatures.

    ``gateway``: the gateway is asked, and measured instead of the server.
    """

    name: str
    job: dict[str, Any] | None
    hashes: int = 0
    signs: int = 0
    gateway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """CPU-ms of one unit of work, by who spent it, and the machine's own rates at that moment.

    ``hashing_ms`` is the server's own count of what it spent inside Argon2id.
    """

    scenario: Scenario
    units: int = 0
    seconds: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    server_ms: float = 0.0
    database_ms: float = 0.0
    redis_ms: float = 0.0
    hashing_ms: float = 0.0
    rates: meters.Rates | None = None
    failed: str | None = field(default=None)

    @property
    def per_second(self) -> float:
        return self.units / self.seconds if self.seconds else 0.0

    @property
    def total_ms(self) -> float:
        return self.server_ms + self.database_ms + self.redis_ms


def sample(opened: Installation, world: World, users: int) -> dict[str, list[TokenSet]]:
    """Token sets of people spread over the whole pool, by client; minted through the core."""
    found: dict[str, list[TokenSet]] = {"plain": [], "rotating": [], "confidential": []}
    count = min(_SAMPLED, users)
    for position in range(count):
        number = position * users // count
        for name, client in (
            ("plain", world.client),
            ("rotating", world.rotating),
            ("confidential", world.confidential),
        ):
            found[name].append(_tokens(opened, world, client, number))
    return found


def _tokens(opened: Installation, world: World, client: Any, number: int) -> TokenSet:
    rooms = opened.services
    user = rooms.users.get(world.pool, email_of(number))
    now = opened.clock.now()
    session = BrowserSession(
        sid=new_session_id(),
        pool_id=world.pool.pool_id,
        sub=user.sub,
        auth_time=now,
        amr=("pwd",),
        expires_at=now + 3600,
    )
    asked = CodeRequest(redirect_uri=CALLBACK, redirect_uri_given=True, scope=SCOPE)
    secret = rooms.tokens.save_code(world.pool, client, user, session, asked)
    code = rooms.tokens.find_code(secret)
    assert code is not None
    return rooms.tokens.redeem(world.pool, client, code, Caller(address=None, user_agent=None, request_id=""))


def scenarios(
    world: World,
    tokens: dict[str, list[TokenSet]],
    api: ApiSample,
    vended: Vended,
    metadata: dict[str, Any],
    *,
    port: int,
    gateway_port: int,
    users: int,
) -> list[Scenario]:
    host, pool = f"localhost:{port}", world.pool.pool_id
    plain = tokens["plain"]

    def fixed(name: str, requests: Iterable[bytes], **more: Any) -> Scenario:
        encoded = [base64.b64encode(one).decode() for one in requests]
        return Scenario(name=name, job={"kind": "fixed", "requests": encoded}, **more)

    def post(target: str, form: dict[str, str], headers: dict[str, str] | None = None) -> bytes:
        return request("POST", target, host, body=urlencode(form).encode(), headers=headers)

    refreshes = [
        post(
            "/oauth2/token",
            {
                "grant_type": "refresh_token",
                "client_id": world.client.client_id,
                "refresh_token": _told(one.refresh_token),
            },
        )
        for one in plain
    ]
    bearers = [
        request("GET", "/oauth2/userInfo", host, headers={"Authorization": f"Bearer {one.access_token.reveal()}"})
        for one in plain
    ]
    found = [
        fixed("discovery", [request("GET", f"/{pool}/.well-known/openid-configuration", host)]),
        fixed("JWKS", [request("GET", f"/{pool}/.well-known/jwks.json", host)]),
        _machine(world, metadata, fixed, post),
        fixed("refresh", refreshes, signs=2),
        Scenario(
            name="refresh, rotating",
            job={
                "kind": "rotating",
                "form": {"grant_type": "refresh_token", "client_id": world.rotating.client_id},
                "refresh_tokens": [_told(one.refresh_token) for one in tokens["rotating"]],
            },
            signs=2,
        ),
        fixed("userInfo", bearers),
        _introspection(world, tokens, metadata, fixed, post),
        Scenario(name="whole code flow", job=people(world, api.usernames, "whole_flow"), hashes=1, signs=2),
        *(Scenario(name=name, job=job, **cost) for name, job, cost in api_jobs(world, api, host, users)),
        Scenario(name="identity credentials", job=vending_job(vended, host)),
    ]
    behind = [
        Scenario(name=name, job=job, gateway=True) for name, job in gateway_jobs(vended, f"localhost:{gateway_port}")
    ]
    return [*(_addressed(one, port) for one in found), *(_addressed(one, gateway_port) for one in behind)]


def people(world: World, usernames: list[str], kind: str) -> dict[str, Any]:
    """Sign-ins of these people, who have signed in before: the first time would also make and store an SRP verifier."""
    return {
        "kind": kind,
        "client_id": world.client.client_id,
        "redirect_uri": CALLBACK,
        "password": PASSWORD,
        "usernames": usernames,
    }


def _machine(world: World, metadata: dict[str, Any], fixed: Any, post: Any) -> Scenario:
    name = "client credentials"
    if world.machine is None or "client_credentials" not in metadata.get("grant_types_supported", ()):
        return Scenario(name=name, job=None)
    headers = {"Authorization": f"Basic {_basic(world.machine)}"}
    done: Scenario = fixed(name, [post("/oauth2/token", {"grant_type": "client_credentials"}, headers)], signs=1)
    return done


def _introspection(
    world: World, tokens: dict[str, list[TokenSet]], metadata: dict[str, Any], fixed: Any, post: Any
) -> Scenario:
    name = "introspection"
    if "introspection_endpoint" not in metadata:
        return Scenario(name=name, job=None)
    headers = {"Authorization": f"Basic {_basic(world.confidential)}"}
    asked = [
        post("/oauth2/introspect", {"token": one.access_token.reveal()}, headers) for one in tokens["confidential"]
    ]
    done: Scenario = fixed(name, asked)
    return done


def _basic(client: Any) -> str:
    return base64.b64encode(f"{client.client_id}:{client.secrets[0].reveal()}".encode()).decode()


def _told(token: Secret | None) -> str:
    assert token is not None
    return token.reveal()


def _addressed(scenario: Scenario, port: int) -> Scenario:
    if scenario.job is not None:
        scenario.job.update(port=port, host=f"localhost:{port}", connections=CONNECTIONS)
    return scenario


class Generator:
    """One run of the load generator. ``begin`` waits for the end of its warm-up, ``go`` starts it, ``end`` waits for what it counted."""

    def __init__(self, job: dict[str, Any], *, warm: float, seconds: float, **more: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({**job, "warm": warm, "seconds": seconds, **more}) + "\n")
        self._process.stdin.flush()
        self._first = ""

    def begin(self) -> None:
        assert self._process.stdout is not None
        self._first = self._process.stdout.readline()

    def go(self) -> None:
        """Lets it begin: until now nothing has been under way since the warm-up."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    def end(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        if not self._first:
            self.begin()
        self.go()
        line = self._first if not self._first.startswith("begin") else self._process.stdout.readline()
        self._process.stdout.close()
        self._process.wait(60)
        counted: dict[str, Any] = json.loads(line) if line else {"failed": "the load generator ended without a word"}
        return counted


def run(
    scenario: Scenario,
    before: meters.Rates,
    *,
    warm: float,
    seconds: float,
    server: int,
    database: int | None,
    redis: int | None,
    hashing_ms: Callable[[], float],
) -> tuple[Outcome, meters.Rates]:
    """What the scenario cost, and the machine's rates behind it, which are those before the next one."""
    if scenario.job is None:
        return Outcome(scenario=scenario, failed="not in this build"), before
    generator = Generator(scenario.job, warm=warm, seconds=seconds)
    generator.begin()
    spent, hashed = [meters.cpu_ms(pid) for pid in (server, database, redis)], hashing_ms()
    counted = generator.end()
    spent = [meters.cpu_ms(pid) - was for pid, was in zip((server, database, redis), spent, strict=True)]
    hashed = hashing_ms() - hashed
    after = meters.calibrate(effort=min(1.0, seconds))
    units = counted.get("units", 0)
    if "failed" in counted or not units:
        return Outcome(scenario=scenario, failed=counted.get("failed", "nothing was completed")), after
    outcome = Outcome(
        scenario=scenario,
        units=units,
        seconds=counted["seconds"],
        p50_ms=counted["p50_ms"],
        p99_ms=counted["p99_ms"],
        server_ms=spent[0] / units,
        database_ms=spent[1] / units,
        redis_ms=spent[2] / units,
        hashing_ms=hashed / units,
        rates=meters.mean_rates([before, after]),
    )
    return outcome, after
