"""What a store gets to see, byte for byte, and what becomes of one that breaks off."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Thread

import pytest

from app.core.kernel.secret import Secret
from app.gateway.asgi import AsgiGateway
from app.gateway.conditions import Surroundings
from app.gateway.exchange import Incoming
from app.gateway.refusal import Refusal
from app.gateway.upstream import Upstream
from app.web.context import Contexts
from app.web.site import Site
from tests.support.gateway_house import GatewayHouse
from tests.support.gateway_raw import Raw
from tests.support.gateway_wsgi import WsgiGateway
from tests.support.world import NOON, MovedClock


class Scripted:
    """A store that answers each connection with the next of these texts, and remembers what it was sent."""

    def __init__(self, *answers, then_close=True):
        self.answers, self.then_close, self.seen = list(answers), then_close, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        with suppress(OSError):
            while self.answers:
                connection, _ = self._listener.accept()
                with connection:
                    while self.answers:
                        seen = self._read(connection)
                        if not seen:
                            break
                        self.seen.append(seen)
                        connection.sendall(self.answers.pop(0))
                        if self.then_close:
                            break

    @staticmethod
    def _read(connection):
        text = b""
        while b"\r\n\r\n" not in text:
            part = connection.recv(65536)
            if not part:
                return b""
            text += part
        head, _, body = text.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def head(self, at=-1):
        return self.seen[at].partition(b"\r\n\r\n")[0].decode().split("\r\n")

    def close(self):
        self._listener.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nConnection: keep-alive\r\n\r\nok"


@pytest.fixture
def scripted():
    stores = []

    def start(*answers, **options):
        stores.append(Scripted(*answers, **options))
        return stores[-1]

    yield start
    for store in stores:
        store.close()


@pytest.fixture
def upstream():
    opened = []

    def of(store):
        opened.append(
            Upstream(
                url=store.url,
                service="s3",
                region="us-east-1",
                access_key_id="service",
                secret=Secret("secret"),
                real_time=lambda: NOON,
            )
        )
        return opened[-1]

    yield of
    for each in opened:
        each.close()


def test_a_connection_is_used_again_and_a_dead_one_is_not(scripted, upstream):
    store = scripted(OK, OK, then_close=False)
    kept = upstream(store)
    assert [kept.send("GET", "/", {}, (), "UNSIGNED-PAYLOAD").read() for _ in range(2)] == [b"ok", b"ok"]
    dying = scripted(OK, OK)
    reopened = upstream(dying)
    assert reopened.send("GET", "/", {}, (), "UNSIGNED-PAYLOAD").read() == b"ok"
    dying._thread.join(0.2)  # until the other end is surely closed
    assert reopened.send("GET", "/", {}, (), "UNSIGNED-PAYLOAD").read() == b"ok"


def test_an_answer_that_breaks_off_is_not_passed_off_as_whole(scripted, upstream):
    answer = upstream(scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")).send("GET", "/", {}, (), "x")
    with pytest.raises(OSError, match="middle of its answer"):
        answer.read()


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 "])
def test_what_is_no_answer_is_said_to_be_none(scripted, upstream, answer):
    with pytest.raises(Refusal, match="does not answer"):
        upstream(scripted(answer)).send("GET", "/", {}, (), "UNSIGNED-PAYLOAD").read()


def test_hop_by_hop_headers_stay_behind(scripted, upstream):
    answer = upstream(scripted(OK)).send("GET", "/", {}, (), "UNSIGNED-PAYLOAD")
    answer.close()
    assert dict(answer.headers) == {"Content-Length": "2", "X-A": "1"}


@pytest.fixture
def before(scripted, tmp_path):
    houses = []

    def of(*answers):
        store = scripted(*answers)
        houses.append(GatewayHouse(tmp_path, store.url))
        return store, houses[-1], Raw(url=houses[-1].url, key_id=houses[-1].key_id, secret=houses[-1].secret)

    yield of
    for house in houses:
        house.close()


def test_the_store_gets_the_raw_key_and_nothing_of_the_clients_credentials(before):
    store, house, raw = before(OK, OK)
    target = "/mybucket/a%2Fb//c%20d+e~?partNumber=1&response-content-type=a%2Fb&x-id=GetObject"
    assert raw.send("GET", target, {"Range": "bytes=0-1", "X-Odd": "1", "Cookie": "c", "TE": "trailers"})[0] == 200
    first, *headers = store.head()
    assert first == "GET /mybucket/a%2Fb//c%20d+e~?partNumber=1&response-content-type=a%2Fb HTTP/1.1"
    named = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in headers}
    assert named.keys() == {"host", "x-amz-date", "x-amz-content-sha256", "authorization", "range"}
    assert named["host"] == store.url.removeprefix("http://")
    assert "Credential=service/" in named["authorization"]
    assert house.key_id not in store.seen[0].decode()
    assert raw.send("GET", raw.presigned("GET", "/mybucket/k?x-amz-checksum-mode=ENABLED"), sign=False)[0] == 200
    assert store.head()[0] == "GET /mybucket/k HTTP/1.1"
    assert "x-amz-checksum-mode: ENABLED" in store.head()


def test_a_buckets_own_host_becomes_path_style(before):
    store, _, raw = before(OK)
    assert raw.send("GET", "/k?versionId=1", host=f"my.bucket.{raw.host}")[0] == 200
    assert store.head()[0] == "GET /my.bucket/k?versionId=1 HTTP/1.1"


def test_a_browsers_preflight_is_the_stores_to_answer_and_carries_nothing_else(before):
    store, _, raw = before(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAccess-Control-Allow-Origin: https://a.example\r\n\r\n"
    )
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "PUT", "X-Amz-Acl": "public-read"}
    assert raw.send("OPTIONS", "/mybucket/k?acl", asked, sign=False)[0] == 200
    assert store.head()[0] == "OPTIONS /mybucket/k HTTP/1.1"
    assert "x-amz-acl" not in store.seen[0].decode().lower()
    assert raw.send("OPTIONS", "/mybucket/k", {"Origin": "https://a.example"}, sign=False)[0] == 400
    asked["Access-Control-Request-Headers"] = "authorization,x-amz-target"
    assert raw.send("OPTIONS", "/", asked, sign=False)[0] == 204
    assert len(store.seen) == 1


def test_a_redirect_of_the_store_is_passed_back_and_not_followed(before):
    store, _, raw = before(
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    )
    assert raw.send("GET", "/mybucket/k")[0] == 307
    assert len(store.seen) == 1


def test_a_wsgi_server_that_hides_the_raw_target_is_not_served(before):
    _, house, _ = before(OK)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/a/b", "wsgi.url_scheme": "http", "wsgi.input": None}
    with pytest.raises(RuntimeError, match="raw request target"):
        WsgiGateway(house.gateway)(environ, lambda *_: None)
    assert AsgiGateway.__slots__


@pytest.mark.parametrize(("pieces", "status"), [([b"x" * 20] * 5, 200), ([b"x"] * 100, 400)])
def test_a_body_that_trickles_keeps_no_thread_for_as_long_as_it_likes(before, pieces, status):
    """A hundred pieces, each of which comes in time by itself."""
    store, house, raw = before(OK)
    headers = raw.signed("PUT", "/mybucket/k") | {"Content-Length": "100"}
    left, told, clock = list(pieces), [], MovedClock()

    async def receive():
        clock.advance(seconds=5)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message):
        told.append(message)

    scope = {
        "type": "http",
        "method": "PUT",
        "raw_path": b"/mybucket/k",
        "query_string": b"",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    with ThreadPoolExecutor(1) as threads, ThreadPoolExecutor(1) as loops:
        gateway = AsgiGateway(gateway=house.gateway, threads=threads, monotonic=clock.now)
        # In a thread of its own, for a browser of other tests may have left a loop in this one.
        loops.submit(lambda: asyncio.run(gateway(scope, receive, send))).result()
    assert told[0]["status"] == status
    if status == 400:
        assert b"<Code>RequestTimeout</Code>" in told[1]["body"]
        assert not store.seen


# -- where a request comes from ----------------------------------------------------------------------------------------


def conditions(peer, headers, *proxies):
    import ipaddress

    site = Site(public_url="https://a.example", trusted_proxies=tuple(map(ipaddress.ip_network, proxies)))
    around = Surroundings(site=site, contexts=Contexts(site), region="us-east-1", real_time=lambda: NOON)
    incoming = Incoming(method="GET", target="/", headers=headers, read=lambda _: b"", peer=peer, secure=False)
    return around.conditions_of(incoming, around.context_of(incoming).caller.address)


FORWARDED = {
    "x-forwarded-for": "203.0.113.9, 198.51.100.7",
    "x-forwarded-proto": "https",
    "user-agent": "x",
    "host": "a",
}


def test_a_strangers_forwarded_headers_count_for_nothing():
    found = conditions("192.0.2.1", FORWARDED, "10.0.0.0/8")
    assert (found["aws:sourceip"], found["aws:securetransport"]) == (("192.0.2.1",), ("false",))


def test_a_trusted_proxy_vouches_for_the_nearest_address():
    found = conditions("10.0.0.1", FORWARDED, "10.0.0.0/8")
    assert (found["aws:sourceip"], found["aws:securetransport"]) == (("198.51.100.7",), ("true",))
    assert found["aws:useragent"] == ("x",)
    assert found["aws:currenttime"] == ("2030-03-17T17:46:40Z",)
