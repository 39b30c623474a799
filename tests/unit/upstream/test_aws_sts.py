"""What an STS elsewhere may answer."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from app.adapters.credentials.aws_sts import AwsSts
from app.adapters.system.bulkhead import Bulkhead
from app.core.identity_pools.refusals import ProviderUnavailable
from app.core.kernel.secret import Secret

ASKED = {"RoleArn": "arn:aws:iam::123456789012:role/shop", "RoleSessionName": "session"}


def answer(inside: str) -> bytes:
    head = '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>'
    return f"{head}{inside}</AssumeRoleResult></AssumeRoleResponse>".encode()


def credentials(expiration: str) -> bytes:
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    members = "".join(f"<{name}>x</{name}>" for name in names) + f"<Expiration>{expiration}</Expiration>"
    return answer(f"<Credentials>{members}</Credentials>")


@pytest.fixture
def elsewhere() -> Iterator[HTTPServer]:
    """An STS that answers everything with its ``body``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(server.body)))
            self.end_headers()
            self.wfile.write(server.body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server: Any = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask(elsewhere: Any, body: bytes, bulkhead: Bulkhead | None = None) -> Any:
    elsewhere.body = body
    endpoint = f"http://127.0.0.1:{elsewhere.server_port}"
    sts = AwsSts(
        region="us-east-1",
        endpoint=endpoint,
        access_key_id="x",
        secret=Secret("x"),
        places=bulkhead or Bulkhead(),
    )
    try:
        return sts.ask("assume_role", ASKED)
    finally:
        sts.close()


def test_credentials_are_read(elsewhere):
    found = ask(elsewhere, credentials("2030-01-01T00:00:00Z"))
    assert (found.access_key_id, found.expires_at) == ("x", 1_893_456_000)


@pytest.mark.parametrize(
    "body",
    [b"<html>Sign in to the network</html>", answer(""), answer("<Credentials/>"), credentials("soon")],
    ids=["page", "empty", "no credentials", "no time"],
)
def test_something_else_that_answers_is_an_sts_that_does_not(elsewhere, body):
    with pytest.raises(ProviderUnavailable):
        ask(elsewhere, body)


def test_who_finds_no_place_to_wait_is_told_at_once(elsewhere):
    with pytest.raises(ProviderUnavailable):
        ask(elsewhere, credentials("2030-01-01T00:00:00Z"), Bulkhead(0))
