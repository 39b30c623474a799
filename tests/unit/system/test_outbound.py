"""Where the server may call out to, and what a hostile receiver can do to it: nothing."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from urllib.parse import parse_qs

import pytest

from app.adapters.system.outbound import GuardedOutbound
from app.core.kernel.outbound import OutboundFailed, OutboundRefused
from tests.support.free_port import free_port

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def receiving(answer: Answer) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """A receiver on loopback: its URL, and the forms that came."""
    came: list[dict[str, list[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            came.append({"path": [self.path], **parse_qs(self.rfile.read(length).decode())})
            try:
                answer(self)
            except (BrokenPipeError, ConnectionResetError):
                return

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", came
        finally:
            server.shutdown()
            thread.join()


def saying(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def here(**options):
    return GuardedOutbound(allow_loopback=True, **options)


def resolving(*addresses: str, allow: tuple[str, ...] = ()) -> GuardedOutbound:
    return GuardedOutbound(resolve=lambda _host, _port: addresses, allow=allow)


@pytest.mark.parametrize("status", [200, 204, 400, 500])
def test_the_form_arrives_and_the_status_comes_back(status):
    with receiving(saying(status)) as (url, came):
        assert here().post_form(f"{url}/logout?a=1", {"logout_token": "x&y"}) == status
    assert came == [{"path": ["/logout?a=1"], "logout_token": ["x&y"]}]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.10",
        "0.0.0.0",  # noqa: S104 - an address that must be refused
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:db8::1",
        "64:ff9b:1::808:808",
        "64:ff9b:1:ffff::7f00:1",
        "fec0::1",
        "3fff::1",
        "3fff:fff::1",
        "5f00::1",
        "100::1",
        "::ffff:0:808:808",
        "192.88.99.1",
        "192.0.0.9",
        "168.63.129.16",
        "198.18.0.1",
        "2606:4700::5efe:7f00:1",
        "2606:4700::200:5efe:a9fe:a9fe",
        "2606:4700::5efe:10.0.0.1",
        "fd00::5efe:8.8.8.8",
        "::ffff:168.63.129.16",
        "64:ff9b::a83f:8110",
        "2002:c058:6301::1",
    ],
)
def test_an_address_that_is_not_public_is_refused_whatever_name_leads_there(address):
    with pytest.raises(OutboundRefused):
        resolving(address).post_form("https://harmless.example/", {})


def test_a_name_that_leads_to_loopback_is_refused_by_the_systems_own_resolver():
    with receiving(saying(200)) as (url, came), pytest.raises(OutboundRefused):
        GuardedOutbound().post_form(url.replace("127.0.0.1", "localhost"), {})
    assert came == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "127.1"])
def test_loopback_is_refused_however_it_is_written(host):
    with pytest.raises((OutboundRefused, OutboundFailed)):
        GuardedOutbound().post_form(f"https://{host}:9/", {})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//host/",
        "ftp://host.example/",
        "file:///etc/passwd",
        "gopher://host.example/",
        "https://",
        "https://user@host.example/",
        "https://user:pw@host.example/",
        "https://host.example:0/",
        "https://host.example:99999/",
        "https://host.example/a b",
        "https://host.example/\r\nX: y",
        "https://host.example/\u00e9",
        "https://[::1/",
    ],
)
def test_what_is_no_plain_address_is_refused(url):
    with pytest.raises(OutboundRefused):
        here().post_form(url, {})


def test_http_is_not_spoken_across_the_internet():
    with pytest.raises(OutboundRefused):
        resolving("93.184.216.34").post_form("http://public.example/", {})


def test_the_judged_address_is_the_one_that_is_called():
    """A name that would resolve otherwise at a second look (DNS rebinding) changes nothing: there is no second look."""
    looks = []

    def rebinding(host, port):
        looks.append(host)
        return ["127.0.0.1"] if len(looks) == 1 else ["169.254.169.254"]

    with receiving(saying(200)) as (url, came):
        port = url.rsplit(":", 1)[1]
        assert here(resolve=rebinding).post_form(f"http://name.example:{port}/", {"a": "1"}) == 200
    assert (len(looks), len(came)) == (1, 1)


@pytest.mark.parametrize("allow", [("127.0.0.0/8",), ("127.0.0.1",), ("inside.example",)])
def test_what_the_operator_allows_is_called(allow):
    with receiving(saying(200)) as (url, _):
        port = url.rsplit(":", 1)[1]
        guard = GuardedOutbound(allow=allow, resolve=lambda _host, _port: ["127.0.0.1"])
        assert guard.post_form(f"http://inside.example:{port}/", {}) == 200


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "fe80::1%eth0", "168.63.129.16", "fd00:ec2::254", "::ffff:169.254.169.254"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_allowed_name_never_leads_to_the_links_own_addresses(address, scheme):
    with pytest.raises(OutboundRefused):
        resolving(address, allow=("inside.example",)).post_form(f"{scheme}://inside.example/", {})


def test_http_is_not_spoken_across_the_internet_to_an_allowed_name_either():
    with pytest.raises(OutboundRefused):
        resolving("93.184.216.34", allow=("inside.example",)).post_form("http://inside.example/", {})


@pytest.mark.parametrize("address", ["64:ff9b:1::a00:1", "fd00::5efe:10.0.0.1"])
def test_an_allowed_network_allows_no_other_that_embeds_it(address):
    with pytest.raises(OutboundRefused):
        resolving(address, allow=("10.0.0.0/8",)).post_form("https://inside.example/", {})


def test_a_resolver_that_does_not_answer_is_left():
    over = threading.Event()

    def silent(_host, _port):
        over.wait(20)
        return ["127.0.0.1"]

    began = monotonic()
    with pytest.raises(OutboundFailed):
        here(seconds=0.2, resolve=silent).post_form("https://name.example/", {})
    over.set()
    assert monotonic() - began < 5


def test_a_name_below_an_allowed_one_is_not_allowed():
    with pytest.raises(OutboundRefused):
        resolving("10.0.0.1", allow=("inside.example",)).post_form("https://evil.inside.example/", {})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status):
    with (
        receiving(saying(200)) as (elsewhere, wrong),
        receiving(saying(status, {"Location": elsewhere})) as (url, came),
    ):
        assert here().post_form(url, {}) == status
    assert (len(came), wrong) == (1, [])


def test_a_huge_answer_is_not_read():
    sent = 0

    def flood(handler):
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        for _ in range(4000):
            handler.wfile.write(b"x" * 65_536)
            sent += 65_536

    with receiving(flood) as (url, _):
        assert here().post_form(url, {}) == 200
    assert sent < 100_000_000


@pytest.mark.parametrize("line", [b"HTTP/1.1 200 OK\r\n", b""])
def test_a_receiver_that_drips_is_left(line):
    """Each byte comes in time, the answer never does."""
    over = threading.Event()

    def drip(handler):
        handler.wfile.write(line)
        while not over.wait(0.05):
            handler.wfile.write(b"x")

    began = monotonic()
    with receiving(drip) as (url, _):
        with pytest.raises(OutboundFailed):
            here(seconds=0.5).post_form(url, {})
        over.set()
    assert monotonic() - began < 5


def test_a_receiver_that_says_nothing_is_left():
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(OutboundFailed):
        here(seconds=0.3).post_form(f"http://127.0.0.1:{silent.getsockname()[1]}/", {})


@pytest.mark.parametrize("noise", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
def test_what_is_not_http_is_a_failure(noise):
    def answer(handler):
        handler.wfile.write(noise)

    with receiving(answer) as (url, _), pytest.raises(OutboundFailed):
        here(seconds=2).post_form(url, {})


def test_a_certificate_that_nobody_vouches_for_is_a_failure():
    with receiving(saying(200)) as (url, came), pytest.raises(OutboundFailed):
        here(seconds=2).post_form(url.replace("http:", "https:"), {"logout_token": "t"})
    assert came == []


def test_nobody_listening_is_a_failure():
    with pytest.raises(OutboundFailed):
        here().post_form(f"http://127.0.0.1:{free_port()}/", {})


def test_a_name_that_nobody_knows_is_a_failure():
    def unknown(_host, _port):
        raise socket.gaierror

    with pytest.raises(OutboundFailed):
        GuardedOutbound(resolve=unknown).post_form("https://nowhere.invalid/", {})


def test_no_log_line_tells_what_was_sent_or_where_exactly(caplog):
    with pytest.raises(OutboundFailed):
        here().post_form(f"http://127.0.0.1:{free_port()}/path?key=sesame", {"logout_token": "sesame"})
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "outbound.failed" in told
    assert "sesame" not in told


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_no_proxy_of_the_environment_takes_part(name, monkeypatch):
    with receiving(saying(200)) as (proxy, wrong), receiving(saying(200)) as (url, came):
        monkeypatch.setenv(name, proxy)
        here().post_form(url, {})
    assert (len(came), wrong) == (1, [])
