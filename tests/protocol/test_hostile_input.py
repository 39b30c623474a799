"""Whatever arrives, the server answers it: never a 5xx, never a word about its own inside."""

import random
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.support.databases import migrated
from tests.support.house import CALLBACK, PASSWORD
from tests.support.whole_app import ORIGIN, PAGES, WholeApp

NAMES = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "prompt", "max_age", "login_hint", "lang", "ui_locales", "id_token_hint", "acr_values", "claims", "display",
    "grant_type", "code", "code_verifier", "refresh_token", "client_secret", "token", "token_type_hint", "username",
    "password", "new_password", "confirm_password", "email", "csrf_token", "action", "logout_uri", "identity_provider",
    "user_name", "confirmation_code", "request", "request_uri", "resource", "response_mode", "error",
)  # fmt: skip
LEAKS = re.compile(r"Traceback|File \"|sqlalchemy|werkzeug|site-packages|\.py\b|sqlite3|psycopg", re.IGNORECASE)
FORM = "application/x-www-form-urlencoded"


class Target(WholeApp):
    def ask(self, method: str, path: str, **sent: Any) -> Any:
        """The answer, after looking that it is one: no 5xx, nothing of the inside."""
        answer = self.browser().open(path, method=method, base_url=sent.pop("base_url", ORIGIN), **sent)
        told = answer.get_data()
        assert answer.status_code < 500, (method, path, sent, told[:500])
        # A body as large as what was sent would be an amplifier of its own.
        assert len(told) < 200_000
        assert answer.status_code < 400 or not LEAKS.search(told.decode(errors="replace")), (method, path, told[:800])
        for name, value in answer.headers.items():
            assert "\n" not in value, name
        return answer


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    built = Target(tmp_path_factory.mktemp("hostile"))
    yield built
    built.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres-redis"])
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """On both pairs of stores: PostgreSQL refuses text and numbers that SQLite takes, Redis differs again."""
    if request.param == "sqlite":
        yield request.getfixturevalue("target")
        return
    built = Target(
        tmp_path_factory.mktemp("hostile"),
        database_url=migrated(request.getfixturevalue("fresh_postgres")()),
        redis_url=request.getfixturevalue("fresh_redis")(),
        master_keys=(bytes(32),),
    )
    yield built
    built.close()


