"""What the code flow ends with: OpenID Connect Core and Cognito's claims."""

import re

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from app.core.tokens.claims import at_hash
from tests.support.oauth_app import PUBLIC_URL, claims_of, header_of

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.mark.spec("RFC 6749 §5.1")
def test_a_whole_flow_ends_in_tokens_that_no_cache_may_keep(house):
    response = house.redeem(house.a_code())
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    assert response.json["token_type"] == "Bearer"
    assert response.json["expires_in"] == 3600
    assert set(response.json) == {"id_token", "access_token", "refresh_token", "expires_in", "token_type", "scope"}
    assert re.fullmatch(r"[A-Za-z0-9\-_=.]+", response.json["refresh_token"])


def test_the_access_token_has_cognitos_claims_and_no_others(house):
    tokens = house.tokens_of(scope="openid email")
    claims = claims_of(tokens["access_token"])
    now = house.clock.now()
    lineage = {name: claims.pop(name) for name in ("jti", "origin_jti")}
    assert all(UUID.fullmatch(value) for value in lineage.values())
    assert claims == {
        "sub": house.user.sub,
        "iss": f"{PUBLIC_URL}/{house.pool.pool_id}",
        "version": 2,
        "client_id": house.client.client_id,
        "token_use": "access",
        "scope": "openid email",
        "auth_time": now,
        "iat": now,
        "exp": now + 3600,
        "username": house.user.username,
    }


@pytest.mark.spec("OpenID Connect Core §2")
def test_the_id_token_has_cognitos_claims_with_sid_and_at_hash(house):
    tokens = house.tokens_of(scope="openid email", nonce="n-1")
    claims = claims_of(tokens["id_token"])
    now = house.clock.now()
    access = claims_of(tokens["access_token"])
    assert claims.pop("sid").startswith("sso")
    assert UUID.fullmatch(claims.pop("jti"))
    assert claims == {
        "at_hash": at_hash(tokens["access_token"]),
        "sub": house.user.sub,
        "iss": f"{PUBLIC_URL}/{house.pool.pool_id}",
        "cognito:username": house.user.username,
        "nonce": "n-1",
        "origin_jti": access["origin_jti"],
        "aud": house.client.client_id,
        "token_use": "id",
        "auth_time": now,
        "iat": now,
        "exp": now + 3600,
        "email": house.user.attributes["email"],
        "email_verified": True,
    }


def test_the_header_is_exactly_kid_and_alg_and_each_kind_has_its_own_key(house):
    tokens = house.tokens_of()
    headers = [header_of(tokens[kind]) for kind in ("access_token", "id_token")]
    assert all(header.keys() == {"kid", "alg"} and header["alg"] == "RS256" for header in headers)
    assert len(headers[0]["kid"]) == 44
    assert headers[0]["kid"] != headers[1]["kid"]


@pytest.mark.spec("RFC 7517 §5")
def test_both_tokens_verify_with_the_published_keys(house):
    tokens = house.tokens_of()
    published = KeySet.import_key_set(house.browser().get(f"/{house.pool.pool_id}/.well-known/jwks.json").json)
    for kind in ("access_token", "id_token"):
        assert jws.deserialize_compact(tokens[kind], published, algorithms=["RS256"]).payload


def test_without_openid_there_is_no_id_token(house):
    tokens = house.tokens_of(scope="aws.cognito.signin.user.admin")
    assert "id_token" not in tokens
    assert tokens["scope"] == "aws.cognito.signin.user.admin"


def test_clients_without_revocation_get_tokens_that_name_no_session(house):
    client = house.world.a_client(house.pool, {"EnableTokenRevocation": False})
    tokens = house.tokens_of(client)
    for kind in ("access_token", "id_token"):
        assert not {"jti", "origin_jti"} & claims_of(tokens[kind]).keys()
    assert house.userinfo(tokens["access_token"]).status_code == 200


def test_lifetimes_are_the_clients(house):
    client = house.world.a_client(
        house.pool,
        {
            "AccessTokenValidity": 10,
            "IdTokenValidity": 20,
            "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes"},
        },
    )
    tokens = house.tokens_of(client)
    assert tokens["expires_in"] == 600
    assert claims_of(tokens["access_token"])["exp"] == house.clock.now() + 600
    assert claims_of(tokens["id_token"])["exp"] == house.clock.now() + 1200


def test_groups_and_roles_are_in_the_id_token_and_groups_in_the_access_token(house):
    house.a_group("staff", role="arn:aws:iam::123456789012:role/staff", precedence=2)
    house.a_group("admins", role="arn:aws:iam::123456789012:role/admins", precedence=1)
    tokens = house.tokens_of()
    identity, access = claims_of(tokens["id_token"]), claims_of(tokens["access_token"])
    assert identity["cognito:groups"] == access["cognito:groups"] == ["admins", "staff"]
    assert identity["cognito:roles"] == [f"arn:aws:iam::123456789012:role/{name}" for name in ("admins", "staff")]
    assert identity["cognito:preferred_role"] == "arn:aws:iam::123456789012:role/admins"
    assert not {"cognito:roles", "cognito:preferred_role"} & access.keys()


@pytest.mark.parametrize("name", ["sub", "iss", "aud", "exp", "token_use", "nonce", "at_hash", "sid", "cognito:groups"])
def test_no_attribute_becomes_a_claim_of_the_protocol(house, name):
    house.change_user(attributes={**house.user.attributes, name: "forged"})
    tokens = house.tokens_of(scope="openid")
    assert claims_of(tokens["id_token"]).get(name) != "forged"
    assert house.userinfo(tokens["access_token"]).json.get(name) != "forged"
