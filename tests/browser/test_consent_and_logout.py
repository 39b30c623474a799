"""Consent, and signing out with frames, in Chromium, with JavaScript and without."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.browser.conftest import PASSWORD
from tests.support.relying import relying_party
from tests.support.waiting import wait_until


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def sign_in(page, house, client, who, party):
    page.goto(house.page("oauth2/authorize", client, f"{party.url}/callback"))
    page.locator("input[name=username]:visible").fill(who)
    page.locator("input[name=password]:visible").fill(PASSWORD)
    press(page, "Sign in")


@pytest.fixture
def party():
    with relying_party() as party:
        yield party


def a_client(house, pool, party, **extensions):
    given = {
        "SupportedIdentityProviders": ["COGNITO"],
        "CallbackURLs": [f"{party.url}/callback"],
        "LogoutURLs": [f"{party.url}/bye"],
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthScopes": ["openid", "email"],
    }
    return str(house.services.clients.create(pool, "Tidewater", given, extensions).client_id)


def test_consent_is_asked_for_and_given(page, house, party):
    pool = house.a_pool()
    client = a_client(house, pool, party, require_consent=True)
    sign_in(page, house, client, house.a_user(pool), party)
    page.wait_for_url("**/consent?*")
    page.get_by_text("See your email address").wait_for()
    press(page, "Allow")
    page.wait_for_url(f"{party.url}/callback?*")
    assert "code" in parse_qs(urlsplit(page.url).query)


def test_a_refusal_reaches_the_application(page, house, party):
    pool = house.a_pool()
    client = a_client(house, pool, party, require_consent=True)
    sign_in(page, house, client, house.a_user(pool), party)
    press(page, "Do not allow")
    page.wait_for_url(f"{party.url}/callback?*")
    assert parse_qs(urlsplit(page.url).query)["error"] == ["access_denied"]


def test_signing_out_loads_the_frames_and_goes_on_by_itself(page, house, party):
    pool = house.a_pool()
    client = a_client(house, pool, party, frontchannel_logout_uri=f"{party.url}/frontchannel")
    sign_in(page, house, client, house.a_user(pool), party)
    page.wait_for_url(f"{party.url}/callback?*")
    page.goto(f"{house.server.url}/logout?client_id={client}&logout_uri={quote(party.url + '/bye')}")
    page.wait_for_url(f"{party.url}/bye")
    wait_until(lambda: [one for one in party.gets if one.startswith("/frontchannel")], seconds=30, what="the frame")
    (framed,) = [one for one in party.gets if one.startswith("/frontchannel")]
    query = parse_qs(urlsplit(framed).query)
    assert query["iss"] == [f"{house.server.url}/{pool.pool_id}"]
    assert query["sid"][0].startswith("sso")
    page.goto(house.page("oauth2/authorize", client, f"{party.url}/callback"))
    page.wait_for_url("**/login?*")
