import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata

from tests.support.oauth_app import PUBLIC_URL


def openid(house, pool_id=None):
    return house.browser().get(f"/{pool_id or house.pool.pool_id}/.well-known/openid-configuration")


@pytest.mark.spec("OpenID Connect Discovery §3")
def test_the_metadata_is_valid_and_names_this_pools_issuer(house):
    answer = openid(house)
    document = answer.json
    OpenIDProviderMetadata(document).validate()
    AuthorizationServerMetadata(document).validate()
    assert document["issuer"] == f"{PUBLIC_URL}/{house.pool.pool_id}"
    assert document["jwks_uri"] == f"{PUBLIC_URL}/{house.pool.pool_id}/.well-known/jwks.json"
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["claims_parameter_supported"] is False
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.spec("RFC 8414 §3.1")
def test_the_same_document_stands_under_the_oauth_path(house):
    other = house.browser().get(f"/.well-known/oauth-authorization-server/{house.pool.pool_id}")
    assert other.json == openid(house).json


@pytest.mark.spec("RFC 7517 §5")
def test_the_keys_are_public_two_and_cacheable(house):
    answer = house.browser().get(f"/{house.pool.pool_id}/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert len(answer.json["keys"]) == 2
    for key in answer.json["keys"]:
        assert key.keys() == {"kid", "kty", "alg", "use", "n", "e"}
    again = house.browser().get(
        f"/{house.pool.pool_id}/.well-known/jwks.json", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


def test_metadata_is_cacheable_by_its_etag(house):
    answer = openid(house)
    path = f"/{house.pool.pool_id}/.well-known/openid-configuration"
    again = house.browser().get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("pool_id", ["us-east-1_unknown00", "x", "%00", "é", "x" * 500, "'"])
@pytest.mark.parametrize("name", ["openid-configuration", "jwks.json"])
def test_an_unknown_pool_is_not_found(house, pool_id, name):
    answer = house.browser().get(f"/{pool_id}/.well-known/{name}")
    assert (answer.status_code, answer.json["error"]) == (404, "invalid_request")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_switched_off_pool_is_not_found(house):
    assert openid(house, house.a_pool(enabled=False).pool_id).status_code == 404


def test_a_pools_own_host_shows_no_other_pool(house):
    house.host_pool = house.a_pool()
    assert openid(house).status_code == 404
