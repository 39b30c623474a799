"""Tokens straight from the authorization endpoint: only where the client may, only in fragment or form, never in a query."""

import pytest

from app.core.tokens.claims import at_hash
from tests.support.oauth_app import CALLBACK, Landing, claims_of

TYPES = ["token", "id_token", "id_token token"]


@pytest.fixture
def spa(house):
    return house.world.a_client(house.pool, {"AllowedOAuthFlows": ["implicit"]})


def ask(house, client, response_type, **changes):
    changes = {
        "response_type": response_type,
        "code_challenge": None,
        "code_challenge_method": None,
        "nonce": "n-1",
        "scope": "openid email",
        **changes,
    }
    return house.authorize(client, **changes)


def refused(landing, error):
    assert (landing.status, landing.address, landing.query) == (302, CALLBACK, {})
    assert landing.fragment["error"] == error, landing.fragment
    assert landing.fragment["state"] == "s-1"
    assert landing.fragment["iss"].startswith("https://id.example.com/")
    assert not {"access_token", "id_token", "code"} & landing.fragment.keys()
    return True


@pytest.mark.spec("OpenID Connect Core §3.2.2.5")
@pytest.mark.parametrize("response_type", ["id_token token", "token id_token"])
def test_both_tokens_come_in_the_fragment_bound_to_each_other(house, spa, response_type):
    landing = ask(house, spa, response_type)
    assert (landing.status, landing.address, landing.query) == (302, CALLBACK, {})
    answer = landing.fragment
    assert answer.keys() == {"access_token", "id_token", "token_type", "expires_in", "scope", "state", "iss"}
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", "3600", "openid email")
    claims = claims_of(answer["id_token"])
    assert claims["at_hash"] == at_hash(answer["access_token"])
    assert (claims["nonce"], claims["aud"], claims["sub"]) == ("n-1", spa.client_id, house.user.sub)
    assert claims["email"] == house.user.attributes["email"]


@pytest.mark.spec("OpenID Connect Core §3.2.2.10")
def test_an_id_token_alone_binds_no_access_token(house, spa):
    answer = ask(house, spa, "id_token").fragment
    assert answer.keys() == {"id_token", "state", "iss"}
    assert "at_hash" not in claims_of(answer["id_token"])


@pytest.mark.spec("RFC 6749 §4.2.2")
def test_an_access_token_without_openid_comes_alone(house, spa):
    answer = ask(house, spa, "token", scope="email", nonce=None).fragment
    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope", "state", "iss"}


def test_token_with_openid_brings_an_id_token_as_in_cognito(house, spa):
    answer = ask(house, spa, "token").fragment
    assert claims_of(answer["id_token"])["at_hash"] == at_hash(answer["access_token"])


def test_its_tokens_are_live_and_end_like_any_others(house, spa):
    token = ask(house, spa, "token").fragment["access_token"]
    assert house.userinfo(token).json["sub"] == house.user.sub
    house.change_user(sessions_valid_after=house.clock.now())
    assert house.userinfo(token).status_code == 401


def test_there_is_never_a_refresh_token(house, spa):
    assert not [kind for kind in TYPES if "refresh_token" in ask(house, spa, kind).fragment]


def test_nobody_signed_in_goes_to_the_sign_in_page(house, spa):
    landing = Landing.of(house.browser().get(house.authorize_url(spa, response_type="token")))
    assert landing.address == "/login"
    assert refused(ask(house, spa, "token", browser=house.browser(), prompt="none"), "login_required")


def test_a_confidential_client_may_too(house):
    client = house.world.a_client(house.pool, {"AllowedOAuthFlows": ["implicit"]}, confidential=True)
    assert "access_token" in ask(house, client, "token").fragment


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749 §4.2.2.1")
@pytest.mark.parametrize("response_type", TYPES)
def test_a_client_of_the_code_flow_gets_no_token_here(house, response_type):
    assert refused(ask(house, house.client, response_type), "unauthorized_client")


def test_a_client_of_the_implicit_flow_gets_no_code(house, spa):
    assert house.authorize(spa).query["error"] == "unauthorized_client"


@pytest.mark.spec("RFC 9700 §2.1.2")
@pytest.mark.parametrize(
    "response_type", ["code token", "code id_token", "code id_token token", "token token bogus", "none token"]
)
def test_no_hybrid_is_offered_even_where_both_flows_are(house, response_type):
    client = house.world.a_client(house.pool, {"AllowedOAuthFlows": ["code", "implicit"]})
    assert refused(ask(house, client, response_type), "unsupported_response_type")


@pytest.mark.spec("OpenID Connect Core §3.2.2.1")
@pytest.mark.parametrize("response_type", ["id_token", "id_token token"])
@pytest.mark.parametrize("nonce", [None, ""])
def test_an_id_token_needs_a_nonce(house, spa, response_type, nonce):
    assert refused(ask(house, spa, response_type, nonce=nonce), "invalid_request")


def test_token_without_a_nonce_brings_no_id_token(house, spa):
    """Nobody could tell it from one that was meant for another sign-in."""
    answer = ask(house, spa, "token", nonce=None).fragment
    assert "access_token" in answer
    assert "id_token" not in answer


@pytest.mark.parametrize("response_type", ["id_token", "id_token token"])
def test_an_id_token_needs_openid(house, spa, response_type):
    assert refused(ask(house, spa, response_type, scope="email"), "invalid_scope")


@pytest.mark.spec("OAuth 2.0 Multiple Response Types §3")
@pytest.mark.parametrize("response_type", TYPES)
def test_tokens_never_come_in_the_query(house, spa, response_type):
    assert refused(ask(house, spa, response_type, response_mode="query"), "invalid_request")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "openid bogus"}, "invalid_scope"),
        ({"response_mode": "bogus"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://evil.test/"}, "request_uri_not_supported"),
        ({"resource": "x"}, "invalid_target"),
        ({"nonce": "a\u0000b"}, "invalid_request"),
    ],
)
def test_refusals_come_in_the_fragment(house, spa, changes, error):
    assert refused(ask(house, spa, "id_token token", **changes), error)


def test_an_attribute_that_the_client_may_not_read_is_refused(house):
    settings = {"AllowedOAuthFlows": ["implicit"], "ReadAttributes": ["name"]}
    assert refused(ask(house, house.world.a_client(house.pool, settings), "token"), "invalid_scope")


def test_an_unregistered_redirect_uri_gets_nothing(house, spa):
    response = house.signed_in().get(
        house.authorize_url(spa, response_type="token", redirect_uri="https://evil.test/", nonce="n")
    )
    assert (response.status_code, response.headers.get("Location")) == (400, None)


def test_a_resource_is_the_audience(house, spa):
    answer = ask(house, spa, "token", resource="https://api.example.com").fragment
    assert claims_of(answer["access_token"])["aud"] == "https://api.example.com"


@pytest.mark.spec("OAuth 2.0 Multiple Response Types §2.1")
def test_a_code_may_be_asked_for_in_the_fragment(house):
    landing = house.authorize(response_mode="fragment")
    assert (landing.query, landing.fragment.keys()) == ({}, {"code", "state", "iss"})
    refusal = house.authorize(response_mode="fragment", scope="bogus")
    assert (refusal.query, refusal.fragment["error"]) == ({}, "invalid_scope")
