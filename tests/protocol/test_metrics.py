"""`/metrics` as Prometheus reads it: who may, and what it says."""

import re

import pytest

from tests.support.client import Application
from tests.support.house import MASTER_KEY

TOKEN = {"Authorization": "Bearer a-token-for-metrics"}


@pytest.fixture
def application(tmp_path):
    application = Application(tmp_path)
    yield application
    application.close()


@pytest.fixture
def guarded(tmp_path):
    application = Application(tmp_path, {"POOLHOUSE_METRICS_TOKEN": "a-token-for-metrics"})
    yield application
    application.close()


def scrape(application, **options):
    answer = application.client.get("/metrics", **options)
    assert answer.status_code == 200
    return samples(answer.text)


def samples(text):
    """Every sample by its name and labels; a line that is none is an error."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            assert re.fullmatch(r'poolhouse_[a-z_]+(\{([a-z]+="[^"\n]*",?)*\})?', series), line
            assert series not in found
            found[series] = float(value)
    return found


# -- who may -----------------------------------------------------------------------------------------------------------


def test_without_a_token_only_this_machine_is_answered(application):
    assert application.client.get("/metrics").status_code == 200
    refused = application.client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert refused.status_code == 403
    assert "poolhouse_" not in refused.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]", "id.example.com"])
def test_in_production_nobody_is_answered_without_a_token(tmp_path, host):
    """A proxy here that passes TCP on is a loopback peer without a forwarded header, and the stranger chooses the Host."""
    application = Application(
        tmp_path,
        {
            "POOLHOUSE_DEV": "",
            "POOLHOUSE_PUBLIC_URL": "https://id.example.com",
            "POOLHOUSE_MASTER_KEY": MASTER_KEY,
            "POOLHOUSE_PASSWORD_HASHING": "",
        },
    )
    refused = application.client.get("/metrics", headers={"Host": host})
    application.close()
    assert refused.status_code == 403
    assert "POOLHOUSE_METRICS_TOKEN" in refused.text
    assert "poolhouse_up" not in refused.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "x-forwarded-anything"])
def test_a_proxy_on_this_machine_is_not_this_machine(application, header):
    assert application.client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_a_rebound_name_is_refused(application):
    assert application.client.get("/metrics", headers={"Host": "attacker.example"}).status_code == 403


@pytest.mark.spec("RFC 6750 §3")
@pytest.mark.parametrize(
    "given", [None, "Bearer", "Bearer wrong", "Basic YS10b2tlbg==", "a-token-for-metrics", "Bearer \xe9"]
)
def test_with_a_token_nobody_is_answered_without_it(guarded, given):
    refused = guarded.client.get("/metrics", headers={"Authorization": given} if given else {})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert "poolhouse_" not in refused.text


def test_the_token_opens_it_from_anywhere_under_any_name(guarded):
    far = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}, "headers": {**TOKEN, "Host": "10.0.0.5:8000"}}
    assert scrape(guarded, **far)["poolhouse_up"] == 1


def test_the_token_is_not_taken_from_the_query(guarded):
    assert guarded.client.get("/metrics?access_token=a-token-for-metrics").status_code == 401


# -- what it says ------------------------------------------------------------------------------------------------------


def test_answers_are_counted_by_endpoint_and_status_class(application):
    pool = application.a_pool()
    # The second of them is answered from memory, and counted all the same.
    keys = f"/{pool.pool_id}/.well-known/jwks.json"
    for path in (keys, keys, "/nothing/here", "/nothing/there", "/healthz"):
        application.client.get(path)
    found = scrape(application)
    requests = "poolhouse_http_requests_total"
    jwks = 'endpoint="/<pool_id>/.well-known/jwks.json"'
    assert found[f'{requests}{{method="GET",{jwks},status="2xx"}}'] == 2
    assert found[f'{requests}{{method="GET",endpoint="/healthz",status="2xx"}}'] == 1
    assert found[f'poolhouse_http_request_seconds_count{{method="GET",{jwks}}}'] == 2
    strangers = [value for series, value in found.items() if requests in series and 'status="4xx"' in series]
    assert strangers == [2]


def test_buckets_hold_the_smaller_ones(application):
    for _ in range(5):
        application.client.get("/healthz")
    found = scrape(application)
    heights = [
        v
        for k, v in found.items()
        if k.startswith('poolhouse_http_request_seconds_bucket{method="GET",endpoint="/healthz"')
    ]
    assert heights == sorted(heights)
    assert heights[-1] == 5
    assert found['poolhouse_http_request_seconds_sum{method="GET",endpoint="/healthz"}'] > 0


def test_what_people_type_never_becomes_a_label(application):
    application.client.get("/ada@example.com?error=ada")
    application.client.open("/healthz", method="ADA")
    application.client.post("/oauth2/token", data={"grant_type": "ada"})
    application.client.post("/oauth2/token", data={"grant_type": "authorization_code", "client_id": "ada"})
    assert "ada" not in application.client.get("/metrics").text.lower()


def test_oauth_refusals_are_counted_by_their_code(application):
    application.client.post("/oauth2/token", data={"grant_type": "password"})
    found = scrape(application)
    assert found['poolhouse_oauth_refusals_total{endpoint="/oauth2/token",error="unsupported_grant_type"}'] == 1


def test_dependencies_and_the_queue_are_looked_at(application):
    found = scrape(application)
    assert found['poolhouse_check_ok{check="database"}'] == 1
    assert found["poolhouse_deliveries_waiting"] == 0


def test_a_database_that_is_away_hides_nothing_else(application):
    application.client.get("/healthz")
    with application.installation.database.connection() as connection:
        connection.exec_driver_sql("DROP TABLE deliveries")
        connection.exec_driver_sql("DROP TABLE alembic_version")
    found = scrape(application)
    assert found['poolhouse_check_ok{check="database"}'] == 0
    assert "poolhouse_deliveries_waiting" not in found
    assert found['poolhouse_http_requests_total{method="GET",endpoint="/healthz",status="2xx"}'] == 1
