"""Tracked sessions through a stock boto3."""

from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

NOBODYS_POOL = "us-east-1_AAAAAAAAA"


@pytest.fixture
def names(house: AwsHouse) -> dict[str, str]:
    pool = house.pool()
    return {"UserPoolId": pool.pool_id, "ClientId": house.app_client(pool).client_id}


def track(house: AwsHouse, pool_id: str, tracking: str = "ENABLED", most: int = 5) -> Any:
    return house.idp.set_user_pool_session_configuration(
        UserPoolId=pool_id, UserSessionTracking=tracking, TokenSession={"MaxPerUser": most}
    )


def set_minutes(house: AwsHouse, names: dict[str, str], minutes: int = 30) -> Any:
    return house.idp.set_user_pool_client_session_configuration(**names, SSOSession={"MaxValidityMinutes": minutes})


@pytest.mark.operation("GetUserPoolSessionConfiguration")
@pytest.mark.operation("GetUserPoolClientSessionConfiguration")
def test_what_was_never_set_has_its_defaults(house, names):
    pool = house.idp.get_user_pool_session_configuration(UserPoolId=names["UserPoolId"])
    assert (pool["UserSessionTracking"], pool["TokenSession"]) == ("DISABLED", {"MaxPerUser": 20})
    client = house.idp.get_user_pool_client_session_configuration(**names)
    assert client["SSOSession"] == {"MaxValidityMinutes": 60}


@pytest.mark.operation("SetUserPoolSessionConfiguration")
@pytest.mark.operation("SetUserPoolClientSessionConfiguration")
def test_what_is_set_is_echoed_and_kept_over_updates(house, names):
    answer = track(house, names["UserPoolId"])
    assert (answer["UserSessionTracking"], answer["TokenSession"]) == ("ENABLED", {"MaxPerUser": 5})
    assert set_minutes(house, names, 0)["SSOSession"] == {"MaxValidityMinutes": 0}
    house.idp.update_user_pool(UserPoolId=names["UserPoolId"])
    house.idp.update_user_pool_client(**names)
    pool = house.idp.get_user_pool_session_configuration(UserPoolId=names["UserPoolId"])
    assert pool["TokenSession"] == {"MaxPerUser": 5}
    client = house.idp.get_user_pool_client_session_configuration(**names)
    assert client["SSOSession"] == {"MaxValidityMinutes": 0}
    assert "SessionConfiguration" not in house.idp.describe_user_pool(UserPoolId=names["UserPoolId"])["UserPool"]
    assert "SSOSession" not in house.idp.describe_user_pool_client(**names)["UserPoolClient"]


def test_switching_tracking_off_keeps_the_clients_configuration(house, names):
    track(house, names["UserPoolId"])
    set_minutes(house, names, 7)
    track(house, names["UserPoolId"], "DISABLED")
    client = house.idp.get_user_pool_client_session_configuration(**names)
    assert client["SSOSession"] == {"MaxValidityMinutes": 7}


@pytest.mark.operation("SetUserPoolClientSessionConfiguration", "InvalidParameterException")
def test_a_client_cannot_be_configured_while_nothing_is_tracked(house, names):
    with refused("InvalidParameterException", "tracking"):
        set_minutes(house, names)
    track(house, names["UserPoolId"])
    with refused("InvalidParameterException", "maxValidityMinutes"):
        set_minutes(house, names, 129_601)


@pytest.mark.operation("SetUserPoolSessionConfiguration", "InvalidParameterException")
def test_a_limit_out_of_bounds_is_refused(house, names):
    with refused("InvalidParameterException", "maxPerUser"):
        track(house, names["UserPoolId"], most=101)
    with refused("InvalidParameterException", "userSessionTracking"):
        track(house, names["UserPoolId"], "MAYBE")


@pytest.mark.operation("SetUserPoolSessionConfiguration", "FeatureUnavailableInTierException")
@pytest.mark.operation("SetUserPoolClientSessionConfiguration", "FeatureUnavailableInTierException")
def test_tracking_is_beyond_the_lite_plan(house):
    pool = house.pool(UserPoolTier="LITE")
    client = house.services.clients.create(pool, "app", {})
    with refused("FeatureUnavailableInTierException"):
        track(house, pool.pool_id)
    with refused("FeatureUnavailableInTierException"):
        set_minutes(house, {"UserPoolId": pool.pool_id, "ClientId": client.client_id})


@pytest.mark.operation("GetUserPoolSessionConfiguration", "ResourceNotFoundException")
@pytest.mark.operation("SetUserPoolSessionConfiguration", "ResourceNotFoundException")
@pytest.mark.operation("GetUserPoolClientSessionConfiguration", "ResourceNotFoundException")
@pytest.mark.operation("SetUserPoolClientSessionConfiguration", "ResourceNotFoundException")
def test_nobodys_pool_and_client_are_not_found(house, names):
    with refused("ResourceNotFoundException"):
        house.idp.get_user_pool_session_configuration(UserPoolId=NOBODYS_POOL)
    with refused("ResourceNotFoundException"):
        track(house, NOBODYS_POOL)
    elsewhere = {**names, "UserPoolId": house.pool().pool_id}
    with refused("ResourceNotFoundException"):
        house.idp.get_user_pool_client_session_configuration(**elsewhere)
    with refused("ResourceNotFoundException"):
        set_minutes(house, elsewhere)


@pytest.mark.operation("GetUserPoolSessionConfiguration", "InvalidParameterException")
@pytest.mark.operation("GetUserPoolClientSessionConfiguration", "InvalidParameterException")
def test_ids_of_the_wrong_shape_are_refused(house, names):
    with refused("InvalidParameterException", "userPoolId"):
        house.idp.get_user_pool_session_configuration(UserPoolId="not a pool")
    with refused("InvalidParameterException", "clientId"):
        house.idp.get_user_pool_client_session_configuration(**{**names, "ClientId": "not a client"})
