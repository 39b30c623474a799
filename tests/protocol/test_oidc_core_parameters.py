"""Parameters of the authorize request that ask for more than is done: accepted, ignored, or refused by name."""

import pytest

from tests.support.oauth_app import CALLBACK, claims_of

SCOPES = ["openid", "email", "phone", "profile", "address"]
PERSON = {
    "name": "Ada Byron", "given_name": "Ada", "family_name": "Byron", "middle_name": "K", "nickname": "A",
    "preferred_username": "ada", "profile": "https://p.example", "picture": "https://i.example", "website": "https://w.example",
    "gender": "female", "birthdate": "1815-12-10", "zoneinfo": "Europe/London", "locale": "en-GB", "updated_at": "1700000000",
    "email": "ada@example.com", "email_verified": "true", "phone_number": "+441", "phone_number_verified": "false",
    "address": "12 St James's Square, London",
}  # fmt: skip


@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("display", "popup"),
        ("display", "bogus"),
        ("acr_values", "urn:mace:incommon:iap:silver bogus"),
        ("ui_locales", "fr-CA de"),
        ("claims_locales", "xx"),
        ("claims", '{"id_token":{"email":{"essential":true}}}'),
        ("claims", "not json {"),
        ("login_hint", "ada@example.com"),
        ("audience", "https://api.example.com"),
        ("foobar", "extra"),
        ("registration", "{}"),
    ],
)
def test_a_parameter_that_changes_nothing_is_ignored(house, name, value):
    landing = house.authorize(**{name: value})
    assert (landing.address, landing.query.keys()) == (CALLBACK, {"code", "state", "iss"})


def test_the_claims_parameter_brings_no_claim(house):
    wanted = '{"id_token":{"email":null},"userinfo":{"phone_number":null}}'
    tokens = house.tokens_of(scope="openid profile", claims=wanted)
    assert "email" not in claims_of(tokens["id_token"])
    assert "phone_number" not in house.userinfo(tokens["access_token"]).json


@pytest.mark.spec("OpenID Connect Core §3.1.2.6")
@pytest.mark.parametrize("name", ["request", "request_uri"])
def test_a_request_object_is_refused_by_name_and_never_fetched(house, name):
    landing = house.authorize(**{name: "https://evil.test/request.jwt"})
    assert landing.query["error"] == f"{name}_not_supported"
    assert landing.query["state"] == "s-1"


@pytest.mark.spec("RFC 6749 §3.1")
@pytest.mark.parametrize(
    "name", ["acr_values", "display", "claims", "foobar", "response_mode", "code_challenge_method"]
)
def test_even_an_ignored_parameter_stands_once(house, name):
    url = house.authorize_url(**{name: "1"}) + f"&{name}=2"
    assert "error=invalid_request" in house.signed_in().get(url).headers["Location"]


@pytest.mark.spec("OpenID Connect Core §5.4")
@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        ("profile", set(PERSON) - {"email", "email_verified", "phone_number", "phone_number_verified", "address"}),
        ("email", {"email", "email_verified"}),
        ("phone", {"phone_number", "phone_number_verified"}),
        ("address", {"address"}),
        ("email phone address", {"email", "email_verified", "phone_number", "phone_number_verified", "address"}),
    ],
)
def test_each_scope_shows_its_claims_and_no_others(house, scope, shown):
    house.change_user(attributes=PERSON)
    client = house.world.a_client(house.pool, {"AllowedOAuthScopes": SCOPES})
    tokens = house.tokens_of(client, scope=f"openid {scope}")
    claims = house.userinfo(tokens["access_token"]).json
    assert claims.keys() == shown | {"sub", "username"}
    assert {name: claims[name] for name in shown} == {name: claims_of(tokens["id_token"])[name] for name in shown}


@pytest.mark.spec("OpenID Connect Core §5.1")
def test_the_claims_have_their_types(house):
    house.change_user(attributes=PERSON)
    client = house.world.a_client(house.pool, {"AllowedOAuthScopes": SCOPES})
    claims = house.userinfo(house.tokens_of(client, scope=" ".join(SCOPES))["access_token"]).json
    assert claims["address"] == {"formatted": PERSON["address"]}
    assert claims["updated_at"] == 1_700_000_000
    assert (claims["email_verified"], claims["phone_number_verified"]) == (True, False)
    assert claims["birthdate"] == "1815-12-10"


def test_address_is_granted_only_to_a_client_that_lists_it(house):
    assert house.authorize(scope="openid address").query["error"] == "invalid_scope"


def test_a_custom_scope_is_granted_beside_openid_and_leaves_with_its_server(house):
    house.world.a_resource_server(house.pool, "books", "read")
    client = house.world.a_client(house.pool, {"AllowedOAuthScopes": ["openid", "books/read"]})
    assert house.tokens_of(client, scope="openid books/read")["scope"] == "openid books/read"
    assert house.tokens_of(client, scope=None)["scope"] == "openid books/read"
    house.servers.remove(house.pool.pool_id, "books")
    assert house.authorize(client, scope="openid books/read").query["error"] == "invalid_scope"
    assert house.tokens_of(client, scope=None)["scope"] == "openid"
