"""Cookies, form proofs and the policy of where a form may end."""

import pytest
from flask import Flask, Response, request

from app.core.kernel.sealing import Hasher
from app.web.context import Contexts
from app.web.cookies import Cookies, CookieTooLong
from app.web.csrf import FIELD, Csrf, FormRefused
from app.web.headers import add_security_headers, allow_form_target, form_source
from app.web.site import Site
from tests.support.world import MovedClock

POOL, OTHER_POOL = "us-east-1_aaaaaaaaa", "us-east-1_bbbbbbbbb"
SITE = Site(public_url="https://login.example.com")


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def cookies(clock):
    return Cookies(hasher=Hasher(b"k" * 32), clock=clock, is_https=True)


@pytest.fixture
def csrf(cookies):
    return Csrf(cookies=cookies, hasher=cookies.hasher, site=SITE)


class Browser:
    """Sends what a browser would, to two views: one gives a token, the other wants it."""

    def __init__(self, csrf):
        app = Flask("forms")
        app.before_request(lambda: Contexts(SITE).open(request) and None)
        app.add_url_rule("/form/<pool>", view_func=lambda pool: csrf.issue_token(request, pool), endpoint="form")
        app.add_url_rule("/who/<pool>", view_func=lambda pool: csrf.caller(request, pool).browser, endpoint="who")

        def post(pool):
            csrf.check_form(request, pool)
            return "accepted"

        app.add_url_rule("/post/<pool>", view_func=post, methods=["POST"])
        self.app, self.client = app, app.test_client()

    def token(self, pool=POOL):
        return self.client.get(f"/form/{pool}", base_url="https://login.example.com").text

    def who(self, pool=POOL):
        return self.client.get(f"/who/{pool}", base_url="https://login.example.com").text

    def post(self, token, pool=POOL, **headers):
        data = {} if token is None else {FIELD: token}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.post(f"/post/{pool}", data=data, headers=names, base_url="https://login.example.com")
        return answer.status_code


# -- forms -------------------------------------------------------------------------------------------------------------


def test_our_own_form_is_accepted_again_and_again_and_in_two_tabs(csrf):
    browser = Browser(csrf)
    first, second = browser.token(), browser.token()
    assert first != second
    assert [browser.post(first), browser.post(second), browser.post(first)] == [200, 200, 200]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "https://login.example.com"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "null"},
    ],
    ids=str,
)
def test_what_browsers_say_of_our_own_form_is_accepted(csrf, headers):
    browser = Browser(csrf)
    assert browser.post(browser.token(), **headers) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "https://login.example.com"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://login.example.com.evil.example"},
        {"Origin": "https://login.example.com:8443"},
    ],
    ids=str,
)
def test_a_form_that_another_site_sent_is_refused_even_with_a_token(csrf, headers):
    browser = Browser(csrf)
    assert browser.post(browser.token(), **headers) == 403


@pytest.mark.parametrize("token", [None, "", ".", "a.b", "x" * 5000, "é.é"])
def test_a_form_without_a_right_token_is_refused(csrf, token):
    browser = Browser(csrf)
    browser.token()
    assert browser.post(token) == 403


def test_another_browsers_token_is_refused(csrf):
    assert Browser(csrf).post(Browser(csrf).token()) == 403
    mine, theirs = Browser(csrf), Browser(csrf)
    mine.token()
    assert mine.post(theirs.token()) == 403


def test_a_token_of_one_pool_is_nothing_at_another(csrf):
    browser = Browser(csrf)
    token = browser.token(POOL)
    browser.token(OTHER_POOL)
    assert browser.post(token, OTHER_POOL) == 403


def test_a_planted_cookie_of_the_wrong_shape_is_replaced(csrf, cookies):
    browser = Browser(csrf)
    browser.client.set_cookie(cookies.name("browser", POOL), "planted", domain="login.example.com", secure=True)
    assert browser.post(browser.token()) == 200
    planted = browser.client.get_cookie(cookies.name("browser", POOL), domain="login.example.com")
    assert planted.value != "planted"


def test_a_browser_is_known_by_a_hash_that_differs_by_pool(csrf, cookies):
    browser = Browser(csrf)
    assert browser.who() == browser.who()
    assert browser.who() != browser.who(OTHER_POOL)
    assert browser.who() != Browser(csrf).who()
    cookie = browser.client.get_cookie(cookies.name("browser", POOL), domain="login.example.com")
    assert cookie.value not in browser.who()