def every_path(target: Target) -> list[tuple[str, str]]:
    return [(method, path) for path in target.paths for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD")]


HOSTILE_QUERIES = {
    "nul": "client_id=%00",
    "bad-utf8": "client_id=%ff%fe",
    "overlong-utf8": "client_id=%c0%af",
    "surrogate": "client_id=%ed%a0%80",
    "raw-bytes": "client_id=\xff",
    "half-escape": "client_id=%",
    "newline": "redirect_uri=%0d%0aSet-Cookie:x=1&state=%0d%0aX: y&client_id=a",
    "brackets": "client_id[]=1&client_id[a]=2",
    "twice": "client_id=a&client_id=b",
    "empty-names": "=&=1&&&",
    "no-values": "client_id&redirect_uri&state",
    "many": "&".join(f"p{number}=1" for number in range(5000)),
    "long": "state=" + "s" * 60_000,
    "markup": "lang=%3Cscript%3E&error=%3Cscript%3E&login_hint=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "template": "login_hint={{7*7}}&lang={%25+include+%25}",
    "path": "lang=../../../../etc/passwd&client_id=../..",
    "numbers": "max_age=-1&prompt=none&client_id=1",
    "huge-number": "max_age=" + "9" * 4000,
    "other-digits": "max_age=%D9%A1%D9%A2",
    "right-to-left": "login_hint=%E2%80%AE%E2%80%8F&client_id=%F0%9F%92%A9",
}
HOSTILE_BODIES: dict[str, tuple[str, bytes]] = {
    "five-megabytes": (FORM, b"username=" + b"a" * 5_000_000),
    "hundred-thousand-fields": (FORM, b"&".join(b"f%d=1" % number for number in range(100_000))),
    "bad-utf8": (FORM, b"username=%ff%fe&grant_type=\xff"),
    "nul": (FORM, b"username=a%00b&grant_type=%00&token=%00"),
    "raw-nul": (FORM, b"username=a\x00b&token=\x00"),
    "binary": (FORM, bytes(range(256)) * 20),
    "json-as-form": (FORM, b'{"username": "a"}'),
    "json": ("application/json", b'{"username": "a"}'),
    "broken-json": ("application/json", b'{"advance_seconds": '),
    "json-nan": ("application/json", b'{"advance_seconds": NaN}'),
    "json-huge-number": ("application/json", b'{"advance_seconds": 1' + b"0" * 5000 + b"}"),
    "json-deep": ("application/json", b"[" * 30_000),
    "json-surrogate": ("application/json", b'{"advance_seconds": "\\ud800"}'),
    "json-bad-utf8": ("application/json", b'{"a": "\xff"}'),
    "multipart": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=username\r\n\r\na\r\n--x--"),
    "multipart-broken": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name="),
    "multipart-no-boundary": ("multipart/form-data", b"--x\r\n"),
    "unknown-charset": (f"{FORM}; charset=utf-7", b"username=+ADw-script+AD4-"),
    "no-such-charset": (f"{FORM}; charset=\x01\xff", b"username=a"),
    "xml": ("text/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "strange-type": (";;;=", b"username=a"),
    "pickle": ("application/octet-stream", b"\x80\x04\x95"),
}  # fmt: skip
HOSTILE_HEADERS: dict[str, dict[str, str]] = {
    "basic-not-base64": {"Authorization": "Basic %%%"},
    "basic-no-colon": {"Authorization": "Basic " + b64encode(b"abc").decode()},
    "basic-not-utf8": {"Authorization": "Basic " + b64encode(b"\xff\xfe:\xff").decode()},
    "basic-nul": {"Authorization": "Basic " + b64encode(b"a\0b:c\0d").decode()},
    "basic-nul-escaped": {"Authorization": "Basic " + b64encode(b"a%00b:%ff").decode()},
    "basic-empty": {"Authorization": "Basic"},
    "basic-huge": {"Authorization": "Basic " + b64encode(b"a" * 30_000).decode()},
    "bearer-empty": {"Authorization": "Bearer "},
    "bearer-dots": {"Authorization": "Bearer ..."},
    "bearer-alg-none": {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0."},
    "bearer-not-ascii": {"Authorization": "Bearer \xff\xfe.\xe9.\xe9"},
    "bearer-header-array": {"Authorization": "Bearer W10.W10.W10"},
    "bearer-header-null": {"Authorization": "Bearer bnVsbA.bnVsbA.bnVsbA"},
    "bearer-deep": {"Authorization": "Bearer " + b64encode(b"[" * 9000).decode() + ".e30.e30"},
    "bearer-huge": {"Authorization": "Bearer " + "a" * 60_000},
    "other-scheme": {"Authorization": "Digest username=\"a\", realm=\"\\\""},
    "cookies-huge": {"Cookie": "; ".join(f"poolhouse-session-x{number}=" + "a" * 4000 for number in range(30))},
    "cookies-broken": {"Cookie": "=;;==; a=\"; \xff=\xfe; poolhouse-progress-x=%00"},
    "languages": {"Accept-Language": "en;q=x,*;q=9e999," + "de-" * 500},
    "accept": {"Accept": "text/html;q=NaN, */*;q=-1, ;;;"},
    "origin": {"Origin": "http://[::1", "Sec-Fetch-Site": "\xff"},
    "origin-port": {"Origin": "http://a:99999999"},
    "ranges": {"Range": "bytes=9999999999999999999999-1", "If-None-Match": "\"" * 9000},
    "dates": {"If-Modified-Since": "Mon, 99 Foo 99999 99:99:99 GMT"},
    "length": {"Content-Length": "-1"},
    "length-word": {"Content-Length": "many"},
    "agent": {"User-Agent": "\xff" * 5000},
    "forwarded": {"X-Forwarded-For": "\xff, 1.2.3.4:99999, [::", "X-Forwarded-Host": "a b", "Forwarded": "for=_x"},
    "override": {"X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/dev/clock"},
}  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE_QUERIES.values(), ids=HOSTILE_QUERIES)
def test_no_query_breaks_any_endpoint(target: Target, query):
    for path in target.paths:
        target.ask("GET", f"{path}?{query}")
        target.ask("GET", f"{path}?{target.query}&{query}")


@pytest.mark.parametrize(("kind", "body"), HOSTILE_BODIES.values(), ids=HOSTILE_BODIES)
def test_no_body_breaks_any_endpoint(target: Target, kind, body):
    for path in target.paths:
        answer = target.ask("POST", f"{path}?{target.query}", data=body, content_type=kind)
        if len(body) > 70_000 and kind == FORM:
            assert answer.status_code in {404, 405, 413, 403}, path


@pytest.mark.parametrize("headers", HOSTILE_HEADERS.values(), ids=HOSTILE_HEADERS)
def test_no_header_breaks_any_endpoint(target: Target, headers):
    for path in target.paths:
        target.ask("GET", f"{path}?{target.query}", headers=headers)
        target.ask("POST", f"{path}?{target.query}", headers=headers, data={"username": "a", "token": "b"})


def test_no_method_breaks_any_endpoint(target: Target):
    for path in target.paths:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "BREW"):
            target.ask(method, f"{path}?{target.query}")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "value", ["", "\0", "a" * 9000, "\ud83d\ude00" * 50, "'\"><;--", "-1", "💩", "a\r\nb", "😀" * 500]
)
def test_no_single_value_breaks_a_form_that_is_otherwise_right(target: Target, name, value):
    value = value.encode("utf-16", "surrogatepass").decode("utf-16")
    for path in ("/oauth2/token", "/oauth2/revoke"):
        form = {"grant_type": "refresh_token", "client_id": target.client.client_id, "token": "x", name: value}
        target.ask("POST", path, data=form)
    target.ask("GET", f"/oauth2/authorize?{target.query}&{name}={quote(value)}")


