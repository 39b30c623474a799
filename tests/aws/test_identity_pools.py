"""Identity pools themselves through a stock boto3."""

from dataclasses import replace
from typing import Any

import pytest

from app.core.kernel.errors import QuotaExceeded
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identities import NOWHERE, PROVIDER, identity_pool

GOOGLE = {"accounts.google.com": "app.apps.googleusercontent.com"}
OPENID = "arn:aws:iam::123456789012:oidc-provider/login.example.com/tenant"
SAML = "arn:aws:iam::123456789012:saml-provider/office"
FULL: dict[str, Any] = {
    "AllowUnauthenticatedIdentities": False,
    "AllowClassicFlow": True,
    "SupportedLoginProviders": GOOGLE,
    "DeveloperProviderName": "login.shop",
    "OpenIdConnectProviderARNs": [OPENID],
    "CognitoIdentityProviders": [{"ProviderName": PROVIDER, "ClientId": "abc", "ServerSideTokenCheck": True}],
    "SamlProviderARNs": [SAML],
    "IdentityPoolTags": {"stage": "test"},
}


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in answer.items() if member != "ResponseMetadata"}


@pytest.mark.identity_operation("CreateIdentityPool")
@pytest.mark.identity_operation("DescribeIdentityPool")
def test_a_pool_is_described_as_it_was_created(house):
    made = without_metadata(house.identity.create_identity_pool(IdentityPoolName="My pool", **FULL))
    assert made == {**FULL, "IdentityPoolName": "My pool", "IdentityPoolId": made["IdentityPoolId"]}
    assert made["IdentityPoolId"].startswith("us-east-1:")
    assert without_metadata(house.identity.describe_identity_pool(IdentityPoolId=made["IdentityPoolId"])) == made


def test_a_user_pool_may_be_named_as_amplify_does(house):
    name = f"{house.url.removeprefix('http://')}/us-east-1_AAAAAAAAA"
    made = house.identity.create_identity_pool(
        IdentityPoolName="p",
        AllowUnauthenticatedIdentities=True,
        CognitoIdentityProviders=[{"ProviderName": name, "ClientId": "abc"}],
    )
    given = {"ProviderName": name, "ClientId": "abc", "ServerSideTokenCheck": False}
    assert made["CognitoIdentityProviders"] == [given]


WRONG = {
    "no client": {"CognitoIdentityProviders": [{"ProviderName": PROVIDER}]},
    "no provider": {"CognitoIdentityProviders": [{"ClientId": "abc"}]},
    "another host": {"CognitoIdentityProviders": [{"ProviderName": "example.com/us-east-1_A", "ClientId": "abc"}]},
    "twice": {"CognitoIdentityProviders": [{"ProviderName": PROVIDER, "ClientId": "abc"}] * 2},
    "a provider nobody knows": {"SupportedLoginProviders": {"login.example.com": "1"}},
    "a role as OpenID Connect": {"OpenIdConnectProviderARNs": ["arn:aws:iam::123456789012:role/x"]},
    "an OpenID Connect provider twice": {"OpenIdConnectProviderARNs": [OPENID, OPENID]},
    "another account's OpenID Connect provider": {"OpenIdConnectProviderARNs": [OPENID.replace("1234", "9999")]},
    "an OpenID Connect provider called as guests are": {
        "OpenIdConnectProviderARNs": ["arn:aws:iam::123456789012:oidc-provider/unauthenticated"]
    },
    "another account's SAML provider": {"SamlProviderARNs": [SAML.replace("1234", "9999")]},
    "an OpenID Connect provider as SAML": {"SamlProviderARNs": [OPENID]},
    "a developer called Google": {"DeveloperProviderName": "accounts.google.com"},
    "a developer called as this service": {"DeveloperProviderName": "cognito-identity.amazonaws.com"},
    "a developer called as guests are": {"DeveloperProviderName": "unauthenticated"},
    "a developer called as everybody else is": {"DeveloperProviderName": "authenticated"},
    "a developer called as the OpenID Connect provider": {
        "DeveloperProviderName": "login.example.com",
        "OpenIdConnectProviderARNs": ["arn:aws:iam::123456789012:oidc-provider/login.example.com"],
    },
    "a reserved tag": {"IdentityPoolTags": {"aws:x": "y"}},
}


