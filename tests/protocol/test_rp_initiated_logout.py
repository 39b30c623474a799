"""OpenID Connect RP-Initiated Logout 1.0 at ``/logout``: at once with proof, after a question without, never to a stranger's address."""

import re
from urllib.parse import urlencode

import pytest

from app.core.kernel.caller import Caller
from tests.protocol.test_oidc_core_prompt import forged_hints
from tests.support.oauth_app import CALLBACK, claims_of

BYE = "https://app.example.com/bye"

pytestmark = pytest.mark.spec("RP-Initiated Logout 1.0 §2")


def is_signed_in(house, browser):
    return "code" in house.authorize(browser=browser).query


def signed_in(house, client=None):
    """A browser with a session, and the ID token that a client got in it."""
    browser = house.signed_in()
    client = client or house.client
    return browser, house.redeem(house.a_code(client, browser), client).json["id_token"]


def logout(browser, **query):
    return browser.get("/logout", query_string={name: value for name, value in query.items() if value is not None})


def is_question(answer):
    return answer.status_code == 200 and 'value="sign_out"' in answer.text and "Location" not in answer.headers


def confirm(browser, page, **changes):
    action = re.search(r'<form[^>]* action="([^"]+)"', page.text)[1].replace("&amp;", "&")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    return browser.post(action, data={"csrf_token": token, "action": "sign_out", **changes})


def test_a_hint_of_this_session_signs_out_at_once_and_brings_the_state_back(house):
    browser, token = signed_in(house)
    answer = logout(browser, id_token_hint=token, post_logout_redirect_uri=BYE, state="a b&c=é")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{BYE}?state=a%20b%26c%3D%C3%A9"
    assert answer.headers["Cache-Control"] == "no-store"
    assert not is_signed_in(house, browser)


def test_an_expired_hint_is_as_good(house):
    browser, token = signed_in(house)
    house.clock.advance(minutes=59)
    assert claims_of(token)["exp"] - house.clock.now() < 100
    house.clock.advance(seconds=59)
    assert logout(browser, id_token_hint=token, post_logout_redirect_uri=BYE).headers["Location"] == BYE


def test_without_an_address_a_page_says_that_it_is_done(house):
    browser, token = signed_in(house)
    answer = logout(browser, id_token_hint=token, state="s")
    assert (answer.status_code, "Location" in answer.headers) == (200, False)
    assert "You are signed out" in answer.text
    assert not is_signed_in(house, browser)


def test_the_client_may_name_itself_beside_the_hint(house):
    browser, token = signed_in(house)
    answer = logout(browser, id_token_hint=token, client_id=house.client.client_id, post_logout_redirect_uri=BYE)
    assert answer.headers["Location"] == BYE


def test_a_post_from_the_client_is_asked_again_as_a_get_of_our_own(house):
    browser, token = signed_in(house)
    form = {"id_token_hint": token, "post_logout_redirect_uri": BYE, "state": "x"}
    answer = browser.post("/logout", data=form)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, "/logout")
    assert browser.get(answer.headers["Location"]).headers["Location"] == f"{BYE}?state=x"
    assert not is_signed_in(house, browser)


# -- without proof a question -------------------------------------------------------------------------------------------


def test_without_a_hint_a_page_asks_and_its_answer_leads_on(house):
    browser, _ = signed_in(house)
    page = logout(browser, client_id=house.client.client_id, post_logout_redirect_uri=BYE, state="s1")
    assert is_question(page)
    assert house.user.attributes["email"] in page.text
    assert is_signed_in(house, browser)
    assert confirm(browser, page).headers["Location"] == f"{BYE}?state=s1"
    assert not is_signed_in(house, browser)