WITH_FORMS = [page for page in PAGES if page not in {"/error", "/logout", "/changePassword"}]


@pytest.mark.parametrize("page", WITH_FORMS)
def test_no_typed_value_breaks_a_page_that_has_its_token(either: Target, page):
    values = [
        "",
        " ",
        "a" * 10_000,
        "💩" * 400,
        "\u0000",
        "\u202e",
        "{{7*7}}",
        "a@b",
        "+",
        "+1" * 40,
        "ß@ß.ß",
        "１２３４５６",
    ]
    for value in values:
        browser = either.browser()
        # A link from a mail carries what it confirms in its address.
        link = f"{page}?{either.query}&{urlencode({'user_name': value, 'confirmation_code': value})}"
        form = {"csrf_token": either.csrf(browser, page), "action": value or "send_code"}
        form |= {name: value for name in ("username", "password", "code", "new_password", "confirm_password", "email")}
        for address in (f"{page}?{either.query}", link):
            answer = browser.post(address, data=form, base_url=ORIGIN)
            assert answer.status_code < 500, (value, answer.text)
            assert not LEAKS.search(answer.text)
            either.clock.advance(hours=2)  # Rates are another test's matter.


def test_what_is_typed_never_becomes_markup(target: Target):
    for page in WITH_FORMS:
        browser = target.browser()
        evil = '"><script>alert(1)</script>{{7*7}}'
        form = {"csrf_token": target.csrf(browser, page), "username": evil, "password": "x", "code": "1"}
        answer = browser.post(f"{page}?{target.query}", data=form, base_url=ORIGIN, follow_redirects=True)
        assert "<script>alert" not in answer.text
        assert "49" not in re.findall(r'name="username"[^>]*value="([^"]*)"', answer.text)
        target.clock.advance(hours=2)


