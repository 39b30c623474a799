"""OpenID Connect Front-Channel Logout 1.0: frames of the clients that took part, then on."""

import re
from html import unescape

import pytest

from app.core.clients.extensions import CLIENT_EXTENSIONS, check_frontchannel
from app.core.kernel.caller import Caller
from app.core.kernel.extensions import ExtensionInvalid, changed
from tests.support.oauth_app import CALLBACK, PUBLIC_URL, claims_of

BYE = "https://app.example.com/bye"
FRAME = "https://app.example.com/signed-out"

pytestmark = pytest.mark.spec("Front-Channel Logout 1.0 §3")


def a_client(house, uri=FRAME):
    return house.world.a_client(house.pool, extensions={"frontchannel_logout_uri": uri})


def took_part(house, browser, client):
    return claims_of(house.redeem(house.a_code(client, browser), client).json["id_token"])["sid"]


def logout(house, browser, **query):
    return browser.get("/logout", query_string={"client_id": house.client.client_id, "logout_uri": BYE, **query})


def frames(answer):
    return [unescape(found) for found in re.findall(r'data-address="([^"]+)"', answer.text)]


def test_the_clients_that_took_part_are_framed_with_issuer_and_session(house):
    browser = house.signed_in()
    one, two = a_client(house), a_client(house, "https://other.example/out?a=1")
    sid = took_part(house, browser, one)
    assert took_part(house, browser, two) == sid
    answer = logout(house, browser)
    issuer = f"https%3A%2F%2Fid.example.com%2F{house.pool.pool_id}"
    assert sorted(frames(answer)) == [
        f"{FRAME}?iss={issuer}&sid={sid}",
        f"https://other.example/out?a=1&iss={issuer}&sid={sid}",
    ]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "code" not in house.authorize(browser=browser).query


def test_the_page_goes_on_to_the_registered_address_with_and_without_javascript(house):
    browser = house.signed_in()
    took_part(house, browser, a_client(house))
    text = logout(house, browser).text
    assert f'href="{BYE}" data-continue' in text
    assert f'<noscript><meta http-equiv="refresh" content="5;url={BYE}"></noscript>' in text


def test_frames_may_come_from_exactly_these_origins(house):
    browser = house.signed_in()
    took_part(house, browser, a_client(house))
    took_part(house, browser, a_client(house, "http://localhost:9999/x"))
    policy = logout(house, browser).headers["Content-Security-Policy"]
    sources = re.search(r"frame-src ([^;]+)", policy)[1].split()
    assert sorted(sources) == ["http://localhost:9999", "https://app.example.com"]
    assert "default-src 'none'" in policy


def test_no_other_page_may_hold_frames(house):
    browser = house.signed_in()
    took_part(house, browser, a_client(house))
    assert "frame-src" not in browser.get("/logout").headers["Content-Security-Policy"]
    logout(house, browser)
    assert "frame-src" not in browser.get("/logout").headers["Content-Security-Policy"]


def test_the_other_dialect_frames_them_too_and_keeps_the_state(house):
    browser = house.signed_in()
    client = a_client(house)
    token = house.redeem(house.a_code(client, browser), client).json["id_token"]
    answer = browser.get(
        "/logout", query_string={"id_token_hint": token, "post_logout_redirect_uri": BYE, "state": "a&b"}
    )
    assert len(frames(answer)) == 1
    assert f'href="{BYE}?state=a%26b" data-continue' in answer.text


def test_without_an_address_the_page_goes_on_to_one_of_ours(house):
    browser = house.signed_in()
    client = a_client(house)
    token = house.redeem(house.a_code(client, browser), client).json["id_token"]
    answer = browser.get("/logout", query_string={"id_token_hint": token})
    further = unescape(re.search(r'href="([^"]+)" data-continue', answer.text)[1])
    assert further == f"/logout?client_id={client.client_id}"
    assert "You are signed out" in browser.get(further).text


def test_a_client_that_took_no_part_is_not_framed(house):
    browser = house.signed_in()
    a_client(house)
    took_part(house, house.signed_in(), a_client(house))
    assert logout(house, browser).headers["Location"] == BYE


def test_a_client_without_such_an_address_is_sent_on_as_before(house):
    browser = house.signed_in()
    took_part(house, browser, house.client)
    assert logout(house, browser).headers["Location"] == BYE


