"""Which hosts the server answers on, whose word about a client's address it takes, and what it refuses unread."""

import pytest

from tests.support.client import Application

PUBLIC = "https://login.example.com"


@pytest.fixture
def serve(tmp_path):
    """Start the application with settings of its own."""
    started = []

    def start(**environ):
        folder = tmp_path / f"data{len(started)}"
        folder.mkdir()
        started.append(Application(folder, environ))
        return started[-1]

    yield start
    for application in started:
        application.close()


@pytest.fixture
def production(serve):
    return serve(POOLHOUSE_DEV="", POOLHOUSE_PASSWORD_HASHING="", POOLHOUSE_PUBLIC_URL=PUBLIC)


def status(application, host, path="/nowhere", **options):
    return application.client.get(path, headers={"Host": host, **options.pop("headers", {})}, **options).status_code


@pytest.mark.parametrize("host", ["login.example.com", "login.example.com:443", "LOGIN.example.com"])
def test_the_public_host_is_answered(production, host):
    assert status(production, host) == 404


@pytest.mark.spec("RFC 9110 §15.5.20")
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "login.example.com.evil.example",
        "evil.login.example.com",
        "login.example.com:8443",
        "localhost",
        "127.0.0.1",
        "",
        "login.example.com@evil.example",
        "login.example.com evil",
        "login.example.com,evil.example",
        "[::1",
        "x" * 300,
    ],
)
def test_a_strange_host_is_misdirected(production, host):
    assert status(production, host) in {400, 421}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_answered_on_any_host(production, path):
    assert status(production, "10.1.2.3:8000", path) == 200


def test_a_host_from_the_settings_is_answered(serve):
    application = serve(POOLHOUSE_ALLOWED_HOSTS="poolhouse.svc, other.svc:8000")
    assert status(application, "poolhouse.svc:9999") == 404
    assert status(application, "other.svc:8000") == 404
    assert status(application, "other.svc:8001") == 421


@pytest.mark.parametrize("host", ["localhost:8123", "127.0.0.1", "[::1]:8000", "app.localhost"])
def test_development_mode_answers_on_loopback(serve, host):
    assert status(serve(), host) == 404


def test_a_pools_own_hosts_are_answered_until_they_are_taken_away(production):
    pool = production.a_pool()
    pools = production.services.pools
    pools.add_domain(pool.pool_id, "acme")
    pools.add_domain(pool.pool_id, "sign-in.acme.example")
    assert status(production, "acme.auth.us-east-1.login.example.com") == 404
    assert status(production, "sign-in.acme.example") == 404
    assert status(production, "acme.auth.eu-west-1.login.example.com") == 421
    assert status(production, "acme.login.example.com") == 421
    pools.remove_domain(pool.pool_id, "acme")
    assert status(production, "acme.auth.us-east-1.login.example.com") == 421


# -- proxies -----------------------------------------------------------------------------------------------------------


def test_a_strangers_forwarded_host_opens_nothing(production):
    headers = {"X-Forwarded-Host": "login.example.com"}
    assert status(production, "evil.example", headers=headers) == 421


def test_a_strangers_forwarded_header_is_shown_in_readyz_and_nothing_else_is(production):
    assert production.client.get("/readyz").json["warnings"] == MISSING_SENDERS
    production.client.get("/readyz", headers={"X-Forwarded-For": "203.0.113.9"})
    warnings = production.client.get("/readyz").json["warnings"]
    assert len(warnings) == len(MISSING_SENDERS) + 1
    assert "POOLHOUSE_TRUSTED_PROXIES" in warnings[-1]
    assert "203.0.113.9" not in warnings[-1]


MISSING_SENDERS = [
    "POOLHOUSE_SMTP_URL is not set: every mail fails with CodeDeliveryFailure.",
    "POOLHOUSE_SMS_URL is not set: every text message fails with CodeDeliveryFailure.",
]


