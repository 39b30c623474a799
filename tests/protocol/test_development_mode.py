"""Development mode and its guards, as the contract says (section 3)."""

import pytest

from app.core.messages.model import Channel, Message
from tests.support.client import ORIGIN, Application

PATHS = ["/dev/outbox", "/dev/outbox.json", "/dev/clock"]


@pytest.fixture
def application(tmp_path):
    application = Application(tmp_path)
    yield application
    application.close()


@pytest.fixture
def client(application):
    return application.client


def a_message(to="ada@example.com", code="123456", **changes):
    fields = {"channel": Channel.EMAIL, "to": to, "subject": "Your code", "text": f"{code}\n", "html": "<p>x</p>"}
    return Message(**{**fields, "code": code, "link": "http://localhost/confirmUser?a=1", **changes})


# -- the outbox --------------------------------------------------------------------------------------------------------


def test_the_outbox_lists_the_newest_first(application, client):
    application.installation.messaging.outbox.send(a_message(code="111111"))
    application.installation.messaging.outbox.send(a_message(code="222222"))
    listed = client.get("/dev/outbox.json").json
    assert [message["code"] for message in listed] == ["222222", "111111"]
    assert set(listed[0]) == {"id", "channel", "to", "subject", "text", "html", "code", "link", "created_at"}


def test_the_outbox_is_searched_by_address(application, client):
    application.installation.messaging.outbox.send(a_message("ada@example.com"))
    application.installation.messaging.outbox.send(a_message("bob@example.com"))
    assert [message["to"] for message in client.get("/dev/outbox.json?to=bob@example.com").json] == ["bob@example.com"]


def test_the_outbox_is_emptied(application, client):
    application.installation.messaging.outbox.send(a_message())
    assert client.delete("/dev/outbox.json").status_code == 204
    assert client.get("/dev/outbox.json").json == []


def test_the_outbox_page_shows_the_code_and_the_link_and_escapes_the_rest(application, client):
    application.installation.messaging.outbox.send(a_message(subject="<script>alert(1)</script>"))
    page = client.get("/dev/outbox")
    assert "123456" in page.text
    assert 'href="http://localhost/confirmUser?a=1"' in page.text
    assert "<script>" not in page.text
    assert "style=" not in page.text
    with client.get("/dev/static/outbox.css") as stylesheet:
        assert stylesheet.status_code == 200


# -- the clock ---------------------------------------------------------------------------------------------------------


def test_the_clock_moves_for_everybody_and_is_set_back(application, client):
    before = application.services.clock.now()
    assert client.post("/dev/clock", json={"advance_seconds": 3600}).json["offset_seconds"] == 3600
    assert application.services.clock.now() >= before + 3600
    assert client.post("/dev/clock", json={"advance_seconds": -600}).json["offset_seconds"] == 3000
    assert client.delete("/dev/clock").json["offset_seconds"] == 0
    assert client.get("/dev/clock").json["offset_seconds"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"advance_seconds": "60"},
        {"advance_seconds": True},
        {"advance_seconds": 1.5},
        {"advance_seconds": 10**12},
    ],
)
def test_the_clock_refuses_what_is_no_number_of_seconds(client, body):
    assert client.post("/dev/clock", json=body).status_code == 400
    assert client.get("/dev/clock").json["offset_seconds"] == 0


# -- the guards --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": ""},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Anything": "1"},
    ],
    ids=str,
)
def test_a_foreign_page_and_a_proxy_are_refused(client, path, headers):
    assert client.get(path, headers=headers).status_code == 403


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "::2", "2001:db8::1", "", "garbage"])
def test_another_machine_is_refused(client, path, peer):
    assert client.get(path, environ_base={"REMOTE_ADDR": peer}).status_code == 403


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "127.0.0.1:4321"])
def test_this_machine_is_answered(client, peer):
    assert client.get("/dev/outbox.json", environ_base={"REMOTE_ADDR": peer}).status_code == 200


def test_our_own_origin_is_answered(client):
    assert client.post("/dev/clock", json={"advance_seconds": 1}, headers={"Origin": ORIGIN}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_post_from_another_site_is_refused(client, site):
    headers = {"Sec-Fetch-Site": site}
    assert client.post("/dev/clock", json={"advance_seconds": 1}, headers=headers).status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_a_rebound_name_is_misdirected(client, path):
    assert client.get(path, headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("path", [*PATHS, "/dev/static/outbox.css"])
def test_the_paths_do_not_exist_in_any_other_mode(tmp_path, path):
    application = Application(tmp_path, {"POOLHOUSE_DEV": "", "POOLHOUSE_PASSWORD_HASHING": ""})
    try:
        assert application.client.get(path).status_code == 404
    finally:
        application.close()
