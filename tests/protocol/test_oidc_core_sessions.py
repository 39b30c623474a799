"""prompt, max_age, and when a browser session no longer counts."""

from dataclasses import replace

import pytest

from tests.support.oauth_app import CALLBACK, Landing, claims_of


def sent_to_sign_in(landing):
    return landing.address == "/login"


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
def test_prompt_none_without_a_session_is_login_required(house):
    landing = house.authorize(browser=house.browser(), prompt="none")
    assert (landing.address, landing.query["error"]) == (CALLBACK, "login_required")


def test_prompt_none_with_a_session_needs_no_page(house):
    assert house.authorize(prompt="none").query["code"]


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
def test_prompt_login_asks_again_once(house):
    first = house.authorize(prompt="login")
    assert sent_to_sign_in(first)
    house.clock.advance(seconds=20)
    back = (
        "/oauth2/authorize?"
        + house.signed_in().get(house.authorize_url(prompt="login")).headers["Location"].split("?")[1]
    )
    old_session = house.signed_in(auth_time=house.clock.now() - 20)
    assert sent_to_sign_in(Landing.of(old_session.get(back)))
    assert Landing.of(house.signed_in().get(back)).query["code"]


def test_the_marker_of_a_fresh_sign_in_cannot_be_made_up(house):
    house.clock.advance(seconds=20)
    browser = house.signed_in(auth_time=house.clock.now() - 10)
    for forged in (f"{house.clock.now() - 15}.x", "0.", ".", "²." + "x" * 43, f"{house.clock.now() - 15}.é", "1" * 500):
        assert sent_to_sign_in(house.authorize(browser=browser, prompt="login", asked=forged))


def test_the_marker_does_not_serve_for_ever(house):
    location = house.signed_in().get(house.authorize_url(prompt="login")).headers["Location"]
    back = "/oauth2/authorize?" + location.split("?")[1]
    house.clock.advance(minutes=16)
    assert sent_to_sign_in(Landing.of(house.signed_in().get(back)))


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
def test_a_sign_in_older_than_max_age_asks_again(house):
    browser = house.signed_in()
    house.clock.advance(seconds=100)
    assert house.authorize(browser=browser, max_age="100").query["code"]
    house.clock.advance(seconds=1)
    assert sent_to_sign_in(house.authorize(browser=browser, max_age="100"))
    assert house.authorize(browser=browser, max_age="100", prompt="none").query["error"] == "login_required"


def test_max_age_0_is_answered_by_a_sign_in_since(house):
    browser = house.signed_in()
    house.clock.advance(seconds=5)
    back = "/oauth2/authorize?" + browser.get(house.authorize_url(max_age="0")).headers["Location"].split("?")[1]
    fresh = house.signed_in()
    house.clock.advance(seconds=3)
    assert Landing.of(fresh.get(back)).query["code"]


def test_a_session_ends_an_hour_after_the_sign_in_however_much_it_is_used(house):
    browser = house.signed_in()
    for _ in range(3):
        house.clock.advance(minutes=19)
        assert house.authorize(browser=browser).query["code"]
    house.clock.advance(minutes=3)
    assert sent_to_sign_in(house.authorize(browser=browser))


def test_the_session_of_a_disabled_user_does_not_count(house):
    browser = house.signed_in()
    house.change_user(enabled=False)
    assert sent_to_sign_in(house.authorize(browser=browser))


def test_the_session_of_a_deleted_user_does_not_count(house):
    browser = house.signed_in()
    house.world.users.remove(house.pool.pool_id, house.user.sub)
    assert sent_to_sign_in(house.authorize(browser=browser))


@pytest.mark.parametrize("behind", [0, 1])
def test_a_session_from_the_second_of_the_cut_off_or_before_does_not_count(house, behind):
    browser = house.signed_in()
    house.change_user(sessions_valid_after=house.clock.now() + behind)
    assert sent_to_sign_in(house.authorize(browser=browser))


def test_a_session_of_one_pool_is_nothing_at_another(house):
    other = house.a_pool()
    client = house.world.a_client(other)
    browser = house.signed_in()
    value = browser.get_cookie(house.cookies.name("session", house.pool.pool_id)).value
    browser.set_cookie(house.cookies.name("session", other.pool_id), value)
    assert sent_to_sign_in(house.authorize(client, browser))


@pytest.mark.parametrize("value", ["", "x", "é", "x" * 4000, '{"sub": 1}'])
def test_a_made_up_cookie_is_nobody(house, value):
    browser = house.browser()
    browser.set_cookie(house.cookies.name("session", house.pool.pool_id), value)
    assert sent_to_sign_in(house.authorize(browser=browser))


def test_auth_time_is_the_sign_ins_not_the_codes(house):
    browser = house.signed_in()
    signed_in_at = house.clock.now()
    house.clock.advance(minutes=5)
    tokens = house.redeem(house.a_code(browser=browser)).json
    assert claims_of(tokens["id_token"])["auth_time"] == signed_in_at


def test_sessions_of_two_browsers_have_their_own_sid(house):
    sids = {claims_of(house.tokens_of()["id_token"])["sid"] for _ in range(2)}
    assert len(sids) == 2


def test_a_disabled_user_cannot_open_a_session(house):
    from app.core.kernel.errors import UserDisabled

    with pytest.raises(UserDisabled):
        house.signed_in(replace(house.user, enabled=False))
