"""A posted ``id_token_hint`` never stands in an address: a handle stands for it, and for nothing else."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.oauth_app import CALLBACK, Landing

BYE = "https://app.example.com/bye"


def signed_in(house):
    browser = house.signed_in()
    return browser, house.redeem(house.a_code(browser=browser)).json["id_token"]


def form_of(house, **changes):
    return {**dict(parse_qsl(house.authorize_url().partition("?")[2])), **changes}


def is_question(answer):
    return answer.status_code == 200 and 'value="sign_out"' in answer.text


def test_a_posted_logout_goes_on_without_the_token(house):
    browser, token = signed_in(house)
    posted = browser.post("/logout", data={"id_token_hint": token, "post_logout_redirect_uri": BYE, "state": "x"})
    assert posted.status_code == 303
    assert token[:20] not in posted.headers["Location"]
    assert browser.get(posted.headers["Location"]).headers["Location"] == f"{BYE}?state=x"
    assert "code" not in house.authorize(browser=browser).query


def test_the_handle_signs_out_once(house):
    browser, token = signed_in(house)
    address = browser.post("/logout", data={"id_token_hint": token}).headers["Location"]
    house.browser().get(address)
    assert is_question(browser.get(address))


def test_the_handle_of_another_session_asks(house):
    _, token = signed_in(house)
    browser, _ = signed_in(house)
    assert is_question(browser.get(browser.post("/logout", data={"id_token_hint": token}).headers["Location"]))


def test_the_handle_does_not_live_for_ever(house):
    browser, token = signed_in(house)
    address = browser.post("/logout", data={"id_token_hint": token}).headers["Location"]
    house.clock.advance(seconds=901)
    assert is_question(browser.get(address))


@pytest.mark.parametrize("handle", ["x", "x" * 64, "x" * 5000, "é", "%00"])
def test_a_made_up_handle_proves_nothing(house, handle):
    browser, _ = signed_in(house)
    assert is_question(browser.get(f"/logout?parked={handle}"))
    assert house.authorize(browser=browser, prompt="none", parked=handle).query["error"] == "login_required"


def test_a_forged_token_is_not_kept(house):
    browser, token = signed_in(house)
    posted = browser.post("/logout", data={"id_token_hint": token[:-4] + "AAAA", "parked": "x"})
    assert "parked" not in posted.headers["Location"]


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
def test_a_posted_authorize_request_names_the_person_without_the_token(house):
    browser, token = signed_in(house)
    posted = browser.post("/oauth2/authorize", data=form_of(house, id_token_hint=token, prompt="none"))
    assert token[:20] not in posted.headers["Location"]
    landing = Landing.of(browser.get(posted.headers["Location"]))
    assert (landing.address, "code" in landing.query) == (CALLBACK, True)


def test_somebody_else_is_not_who_the_handle_names(house):
    _, token = signed_in(house)
    browser = house.signed_in(house.a_user(house.pool))
    posted = browser.post("/oauth2/authorize", data=form_of(house, id_token_hint=token, prompt="none"))
    assert Landing.of(browser.get(posted.headers["Location"])).query["error"] == "login_required"


def test_the_sign_in_page_does_not_see_the_token_either(house):
    _, token = signed_in(house)
    browser = house.browser()
    posted = browser.post("/oauth2/authorize", data=form_of(house, id_token_hint=token))
    to_page = browser.get(posted.headers["Location"]).headers["Location"]
    assert urlsplit(to_page).path == "/login"
    assert token[:20] not in to_page
    assert "parked=" in to_page
