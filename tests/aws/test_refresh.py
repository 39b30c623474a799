"""What follows a sign-in through stock boto3: refreshing, revoking, signing out everywhere."""

import pytest

from tests.support.aws_refused import refusal
from tests.support.aws_sign_in import by_password, initiate


@pytest.mark.operation("GetTokensFromRefreshToken")
@pytest.mark.operation("GetTokensFromRefreshToken", "RefreshTokenReuseException")
@pytest.mark.operation("GetTokensFromRefreshToken", "NotAuthorizedException")
def test_a_rotating_client_gets_a_successor_and_reuse_ends_the_family(house):
    pool = house.pool()
    client = house.app_client(
        pool,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
    )
    house.user(pool)
    first = by_password(house, client)["AuthenticationResult"]["RefreshToken"]
    ask = house.unsigned.get_tokens_from_refresh_token
    second = ask(ClientId=client.client_id, RefreshToken=first)["AuthenticationResult"]["RefreshToken"]
    assert second != first
    assert refusal(ask, ClientId=client.client_id, RefreshToken=first)[0] == "RefreshTokenReuse"
    assert refusal(ask, ClientId=client.client_id, RefreshToken=second)[0] == "NotAuthorized"
    assert refusal(ask, ClientId=client.client_id, RefreshToken="x")[0] == "NotAuthorized"


@pytest.mark.operation("RevokeToken")
@pytest.mark.operation("RevokeToken", "UnsupportedTokenTypeException")
def test_a_revoked_family_is_over(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    result = by_password(house, client)["AuthenticationResult"]
    revoke = house.unsigned.revoke_token
    told = refusal(revoke, ClientId=client.client_id, Token=result["AccessToken"])
    assert told[0] == "UnsupportedTokenType"
    revoke(ClientId=client.client_id, Token=result["RefreshToken"])
    revoke(ClientId=client.client_id, Token=result["RefreshToken"])
    told = refusal(lambda: initiate(house, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=result["RefreshToken"]))
    assert told[0] == "NotAuthorized"
    told = refusal(house.unsigned.global_sign_out, AccessToken=result["AccessToken"])
    assert told == ("NotAuthorized", "Access Token has been revoked")


@pytest.mark.operation("RevokeToken", "UnauthorizedException")
def test_another_client_revokes_nothing(house):
    pool = house.pool()
    client, other = house.app_client(pool), house.app_client(pool, confidential=True)
    house.user(pool)
    token = by_password(house, client)["AuthenticationResult"]["RefreshToken"]
    assert refusal(house.unsigned.revoke_token, ClientId=other.client_id, Token=token)[0] == "Unauthorized"
    secret = other.secrets[0].reveal()
    told = refusal(house.unsigned.revoke_token, ClientId=other.client_id, Token=token, ClientSecret=secret)
    assert told[0] == "Unauthorized"
    assert "AccessToken" in initiate(house, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)["AuthenticationResult"]


@pytest.mark.operation("GlobalSignOut")
@pytest.mark.operation("GlobalSignOut", "NotAuthorizedException")
def test_signing_out_everywhere_ends_every_token(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    one, two = (by_password(house, client)["AuthenticationResult"] for _ in range(2))
    house.unsigned.global_sign_out(AccessToken=one["AccessToken"])
    for result in (one, two):
        told = refusal(house.unsigned.global_sign_out, AccessToken=result["AccessToken"])
        assert told == ("NotAuthorized", "Access Token has been revoked")
        told = refusal(lambda r=result: initiate(house, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=r["RefreshToken"]))
        assert told[0] == "NotAuthorized"
    assert "AccessToken" in by_password(house, client)["AuthenticationResult"]


@pytest.mark.operation("AdminUserGlobalSignOut")
@pytest.mark.operation("AdminUserGlobalSignOut", "UserNotFoundException")
@pytest.mark.operation("AdminUserGlobalSignOut", "ResourceNotFoundException")
def test_an_administrator_signs_a_user_out(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    token = by_password(house, client)["AuthenticationResult"]["AccessToken"]
    out = house.idp.admin_user_global_sign_out
    out(UserPoolId=pool.pool_id, Username="ada")
    assert refusal(house.unsigned.global_sign_out, AccessToken=token)[0] == "NotAuthorized"
    assert refusal(out, UserPoolId=pool.pool_id, Username="bob")[0] == "UserNotFound"
    assert refusal(out, UserPoolId="us-east-1_nothing00", Username="ada")[0] == "ResourceNotFound"
