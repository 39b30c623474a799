"""Domains of pools through a stock boto3."""

import itertools
from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

NOBODYS_POOL = "us-east-1_AAAAAAAAA"
CERTIFICATE = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/one"}
OTHER_CERTIFICATE = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/two", "SecurityPolicy": "TLS_V1"}
_numbers = itertools.count()


@pytest.fixture
def pool_id(house: AwsHouse) -> str:
    return str(house.pool().pool_id)


def a_prefix() -> str:
    return f"prefix-{next(_numbers)}"


def described(house: AwsHouse, domain: str) -> Any:
    return house.idp.describe_user_pool_domain(Domain=domain)["DomainDescription"]


@pytest.mark.operation("CreateUserPoolDomain")
@pytest.mark.operation("DescribeUserPoolDomain")
def test_a_prefix_belongs_to_its_pool(house, pool_id):
    prefix = a_prefix()
    made = house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain=prefix)
    assert made["ManagedLoginVersion"] == 1
    assert "CloudFrontDomain" not in made
    found = described(house, prefix)
    assert (found["UserPoolId"], found["Domain"], found["AWSAccountId"]) == (pool_id, prefix, "123456789012")
    assert (found["Status"], found["ManagedLoginVersion"]) == ("ACTIVE", 1)
    assert found["CloudFrontDistribution"] == "localhost"


def test_a_custom_domain_is_told_where_its_record_points(house, pool_id):
    host = f"{a_prefix()}.example.com"
    made = house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain=host, CustomDomainConfig=CERTIFICATE)
    assert made["CloudFrontDomain"] == "localhost"
    assert described(house, host)["CustomDomainConfig"] == CERTIFICATE
    found = house.idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert found["CustomDomain"] == host
    assert "Domain" not in found


def test_a_name_that_is_nobodys_has_an_empty_description(house):
    assert described(house, "nobody-has-this") == {}


def test_another_accounts_domain_has_an_empty_description(house, pool_id):
    prefix = a_prefix()
    house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain=prefix)
    key = house.services.access_keys.create("999999999999", "another")
    other = house.client(key.access_key_id, key.secret.reveal())
    assert other.describe_user_pool_domain(Domain=prefix)["DomainDescription"] == {}


@pytest.mark.operation("CreateUserPoolDomain", "LimitExceededException")
def test_an_account_has_so_many_domains_of_its_own_in_a_region_and_no_more(house):
    key = house.services.access_keys.create("888888888888", "domains")
    there, elsewhere = (
        house.client(key.access_key_id, key.secret.reveal(), region=region) for region in ("us-east-1", "eu-west-1")
    )

    def add(idp, domain=None, **more):
        pool_id = idp.create_user_pool(PoolName="many")["UserPool"]["Id"]
        return idp.create_user_pool_domain(UserPoolId=pool_id, Domain=domain or f"{a_prefix()}.example.net", **more)

    for _ in range(4):
        add(there, CustomDomainConfig=CERTIFICATE)
    with refused("LimitExceededException", "at most 4 custom domains"):
        add(there, "fifth.example.net", CustomDomainConfig=CERTIFICATE)
    assert described(house, "fifth.example.net") == {}
    add(there, a_prefix())
    add(elsewhere, "fifth.example.net", CustomDomainConfig=CERTIFICATE)


@pytest.mark.operation("CreateUserPoolDomain", "InvalidParameterException")
@pytest.mark.parametrize(
    ("domain", "more"),
    [
        ("my-cognito-app", {}),
        ("aws-shop", {}),
        ("-begins", {}),
        ("Upper_Case", {}),
        ("a" * 64, {}),
        ("auth.example.com", {}),
        ("prefix-with", {"CustomDomainConfig": CERTIFICATE}),
        ("localhost", {"CustomDomainConfig": CERTIFICATE}),
        ("exa mple.com", {"CustomDomainConfig": CERTIFICATE}),
        ("x.auth.us-east-1.localhost", {"CustomDomainConfig": CERTIFICATE}),
        ("prefix-three", {"ManagedLoginVersion": 3}),
    ],
)
def test_names_that_cannot_be_are_refused(house, pool_id, domain, more):
    with refused("InvalidParameterException"):
        house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain=domain, **more)