def test_a_client_that_is_gone_is_not_framed(house):
    browser = house.signed_in()
    client = a_client(house)
    took_part(house, browser, client)
    house.world.clients.remove(house.pool.pool_id, client.client_id)
    assert logout(house, browser).headers["Location"] == BYE


def test_every_session_is_told_once(house):
    browser = house.signed_in()
    client = a_client(house)
    token = house.redeem(house.a_code(client, browser), client).json["id_token"]
    logout(house, browser)
    again = house.browser().get("/logout", query_string={"id_token_hint": token, "post_logout_redirect_uri": BYE})
    assert again.headers["Location"] == BYE


def test_a_proven_hint_of_a_session_that_has_run_out_still_tells_its_clients(house):
    browser = house.signed_in()
    client = a_client(house)
    token = house.redeem(house.a_code(client, browser), client).json["id_token"]
    house.clock.advance(hours=2)
    answer = browser.get("/logout", query_string={"id_token_hint": token, "post_logout_redirect_uri": BYE})
    assert len(frames(answer)) == 1


def test_a_stranger_with_an_id_token_tells_nobody_of_a_session_that_lives_on(house):
    """ID tokens lie in many logs: without the browser's cookie one must not use up what the clients are told."""
    browser = house.signed_in()
    client = a_client(house)
    token = house.redeem(house.a_code(client, browser), client).json["id_token"]
    answer = house.browser().get("/logout", query_string={"id_token_hint": token, "post_logout_redirect_uri": BYE})
    assert frames(answer) == []
    assert "code" in house.authorize(browser=browser).query
    assert len(frames(logout(house, browser))) == 1


def test_a_session_under_a_new_handle_is_alive_under_its_name(house):
    pool_id = house.pool.pool_id
    old, before = house.sessions.open(pool_id, house.user, ("pwd",), house.clock.now(), Caller())
    new, _ = house.sessions.open(pool_id, house.user, ("pwd",), house.clock.now(), Caller(), continues=before)
    house.sessions.close(pool_id, old)
    assert house.sessions.is_live(pool_id, before.sid)
    house.sessions.close(pool_id, new)
    assert not house.sessions.is_live(pool_id, before.sid)


def test_a_forged_hint_tells_nobody(house):
    browser = house.signed_in()
    client = a_client(house)
    token = house.redeem(house.a_code(client, browser), client).json["id_token"]
    house.browser().get("/logout", query_string={"id_token_hint": token[:-4] + "AAAA"})
    assert len(frames(logout(house, browser))) == 1


def test_discovery_says_so(house):
    document = house.browser().get(f"/{house.pool.pool_id}/.well-known/openid-configuration").json
    assert document["frontchannel_logout_supported"] is True
    assert document["frontchannel_logout_session_supported"] is True
    assert document["issuer"].startswith(PUBLIC_URL)


# -- what a client may register -----------------------------------------------------------------------------------------


def register(uri, callbacks=(CALLBACK,)):
    document = changed(CLIENT_EXTENSIONS, {}, "frontchannel_logout_uri", uri, lambda _: None)
    check_frontchannel(document, callbacks)
    return document["frontchannel_logout_uri"]


@pytest.mark.spec("Front-Channel Logout 1.0 §2")
def test_an_address_of_the_clients_own_origin_is_taken():
    assert register(FRAME) == FRAME
    assert register("http://localhost:3000/out", ("http://localhost:3000/cb",)) == "http://localhost:3000/out"


@pytest.mark.spec("Front-Channel Logout 1.0 §2")
@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/out",
        "http://app.example.com/out",
        "https://app.example.com:8443/out",
        "https://app.example.com.evil.example/out",
        "https://app.example.com@evil.example/out",
        "https://app.example.com/out#x",
        "https://app.example.com/a b",
        "https://app.example.com/é",
        "javascript:alert(1)",
        "data:text/html,x",
        "app:/out",
        "//app.example.com/out",
        "https://[::1]/out",
        "x",
        7,
    ],
)
def test_any_other_address_is_refused(uri):
    with pytest.raises(ExtensionInvalid):
        register(uri, (CALLBACK, "https://[::1]/cb"))
