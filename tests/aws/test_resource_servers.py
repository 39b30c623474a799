"""Resource servers through a stock boto3."""

from typing import Any

import pytest

from app.adapters.sql.tables import resource_servers
from tests.support.aws_crowd import crowd
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

NOBODYS_POOL = "us-east-1_AAAAAAAAA"
READ = {"ScopeName": "read", "ScopeDescription": "Read it"}
WRITE = {"ScopeName": "write", "ScopeDescription": "Write it"}


@pytest.fixture
def pool_id(house: AwsHouse) -> str:
    return str(house.pool().pool_id)


def made(house: AwsHouse, pool_id: str, identifier: str = "https://api.example.com", **more: Any) -> Any:
    return house.idp.create_resource_server(
        UserPoolId=pool_id, Identifier=identifier, Name=more.pop("Name", "API"), **more
    )["ResourceServer"]


def described(house: AwsHouse, server: Any) -> Any:
    names = {"UserPoolId": server["UserPoolId"], "Identifier": server["Identifier"]}
    return house.idp.describe_resource_server(**names)["ResourceServer"]


@pytest.mark.operation("CreateResourceServer")
@pytest.mark.operation("DescribeResourceServer")
def test_a_resource_server_is_described_as_it_was_made(house, pool_id):
    server = made(house, pool_id, Scopes=[READ, WRITE])
    expected = {"Identifier": "https://api.example.com", "Name": "API", "Scopes": [READ, WRITE], "UserPoolId": pool_id}
    assert server == expected
    assert described(house, server) == expected


def test_its_scopes_can_be_asked_for(house, pool_id):
    made(house, pool_id, "api", Scopes=[READ])
    client = house.idp.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="machine",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["api/read"],
    )["UserPoolClient"]
    assert client["AllowedOAuthScopes"] == ["api/read"]


@pytest.mark.operation("UpdateResourceServer")
def test_an_update_replaces_name_and_scopes(house, pool_id):
    server = made(house, pool_id, Scopes=[READ, WRITE])
    names = {"UserPoolId": pool_id, "Identifier": server["Identifier"]}
    house.idp.update_resource_server(**names, Name="Other", Scopes=[WRITE])
    assert (described(house, server)["Name"], described(house, server)["Scopes"]) == ("Other", [WRITE])
    house.idp.update_resource_server(**names, Name="Other")
    assert described(house, server)["Scopes"] == []


@pytest.mark.operation("DeleteResourceServer")
def test_a_deleted_one_is_gone(house, pool_id):
    server = made(house, pool_id)
    house.idp.delete_resource_server(UserPoolId=pool_id, Identifier=server["Identifier"])
    with refused("ResourceNotFoundException"):
        described(house, server)


@pytest.mark.operation("ListResourceServers")
@pytest.mark.operation("ListResourceServers", "InvalidParameterException")
def test_they_are_listed_in_pages(house, pool_id):
    for number in range(3):
        made(house, pool_id, f"api{number}")
    paginator = house.idp.get_paginator("list_resource_servers")
    pages = list(paginator.paginate(UserPoolId=pool_id, PaginationConfig={"PageSize": 2}))
    listed = [[server["Identifier"] for server in page["ResourceServers"]] for page in pages]
    assert listed == [["api0", "api1"], ["api2"]]
    with refused("InvalidParameterException", "token"):
        house.idp.list_resource_servers(UserPoolId=pool_id, NextToken="nonsense")
    with refused("InvalidParameterException", "maxResults"):
        house.idp.list_resource_servers(UserPoolId=pool_id, MaxResults=51)


@pytest.mark.operation("CreateResourceServer", "InvalidParameterException")
@pytest.mark.parametrize(
    ("identifier", "more"),
    [
        ("with space", {}),
        ('with"quote', {}),
        ("with\\backslash", {}),
        ("a" * 257, {}),
        ("api", {"Name": "<>"}),
        ("api", {"Scopes": [READ, READ]}),
        ("api", {"Scopes": [{"ScopeName": "a/b", "ScopeDescription": "x"}]}),
        ("api", {"Scopes": [{"ScopeName": f"s{number}", "ScopeDescription": "x"} for number in range(101)]}),
    ],
)
def test_what_cannot_be_is_refused(house, pool_id, identifier, more):
    with refused("InvalidParameterException"):
        made(house, pool_id, identifier, **more)


def test_an_identifier_is_taken_once_in_a_pool(house, pool_id):
    made(house, pool_id, "api")
    with refused("InvalidParameterException", "already exists"):
        made(house, pool_id, "api")
    made(house, str(house.pool().pool_id), "api")


@pytest.mark.operation("CreateResourceServer", "LimitExceededException")
def test_a_pool_has_so_many_and_no_more(house, pool_id):
    shared = {"pool_id": pool_id, "name": "one of many", "scopes": [], "created_at": 1, "updated_at": 1}
    crowd(house, resource_servers, [{**shared, "identifier": f"api{number}"} for number in range(300)])
    with refused("LimitExceededException", "300"):
        made(house, pool_id)


@pytest.mark.operation("UpdateResourceServer", "InvalidParameterException")
def test_an_update_checks_too(house, pool_id):
    server = made(house, pool_id)
    with refused("InvalidParameterException"):
        house.idp.update_resource_server(UserPoolId=pool_id, Identifier=server["Identifier"], Name="<>")
    assert described(house, server) == server


@pytest.mark.operation("DescribeResourceServer", "InvalidParameterException")
@pytest.mark.operation("DeleteResourceServer", "InvalidParameterException")
def test_an_identifier_of_the_wrong_shape_is_refused(house, pool_id):
    for name in ("describe_resource_server", "delete_resource_server"):
        with refused("InvalidParameterException", "identifier"):
            getattr(house.idp, name)(UserPoolId=pool_id, Identifier="with space")


@pytest.mark.operation("CreateResourceServer", "ResourceNotFoundException")
@pytest.mark.operation("DescribeResourceServer", "ResourceNotFoundException")
@pytest.mark.operation("UpdateResourceServer", "ResourceNotFoundException")
@pytest.mark.operation("DeleteResourceServer", "ResourceNotFoundException")
@pytest.mark.operation("ListResourceServers", "ResourceNotFoundException")
@pytest.mark.parametrize("verb", ["create", "describe", "update", "delete", "list"])
def test_nobodys_pool_and_nobodys_server_are_not_found(house, pool_id, verb):
    call = getattr(house.idp, "list_resource_servers" if verb == "list" else f"{verb}_resource_server")
    names = {} if verb == "list" else {"Identifier": "nobody"}
    more = {"Name": "API"} if verb in {"create", "update"} else {}
    with refused("ResourceNotFoundException", NOBODYS_POOL):
        call(UserPoolId=NOBODYS_POOL, **names, **more)
    if verb in {"describe", "update", "delete"}:
        other = str(house.pool().pool_id)
        made(house, other, "nobody")
        with refused("ResourceNotFoundException"):
            call(UserPoolId=pool_id, **names, **more)
