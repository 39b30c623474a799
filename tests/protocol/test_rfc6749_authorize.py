"""The authorization endpoint: what is answered, where refusals go, and what never leaves the server."""

import pytest

from tests.support.oauth_app import CALLBACK, CHALLENGE, Landing, claims_of

MUTATIONS = [
    CALLBACK + "/",
    CALLBACK + "?",
    CALLBACK + "?x=1",
    CALLBACK + "#",
    CALLBACK + "#fragment",
    CALLBACK + "%2f",
    CALLBACK + "/../callback",
    CALLBACK + ";x",
    CALLBACK + " ",
    " " + CALLBACK,
    CALLBACK + "\n",
    CALLBACK + "\r\nSet-Cookie: a=b",
    CALLBACK + "\u0000",
    CALLBACK + "/next",
    CALLBACK[:-1],
    CALLBACK.replace("https", "http"),
    CALLBACK.replace("https", "HTTPS"),
    CALLBACK.replace("app.example.com", "APP.example.com"),
    CALLBACK.replace("app.example.com", "app.example.com."),
    CALLBACK.replace("app.example.com", "app.example.com:443"),
    CALLBACK.replace("app.example.com", "evil.app.example.com"),
    CALLBACK.replace("app.example.com", "app.example.com.evil.test"),
    CALLBACK.replace("app.example.com", "app.example.com@evil.test"),
    CALLBACK.replace("app.example.com", "user:pw@app.example.com"),
    CALLBACK.replace("app.example.com", "evil.test\\@app.example.com"),
    CALLBACK.replace("https://", "https:/"),
    CALLBACK.replace("https://", "//"),
    CALLBACK.replace("/callback", "/Callback"),
    CALLBACK.replace("/callback", "//callback"),
    CALLBACK.replace("/callback", "/%63allback"),
    CALLBACK.replace("app", "\u0430pp"),
    "javascript:alert(1)//" + CALLBACK,
    "data:text/html,x",
    "https://evil.test/",
    '"><script>',
]


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_a_signed_in_browser_comes_back_with_code_state_and_issuer(house):
    landing = house.authorize(state="s p/+&=ä")
    assert (landing.status, landing.address) == (302, CALLBACK)
    assert landing.query.keys() == {"code", "state", "iss"}
    assert landing.query["state"] == "s p/+&=ä"


def test_nobody_signed_in_is_sent_to_the_sign_in_page_with_the_same_query(house):
    url = house.authorize_url(state="a b", lang="de", login_hint="ada@example.com")
    landing = Landing.of(house.browser().get(url))
    assert (landing.status, landing.address) == (302, "/login")
    asked = Landing.of(type("R", (), {"headers": {"Location": url}, "status_code": 302})())
    assert landing.query == asked.query


@pytest.mark.spec("RFC 6749 §4.1.2.1")
@pytest.mark.parametrize("uri", MUTATIONS)
def test_a_redirect_uri_that_differs_in_anything_ends_on_a_page(house, uri):
    response = house.signed_in().get(house.authorize_url(redirect_uri=uri))
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert "The redirect URI is not registered for this client." in response.text


@pytest.mark.parametrize(
    "client_id", [None, "", "unknown", "x" * 26, "x" * 5000, "a\u0000b", "é", "' or 1=1", '"><script>', "../.."]
)
def test_an_unknown_client_ends_on_a_page(house, client_id):
    response = house.signed_in().get(house.authorize_url(client_id=client_id))
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert "<script>" not in response.text


@pytest.mark.parametrize("changed", [{"AllowedOAuthFlowsUserPoolClient": False}, {"SupportedIdentityProviders": []}])
def test_a_client_without_the_pages_ends_on_a_page(house, changed):
    client = house.world.a_client(house.pool, changed)
    response = house.signed_in().get(house.authorize_url(client))
    assert (response.status_code, response.headers.get("Location")) == (400, None)


def test_a_client_of_a_switched_off_pool_is_unknown(house):
    pool = house.a_pool(enabled=False)
    response = house.browser().get(house.authorize_url(house.world.a_client(pool)))
    assert response.status_code == 400


def test_a_pools_own_host_knows_only_its_own_clients(house):
    house.host_pool = house.a_pool()
    assert house.signed_in().get(house.authorize_url()).status_code == 400
    house.host_pool = house.pool
    assert house.authorize().query["code"]


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_repeated_client_or_redirect_uri_ends_on_a_page(house, name):
    response = house.signed_in().get(house.authorize_url() + f"&{name}=x")
    assert (response.status_code, response.headers.get("Location")) == (400, None)


