"""App clients and their secrets through a stock boto3."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.adapters.sql.tables import clients
from tests.support.aws_crowd import crowd
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

NOBODY = "1" * 26
NOBODYS_POOL = "us-east-1_AAAAAAAAA"
WEB = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid"],
    "CallbackURLs": ["https://app.example.com/callback"],
}


@pytest.fixture(scope="module")
def pool_id(house: AwsHouse) -> str:
    return str(house.pool().pool_id)


def made(house: AwsHouse, pool_id: str, **settings: Any) -> Any:
    return house.idp.create_user_pool_client(UserPoolId=pool_id, ClientName="app", **settings)["UserPoolClient"]


def described(house: AwsHouse, client: Any) -> Any:
    names = {"UserPoolId": client["UserPoolId"], "ClientId": client["ClientId"]}
    return house.idp.describe_user_pool_client(**names)["UserPoolClient"]


def secrets_of(house: AwsHouse, client: Any) -> Any:
    names = {"UserPoolId": client["UserPoolId"], "ClientId": client["ClientId"]}
    return house.idp.list_user_pool_client_secrets(**names)["ClientSecrets"]


@pytest.mark.operation("CreateUserPoolClient")
def test_a_new_client_has_awss_defaults(house, pool_id):
    client = made(house, pool_id)
    assert len(client["ClientId"]) == 26
    assert "ClientSecret" not in client
    # What it may do without naming a flow is not shown as if it had been named.
    assert "ExplicitAuthFlows" not in client
    assert (client["RefreshTokenValidity"], client["AuthSessionValidity"]) == (30, 3)
    assert client["EnableTokenRevocation"] is True
    assert client["ClientType"] == "REGULAR"
    assert "ReadAttributes" not in client


@pytest.mark.operation("DescribeUserPoolClient")
def test_a_description_holds_the_secret_and_what_was_set(house, pool_id):
    client = made(house, pool_id, GenerateSecret=True, ReadAttributes=["email"], **WEB)
    found = described(house, client)
    assert len(found["ClientSecret"]) == 51
    assert found == client
    assert found["ReadAttributes"] == ["email"]


def test_a_client_may_bring_its_secret(house, pool_id):
    assert made(house, pool_id, ClientSecret="a" * 24)["ClientSecret"] == "a" * 24


@pytest.mark.operation("UpdateUserPoolClient")
def test_updating_with_what_was_described_changes_nothing(house, pool_id):
    client = made(house, pool_id, GenerateSecret=True, PreventUserExistenceErrors="ENABLED", AccessTokenValidity=10,
                  TokenValidityUnits={"AccessToken": "minutes"}, WriteAttributes=["email"], **WEB)  # fmt: skip
    members = house.idp.meta.service_model.operation_model("UpdateUserPoolClient").input_shape.members
    before = described(house, client)
    house.idp.update_user_pool_client(**{member: value for member, value in before.items() if member in members})
    assert before | {"LastModifiedDate": None} == described(house, client) | {"LastModifiedDate": None}


def test_what_an_update_omits_falls_back_but_for_secret_and_name(house, pool_id):
    client = made(house, pool_id, GenerateSecret=True, EnableTokenRevocation=False, **WEB)
    house.idp.update_user_pool_client(UserPoolId=pool_id, ClientId=client["ClientId"])
    after = described(house, client)
    assert "CallbackURLs" not in after
    assert after["EnableTokenRevocation"] is True
    assert (after["ClientSecret"], after["ClientName"]) == (client["ClientSecret"], "app")


REFUSED = [
    ({**WEB, "CallbackURLs": ["http://app.example.com/"]}, "InvalidParameterException"),
    ({**WEB, "CallbackURLs": ["https://app.example.com/#x"]}, "InvalidParameterException"),
    ({**WEB, "CallbackURLs": WEB["CallbackURLs"] * 2}, "InvalidParameterException"),
    ({**WEB, "DefaultRedirectURI": "https://other.example.com/"}, "InvalidParameterException"),
    ({**WEB, "AllowedOAuthFlowsUserPoolClient": False}, "InvalidParameterException"),
    ({**WEB, "AllowedOAuthScopes": []}, "InvalidOAuthFlowException"),
    ({**WEB, "CallbackURLs": []}, "InvalidOAuthFlowException"),
    ({**WEB, "AllowedOAuthFlows": ["client_credentials"]}, "InvalidOAuthFlowException"),
    ({**WEB, "AllowedOAuthFlows": ["code", "client_credentials"]}, "InvalidOAuthFlowException"),
    ({**WEB, "AllowedOAuthScopes": ["api/read"]}, "ScopeDoesNotExistException"),
    ({"SupportedIdentityProviders": ["Google"]}, "InvalidParameterException"),
    ({"ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ADMIN_NO_SRP_AUTH"]}, "InvalidParameterException"),
    ({"RefreshTokenRotation": {"Feature": "ENABLED"}}, "InvalidParameterException"),
    ({"AccessTokenValidity": 2, "TokenValidityUnits": {"AccessToken": "days"}}, "InvalidParameterException"),
    ({"AccessTokenValidity": 10, "TokenValidityUnits": {"AccessToken": "seconds"}}, "InvalidParameterException"),
    ({"RefreshTokenValidity": 4000}, "InvalidParameterException"),
    ({"ReadAttributes": ["custom:none"]}, "InvalidParameterException"),
    ({"WriteAttributes": ["email_verified"]}, "InvalidParameterException"),
    ({"AuthSessionValidity": 16}, "InvalidParameterException"),
]


@pytest.mark.operation("CreateUserPoolClient", "InvalidParameterException")
@pytest.mark.operation("CreateUserPoolClient", "InvalidOAuthFlowException")
@pytest.mark.operation("CreateUserPoolClient", "ScopeDoesNotExistException")
@pytest.mark.parametrize(("settings", "code"), REFUSED)
def test_settings_that_do_not_go_together_are_refused(house, pool_id, settings, code):
    with refused(code):
        made(house, pool_id, **settings)


@pytest.mark.operation("UpdateUserPoolClient", "InvalidParameterException")
@pytest.mark.operation("UpdateUserPoolClient", "InvalidOAuthFlowException")
@pytest.mark.operation("UpdateUserPoolClient", "ScopeDoesNotExistException")
@pytest.mark.parametrize(("settings", "code"), REFUSED)
def test_an_update_refuses_the_same(house, pool_id, settings, code):
    client = made(house, pool_id)
    with refused(code):
        house.idp.update_user_pool_client(UserPoolId=pool_id, ClientId=client["ClientId"], **settings)
    assert described(house, client) == client


def test_a_brought_secret_and_a_made_one_exclude_each_other(house, pool_id):
    with refused("InvalidParameterException", "GenerateSecret"):
        made(house, pool_id, ClientSecret="a" * 24, GenerateSecret=True)


@pytest.mark.operation("CreateUserPoolClient", "FeatureUnavailableInTierException")
@pytest.mark.operation("UpdateUserPoolClient", "FeatureUnavailableInTierException")
def test_choice_based_sign_in_is_beyond_the_lite_plan(house):
    lite = str(house.pool(UserPoolTier="LITE").pool_id)
    with refused("FeatureUnavailableInTierException"):
        made(house, lite, ExplicitAuthFlows=["ALLOW_USER_AUTH"])
    client = made(house, lite)
    with refused("FeatureUnavailableInTierException"):
        house.idp.update_user_pool_client(
            UserPoolId=lite, ClientId=client["ClientId"], ExplicitAuthFlows=["ALLOW_USER_AUTH"]
        )


@pytest.mark.operation("CreateUserPoolClient", "ResourceNotFoundException")
@pytest.mark.operation("ListUserPoolClients", "ResourceNotFoundException")
def test_nobodys_pool_is_not_found(house):
    with refused("ResourceNotFoundException", NOBODYS_POOL):
        made(house, NOBODYS_POOL)
    with refused("ResourceNotFoundException", NOBODYS_POOL):
        house.idp.list_user_pool_clients(UserPoolId=NOBODYS_POOL)


@pytest.mark.operation("DescribeUserPoolClient", "ResourceNotFoundException")
@pytest.mark.operation("UpdateUserPoolClient", "ResourceNotFoundException")
@pytest.mark.operation("DeleteUserPoolClient", "ResourceNotFoundException")
@pytest.mark.operation("AddUserPoolClientSecret", "ResourceNotFoundException")
@pytest.mark.operation("ListUserPoolClientSecrets", "ResourceNotFoundException")
@pytest.mark.operation("DeleteUserPoolClientSecret", "ResourceNotFoundException")
@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("describe_user_pool_client", {}),
        ("update_user_pool_client", {}),
        ("delete_user_pool_client", {}),
        ("add_user_pool_client_secret", {}),
        ("list_user_pool_client_secrets", {}),
        ("delete_user_pool_client_secret", {"ClientSecretId": "x"}),
    ],
)
def test_nobodys_client_and_another_pools_are_not_found(house, pool_id, name, more):
    with refused("ResourceNotFoundException", f"User pool client {NOBODY} does not exist."):
        getattr(house.idp, name)(UserPoolId=pool_id, ClientId=NOBODY, **more)
    other = made(house, str(house.pool().pool_id), GenerateSecret=True)
    with refused("ResourceNotFoundException"):
        getattr(house.idp, name)(UserPoolId=pool_id, ClientId=other["ClientId"], **more)
    with refused("ResourceNotFoundException"):
        getattr(house.idp, name)(UserPoolId=NOBODYS_POOL, ClientId=other["ClientId"], **more)
    assert described(house, other) == other


@pytest.mark.operation("DescribeUserPoolClient", "InvalidParameterException")
@pytest.mark.operation("DeleteUserPoolClient", "InvalidParameterException")
@pytest.mark.operation("ListUserPoolClients", "InvalidParameterException")
def test_ids_and_limits_of_the_wrong_shape_are_refused(house, pool_id):
    for name in ("describe_user_pool_client", "delete_user_pool_client"):
        with refused("InvalidParameterException", "failed to satisfy constraint"):
            getattr(house.idp, name)(UserPoolId=pool_id, ClientId="not a client")
    with refused("InvalidParameterException", "maxResults"):
        house.idp.list_user_pool_clients(UserPoolId=pool_id, MaxResults=61)


@pytest.mark.operation("DeleteUserPoolClient")
def test_a_deleted_client_is_gone(house, pool_id):
    client = made(house, pool_id)
    house.idp.delete_user_pool_client(UserPoolId=pool_id, ClientId=client["ClientId"])
    with refused("ResourceNotFoundException"):
        described(house, client)


@pytest.mark.operation("ListUserPoolClients")
def test_clients_are_listed_in_pages_without_their_settings(house):
    pool_id = str(house.pool().pool_id)
    ids = {made(house, pool_id, GenerateSecret=True)["ClientId"] for _ in range(3)}
    paginator = house.idp.get_paginator("list_user_pool_clients")
    pages = list(paginator.paginate(UserPoolId=pool_id, PaginationConfig={"PageSize": 2}))
    listed = [client for page in pages for client in page["UserPoolClients"]]
    assert [len(page["UserPoolClients"]) for page in pages] == [2, 1]
    assert {client["ClientId"] for client in listed} == ids
    assert all(client.keys() == {"ClientId", "ClientName", "UserPoolId"} for client in listed)
    assert house.idp.list_user_pool_clients(UserPoolId=pool_id, ClientType="DCR")["UserPoolClients"] == []
    token = house.idp.list_user_pool_clients(UserPoolId=pool_id, MaxResults=1)["NextToken"]
    with refused("InvalidParameterException", "token"):
        house.idp.list_user_pool_clients(UserPoolId=str(house.pool().pool_id), MaxResults=1, NextToken=token)


@pytest.mark.operation("CreateUserPoolClient", "LimitExceededException")
def test_a_pool_has_so_many_clients_and_no_more(house):
    pool_id = str(house.pool().pool_id)
    shared = {"pool_id": pool_id, "name": "one of many", "settings": {}, "extensions": {}}
    rows = [{**shared, "client_id": f"many{n}", "created_at": 1, "updated_at": 1} for n in range(10_000)]
    crowd(house, clients, rows)
    with refused("LimitExceededException"):
        made(house, pool_id)


@pytest.mark.operation("AddUserPoolClientSecret")
@pytest.mark.operation("ListUserPoolClientSecrets")
@pytest.mark.operation("DeleteUserPoolClientSecret")
def test_a_secret_is_changed_without_a_gap(house, pool_id):
    client = made(house, pool_id, GenerateSecret=True)
    names = {"UserPoolId": pool_id, "ClientId": client["ClientId"]}
    (first,) = secrets_of(house, client)
    assert first["ClientSecretId"] == f"{client['ClientId']}--{house.clock.now()}"
    house.clock.advance(seconds=60)
    added = house.idp.add_user_pool_client_secret(**names)["ClientSecretDescriptor"]
    assert len(added["ClientSecretValue"]) == 51
    assert added["ClientSecretId"] == f"{client['ClientId']}--{house.clock.now()}"
    listed = secrets_of(house, client)
    assert [found["ClientSecretId"] for found in listed] == [added["ClientSecretId"], first["ClientSecretId"]]
    assert not any("ClientSecretValue" in found for found in listed)
    assert listed[1] == first
    house.idp.delete_user_pool_client_secret(**names, ClientSecretId=first["ClientSecretId"])
    assert described(house, client)["ClientSecret"] == added["ClientSecretValue"]


def test_two_secrets_of_one_second_have_two_names(house, pool_id):
    client = made(house, pool_id, GenerateSecret=True)
    house.idp.add_user_pool_client_secret(UserPoolId=pool_id, ClientId=client["ClientId"])
    assert len({found["ClientSecretId"] for found in secrets_of(house, client)}) == 2


def test_a_secret_that_was_brought_is_not_told(house, pool_id):
    client = made(house, pool_id, GenerateSecret=True)
    given = {"UserPoolId": pool_id, "ClientId": client["ClientId"], "ClientSecret": "b" * 30}
    added = house.idp.add_user_pool_client_secret(**given)["ClientSecretDescriptor"]
    assert "ClientSecretValue" not in added
    assert described(house, client)["ClientSecret"] == "b" * 30


@pytest.mark.operation("AddUserPoolClientSecret", "LimitExceededException")
def test_a_third_secret_is_refused(house, pool_id):
    client = made(house, pool_id, GenerateSecret=True)
    names = {"UserPoolId": pool_id, "ClientId": client["ClientId"]}
    house.idp.add_user_pool_client_secret(**names)
    with refused("LimitExceededException", "two"):
        house.idp.add_user_pool_client_secret(**names)


@pytest.mark.operation("AddUserPoolClientSecret", "InvalidParameterException")
def test_a_public_client_gets_no_secret_and_none_is_added_twice(house, pool_id):
    with refused("InvalidParameterException", "public"):
        house.idp.add_user_pool_client_secret(UserPoolId=pool_id, ClientId=made(house, pool_id)["ClientId"])
    client = made(house, pool_id, GenerateSecret=True)
    with refused("InvalidParameterException", "already"):
        house.idp.add_user_pool_client_secret(
            UserPoolId=pool_id, ClientId=client["ClientId"], ClientSecret=client["ClientSecret"]
        )


@pytest.mark.operation("DeleteUserPoolClientSecret", "InvalidParameterException")
def test_the_last_secret_stays(house, pool_id):
    client = made(house, pool_id, GenerateSecret=True)
    (only,) = secrets_of(house, client)
    with refused("InvalidParameterException", "last"):
        house.idp.delete_user_pool_client_secret(
            UserPoolId=pool_id, ClientId=client["ClientId"], ClientSecretId=only["ClientSecretId"]
        )


@pytest.mark.operation("ListUserPoolClientSecrets", "InvalidParameterException")
def test_secrets_have_no_second_page(house, pool_id):
    client = made(house, pool_id, GenerateSecret=True)
    with refused("InvalidParameterException", "token"):
        house.idp.list_user_pool_client_secrets(UserPoolId=pool_id, ClientId=client["ClientId"], NextToken="x")


def test_of_secrets_added_at_the_same_time_one_is_the_second(house, pool_id):
    client = made(house, pool_id, GenerateSecret=True)

    def add() -> bool:
        try:
            house.idp.add_user_pool_client_secret(UserPoolId=pool_id, ClientId=client["ClientId"])
        except house.idp.exceptions.LimitExceededException:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        added = [future.result() for future in [threads.submit(add) for _ in range(6)]]
    assert added.count(True) == 1
    assert len(secrets_of(house, client)) == 2
