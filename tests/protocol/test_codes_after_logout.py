"""A code that was not redeemed when its session was signed out buys nothing any more."""

from dataclasses import replace

import pytest

from app.core.kernel.caller import Caller
from app.core.kernel.errors import Unavailable
from app.core.kernel.secret import Secret
from tests.support.oauth_app import claims_of

BYE = "https://app.example.com/bye"


def logout(house, browser, **query):
    query = query or {"client_id": house.client.client_id, "logout_uri": BYE}
    return browser.get("/logout", query_string=query)


def refused(answer):
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant"), answer.text
    return True


def test_a_code_of_a_session_that_was_signed_out_is_refused(house):
    browser = house.signed_in()
    code = house.a_code(browser=browser)
    logout(house, browser)
    assert refused(house.redeem(code))


def test_it_is_refused_until_it_expires(house):
    browser = house.signed_in()
    code = house.a_code(browser=browser)
    house.clock.advance(seconds=1)
    logout(house, browser)
    house.clock.advance(seconds=298)
    assert house.tokens.find_code(Secret(code)) is not None
    assert refused(house.redeem(code))


def test_a_proven_hint_ends_the_codes_as_well(house):
    browser = house.signed_in()
    token = house.redeem(house.a_code(browser=browser)).json["id_token"]
    code = house.a_code(browser=browser)
    logout(house, browser, id_token_hint=token)
    assert refused(house.redeem(code))


def test_the_code_of_another_browser_is_not_ended(house):
    browser, other = house.signed_in(), house.signed_in()
    code = house.a_code(browser=other)
    logout(house, browser)
    assert house.redeem(code).status_code == 200


def test_a_stranger_with_an_id_token_ends_nobodys_code(house):
    browser = house.signed_in()
    token = house.redeem(house.a_code(browser=browser)).json["id_token"]
    code = house.a_code(browser=browser)
    logout(house, house.browser(), id_token_hint=token)
    assert house.redeem(code).status_code == 200


def test_tokens_from_before_live_on_as_in_cognito(house):
    browser = house.signed_in()
    tokens = house.redeem(house.a_code(browser=browser)).json
    logout(house, browser)
    assert "sub" in claims_of(house.refresh(tokens["refresh_token"]).json["access_token"])


class _Away:
    def has_ended(self, *_):
        raise Unavailable


def test_where_nobody_can_tell_nothing_is_given_and_nothing_consumed(house):
    code = house.a_code()
    found = house.tokens.find_code(Secret(code))
    with pytest.raises(Unavailable):
        replace(house.tokens, ended=_Away()).redeem(house.pool, house.client, found, Caller())
    assert house.redeem(code).status_code == 200


@pytest.mark.spec("RFC 9110 §9.2.1")
@pytest.mark.parametrize("path", ["/logout", "/oauth2/authorize"])
def test_a_head_request_is_refused(house, path):
    answer = house.browser().head(path)
    assert answer.status_code == 405
    assert {name.strip() for name in answer.headers["Allow"].split(",")} == {"GET", "POST", "OPTIONS"}


@pytest.mark.spec("RFC 9110 §9.2.1")
def test_a_head_request_signs_nobody_out(house):
    browser = house.signed_in()
    browser.head("/logout", query_string={"client_id": house.client.client_id, "logout_uri": BYE})
    assert "code" in house.authorize(browser=browser).query