def test_thousands_of_random_requests_are_all_answered(either: Target):
    """Seeded, so that a failure happens again; pieces of right requests mixed with rubbish reach further than rubbish alone."""
    dice = random.Random(20261121)
    pieces = ["", "0", "-1", "\0", "a" * 3000, "💩", "%", "../..", "ada@example.com", PASSWORD, CALLBACK, "S256", "code",
              "openid", "none", "login", "authorization_code", "refresh_token", either.client.client_id,
              either.confidential.client_id, either.pool.pool_id, "e30.e30.e30", "\r\nX: y", "<b>", "{{x}}", "1e999", "١"]  # fmt: skip
    kinds = [FORM, FORM, FORM, "application/json", "multipart/form-data; boundary=b", "text/plain", ""]
    browsers = [either.browser() for _ in range(4)]
    for number in range(1500):
        path = dice.choice(either.paths)
        if dice.random() < 0.1:
            path += quote(dice.choice(pieces)) + dice.choice(["/", "//", "", ";x", "%00", "%2e%2e/"])
        given = [(dice.choice(NAMES), dice.choice(pieces)) for _ in range(dice.randrange(6))]
        query = urlencode(given) if dice.random() < 0.5 else f"{either.query}&{urlencode(given)}"
        method = dice.choice(["GET", "GET", "POST", "POST", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
        body = urlencode([(dice.choice(NAMES), dice.choice(pieces)) for _ in range(dice.randrange(8))]).encode()
        if dice.random() < 0.2:
            body = dice.randbytes(dice.randrange(300))
        headers = {}
        if dice.random() < 0.3:
            headers["Authorization"] = dice.choice(["Basic ", "Bearer ", ""]) + dice.choice(
                ["", "e30.e30.e30", "a:b", b64encode(dice.randbytes(40)).decode()]
            )
        sent = {"data": body, "content_type": dice.choice(kinds)} if method in {"POST", "PUT"} else {}
        answer = dice.choice(browsers).open(f"{path}?{query}", method=method, base_url=ORIGIN, headers=headers, **sent)
        assert answer.status_code < 500, (number, method, path, query, headers, sent, answer.text[:500])
        assert answer.status_code < 400 or not LEAKS.search(answer.text), (number, answer.text[:800])
        answer.close()


@pytest.mark.parametrize(
    "host",
    ["evil.test", "localhost:8000.evil.test", "localhost:8000@evil.test", "", " ", "a" * 5000, "\xff", "[::", "localhost:8000, evil.test",
     "evil.test:8000", "..", "localhost:99999999", "%6cocalhost:8000", "xn--\xff"],
)  # fmt: skip
def test_a_strangers_host_is_refused_and_never_repeated(target: Target, host):
    for path in ("/login", "/oauth2/authorize", f"/{target.pool.pool_id}/.well-known/openid-configuration"):
        answer = target.browser().get(f"{path}?{target.query}", base_url=ORIGIN, environ_overrides={"HTTP_HOST": host})
        assert answer.status_code == 421
        assert "evil.test" not in answer.text
        assert "evil.test" not in str(answer.headers)


def test_no_header_moves_the_issuer(target: Target):
    path = f"/{target.pool.pool_id}/.well-known/openid-configuration"
    for name in ("X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Host", "Forwarded"):
        value = "host=evil.test" if name == "Forwarded" else "evil.test"
        answer = target.ask("GET", path, headers={name: value, "X-Forwarded-Proto": "https"})
        assert answer.status_code == 200
        assert answer.json["issuer"] == f"{ORIGIN}/{target.pool.pool_id}"
        assert "evil.test" not in answer.text


def test_a_strangers_forwarded_headers_give_nobody_a_fresh_rate(target: Target):
    target.clock.advance(hours=2)
    browser = target.browser()
    token = target.csrf(browser, "/login")
    statuses = []
    for number in range(102):
        address = f"203.0.113.{number}"
        form = {"csrf_token": token, "action": "sign_in", "username": f"nobody{number}@example.com", "password": "x"}
        names = ("X-Forwarded-For", "X-Real-IP", "Client-IP", "True-Client-IP", "CF-Connecting-IP")
        headers = {"Forwarded": f"for={address}", **dict.fromkeys(names, address)}
        answer = browser.post(f"/login?{target.query}", data=form, base_url=ORIGIN, headers=headers)
        statuses.append(answer.status_code)
    assert statuses == [400] * 100 + [429] * 2
    target.clock.advance(hours=2)


@pytest.mark.parametrize(
    "value", ["", "x", "%00", "\xff", "a" * 4000, "a" * 100_000, "\u0661" * 9, '"\\"', "e30", "=" * 43]
)
def test_no_cookie_of_our_own_name_breaks_any_endpoint(target: Target, value):
    name = target.pool.pool_id
    kinds = ("session", "browser", "progress", "state")
    cookie = (
        "; ".join(f"poolhouse-{kind}-{name}={value}" for kind in kinds).encode("utf-8", "replace").decode("latin-1")
    )
    for path in target.paths:
        answer = target.ask("GET", f"{path}?{target.query}", headers={"Cookie": cookie})
        if path == "/oauth2/authorize":
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/login?"), "a made-up session is none"
        target.ask(
            "POST", f"{path}?{target.query}", headers={"Cookie": cookie}, data={"username": "a", "csrf_token": "a.b"}
        )


@pytest.mark.parametrize(
    "name", ["code", "code_verifier", "client_id", "client_secret", "redirect_uri", "scope", "resource"]
)
def test_no_value_breaks_a_redemption_by_a_client_that_authenticates(either: Target, name):
    for value in ("", "\0", "a" * 20_000, "\ud7ff💩", "%", "-1", "x y", "\u202e"):
        form = {
            "grant_type": "authorization_code",
            "code": "x" * 43,
            "redirect_uri": CALLBACK,
            "client_id": either.confidential.client_id,
            "client_secret": either.confidential.secrets[0].reveal(),
            name: value,
        }
        answer = either.ask("POST", "/oauth2/token", data=form)
        assert answer.status_code in {400, 401}
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_answer_to_an_unknown_address_says_which_request_it_was(target: Target):
    answer = target.ask("GET", "/nowhere")
    assert answer.status_code == 404
    assert answer.headers["X-Request-Id"] in answer.text