def test_form_refused_says_what_to_do():
    assert "reload" in FormRefused.description


# -- cookies -----------------------------------------------------------------------------------------------------------


def set_cookie(cookies, act):
    response = Response()
    act(response)
    return response.headers["Set-Cookie"]


def test_a_cookie_is_bound_to_host_and_pool_and_out_of_scripts_reach(cookies):
    header = set_cookie(cookies, lambda response: cookies.put(response, "session", POOL, "v"))
    assert header.startswith(f"__Host-poolhouse-session-{POOL}=v;")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in header
    assert "Domain" not in header


def test_without_https_a_cookie_has_no_prefix_that_browsers_would_refuse(clock):
    plain = Cookies(hasher=Hasher(b"k" * 32), clock=clock, is_https=False)
    header = set_cookie(plain, lambda response: plain.put(response, "session", POOL, "v"))
    assert header.startswith(f"poolhouse-session-{POOL}=v;")
    assert "Secure" not in header


def carried(cookies, value="plain text ü", kind="state", pool=POOL, lifetime=60):
    response = Response()
    cookies.put_sealed(response, kind, pool, value, lifetime=lifetime)
    return response.headers["Set-Cookie"].partition(";")[0].partition("=")[2]


def opened(cookies, text, kind="state", pool=POOL):
    app = Flask("cookies")
    with app.test_request_context(headers={"Cookie": f"{cookies.name(kind, pool)}={text}"}):
        return cookies.find_sealed(request, kind, pool)


def test_a_sealed_cookie_is_read_back_until_its_time_comes(cookies, clock):
    text = carried(cookies)
    assert "plain" not in text
    assert opened(cookies, text) == "plain text ü"
    clock.advance(seconds=59)
    assert opened(cookies, text) == "plain text ü"
    clock.advance(seconds=1)
    assert opened(cookies, text) is None


@pytest.mark.parametrize(("kind", "pool"), [("state", OTHER_POOL), ("parked", POOL)])
def test_a_sealed_cookie_is_nothing_elsewhere(cookies, kind, pool):
    assert opened(cookies, carried(cookies), kind, pool) is None


def test_a_sealed_cookie_of_another_key_is_nothing(cookies, clock):
    other = Cookies(hasher=Hasher(b"x" * 32), clock=clock, is_https=True)
    assert opened(cookies, carried(other)) is None


@pytest.mark.parametrize("text", ["a", "!!!", "A" * 20, "A" * 60, "x" * 5000])
def test_a_made_up_sealed_cookie_is_nothing(cookies, text):
    assert opened(cookies, text) is None


def test_every_flipped_character_spoils_a_sealed_cookie(cookies):
    text = carried(cookies, "v")
    for place in range(len(text) - 1):  # The last character holds spare bits.
        flipped = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert opened(cookies, flipped) is None


def test_a_value_that_no_browser_would_keep_is_refused(cookies):
    with pytest.raises(CookieTooLong):
        carried(cookies, "x" * 4000)


# -- where a form may end ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("redirect_uri", "source"),
    [
        ("https://app.example.com/cb", None),
        ("http://localhost:3000/cb?x=1", "http://localhost:3000"),
        ("http://127.0.0.1/cb", "http://127.0.0.1"),
        ("http://[::1]:3000/cb", "http:"),
        ("com.example.app:/cb", "com.example.app:"),
        ("myapp://signin", "myapp:"),
        ("http://a.example;script-src *", "http:"),
        ("no scheme", None),
        ("x y:z", None),
        ("http://[", None),
    ],
)
def test_a_registered_redirect_uri_becomes_a_source(redirect_uri, source):
    assert form_source(redirect_uri) == source


def policy_of(content_type, *targets):
    with Flask("headers").test_request_context():
        for target in targets:
            allow_form_target(target)
        response = add_security_headers(Response("x", content_type=content_type), SITE)
        return response.headers["Content-Security-Policy"]


def test_a_pages_form_may_end_at_the_client_and_nowhere_else():
    policy = policy_of("text/html", "http://localhost:3000/cb", "http://localhost:3000/other")
    assert policy.endswith("; form-action 'self' https: http://localhost:3000")
    assert policy_of("text/html").endswith("; form-action 'self' https:")


def test_what_is_no_page_may_load_nothing():
    assert policy_of("application/json") == "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
