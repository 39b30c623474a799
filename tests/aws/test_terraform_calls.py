"""What newer AWS providers of Terraform call that the one at hand does not: the calls, in their order, through a stock boto3."""

from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

PASSKEYS = {"RelyingPartyId": "example.com", "UserVerification": "required"}
FIRST = {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}
BARE_POLICY = {"MinimumLength": 12}


def made(house: AwsHouse, **settings: Any) -> str:
    return str(house.idp.create_user_pool(PoolName="terraform", **settings)["UserPool"]["Id"])


def described(house: AwsHouse, pool_id: str) -> Any:
    return house.idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]


@pytest.mark.parametrize("mfa", [{"MfaConfiguration": "OFF"}, {}], ids=["says that MFA is off", "says nothing of MFA"])
def test_passkeys_of_a_pool_without_mfa_survive_its_updates(house, mfa):
    pool_id = made(house, UserPoolTier="ESSENTIALS", Policies={"PasswordPolicy": BARE_POLICY, "SignInPolicy": FIRST})
    house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, WebAuthnConfiguration=PASSKEYS, **mfa)
    policies = {"PasswordPolicy": {"MinimumLength": 14}, "SignInPolicy": FIRST}
    house.idp.update_user_pool(UserPoolId=pool_id, MfaConfiguration="OFF", UserPoolTier="ESSENTIALS", Policies=policies)
    found = house.idp.get_user_pool_mfa_config(UserPoolId=pool_id)
    assert (found["MfaConfiguration"], found["WebAuthnConfiguration"]) == ("OFF", PASSKEYS)
    pool = described(house, pool_id)
    assert (pool["UserPoolTier"], pool["Policies"]["SignInPolicy"]) == ("ESSENTIALS", FIRST)
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 14


def test_mfa_is_switched_on_and_off_again_beside_passkeys(house):
    pool_id = made(house)
    totp = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    house.idp.set_user_pool_mfa_config(
        UserPoolId=pool_id, MfaConfiguration="OPTIONAL", WebAuthnConfiguration=PASSKEYS, **totp
    )
    house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, MfaConfiguration="OFF", WebAuthnConfiguration=PASSKEYS)
    house.idp.update_user_pool(UserPoolId=pool_id, MfaConfiguration="OFF")
    found = house.idp.get_user_pool_mfa_config(UserPoolId=pool_id)
    assert {name for name in found if name != "ResponseMetadata"} == {"MfaConfiguration", "WebAuthnConfiguration"}


def test_a_plan_that_is_changed_is_found_as_it_was_given_and_tags_stay(house):
    pool_id = made(house, UserPoolTier="PLUS", UserPoolTags={"stage": "test"})
    house.idp.update_user_pool(UserPoolId=pool_id, UserPoolTier="LITE")
    pool = described(house, pool_id)
    assert (pool["UserPoolTier"], pool["UserPoolTags"]) == ("LITE", {"stage": "test"})


def test_a_plan_without_the_feature_refuses_it_in_so_many_words(house):
    with refused("FeatureUnavailableInTierException", "PLUS"):
        made(house, UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"})
    with refused("FeatureUnavailableInTierException"):
        made(house, UserPoolTier="LITE", Policies={"SignInPolicy": FIRST})


def test_settings_of_updates_are_given_up_by_an_empty_list(house):
    required = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    pool_id = made(house, AutoVerifiedAttributes=["email"], UserAttributeUpdateSettings=required)
    empty: dict[str, Any] = {"AttributesRequireVerificationBeforeUpdate": []}
    house.idp.update_user_pool(UserPoolId=pool_id, UserAttributeUpdateSettings=empty)
    assert house.services.pools.get(pool_id).settings.verify_before_update == frozenset()


def test_a_rotating_refresh_token_of_a_client_is_found_as_it_was_given(house):
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    flows = ["ALLOW_USER_SRP_AUTH"]
    given: dict[str, Any] = {"ClientName": "web", "ExplicitAuthFlows": flows, "RefreshTokenRotation": rotation}
    pool_id = made(house)
    client = house.idp.create_user_pool_client(UserPoolId=pool_id, **given)["UserPoolClient"]
    named = {"UserPoolId": pool_id, "ClientId": client["ClientId"]}
    house.idp.update_user_pool_client(**named, **given, EnableTokenRevocation=True)
    found = house.idp.describe_user_pool_client(**named)["UserPoolClient"]
    assert {name: found[name] for name in given} == given


def test_a_domain_is_found_with_the_version_of_its_pages(house):
    pool_id = made(house)
    house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain="terraform-calls", ManagedLoginVersion=2)
    found = house.idp.describe_user_pool_domain(Domain="terraform-calls")["DomainDescription"]
    assert (found["ManagedLoginVersion"], found["Status"]) == (2, "ACTIVE")
    house.idp.delete_user_pool_domain(UserPoolId=pool_id, Domain="terraform-calls")
    assert house.idp.describe_user_pool_domain(Domain="terraform-calls")["DomainDescription"] == {}