def test_no_forged_hint_signs_anybody_out(house):
    browser = house.signed_in()
    for name, hint in forged_hints(house).items():
        page = logout(browser, id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert is_question(page), name
        assert is_signed_in(house, browser), name


def test_a_forged_hint_vouches_for_no_address(house):
    """Nobody says whose address it would be: after the question, a page."""
    browser, token = signed_in(house)
    page = logout(browser, id_token_hint=token[:-4] + "AAAA", post_logout_redirect_uri=BYE)
    answer = confirm(browser, page)
    assert (answer.status_code, "Location" in answer.headers) == (200, False)
    assert not is_signed_in(house, browser)


def test_a_hint_of_another_session_of_the_same_person_asks(house):
    _, elsewhere = signed_in(house)
    browser, _ = signed_in(house)
    assert is_question(logout(browser, id_token_hint=elsewhere, post_logout_redirect_uri=BYE))
    assert is_signed_in(house, browser)


def test_a_hint_of_another_person_asks(house):
    _, token = signed_in(house)
    browser = house.signed_in(house.a_user(house.pool))
    assert is_question(logout(browser, id_token_hint=token, post_logout_redirect_uri=BYE))
    assert is_signed_in(house, browser)


def test_the_question_carries_no_token_in_its_address(house):
    _, elsewhere = signed_in(house)
    browser, _ = signed_in(house)
    assert elsewhere[:20] not in logout(browser, id_token_hint=elsewhere, post_logout_redirect_uri=BYE).text


def test_a_request_without_any_parameter_asks_about_the_session_this_browser_has(house):
    browser, _ = signed_in(house)
    page = logout(browser)
    assert is_question(page)
    answer = confirm(browser, page)
    assert "You are signed out" in answer.text
    assert not is_signed_in(house, browser)


def test_sessions_of_several_pools_end_together_where_the_request_names_none(house):
    other = house.a_pool()
    client = house.world.a_client(other)
    browser = house.signed_in()
    handle, _ = house.sessions.open(other.pool_id, house.a_user(other), ("pwd",), house.clock.now(), Caller())
    browser.set_cookie(house.cookies.name("session", other.pool_id), handle.reveal())
    assert "code" in house.authorize(client, browser).query
    confirm(browser, logout(browser))
    assert not is_signed_in(house, browser)
    assert "code" not in house.authorize(client, browser).query


@pytest.mark.parametrize("changes", [{"csrf_token": ""}, {"csrf_token": "x.y"}, {"action": ""}, {"action": "approve"}])
def test_a_form_that_is_not_ours_signs_nobody_out(house, changes):
    browser, _ = signed_in(house)
    answer = confirm(browser, logout(browser, client_id=house.client.client_id), **changes)
    assert answer.status_code == 303
    assert is_question(browser.get(answer.headers["Location"]))
    assert is_signed_in(house, browser)


def test_another_browsers_form_signs_nobody_out(house):
    browser, _ = signed_in(house)
    stranger = house.signed_in(house.a_user(house.pool))
    page = logout(stranger, client_id=house.client.client_id)
    assert confirm(browser, page).status_code == 303
    assert is_signed_in(house, browser)


def test_another_sites_form_signs_nobody_out(house):
    browser, _ = signed_in(house)
    page = logout(browser, client_id=house.client.client_id)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    query = urlencode({"client_id": house.client.client_id})
    form, headers = {"csrf_token": token, "action": "sign_out"}, {"Sec-Fetch-Site": "cross-site"}
    assert browser.post(f"/logout?{query}", data=form, headers=headers).status_code == 303
    assert is_signed_in(house, browser)


# -- never to an unregistered address -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        BYE + "/",
        BYE + "?x=1",
        BYE + "#x",
        BYE.upper(),
        "https://app.example.com",
        "https://app.example.com:443/bye",
        "https://app.example.com/bye/../bye",
        "https://app.example.com@evil.example/bye",
        "//app.example.com/bye",
        "javascript:alert(1)",
        CALLBACK,
        BYE + "\r\nSet-Cookie: a=b",
        BYE + "\u0000",
    ],
)
@pytest.mark.parametrize("hinted", [True, False])
def test_an_unregistered_address_ends_on_a_page_and_signs_nobody_out(house, address, hinted):
    browser, token = signed_in(house)
    proof = {"id_token_hint": token} if hinted else {"client_id": house.client.client_id}
    answer = logout(browser, post_logout_redirect_uri=address, **proof)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert is_signed_in(house, browser)


def test_an_address_of_nobody_in_particular_is_not_gone_to(house):
    browser, _ = signed_in(house)
    answer = confirm(browser, logout(browser, post_logout_redirect_uri=BYE))
    assert (answer.status_code, "Location" in answer.headers) == (200, False)
    without_session = logout(house.browser(), post_logout_redirect_uri=BYE)
    assert (without_session.status_code, "Location" in without_session.headers) == (200, False)


@pytest.mark.parametrize("client_id", ["unknown", "\u0000", "x" * 500])
def test_an_unknown_client_ends_on_a_page(house, client_id):
    browser, token = signed_in(house)
    assert logout(browser, client_id=client_id, id_token_hint=token).status_code == 400
    assert is_signed_in(house, browser)


def test_a_client_that_the_hint_contradicts_ends_on_a_page(house):
    other = house.world.a_client(house.pool)
    browser, token = signed_in(house)
    answer = logout(browser, client_id=other.client_id, id_token_hint=token, post_logout_redirect_uri=BYE)
    assert answer.status_code == 400
    assert is_signed_in(house, browser)


def test_repeated_parameters_end_on_a_page(house):
    browser, token = signed_in(house)
    assert browser.get(f"/logout?id_token_hint={token}&id_token_hint={token}").status_code == 400
    assert is_signed_in(house, browser)


def test_another_pools_host_knows_nothing_of_the_hint(house):
    browser, token = signed_in(house)
    house.host_pool = house.a_pool()
    answer = logout(browser, id_token_hint=token, post_logout_redirect_uri=BYE)
    assert (answer.status_code, "Location" in answer.headers) == (200, False)
    house.host_pool = None
    assert is_signed_in(house, browser)


# -- without a session --------------------------------------------------------------------------------------------------


def test_whoever_is_signed_out_already_is_sent_on(house):
    _, token = signed_in(house)
    answer = logout(house.browser(), id_token_hint=token, post_logout_redirect_uri=BYE, state="s")
    assert answer.headers["Location"] == f"{BYE}?state=s"


def test_a_hint_lives_on_over_a_new_sign_in_of_the_same_person(house):
    """The session keeps its name where the person proves anew who they are, so that what was issued before still names it."""
    browser, token = signed_in(house)
    before = house.sessions.find(
        house.pool.pool_id,
        house_handle(house, browser),
    )
    handle, after = house.sessions.open(
        house.pool.pool_id, house.user, ("pwd",), house.clock.now() + 1, Caller(), continues=before
    )
    assert after.sid == before.sid
    stranger = house.a_user(house.pool)
    _, other = house.sessions.open(
        house.pool.pool_id, stranger, ("pwd",), house.clock.now() + 1, Caller(), continues=before
    )
    assert other.sid != before.sid
    browser.set_cookie(house.cookies.name("session", house.pool.pool_id), handle.reveal())
    assert logout(browser, id_token_hint=token, post_logout_redirect_uri=BYE).status_code == 302


def house_handle(house, browser):
    from app.core.kernel.secret import Secret

    return Secret(browser.get_cookie(house.cookies.name("session", house.pool.pool_id)).value)


def test_discovery_names_the_endpoint(house):
    document = house.browser().get(f"/{house.pool.pool_id}/.well-known/openid-configuration").json
    assert document["end_session_endpoint"] == "https://id.example.com/logout"
