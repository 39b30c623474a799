"""Access tokens in the form of RFC 9068, by an extension of the client."""

import pytest

from app.core.tokens.issue import sign
from tests.support.oauth_app import PUBLIC_URL, claims_of, header_of

API = "https://api.example.com"


@pytest.fixture
def client(house):
    return house.world.a_client(house.pool, {}, {"access_token_format": "rfc9068"})


@pytest.mark.spec("RFC 9068 §2.1")
def test_the_type_says_access_token_and_the_id_token_is_as_ever(house, client):
    tokens = house.tokens_of(client)
    assert header_of(tokens["access_token"])["typ"] == "at+jwt"
    assert "typ" not in header_of(tokens["id_token"])
    assert "typ" not in header_of(house.tokens_of()["access_token"])


@pytest.mark.spec("RFC 9068 §2.2")
@pytest.mark.parametrize("revocation", [True, False])
def test_every_required_claim_is_there(house, client, revocation):
    client = house.change_client(client, {"EnableTokenRevocation": revocation})
    claims = claims_of(house.tokens_of(client)["access_token"])
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "auth_time", "scope"} <= claims.keys()


@pytest.mark.spec("RFC 9068 §3")
def test_the_audience_is_the_resource_else_the_one_api_of_the_scopes_else_the_issuer(house, client):
    for server in (API, "books"):
        house.world.a_resource_server(house.pool, server, "read")
    client = house.change_client(client, {"AllowedOAuthScopes": ["openid", f"{API}/read", "books/read"]})
    issuer = f"{PUBLIC_URL}/{house.pool.pool_id}"

    def audience(**changes):
        return claims_of(house.tokens_of(client, **changes)["access_token"])["aud"]

    assert audience(scope="openid") == issuer
    assert audience(scope=f"openid {API}/read") == API
    assert audience(scope="openid books/read") == "books"
    assert audience(scope=f"{API}/read books/read") == issuer
    assert audience(scope=f"{API}/read", resource="https://elsewhere.example") == "https://elsewhere.example"


def test_a_machines_token_takes_the_form_too(house):
    house.world.a_resource_server(house.pool, API, "read")
    settings = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": [f"{API}/read"]}
    machine = house.world.a_client(house.pool, settings, {"access_token_format": "rfc9068"}, confidential=True)
    token = house.own_tokens(machine).json["access_token"]
    assert (header_of(token)["typ"], claims_of(token)["aud"]) == ("at+jwt", API)
    assert house.introspect(token, machine).json["active"] is True


def test_userinfo_takes_it(house, client):
    assert house.userinfo(house.tokens_of(client)["access_token"]).json["sub"] == house.user.sub


@pytest.mark.spec("RFC 9068 §4")
@pytest.mark.parametrize("typ", ["JWT", "jwt", "AT+JWT", "application/at+jwt", "id+jwt", "", "logout+jwt", "none"])
def test_any_other_type_is_refused_even_when_well_signed(house, client, typ):
    claims = claims_of(house.tokens_of(client)["access_token"])
    assert house.userinfo(sign(house.signer(), claims, typ="at+jwt")).status_code == 200
    assert house.userinfo(sign(house.signer(), claims, typ=typ)).status_code == 401