def seen_address(application, peer, forwarded=None):
    """The client address the application works with."""
    from flask import request

    from app.web.context import Contexts
    from app.web.site import Site

    settings = application.installation.settings
    site = Site(public_url=settings.public_url, trusted_proxies=settings.trusted_proxies)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    with application.app.test_request_context("/", headers=headers, environ_base={"REMOTE_ADDR": peer}):
        return Contexts(site).open(request).caller.address


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.7", "198.51.100.4", "198.51.100.4"),
        ("10.0.0.7:51234", "198.51.100.4", "198.51.100.4"),
        ("10.0.0.7", "1.1.1.1, 198.51.100.4, 10.0.0.8", "198.51.100.4"),
        ("10.0.0.7", "198.51.100.4, unknown", "10.0.0.7"),
        ("10.0.0.7", "<script>", "10.0.0.7"),
        ("10.0.0.7", "[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:10.0.0.7", "198.51.100.4", "198.51.100.4"),
        ("192.0.2.1", "198.51.100.4", "192.0.2.1"),
        ("192.0.2.1", None, "192.0.2.1"),
        ("", "198.51.100.4", None),
    ],
)
def test_only_trusted_proxies_say_for_whom_they_ask(serve, peer, forwarded, address):
    application = serve(
        POOLHOUSE_DEV="",
        POOLHOUSE_PASSWORD_HASHING="",
        POOLHOUSE_PUBLIC_URL=PUBLIC,
        POOLHOUSE_TRUSTED_PROXIES="10.0.0.0/24",
    )
    assert seen_address(application, peer, forwarded) == address


def test_a_trusted_proxy_passes_the_host_on(serve):
    application = serve(
        POOLHOUSE_DEV="",
        POOLHOUSE_PASSWORD_HASHING="",
        POOLHOUSE_PUBLIC_URL=PUBLIC,
        POOLHOUSE_TRUSTED_PROXIES="127.0.0.1",
    )
    assert status(application, "inner:8000", headers={"X-Forwarded-Host": "login.example.com"}) == 404
    assert status(application, "login.example.com", headers={"X-Forwarded-Host": "evil.example"}) == 421


# -- unreadable and too much -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["a=%ff", "%c3%28=1", "a=%00", "a=1%00", "&".join(["a=1"] * 201)])
def test_an_unreadable_query_is_a_bad_request(serve, query):
    assert serve().client.get(f"/healthz?{query}").status_code == 400


def test_an_endless_query_is_refused(serve):
    assert serve().client.get("/healthz?" + "a" * 20_000).status_code == 414


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"a=%ff", 400),
        (b"a=\xff", 400),
        (b"a=%00", 400),
        (b"a=" + b"x" * 70_000, 413),
        (b"&".join([b"a=1"] * 201), 413),
    ],
)
def test_an_unreadable_form_is_refused_before_anything_reads_it(serve, body, expected):
    answer = serve().client.post("/login", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == expected


def test_a_multipart_form_is_refused(serve):
    answer = serve().client.post("/login", data={"a": "1"}, content_type="multipart/form-data")
    assert answer.status_code == 415


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nowhere", "/.well-known/nonsense", "/pool/.well-known/nonsense", "/healthz?a=%ff"])
def test_every_answer_carries_the_headers(production, path):
    answer = production.client.get(path, headers={"Host": "login.example.com"})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Request-Id"]


def test_a_page_may_not_be_told_to_stay_on_https_where_there_is_none(serve):
    assert "Strict-Transport-Security" not in serve().client.get("/nowhere").headers


def test_a_nonsense_well_known_path_is_a_true_404(production):
    answer = production.client.get("/.well-known/nonsense", headers={"Host": "login.example.com"})
    assert answer.status_code == 404
    assert answer.is_json


def test_a_wrong_method_names_the_right_ones(serve):
    answer = serve().client.post("/healthz")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_an_unknown_error_shows_its_request_id_and_nothing_else(serve):
    application = serve()

    @application.app.get("/broken")
    def broken():
        raise RuntimeError("the database password is hunter2")

    answer = application.client.get("/broken")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_a_store_that_does_not_answer_is_503(serve):
    from app.core.kernel.errors import Unavailable

    application = serve()

    @application.app.get("/away")
    def away():
        raise Unavailable

    answer = application.client.get("/away")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_the_access_log_holds_no_query(serve, caplog):
    with caplog.at_level("INFO", logger="app.access"):
        serve().client.get("/nowhere?code=s3cret")
    assert [record.path for record in caplog.records if record.name == "app.access"] == ["/nowhere"]
    assert "s3cret" not in caplog.text
