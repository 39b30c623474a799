"""Resource indicators: one audience, kept for the whole family, and never another than was granted."""

import pytest

from app.core.clients.extensions import some_resources
from app.core.kernel.caller import Caller
from app.core.kernel.secret import Secret
from app.core.sessions.consent import agreement
from app.core.tokens.errors import TargetInvalid
from tests.support.oauth_app import CALLBACK, basic, claims_of

API = "https://api.example.com/v1"
OTHER = "https://other.example.com"

NO_RESOURCES = [
    "api", "/v1", "//api.example.com", "https://api.example.com/#fragment", "https://api.example.com#", "https://", "https:",
    "http:///path", "https://api.example.com/a b", " https://api.example.com", "https://api.example.com\n", "https://é.example",
    "https://[::1", "https://api.example.com:port/", 'https://api.example.com/"', "https://api.example.com/<x>", ":x",
    "1http://x", "https://api.example.com/" + "x" * 2000, "https://api.example.com/\\x",
]  # fmt: skip


def audience(tokens):
    return claims_of(tokens["access_token"]).get("aud")


def refused(answer):
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_target"), answer.text
    return True


@pytest.mark.spec("RFC 8707 §2.2")
@pytest.mark.parametrize(
    "resource", [API, "http://localhost:3000/api", "urn:example:api", "com.example.api://v1", "https://x.example?a=b"]
)
def test_the_resource_of_the_authorize_request_is_the_access_tokens_audience(house, resource):
    tokens = house.tokens_of(resource=resource)
    assert audience(tokens) == resource
    assert claims_of(tokens["id_token"])["aud"] == house.client.client_id


def test_without_a_resource_there_is_no_audience(house):
    assert audience(house.tokens_of()) is None
    assert audience(house.tokens_of(resource="")) is None


def test_it_is_kept_on_refresh(house):
    token = house.tokens_of(resource=API)["refresh_token"]
    house.clock.advance(hours=2)
    assert audience(house.refresh(token).json) == API
    assert audience(house.refresh(token, resource=API).json) == API


def test_it_is_kept_over_rotation(house):
    client = house.world.a_client(house.pool, {"RefreshTokenRotation": {"Feature": "ENABLED"}})
    tokens = house.tokens_of(client, resource=API)
    for _ in range(2):
        tokens = house.refresh(tokens["refresh_token"], client).json
        assert audience(tokens) == API


@pytest.mark.spec("RFC 8707 §2.2")
def test_a_resource_first_named_at_the_token_endpoint_binds_the_family(house):
    tokens = house.redeem(house.a_code(), resource=API).json
    assert audience(tokens) == API
    assert audience(house.refresh(tokens["refresh_token"]).json) == API
    assert refused(house.refresh(tokens["refresh_token"], resource=OTHER))


@pytest.mark.spec("RFC 8707 §2.2")
@pytest.mark.parametrize("settings", [{}, {"RefreshTokenRotation": {"Feature": "ENABLED"}}])
def test_a_resource_first_named_at_a_refresh_binds_the_family(house, settings):
    client = house.world.a_client(house.pool, settings)
    tokens = house.tokens_of(client)
    assert audience(tokens) is None
    after = house.refresh(tokens["refresh_token"], client, resource=API).json
    assert audience(after) == API
    token = after.get("refresh_token", tokens["refresh_token"])
    assert refused(house.refresh(token, client, resource=OTHER))
    assert audience(house.refresh(token, client).json) == API


@pytest.mark.spec("RFC 8707 §2.2")
def test_of_two_parallel_refreshes_that_name_different_ones_the_first_binds(house):
    """Both looked the session up before either of them had named a resource."""
    token = Secret(house.tokens_of()["refresh_token"])
    family = house.tokens.find_family(token)
    house.tokens.extend(house.pool, house.client, family, None, Caller(), resource=API)
    with pytest.raises(TargetInvalid):
        house.tokens.extend(house.pool, house.client, family, None, Caller(), resource=OTHER)
    assert audience(house.refresh(token.reveal()).json) == API


def test_a_client_with_a_list_of_resources_asks_for_no_other(house):
    client = house.world.a_client(house.pool, extensions={"resources": [API]})
    landing = house.authorize(client, resource=OTHER)
    assert (landing.address, landing.query["error"]) == (CALLBACK, "invalid_target")
    code = house.a_code(client)
    assert refused(house.redeem(code, client, resource=OTHER))
    tokens = house.redeem(code, client).json
    assert refused(house.refresh(tokens["refresh_token"], client, resource=OTHER))
    assert audience(house.refresh(tokens["refresh_token"], client, resource=API).json) == API
    assert audience(house.tokens_of(client, resource=API)) == API


@pytest.mark.parametrize("value", ["", "api", f"{API}#x", f"{API} /v2", [], {}, 7, [7], ["https://é.example"]])
def test_a_list_of_resources_holds_absolute_uris(value):
    with pytest.raises(ValueError, match="absolute URIs"):
        some_resources(value)


def test_a_list_of_resources_may_be_typed():
    assert some_resources(f"{API}, {OTHER} {API}") == [API, OTHER]


def test_where_people_are_asked_nothing_new_is_named_at_the_token_endpoint(house):
    client = house.world.a_client(house.pool, extensions={"require_consent": True})
    agreed = ("openid", "email", "profile", "phone", "aws.cognito.signin.user.admin")
    for resource in (None, API):
        names = agreement(agreed, resource)
        house.world.consents.add_scopes(house.pool.pool_id, house.user.sub, client.client_id, names, at=1)
    code = house.a_code(client)
    assert refused(house.redeem(code, client, resource=API))
    token = house.redeem(code, client).json["refresh_token"]
    assert refused(house.refresh(token, client, resource=API))
    assert audience(house.tokens_of(client, resource=API)) == API


@pytest.mark.spec("RFC 8707 §2")
@pytest.mark.parametrize("resource", NO_RESOURCES)
def test_what_is_no_absolute_uri_is_an_invalid_target_everywhere(house, resource):
    landing = house.authorize(resource=resource)
    assert (landing.address, landing.query["error"]) == (CALLBACK, "invalid_target")
    code = house.a_code()
    assert refused(house.redeem(code, resource=resource))
    assert house.redeem(code).status_code == 200, "a refusal consumes nothing"


def test_several_resources_are_an_invalid_target(house):
    landing = house.signed_in().get(house.authorize_url(resource=API) + f"&resource={OTHER}")
    assert "error=invalid_target" in landing.headers["Location"]
    twice = {"grant_type": "refresh_token", "client_id": house.client.client_id, "resource": [API, OTHER]}
    token = house.tokens_of()["refresh_token"]
    assert refused(house.browser().post("/oauth2/token", data={**twice, "refresh_token": token}))


def test_a_code_granted_for_one_resource_buys_no_token_for_another(house):
    code = house.a_code(resource=API)
    assert refused(house.redeem(code, resource=OTHER))
    assert refused(house.redeem(code, resource=API + "/"))
    assert audience(house.redeem(code, resource=API).json) == API


def test_a_refused_resource_exchanges_no_refresh_token(house):
    client = house.world.a_client(house.pool, {"RefreshTokenRotation": {"Feature": "ENABLED"}})
    token = house.tokens_of(client, resource=API)["refresh_token"]
    assert refused(house.refresh(token, client, resource=OTHER))
    assert house.refresh(token, client).status_code == 200


def test_introspection_shows_the_audience(house):
    gateway = house.world.a_client(house.pool, confidential=True)
    shown = house.introspect(house.tokens_of(resource=API)["access_token"], gateway, headers=basic(gateway)).json
    assert shown["aud"] == API