@pytest.mark.spec("RFC 6749 §3.1")
@pytest.mark.parametrize("name", ["response_type", "scope", "nonce", "code_challenge", "prompt", "max_age", "lang"])
def test_any_other_repeated_parameter_is_an_invalid_request(house, name):
    landing = Landing.of(house.signed_in().get(house.authorize_url(**{name: "1"}) + f"&{name}=2"))
    assert (landing.address, landing.query["error"]) == (CALLBACK, "invalid_request")
    assert landing.query["state"] == "s-1"


def test_a_state_sent_twice_is_not_echoed(house):
    landing = Landing.of(house.signed_in().get(house.authorize_url() + "&state=other"))
    assert landing.query["error"] == "invalid_request"
    assert "state" not in landing.query


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "bogus"}, "unsupported_response_type"),
        ({"response_type": "code code"}, "unsupported_response_type"),
        ({"response_type": 'co"de\\é'}, "unsupported_response_type"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"response_mode": "FORM_POST"}, "invalid_request"),
        ({"scope": "openid bogus"}, "invalid_scope"),
        ({"scope": "OPENID"}, "invalid_scope"),
        ({"scope": "openid\tprofile"}, "invalid_scope"),
        ({"scope": 'op"en\\id'}, "invalid_scope"),
        ({"scope": "x" * 9000}, "invalid_scope"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://evil.test/"}, "request_uri_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "bogus"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "²"}, "invalid_request"),
        ({"max_age": "9" * 400}, "invalid_request"),
        ({"nonce": "a\u0000b"}, "invalid_request"),
        ({"nonce": "n" * 2000}, "invalid_request"),
    ],
)
def test_a_bad_parameter_is_told_to_the_client(house, changes, error):
    landing = house.authorize(**changes)
    assert (landing.status, landing.address, landing.query["error"]) == (302, CALLBACK, error)
    assert landing.query["state"] == "s-1"
    assert "code" not in landing.query


def test_a_client_without_the_code_flow_is_unauthorized(house):
    client = house.world.a_client(house.pool, {"AllowedOAuthFlows": ["implicit"]})
    assert house.authorize(client).query["error"] == "unauthorized_client"


def test_refusals_come_before_anybody_is_asked_to_sign_in(house):
    landing = house.authorize(browser=house.browser(), scope="bogus")
    assert (landing.address, landing.query["error"]) == (CALLBACK, "invalid_scope")


def test_an_omitted_scope_is_everything_the_client_may_have(house):
    tokens = house.tokens_of(scope=None)
    assert tokens["scope"].split() == ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"]


def test_offline_access_is_accepted_and_ignored(house):
    assert claims_of(house.tokens_of(scope="openid offline_access")["access_token"])["scope"] == "openid"


def test_an_omitted_redirect_uri_is_the_clients_default(house):
    client = house.world.a_client(house.pool, {"DefaultRedirectURI": CALLBACK})
    landing = house.authorize(client, redirect_uri=None)
    assert landing.address == CALLBACK
    assert house.redeem(landing.query["code"], client, redirect_uri=None).status_code == 200


def test_without_a_default_an_omitted_redirect_uri_ends_on_a_page(house):
    response = house.signed_in().get(house.authorize_url(redirect_uri=None))
    assert (response.status_code, response.headers.get("Location")) == (400, None)


@pytest.mark.parametrize(
    ("registered", "start"),
    [
        ("myapp://", "myapp://?code="),
        ("myapp:/cb", "myapp:/cb?code="),
        ("com.example.app://cb?a", "com.example.app://cb?a&code="),
        ("http://localhost:5173/cb?x=%2F&y", "http://localhost:5173/cb?x=%2F&y&code="),
        ("http://[::1]:9/cb", "http://[::1]:9/cb?code="),
    ],
)
def test_a_registered_uri_goes_out_exactly_as_registered(house, registered, start):
    client = house.world.a_client(house.pool, {"CallbackURLs": [registered]})
    response = house.signed_in().get(house.authorize_url(client, redirect_uri=registered))
    assert response.headers["Location"].startswith(start)


def test_a_cross_site_post_is_asked_again_as_a_get_of_our_own(house):
    query = house.authorize_url(state="a b").partition("?")[2]
    response = house.signed_in().post("/oauth2/authorize", data=query, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 303
    assert response.headers["Location"].startswith("/oauth2/authorize?")
    assert house.signed_in().get(response.headers["Location"]).headers["Location"].startswith(CALLBACK + "?code=")


def test_an_oversized_query_ends_on_a_page(house):
    assert house.signed_in().get(house.authorize_url(state="x" * 20_000)).status_code == 400


def test_no_answer_of_the_endpoint_is_stored(house):
    for browser in (house.signed_in(), house.browser()):
        assert browser.get(house.authorize_url()).headers["Cache-Control"] == "no-store"


def test_the_challenge_itself_is_not_the_code(house):
    assert CHALLENGE not in house.a_code()