def test_a_taken_name_is_refused_over_all_accounts(house, pool_id):
    prefix = a_prefix()
    house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain=prefix)
    with refused("InvalidParameterException", "already associated"):
        house.idp.create_user_pool_domain(UserPoolId=str(house.pool().pool_id), Domain=prefix)


def test_a_pool_has_one_domain_of_each_kind(house, pool_id):
    house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain=a_prefix())
    with refused("InvalidParameterException", "already has a domain"):
        house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain=a_prefix())


@pytest.mark.operation("CreateUserPoolDomain", "FeatureUnavailableInTierException")
@pytest.mark.operation("UpdateUserPoolDomain", "FeatureUnavailableInTierException")
def test_managed_login_is_beyond_the_lite_plan(house):
    lite, prefix = str(house.pool(UserPoolTier="LITE").pool_id), a_prefix()
    with refused("FeatureUnavailableInTierException"):
        house.idp.create_user_pool_domain(UserPoolId=lite, Domain=prefix, ManagedLoginVersion=2)
    house.idp.create_user_pool_domain(UserPoolId=lite, Domain=prefix)
    with refused("FeatureUnavailableInTierException"):
        house.idp.update_user_pool_domain(UserPoolId=lite, Domain=prefix, ManagedLoginVersion=2)


@pytest.mark.operation("UpdateUserPoolDomain")
def test_certificate_and_branding_version_are_changed(house, pool_id):
    host = f"{a_prefix()}.example.com"
    house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain=host, CustomDomainConfig=CERTIFICATE)
    changed = house.idp.update_user_pool_domain(
        UserPoolId=pool_id, Domain=host, CustomDomainConfig=OTHER_CERTIFICATE, ManagedLoginVersion=2
    )
    assert changed["ManagedLoginVersion"] == 2
    found = described(house, host)
    assert (found["CustomDomainConfig"], found["ManagedLoginVersion"]) == (OTHER_CERTIFICATE, 2)


@pytest.mark.operation("UpdateUserPoolDomain", "InvalidParameterException")
@pytest.mark.operation("DeleteUserPoolDomain", "InvalidParameterException")
def test_another_pools_domain_is_not_touched(house, pool_id):
    prefix = a_prefix()
    house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain=prefix)
    other = str(house.pool().pool_id)
    with refused("InvalidParameterException"):
        house.idp.update_user_pool_domain(UserPoolId=other, Domain=prefix, ManagedLoginVersion=2)
    with refused("InvalidParameterException"):
        house.idp.delete_user_pool_domain(UserPoolId=other, Domain=prefix)
    with refused("InvalidParameterException"):
        house.idp.update_user_pool_domain(UserPoolId=pool_id, Domain=prefix, CustomDomainConfig=CERTIFICATE)
    assert described(house, prefix)["ManagedLoginVersion"] == 1


@pytest.mark.operation("CreateUserPoolDomain", "ResourceNotFoundException")
@pytest.mark.operation("UpdateUserPoolDomain", "ResourceNotFoundException")
@pytest.mark.operation("DeleteUserPoolDomain", "ResourceNotFoundException")
@pytest.mark.parametrize("name", ["create_user_pool_domain", "update_user_pool_domain", "delete_user_pool_domain"])
def test_nobodys_pool_is_not_found(house, name):
    with refused("ResourceNotFoundException", NOBODYS_POOL):
        getattr(house.idp, name)(UserPoolId=NOBODYS_POOL, Domain="anything")


@pytest.mark.operation("DescribeUserPoolDomain", "InvalidParameterException")
def test_a_name_that_is_too_long_is_refused(house):
    with refused("InvalidParameterException", "domain"):
        described(house, "a" * 254)


@pytest.mark.operation("DeleteUserPoolDomain")
def test_a_deleted_domain_is_free_again(house, pool_id):
    prefix = a_prefix()
    house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain=prefix)
    house.idp.delete_user_pool_domain(UserPoolId=pool_id, Domain=prefix)
    assert described(house, prefix) == {}
    house.idp.create_user_pool_domain(UserPoolId=str(house.pool().pool_id), Domain=prefix)
