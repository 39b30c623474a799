import pytest

from tests.support.oauth_app import CALLBACK, Landing

BYE = "https://app.example.com/bye"


def is_signed_in(house, browser):
    return "code" in house.authorize(browser=browser).query


def logout(house, browser, **query):
    client = query.pop("client_id", house.client.client_id)
    return browser.get("/logout", query_string={"client_id": client, **query})


def test_the_session_ends_and_the_browser_goes_to_the_registered_url(house):
    browser = house.signed_in()
    name = house.cookies.name("session", house.pool.pool_id)
    handle = browser.get_cookie(name).value
    answer = logout(house, browser, logout_uri=BYE)
    assert (answer.status_code, answer.headers["Location"]) == (302, BYE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.get_cookie(name) is None
    browser.set_cookie(name, handle)
    assert not is_signed_in(house, browser)


def test_the_second_form_leads_on_to_the_sign_in_page_with_its_query(house):
    browser = house.signed_in()
    landing = Landing.of(
        logout(house, browser, redirect_uri=CALLBACK, response_type="code", state="a b", scope="openid")
    )
    assert landing.address == "/login"
    assert landing.query == {
        "client_id": house.client.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "state": "a b",
        "scope": "openid",
    }
    assert not is_signed_in(house, browser)


def test_signing_out_without_a_session_is_no_error(house):
    assert logout(house, house.browser(), logout_uri=BYE).headers["Location"] == BYE


def test_tokens_outlive_the_browser_session(house):
    browser = house.signed_in()
    tokens = house.redeem(house.a_code(browser=browser)).json
    logout(house, browser, logout_uri=BYE)
    assert house.userinfo(tokens["access_token"]).status_code == 200
    assert house.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"logout_uri": BYE + "/"},
        {"logout_uri": BYE + "?x"},
        {"logout_uri": "https://evil.test/"},
        {"logout_uri": CALLBACK},
        {"logout_uri": "javascript:alert(1)"},
        {"logout_uri": BYE + "\r\nSet-Cookie: a=b"},
        {"logout_uri": BYE + "\u0000"},
        {"redirect_uri": CALLBACK},
        {"redirect_uri": BYE, "response_type": "code"},
        {"redirect_uri": "https://evil.test/", "response_type": "code"},
        {"logout_uri": BYE, "client_id": "unknown"},
        {"logout_uri": BYE, "client_id": ""},
        {"logout_uri": BYE, "client_id": "\u0000"},
        {"logout_uri": BYE, "state": "x" * 20_000},
    ],
)
def test_a_bad_request_ends_on_a_page_and_signs_nobody_out(house, query):
    browser = house.signed_in()
    answer = logout(house, browser, **query)
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)
    assert is_signed_in(house, browser)


def test_a_repeated_parameter_ends_on_a_page(house):
    answer = house.browser().get(f"/logout?client_id={house.client.client_id}&logout_uri={BYE}&logout_uri={BYE}")
    assert answer.status_code == 400


def test_another_clients_logout_url_is_not_this_ones(house):
    other = house.world.a_client(house.pool, {"LogoutURLs": ["https://other.example/bye"]})
    assert logout(house, house.browser(), client_id=other.client_id, logout_uri=BYE).status_code == 400


def test_signing_out_of_one_pool_leaves_the_other(house):
    other = house.a_pool()
    client = house.world.a_client(other)
    browser = house.signed_in()
    logout(house, browser, client_id=client.client_id, logout_uri=BYE)
    assert is_signed_in(house, browser)


def test_a_cross_site_post_is_asked_again_as_a_get_of_our_own(house):
    browser = house.signed_in()
    answer = browser.post("/logout", data={"client_id": house.client.client_id, "logout_uri": BYE})
    assert answer.status_code == 303
    assert browser.get(answer.headers["Location"]).headers["Location"] == BYE
    assert not is_signed_in(house, browser)