@pytest.mark.identity_operation("CreateIdentityPool", "InvalidParameterException")
@pytest.mark.identity_operation("UpdateIdentityPool", "InvalidParameterException")
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_document_that_means_nothing_is_refused(house, wrong):
    with refused("InvalidParameterException"):
        house.identity.create_identity_pool(IdentityPoolName="p", AllowUnauthenticatedIdentities=True, **wrong)
    made = identity_pool(house)
    with refused("InvalidParameterException"):
        house.identity.update_identity_pool(**{**made, **wrong})
    assert house.services.identity_pools.get(made["IdentityPoolId"]).settings == {
        "AllowUnauthenticatedIdentities": True
    }


@pytest.mark.identity_operation("CreateIdentityPool", "LimitExceededException")
@pytest.mark.identity_operation("UpdateIdentityPool", "LimitExceededException")
@pytest.mark.parametrize(
    "many",
    [
        {"CognitoIdentityProviders": [{"ProviderName": PROVIDER, "ClientId": f"c{n}"} for n in range(51)]},
        {"OpenIdConnectProviderARNs": [f"{OPENID}/{n}" for n in range(51)]},
    ],
    ids=["user pools", "OpenID Connect"],
)
def test_fifty_providers_of_a_kind_are_enough(house, many):
    with refused("LimitExceededException", "at most 50"):
        house.identity.create_identity_pool(IdentityPoolName="p", AllowUnauthenticatedIdentities=True, **many)
    made = identity_pool(house)
    with refused("LimitExceededException", "at most 50"):
        house.identity.update_identity_pool(**{**made, **many})
    fewer = {member: values[:50] for member, values in many.items()}
    house.identity.update_identity_pool(**{**made, **fewer})


@pytest.mark.parametrize(
    "wrong",
    [{"IdentityPoolName": "a/b"}, {"IdentityPoolName": "a" * 129}, {"DeveloperProviderName": "a b"}],
    ids=["name", "long name", "developer"],
)
def test_what_the_model_forbids_is_a_validation_exception(house, wrong):
    given = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": True, **wrong}
    with refused("ValidationException", "1 validation error detected"):
        house.identity.create_identity_pool(**given)


@pytest.mark.identity_operation("UpdateIdentityPool")
def test_an_update_replaces_every_member_that_it_omits(house):
    made = identity_pool(house, **FULL)
    bare = {"IdentityPoolId": made["IdentityPoolId"], "IdentityPoolName": "b", "AllowUnauthenticatedIdentities": True}
    house.identity.update_identity_pool(**bare)
    kept = {"DeveloperProviderName": "login.shop", "IdentityPoolTags": {"stage": "test"}}
    found = without_metadata(house.identity.describe_identity_pool(IdentityPoolId=made["IdentityPoolId"]))
    assert found == {**bare, **kept}


def test_tags_that_come_with_an_update_replace_the_others(house):
    made = identity_pool(house, IdentityPoolTags={"stage": "test"})
    answer = house.identity.update_identity_pool(**{**made, "IdentityPoolTags": {"team": "a"}})
    assert answer["IdentityPoolTags"] == {"team": "a"}


def test_a_developer_provider_is_named_once(house):
    made = identity_pool(house)
    house.identity.update_identity_pool(**{**made, "DeveloperProviderName": "login.shop"})
    with refused("InvalidParameterException", "cannot be changed"):
        house.identity.update_identity_pool(**{**made, "DeveloperProviderName": "login.other"})


@pytest.mark.identity_operation("DeleteIdentityPool")
@pytest.mark.identity_operation("DeleteIdentityPool", "ResourceNotFoundException")
def test_a_deleted_pool_is_gone(house):
    made = identity_pool(house)
    house.identity.delete_identity_pool(IdentityPoolId=made["IdentityPoolId"])
    with refused("ResourceNotFoundException", f"IdentityPool '{made['IdentityPoolId']}' not found."):
        house.identity.describe_identity_pool(IdentityPoolId=made["IdentityPoolId"])
    with refused("ResourceNotFoundException"):
        house.identity.delete_identity_pool(IdentityPoolId=made["IdentityPoolId"])


