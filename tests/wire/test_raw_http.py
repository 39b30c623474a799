"""What no client library sends, straight into the socket: the server answers or hangs up, and goes on serving."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House, house

PATIENCE = 1.5
"""Some of these make the server wait for more; nobody waits for it longer than that."""
HOST = b"Host: localhost:%d\r\n"
CLOSE = b"Connection: close\r\n"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("raw")
    with house(folder, workers=1) as found:
        yield found


def told(home: House, sent: bytes) -> bytes:
    """Everything the server says until it hangs up or waits for more."""
    answer = b""
    with socket.create_connection(("127.0.0.1", home.server.port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(sent.replace(b"%d", str(home.server.port).encode()))
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass
    return answer


def chunked(body: bytes, size: int = 60_000) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
TOKEN = b"POST /oauth2/token HTTP/1.1\r\n" + HOST + CLOSE + FORM
RAW = {
    "not-http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "nonsense": b"HELLO\r\n\r\n",
    "no-host": b"GET /login HTTP/1.1\r\n" + CLOSE + b"\r\n",
    "two-hosts": b"GET /login HTTP/1.1\r\n" + HOST + b"Host: evil.test\r\n" + CLOSE + b"\r\n",
    "absolute-address": b"GET http://evil.test/login HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "raw-path": b"GET /\xff\xfe\x00 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "bad-escape": b"GET /%ff%00 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "dots": b"GET /assets/default/x/../../../../etc/passwd HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "escaped-dots": b"GET /assets/default/x/%2e%2e/%2e%2e/theme.toml HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "long-path": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
    "long-header": b"GET /login HTTP/1.1\r\n" + HOST + CLOSE + b"Cookie: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "many-headers": b"GET /login HTTP/1.1\r\n" + HOST + CLOSE + b"X: y\r\n" * 5000 + b"\r\n",
    "header-nul": b"GET /login HTTP/1.1\r\n" + HOST + CLOSE + b"X: a\x00b\r\n\r\n",
    "length-and-chunks": TOKEN + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"a=b"),
    "two-lengths": TOKEN + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\na=b",
    "negative-length": TOKEN + b"Content-Length: -1\r\n\r\n",
    "shorter-than-told": TOKEN + b"Content-Length: 100\r\n\r\na=b",
    "broken-chunks": TOKEN + b"Transfer-Encoding: chunked\r\n\r\nzz\r\na=b\r\n",
    "five-megabytes": TOKEN + b"Content-Length: 5000000\r\n\r\na=" + b"b" * 4_999_998,
    "five-megabytes-in-chunks": TOKEN + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b"a=" + b"b" * 5_000_000),
    "five-megabytes-of-nothing-known": TOKEN.replace(FORM, b"Content-Type: x/y\r\n")
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + chunked(b"a" * 5_000_000),
    "compressed": TOKEN + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\na=b",
    "upgrade": b"GET /login HTTP/1.1\r\n" + HOST + b"Connection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n",
    "expect": TOKEN + b"Expect: 200-maybe\r\nContent-Length: 3\r\n\r\na=b",
}  # fmt: skip


@pytest.mark.parametrize("sent", RAW.values(), ids=RAW)
def test_nothing_in_the_socket_breaks_the_server(one: House, sent):
    answer = told(one, sent)
    status = answer.split(b" ", 2)[1] if answer.startswith(b"HTTP/") else b"4xx"
    assert status[:1] in b"1234", answer[:500]
    assert b"Traceback" not in answer
    assert b"evil.test" not in answer
    assert b"root:" not in answer
    assert one.server.status("/healthz") == 200


def test_a_form_in_chunks_is_a_form(one: House):
    body = b"grant_type=refresh_token&client_id=nobody&refresh_token=x"
    answer = told(one, TOKEN + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body, 7))
    assert b"invalid_client" in answer, answer


def test_a_form_in_chunks_is_not_cut_off_and_taken_for_a_whole_one(one: House):
    whole = b"grant_type=refresh_token&client_id=nobody&refresh_token=x&more="
    answer = told(one, TOKEN + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(whole + b"a" * 65_536))
    assert b" 413 " in answer.split(b"\r\n")[0], answer[:300]


@pytest.mark.parametrize("name", ["five-megabytes", "five-megabytes-in-chunks"])
def test_a_form_without_end_is_too_large(one: House, name):
    answer = told(one, RAW[name])
    assert not answer or b" 413 " in answer.split(b"\r\n")[0], answer[:300]


def test_after_all_that_its_log_holds_no_stack(one: House):
    for sent in RAW.values():
        told(one, sent)
    assert "Traceback" not in one.server.output()
    assert "panicked" not in one.server.output()
