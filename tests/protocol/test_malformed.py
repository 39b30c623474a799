"""Whatever anybody sends, the answer is never the server's failure."""

import itertools

import pytest

from tests.support.client import Application

PATHS = ["/%ff", "/%00", "/login", "/LOGIN", "/oauth2/authorize", "/oauth2/token", "/oauth2/userInfo", "/logout",
         "/confirmUser", "/error", "/dev/clock", "/x%00y/.well-known/jwks.json", "//evil.example/",
         "/assets/default/x/%2e%2e/%2e%2e/x", "/" + "a" * 9000]  # fmt: skip
QUERIES = ["", "client_id=%00", "client_id=%ff", "client_id=" + "x" * 5000, "client_id=a&client_id=b",
           "max_age=99999999999999999999999", "redirect_uri=http://[", "state=%0d%0aSet-Cookie:x=1"]  # fmt: skip
HEADERS = [
    {"Cookie": "a" * 8000},
    {"Cookie": "poolhouse-browser-x=\x80\xff"},
    {"Authorization": "Basic !!!"},
    {"Authorization": "Bearer a.b.c"},
    {"Accept-Language": "x" * 5000},
    {"Accept": "\x00"},
    {"Content-Type": "application/json; charset=nonsense"},
    {"X-Forwarded-For": "a," * 999},
    {"Origin": "http://["},
    {"Host": "localhost:99999999"},
]


@pytest.fixture
def client(tmp_path):
    application = Application(tmp_path)
    yield application.client
    application.close()


def pairs():
    """Every path with every query and with every header, and every query with every header."""
    queries, headers, paths = itertools.cycle(QUERIES), itertools.cycle(HEADERS), itertools.cycle(PATHS)
    yield from ((path, query, next(headers)) for path, query in itertools.product(PATHS, QUERIES))
    yield from ((path, next(queries), given) for path, given in itertools.product(PATHS, HEADERS))
    yield from ((next(paths), query, given) for query, given in itertools.product(QUERIES, HEADERS))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_malformed_input_is_never_a_server_error(client, method):
    failed = []
    for path, query, headers in pairs():
        body = None if method == "GET" else b"\xff{"
        with client.open(f"{path}?{query}", method=method, headers=headers, data=body) as answer:
            if answer.status_code >= 500:
                failed.append((path[:40], query[:40], headers, answer.status_code))
    assert failed == []
