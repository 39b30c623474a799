import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from app.adapters.messaging.sms_http import HttpSmsSender
from app.core.kernel.errors import CodeDeliveryFailed
from app.core.messages.model import Channel, Message
from tests.support.free_port import free_port

TEXT = Message(
    channel=Channel.SMS,
    to="+4366012345",
    subject=None,
    text="418207 ist Ihr Prüfcode.\n\n@login.example.com #418207",
    html=None,
    code="418207",
)


@dataclass
class Gateway:
    """An SMS endpoint on loopback: answers ``status`` with ``headers``, and ``stream`` for a body without an end."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    endless: bool = False
    silent: bool = False
    url: str = ""
    received: list[tuple[str, str, object]] = field(default_factory=list)
    closing: Event = field(default_factory=Event)


@contextmanager
def running(gateway: Gateway) -> Iterator[None]:
    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 - the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gateway.received.append((self.path, self.headers["Content-Type"], json.loads(body)))
            if gateway.silent:
                gateway.closing.wait(10)
                return
            self.send_response(gateway.status)
            for name, value in gateway.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                while gateway.endless and not gateway.closing.is_set():
                    self.wfile.write(b"x" * 65536)
            except OSError:
                self.close_connection = True

        def do_GET(self) -> None:  # noqa: N802 - the library's name
            gateway.received.append((self.path, "", None))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    gateway.url = f"http://127.0.0.1:{server.server_port}/send"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        gateway.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    with running(gateway):
        yield gateway


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_text_arrives_as_json(gateway: Gateway, status):
    gateway.status = status

    HttpSmsSender(gateway.url).send(TEXT)

    assert gateway.received == [("/send", "application/json", {"to": TEXT.to, "text": TEXT.text})]


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_an_endpoint_that_refuses_is_a_failed_delivery(gateway: Gateway, status, caplog):
    gateway.status = status

    with pytest.raises(CodeDeliveryFailed):
        HttpSmsSender(gateway.url).send(TEXT)

    assert "418207" not in repr([record.__dict__ for record in caplog.records])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(gateway: Gateway, status):
    gateway.status = status
    gateway.headers = {"Location": "/elsewhere"}

    with pytest.raises(CodeDeliveryFailed):
        HttpSmsSender(gateway.url).send(TEXT)

    assert [path for path, *_ in gateway.received] == ["/send"]


def test_an_answer_without_an_end_is_not_read(gateway: Gateway):
    gateway.endless = True

    HttpSmsSender(gateway.url).send(TEXT)

    assert len(gateway.received) == 1


def test_a_silent_endpoint_is_waited_for_only_so_long(gateway: Gateway):
    gateway.silent = True

    with pytest.raises(CodeDeliveryFailed):
        HttpSmsSender(gateway.url, seconds=0.2).send(TEXT)


def test_an_endpoint_that_is_not_there_is_a_failed_delivery():
    with pytest.raises(CodeDeliveryFailed):
        HttpSmsSender(f"http://127.0.0.1:{free_port()}/send").send(TEXT)


@pytest.mark.parametrize("number", ["066012345", "+43\r\n660", "", "+43660, +43661"])
def test_what_is_not_one_number_is_not_sent(gateway: Gateway, number):
    with pytest.raises(CodeDeliveryFailed):
        HttpSmsSender(gateway.url).send(replace(TEXT, to=number))

    assert gateway.received == []


def test_the_environments_proxy_does_not_see_a_code(gateway: Gateway, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    HttpSmsSender(gateway.url).send(TEXT)

    assert len(gateway.received) == 1
