"""The load generator: a process of its own that reads one job as JSON, asks a loopback port over kept-alive connections, and
writes two lines: ``begin`` when its warm-up is over, and what it counted when its time is up. It ends by itself.

One thread, raw sockets, requests made beforehand: it must not be what is measured.
"""

import base64
import hashlib
import json
import re
import secrets
import selectors
import socket
import sys
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from tests.bench.meters import percentile

LONGEST_SECONDS = 300
MOST_CONNECTIONS = 64
_PATIENCE = 30.0
_GLANCE = 0.05
_CSRF = re.compile(rb'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        found = re.search(rb"(?im)^" + name.encode() + rb":\s*(.*?)\r?$", self.head)
        return found[1].decode() if found else ""

    def cookies(self) -> dict[str, str]:
        found = re.findall(rb"(?im)^set-cookie:\s*([^=]+)=([^;\r]*)", self.head)
        return {name.decode(): value.decode() for name, value in found}


class Unexpected(Exception):  # noqa: N818 - what a scenario says of an answer
    pass


Visit = Generator[tuple[bytes, bool], Answer, None]
"""What one connection does, for ever: yields a request and whether its answer completes a unit of work."""


def request(method: str, target: str, host: str, *, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Accept: */*"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if method == "POST":
        lines += [f"Content-Length: {len(body)}"]
        if not any(line.lower().startswith("content-type") for line in lines):
            lines += ["Content-Type: application/x-www-form-urlencoded"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fixed(job: dict[str, Any], number: int) -> Visit:
    """The same requests in a circle, each connection from another place."""
    requests = [base64.b64decode(one) for one in job["requests"]]
    start = number * len(requests) // job["connections"]
    for one in islice(cycle(requests), start, None):
        answer = yield one, True
        if answer.status != 200:
            raise Unexpected(f"{answer.status}: {answer.body[:200]!r}")


def rotating(job: dict[str, Any], number: int) -> Visit:
    """Each refresh token is exchanged for its successor."""
    mine = job["refresh_tokens"][number :: job["connections"]]
    while True:
        for position, token in enumerate(mine):
            body = urlencode({**job["form"], "refresh_token": token}).encode()
            answer = yield request("POST", "/oauth2/token", job["host"], body=body), True
            if answer.status != 200:
                raise Unexpected(f"{answer.status}: {answer.body[:200]!r}")
            mine[position] = json.loads(answer.body)["refresh_token"]


def whole_flow(job: dict[str, Any], number: int) -> Visit:
    """A new browser, its way over the sign-in page, and tokens for its code."""
    for username in _circle(job["usernames"], number, job["connections"]):
        jar: dict[str, str] = {}
        verifier = secrets.token_urlsafe(48)
        query = _authorize_query(job, verifier)
        yield from _sign_in(job, jar, query, username)
        answer = yield _get(job, f"/oauth2/authorize?{query}", jar), False
        code = parse_qs(urlsplit(answer.header("Location")).query).get("code", [""])[0]
        if not code:
            raise Unexpected(f"{answer.status}: {answer.header('Location')}")
        form = {
            "grant_type": "authorization_code", "client_id": job["client_id"], "code": code,
            "redirect_uri": job["redirect_uri"], "code_verifier": verifier,
        }  # fmt: skip
        answer = yield request("POST", "/oauth2/token", job["host"], body=urlencode(form).encode()), True
        if answer.status != 200:
            raise Unexpected(f"{answer.status}: {answer.body[:200]!r}")


def passwords(job: dict[str, Any], number: int) -> Visit:
    """One browser that sends the sign-in form again and again: a password is being hashed nearly all the time."""
    query = _authorize_query(job, secrets.token_urlsafe(48))
    for username in _circle(job["usernames"], number, job["connections"]):
        yield from _sign_in(job, {}, query, username, complete=True)


def _sign_in(job: dict[str, Any], jar: dict[str, str], query: str, username: str, *, complete: bool = False) -> Visit:
    if not complete:
        answer = yield _get(job, f"/oauth2/authorize?{query}", jar), False
        if "/login" not in answer.header("Location"):
            raise Unexpected(f"{answer.status}: {answer.header('Location')}")
    answer = yield _get(job, f"/login?{query}", jar), False
    jar |= answer.cookies()
    token = _CSRF.search(answer.body)
    if token is None:
        raise Unexpected(f"{answer.status}: no csrf_token on the page")
    form = {
        "csrf_token": token[1].decode(), "username": username, "password": job["password"], "action": "sign_in",
    }  # fmt: skip
    sent = request("POST", f"/login?{query}", job["host"], headers=_cookie(jar), body=urlencode(form).encode())
    answer = yield sent, complete
    if answer.status != 303:
        raise Unexpected(f"{answer.status}: the sign-in was refused")
    jar |= answer.cookies()


def _authorize_query(job: dict[str, Any], verifier: str) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return urlencode(
        {
            "response_type": "code", "client_id": job["client_id"], "redirect_uri": job["redirect_uri"],
            "scope": "openid email profile", "state": secrets.token_urlsafe(16), "nonce": secrets.token_urlsafe(16),
            "code_challenge": challenge, "code_challenge_method": "S256",
        },
        quote_via=quote,
    )  # fmt: skip


def _get(job: dict[str, Any], target: str, jar: dict[str, str]) -> bytes:
    return request("GET", target, job["host"], headers=_cookie(jar))


def _cookie(jar: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}


def _circle(names: list[str], number: int, connections: int) -> Iterator[str]:
    """Each connection has people of its own: nobody signs in twice at the same moment."""
    return cycle(names[number::connections])


def srp(job: dict[str, Any], number: int) -> Visit:
    """Whole sign-ins by SRP, the client's arithmetic among the load generator's own work."""
    from tests.support.srp_client import SrpClient

    def call(operation: str, document: dict[str, Any]) -> bytes:
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
        }
        return request("POST", "/", job["host"], headers=headers, body=json.dumps(document).encode())

    for username in _circle(job["usernames"], number, job["connections"]):
        client = SrpClient()
        parameters = {"USERNAME": username, "SRP_A": client.a}
        asked = {"ClientId": job["client_id"], "AuthFlow": "USER_SRP_AUTH", "AuthParameters": parameters}
        answer = yield call("InitiateAuth", asked), False
        if answer.status != 200:
            raise Unexpected(f"{answer.status}: {answer.body[:200]!r}")
        told = json.loads(answer.body)
        member = told["ChallengeParameters"]["USER_ID_FOR_SRP"]
        proof = client.answer(job["group"], member, job["password"], told["ChallengeParameters"])
        given = {
            "ClientId": job["client_id"],
            "ChallengeName": "PASSWORD_VERIFIER",
            "Session": told["Session"],
            "ChallengeResponses": {"USERNAME": username, **proof},
        }
        answer = yield call("RespondToAuthChallenge", given), True
        if answer.status != 200:
            raise Unexpected(f"{answer.status}: {answer.body[:200]!r}")


KINDS = {"fixed": fixed, "rotating": rotating, "whole_flow": whole_flow, "passwords": passwords, "srp": srp}


@dataclass(slots=True)
class Connection:
    visit: Visit
    sock: socket.socket
    next: tuple[bytes, bool] | None
    received: bytearray = field(default_factory=bytearray)
    completes: bool = True
    since: float = 0.0

    def send(self, since: float) -> None:
        """The next request; with it ``completes`` says whether its answer ends a unit of work."""
        assert self.next is not None
        (data, self.completes), self.since, self.next = self.next, since, None
        self.sock.sendall(data)

    def read(self) -> Answer | None:
        """The answer once it is whole."""
        part = self.sock.recv(65536)
        if not part:
            raise Unexpected("the server closed the connection")
        self.received += part
        head, mark, rest = bytes(self.received).partition(b"\r\n\r\n")
        if not mark:
            return None
        length = re.search(rb"(?i)\r\ncontent-length:\s*(\d+)", head)
        if length is None and head[9:12] not in {b"204", b"304"}:
            raise Unexpected(f"an answer without its length: {head[:80]!r}")
        if length is not None and len(rest) < int(length[1]):
            return None
        self.received.clear()
        return Answer(int(head[9:12]), head, rest)


@dataclass(slots=True)
class Load:
    """``rate`` a second where given: then latency counts from the moment a request was due, sent late or not."""

    job: dict[str, Any]
    latencies: list[float] = field(default_factory=list)
    requests: int = 0
    units: int = 0
    measuring: bool = False

    def run(self) -> dict[str, Any]:
        warm, seconds = float(self.job["warm"]), min(float(self.job["seconds"]), LONGEST_SECONDS)
        selector = selectors.DefaultSelector()
        connections = [self._open(number) for number in range(min(self.job["connections"], MOST_CONNECTIONS))]
        for connection in connections:
            selector.register(connection.sock, selectors.EVENT_READ, connection)
        self._loop(selector, connections, warm)
        self.measuring = True
        print("begin", flush=True)
        # The meters are read while nothing is under way, and again at the end: what was spent was spent on whole units.
        sys.stdin.readline()
        began = time.perf_counter()
        self._loop(selector, connections, seconds)
        spent = time.perf_counter() - began
        for connection in connections:
            connection.sock.close()
        return {
            "requests": self.requests,
            "units": self.units,
            "seconds": spent,
            "p50_ms": 1000 * percentile(self.latencies, 0.5),
            "p99_ms": 1000 * percentile(self.latencies, 0.99),
        }

    def _open(self, number: int) -> Connection:
        sock = socket.create_connection(("127.0.0.1", int(self.job["port"])), timeout=_PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        visit = KINDS[self.job["kind"]](self.job, number)
        return Connection(visit, sock, next(visit))

    def _loop(self, selector: selectors.BaseSelector, connections: list[Connection], seconds: float) -> None:
        rate = self.job.get("rate")
        due = time.perf_counter()
        end = due + seconds
        while (now := time.perf_counter()) < end or self._has_nothing(now - end) or _busy(connections):
            over = now >= end and not self._has_nothing(now - end)
            idle = [one for one in connections if one.next is not None and not (over and one.completes)]
            for connection in idle:
                if rate and due > now:
                    break
                connection.send(due if rate else now)
                due += 1 / rate if rate else 0
            free = any(connection.next is not None for connection in idle)
            pause = min(due, end) - now if rate and free and not over else max(end - now, _GLANCE)
            for key, _ in selector.select(max(0.0, pause)):
                self._receive(key.data)

    def _has_nothing(self, late: float) -> bool:
        """A slow machine gets the time to complete one unit, so that there is something to tell."""
        return self.measuring and not self.units and late < _PATIENCE

    def _receive(self, connection: Connection) -> None:
        answer = connection.read()
        if answer is None:
            return
        if self.measuring:
            self.requests += 1
            self.units += connection.completes
            if connection.completes:
                self.latencies.append(time.perf_counter() - connection.since)
        connection.next = connection.visit.send(answer)


def _busy(connections: list[Connection]) -> bool:
    """Whether any unit of work is under way."""
    return any(one.next is None or not one.completes for one in connections)


def main() -> None:
    job = json.loads(sys.stdin.readline())
    try:
        counted = Load(job).run()
    except (Unexpected, OSError) as error:
        counted = {"failed": f"{type(error).__name__}: {error}"}
    print(json.dumps(counted), flush=True)


if __name__ == "__main__":
    main()