@pytest.mark.identity_operation("DescribeIdentityPool", "ResourceNotFoundException")
@pytest.mark.identity_operation("UpdateIdentityPool", "ResourceNotFoundException")
def test_nobodys_pool_another_accounts_and_another_regions_are_not_found(house, strangers):
    made = identity_pool(house)
    nobodys = {**made, "IdentityPoolId": NOWHERE}
    for client, pool in ((house.identity, nobodys), *((stranger, made) for stranger in strangers)):
        named = {"IdentityPoolId": pool["IdentityPoolId"]}
        with refused("ResourceNotFoundException"):
            client.describe_identity_pool(**named)
        with refused("ResourceNotFoundException"):
            client.update_identity_pool(**{**pool, "IdentityPoolName": "theirs"})
        with refused("ResourceNotFoundException"):
            client.delete_identity_pool(**named)
    assert house.services.identity_pools.get(made["IdentityPoolId"]).name == "pool"


@pytest.mark.identity_operation("ListIdentityPools")
def test_pools_are_listed_in_pages_within_their_account_and_region(house):
    key = house.services.access_keys.create("222222222222", "lister")
    mine = house.client(key.access_key_id, key.secret.reveal(), service="cognito-identity")
    made = {
        mine.create_identity_pool(IdentityPoolName=f"p{n}", AllowUnauthenticatedIdentities=True)["IdentityPoolId"]
        for n in range(3)
    }
    identity_pool(house)
    first = mine.list_identity_pools(MaxResults=2)
    rest = mine.list_identity_pools(MaxResults=2, NextToken=first["NextToken"])
    assert "NextToken" not in rest
    listed = [*first["IdentityPools"], *rest["IdentityPools"]]
    assert [pool["IdentityPoolId"] for pool in listed] == sorted(made)
    assert {pool["IdentityPoolName"] for pool in listed} == {"p0", "p1", "p2"}


@pytest.mark.identity_operation("ListIdentityPools", "InvalidParameterException")
def test_a_page_token_of_nobodys_and_another_accounts_is_refused(house, strangers):
    identity_pool(house), identity_pool(house)
    token = house.identity.list_identity_pools(MaxResults=1)["NextToken"]
    for client, given in ((house.identity, "x"), *((stranger, token) for stranger in strangers)):
        with refused("InvalidParameterException"):
            client.list_identity_pools(MaxResults=1, NextToken=given)
    with refused("ValidationException"):
        house.identity.list_identity_pools(MaxResults=61)


def test_an_id_that_is_none_is_a_validation_exception(house):
    for call in (house.identity.describe_identity_pool, house.identity.delete_identity_pool):
        with refused("ValidationException", "identityPoolId"):
            call(IdentityPoolId="us-east-1:NOT-ONE")


def test_an_account_has_no_more_pools_than_it_may(house):
    few = replace(house.services.identity_pools, most_pools=1)
    given: dict[str, Any] = {"account_id": "333333333333", "name": "p", "settings": {}}
    few.create(region="us-east-1", **given)
    few.create(region="eu-west-1", **given)
    with pytest.raises(QuotaExceeded):
        few.create(region="us-east-1", **given)


def limited(house: AwsHouse, *statements: dict[str, Any]) -> Any:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    key = house.services.access_keys.create("123456789012", "limited", policy)
    return house.client(key.access_key_id, key.secret.reveal(), service="cognito-identity")


def test_a_policy_names_one_pool_by_its_arn(house):
    mine, other = identity_pool(house), identity_pool(house)
    arn = f"arn:aws:cognito-identity:us-east-1:123456789012:identitypool/{mine['IdentityPoolId']}"
    client = limited(house, {"Effect": "Allow", "Action": "cognito-identity:*", "Resource": arn})
    client.describe_identity_pool(IdentityPoolId=mine["IdentityPoolId"])
    client.tag_resource(ResourceArn=arn, Tags={"a": "b"})
    for refused_call in (
        lambda: client.describe_identity_pool(IdentityPoolId=other["IdentityPoolId"]),
        lambda: client.tag_resource(ResourceArn=arn.replace(mine["IdentityPoolId"], other["IdentityPoolId"]), Tags={}),
        lambda: client.list_identity_pools(MaxResults=1),
    ):
        with refused("AccessDeniedException"):
            refused_call()


def test_another_partitions_name_gets_around_no_deny(house):
    mine = identity_pool(house)
    arn = f"arn:aws:cognito-identity:us-east-1:123456789012:identitypool/{mine['IdentityPoolId']}"
    client = limited(
        house,
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": arn},
    )
    with refused("AccessDeniedException", "explicit deny"):
        client.list_tags_for_resource(ResourceArn=arn.replace("arn:aws:", "arn:aws-cn:"))
