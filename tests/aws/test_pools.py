"""User pools through a stock boto3."""

from typing import Any

import pytest

from app.adapters.sql.tables import pools, users
from tests.support.aws_crowd import crowd
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

NOBODYS = "us-east-1_AAAAAAAAA"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:one"
OTHER_FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:two"
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"}


def made(house: AwsHouse, **settings: Any) -> Any:
    return house.idp.create_user_pool(PoolName="a pool", **settings)["UserPool"]


def described(house: AwsHouse, pool_id: str) -> Any:
    return house.idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]


def updatable(house: AwsHouse, pool: Any) -> dict[str, Any]:
    """Of a description what UpdateUserPool takes, as Terraform does it."""
    members = house.idp.meta.service_model.operation_model("UpdateUserPool").input_shape.members
    return {member: value for member, value in pool.items() if member in members}


def another_account(house: AwsHouse) -> Any:
    key = house.services.access_keys.create("999999999999", "another")
    return house.client(key.access_key_id, key.secret.reveal())


@pytest.mark.operation("CreateUserPool")
def test_a_new_pool_has_awss_defaults(house):
    pool = made(house)
    assert pool["Id"].startswith("us-east-1_")
    assert pool["Arn"] == f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool['Id']}"
    assert pool["UserPoolTier"] == "ESSENTIALS"
    assert pool["MfaConfiguration"] == "OFF"
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert pool["Policies"]["SignInPolicy"] == {"AllowedFirstAuthFactors": ["PASSWORD"]}
    assert pool["DeletionProtection"] == "INACTIVE"
    assert pool["EstimatedNumberOfUsers"] == 0
    assert "Domain" not in pool
    names = [attribute["Name"] for attribute in pool["SchemaAttributes"]]
    assert {"sub", "email", "phone_number_verified", "updated_at"} <= set(names)


@pytest.mark.operation("DescribeUserPool")
def test_a_description_counts_users_and_names_the_domains(house):
    pool = made(house)
    house.user(house.services.pools.get(pool["Id"]))
    house.idp.create_user_pool_domain(UserPoolId=pool["Id"], Domain="describe-me")
    found = described(house, pool["Id"])
    assert (found["EstimatedNumberOfUsers"], found["Domain"]) == (1, "describe-me")
    assert found["AcrConfiguration"]["Level4"] == {"AcrValue": "urn:cognito:loa:4"}


@pytest.mark.operation("UpdateUserPool")
def test_updating_with_what_was_described_changes_nothing(house):
    pool = made(
        house,
        Schema=[{"Name": "plan", "AttributeDataType": "String", "Mutable": True}, {"Name": "email", "Required": True}],
        AutoVerifiedAttributes=["email"],
        UsernameAttributes=["email"],
        UserPoolTags={"stage": "test"},
        LambdaConfig={"PreSignUp": FUNCTION},
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True},
        AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
        AdminCreateUserConfig={"UnusedAccountValidityDays": 3},
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
        SmsConfiguration=SMS,
        MfaConfiguration="OPTIONAL",
    )
    before = described(house, pool["Id"])
    house.idp.update_user_pool(UserPoolId=pool["Id"], **updatable(house, before))
    after = described(house, pool["Id"])
    assert before | {"LastModifiedDate": None} == after | {"LastModifiedDate": None}
    assert after["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] == 3


def test_what_an_update_omits_falls_back_to_its_default(house):
    pool = made(house, DeletionProtection="ACTIVE", UserPoolTags={"a": "b"}, UserPoolTier="PLUS", SmsConfiguration=SMS,
                MfaConfiguration="ON", Policies={"PasswordPolicy": {"MinimumLength": 20}})  # fmt: skip
    house.idp.update_user_pool(UserPoolId=pool["Id"])
    after = described(house, pool["Id"])
    assert after["DeletionProtection"] == "INACTIVE"
    assert after["MfaConfiguration"] == "OFF"
    assert after["Policies"]["PasswordPolicy"]["MinimumLength"] == 8
    assert after["UserPoolTags"] == {"a": "b"}
    assert after["UserPoolTier"] == "PLUS"
    assert after["Name"] == "a pool"
    house.idp.update_user_pool(UserPoolId=pool["Id"], UserPoolTags={})
    assert not described(house, pool["Id"]).get("UserPoolTags")


@pytest.mark.parametrize(
    ("policies", "required"),
    [
        ({}, True),
        ({"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}}, True),
        ({"PasswordPolicy": {}}, False),
        ({"PasswordPolicy": {"MinimumLength": 8}}, False),
    ],
)
def test_a_password_policy_that_is_given_requires_the_classes_that_it_names_and_no_others(house, policies, required):
    pool = made(house, Policies=policies)
    policy = pool["Policies"]["PasswordPolicy"]
    assert {policy[f"Require{name}"] for name in ("Uppercase", "Lowercase", "Numbers", "Symbols")} == {required}
    assert (policy["MinimumLength"], policy["TemporaryPasswordValidityDays"]) == (8, 7)
    one = {"PasswordPolicy": {"MinimumLength": 8, "RequireNumbers": True}}
    house.idp.update_user_pool(UserPoolId=pool["Id"], Policies=one)
    policy = described(house, pool["Id"])["Policies"]["PasswordPolicy"]
    assert (policy["RequireNumbers"], policy["RequireSymbols"]) == (True, False)


def test_whether_case_matters_is_described_where_it_was_said(house):
    assert "UsernameConfiguration" not in described(house, made(house)["Id"])
    said = made(house, UsernameConfiguration={"CaseSensitive": False})
    assert described(house, said["Id"])["UsernameConfiguration"] == {"CaseSensitive": False}


def test_recovery_goes_by_mail_before_text_unless_a_pool_says_otherwise(house):
    new = house.services.pools.get(made(house)["Id"])
    assert new.settings.recovery == ("verified_email", "verified_phone_number")
    names = [m["Name"] for m in described(house, new.pool_id)["AccountRecoverySetting"]["RecoveryMechanisms"]]
    assert names == list(new.settings.recovery)
    house.idp.update_user_pool(UserPoolId=new.pool_id, AccountRecoverySetting={})
    assert house.services.pools.get(new.pool_id).settings.recovery == ("verified_phone_number", "verified_email")


def test_a_template_may_hold_a_message_with_a_code_and_one_with_a_link(house):
    template = {
        "DefaultEmailOption": "CONFIRM_WITH_LINK",
        "EmailMessage": "code {####}",
        "EmailSubject": "Code",
        "EmailMessageByLink": "{##here##}",
        "EmailSubjectByLink": "Link",
        "SmsMessage": "sms {####}",
    }
    assert made(house, VerificationMessageTemplate=template)["VerificationMessageTemplate"] == template


def test_the_old_names_of_messages_and_the_template_tell_the_same(house):
    old = {
        "EmailVerificationMessage": "old {####}",
        "EmailVerificationSubject": "Old",
        "SmsVerificationMessage": "{####}",
    }
    pool = made(house, **old)
    template = pool["VerificationMessageTemplate"]
    assert (template["EmailMessage"], template["EmailSubject"], template["SmsMessage"]) == tuple(old.values())
    house.idp.update_user_pool(UserPoolId=pool["Id"], **old, VerificationMessageTemplate={"EmailSubject": "New"})
    after = described(house, pool["Id"])
    assert after["EmailVerificationSubject"] == after["VerificationMessageTemplate"]["EmailSubject"] == "New"
    assert after["EmailVerificationMessage"] == after["VerificationMessageTemplate"]["EmailMessage"] == "old {####}"


def test_that_a_trigger_is_kept_and_not_called_is_said_in_the_log(house, caplog):
    with caplog.at_level("WARNING", logger="app.blueprints.user_pools.pools"):
        pool = made(house)
        house.idp.update_user_pool(UserPoolId=pool["Id"])
        assert caplog.records == []
        house.idp.update_user_pool(UserPoolId=pool["Id"], LambdaConfig={"PreSignUp": FUNCTION})
    [record] = caplog.records
    assert (record.getMessage(), record.pool) == ("pool.triggers_not_called", pool["Id"])
    assert record.triggers == "PreSignUp"


def test_a_pool_can_be_renamed(house):
    pool = made(house)
    house.idp.update_user_pool(UserPoolId=pool["Id"], PoolName="another name")
    assert described(house, pool["Id"])["Name"] == "another name"


@pytest.mark.operation("CreateUserPool", "InvalidParameterException")
@pytest.mark.parametrize(
    "settings",
    [
        {"AliasAttributes": ["email"], "UsernameAttributes": ["email"]},
        {"MfaConfiguration": "ON"},
        {"MfaConfiguration": "OPTIONAL"},
        {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}},
        {"AccountRecoverySetting": {"RecoveryMechanisms": [
            {"Priority": 1, "Name": "admin_only"}, {"Priority": 2, "Name": "verified_email"}]}},
        {"AccountRecoverySetting": {"RecoveryMechanisms": [
            {"Priority": 1, "Name": "verified_email"}, {"Priority": 1, "Name": "verified_phone_number"}]}},
        {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}},
        {"SmsConfiguration": {}},
        {"SmsConfiguration": {**SMS, "EumsSms": {"CallerArn": SMS["SnsCallerArn"]}}},
        {"LambdaConfig": {"CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION}}},
        {"LambdaConfig": {"PreTokenGeneration": FUNCTION,
                          "PreTokenGenerationConfig": {"LambdaVersion": "V1_0", "LambdaArn": OTHER_FUNCTION}}},
        {"KeyConfiguration": {"KeyType": "CUSTOMER_MANAGED_KEY"}},
        {"AcrConfiguration": {"Level1": {"AcrValue": "urn:cognito:loa:2"}}},
        {"AcrConfiguration": {"Level1": {"AcrValue": "same"}, "Level2": {"AcrValue": "same"}}},
        {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "SOFTWARE_TOKEN"]}}},
        {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "PASSWORD"]}}},
        {"Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 3}},
         "AdminCreateUserConfig": {"UnusedAccountValidityDays": 4}},
        {"AdminCreateUserConfig": {"InviteMessageTemplate": {"EmailMessage": "welcome"}}},
        {"Schema": [{"Name": "email", "AttributeDataType": "Number"}]},
        {"Schema": [{"Name": "plan", "Required": True, "AttributeDataType": "String"}]},
        {"Schema": [{"Name": "plan", "AttributeDataType": "String"}, {"Name": "plan", "AttributeDataType": "String"}]},
        {"Schema": [{"Name": "plan", "AttributeDataType": "String",
                     "StringAttributeConstraints": {"MinLength": "9", "MaxLength": "3"}}]},
        {"Policies": {"PasswordPolicy": {"MinimumLength": 100}}},
    ],
)  # fmt: skip
def test_members_that_do_not_go_together_are_refused(house, settings):
    with refused("InvalidParameterException"):
        made(house, **settings)


@pytest.mark.operation("CreateUserPool", "UserPoolTaggingException")
@pytest.mark.parametrize(
    "tags", [{"aws:mine": "no"}, {"AWS:mine": "no"}, {"a<b": "c"}, {str(n): "x" for n in range(51)}]
)
def test_tags_that_cannot_be_are_refused(house, tags):
    with refused("UserPoolTaggingException"):
        made(house, UserPoolTags=tags)


@pytest.mark.operation("UpdateUserPool", "UserPoolTaggingException")
def test_an_update_refuses_them_too(house):
    pool = made(house)
    with refused("UserPoolTaggingException"):
        house.idp.update_user_pool(UserPoolId=pool["Id"], UserPoolTags={"aws:mine": "no"})


BEYOND_LITE = [
    {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}},
    {"Policies": {"PasswordPolicy": {"PasswordHistorySize": 2}}},
    {"AcrConfiguration": {"Level1": {"AcrValue": "low"}}},
    {"DcrConfiguration": {}},
    {"LambdaConfig": {"PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": FUNCTION}}},
]


@pytest.mark.operation("CreateUserPool", "FeatureUnavailableInTierException")
@pytest.mark.parametrize(
    "settings",
    [{"UserPoolTier": "LITE", **one} for one in BEYOND_LITE] + [{"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}],
)
def test_a_feature_beyond_the_plan_is_refused(house, settings):
    with refused("FeatureUnavailableInTierException"):
        made(house, **settings)


@pytest.mark.operation("UpdateUserPool", "FeatureUnavailableInTierException")
@pytest.mark.parametrize("settings", BEYOND_LITE)
def test_an_update_beyond_the_plan_is_refused(house, settings):
    pool = made(house, UserPoolTier="LITE")
    with refused("FeatureUnavailableInTierException"):
        house.idp.update_user_pool(UserPoolId=pool["Id"], **settings)


@pytest.mark.operation("UpdateUserPool", "TierChangeNotAllowedException")
def test_a_plan_cannot_be_lowered_under_features_that_an_update_keeps(house):
    pool = made(house, DcrConfiguration={"EnableStatus": "Enabled"})
    with refused("TierChangeNotAllowedException"):
        house.idp.update_user_pool(UserPoolId=pool["Id"], UserPoolTier="LITE")
    house.idp.update_user_pool(
        UserPoolId=pool["Id"], UserPoolTier="LITE", DcrConfiguration={"EnableStatus": "Disabled"}
    )
    assert described(house, pool["Id"])["UserPoolTier"] == "LITE"


@pytest.mark.operation("CreateUserPool", "LimitExceededException")
def test_an_account_has_so_many_pools_and_no_more(house):
    other = house.services.access_keys.create("777777777777", "full")
    shared = {"account_id": "777777777777", "region": "us-east-1", "name": "one of many", "settings": {}}
    rows = [
        {**shared, "pool_id": f"us-east-1_f{number:08d}", "extensions": {}, "created_at": 1, "updated_at": 1}
        for number in range(10_000)
    ]
    crowd(house, pools, rows)
    with refused("LimitExceededException"):
        house.client(other.access_key_id, other.secret.reveal()).create_user_pool(PoolName="one too many")


@pytest.mark.operation("UpdateUserPool", "InvalidParameterException")
def test_an_update_checks_what_creation_checks(house):
    pool = made(house)
    with refused("InvalidParameterException", "SMS"):
        house.idp.update_user_pool(UserPoolId=pool["Id"], MfaConfiguration="ON")
    with refused("InvalidParameterException", "AttributesRequireVerificationBeforeUpdate"):
        house.idp.update_user_pool(
            UserPoolId=pool["Id"],
            UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
        )
    assert described(house, pool["Id"])["MfaConfiguration"] == "OFF"


@pytest.mark.operation("DescribeUserPool", "ResourceNotFoundException")
@pytest.mark.operation("UpdateUserPool", "ResourceNotFoundException")
@pytest.mark.operation("DeleteUserPool", "ResourceNotFoundException")
@pytest.mark.operation("AddCustomAttributes", "ResourceNotFoundException")
@pytest.mark.parametrize(
    "name", ["describe_user_pool", "update_user_pool", "delete_user_pool", "add_custom_attributes"]
)
def test_nobodys_pool_and_another_accounts_are_not_found(house, name):
    more = {"CustomAttributes": [{"Name": "x"}]} if name == "add_custom_attributes" else {}
    with refused("ResourceNotFoundException", NOBODYS):
        getattr(house.idp, name)(UserPoolId=NOBODYS, **more)
    pool = made(house)
    with refused("ResourceNotFoundException", pool["Id"]):
        getattr(another_account(house), name)(UserPoolId=pool["Id"], **more)
    assert described(house, pool["Id"])["Name"] == "a pool"


@pytest.mark.operation("DescribeUserPool", "InvalidParameterException")
@pytest.mark.operation("DeleteUserPool", "InvalidParameterException")
def test_an_id_of_the_wrong_shape_is_refused(house):
    for name in ("describe_user_pool", "delete_user_pool"):
        with refused("InvalidParameterException", "userPoolId"):
            getattr(house.idp, name)(UserPoolId="not a pool")


@pytest.mark.operation("DeleteUserPool")
def test_a_deleted_pool_is_gone(house):
    pool = made(house)
    house.idp.delete_user_pool(UserPoolId=pool["Id"])
    with refused("ResourceNotFoundException"):
        described(house, pool["Id"])


def test_a_protected_pool_is_not_deleted(house):
    pool = made(house, DeletionProtection="ACTIVE")
    with refused("InvalidParameterException", "protection"):
        house.idp.delete_user_pool(UserPoolId=pool["Id"])
    house.idp.update_user_pool(UserPoolId=pool["Id"], DeletionProtection="INACTIVE")
    house.idp.delete_user_pool(UserPoolId=pool["Id"])


def test_a_pool_with_a_domain_is_not_deleted(house):
    pool = made(house)
    house.idp.create_user_pool_domain(UserPoolId=pool["Id"], Domain="keeps-it")
    with refused("InvalidParameterException", "domain"):
        house.idp.delete_user_pool(UserPoolId=pool["Id"])


@pytest.mark.operation("ListUserPools")
def test_pools_are_listed_in_pages_for_their_account_and_region(house):
    client = another_account(house)
    ids = {client.create_user_pool(PoolName=f"p{number}")["UserPool"]["Id"] for number in range(5)}
    pages = list(client.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["UserPools"]) for page in pages] == [2, 2, 1]
    assert {pool["Id"] for page in pages for pool in page["UserPools"]} == ids


@pytest.mark.operation("ListUserPools", "InvalidParameterException")
def test_a_page_token_of_another_account_or_none_at_all_is_refused(house):
    for _ in range(2):
        made(house)
    token = house.idp.list_user_pools(MaxResults=1)["NextToken"]
    with refused("InvalidParameterException", "token"):
        another_account(house).list_user_pools(MaxResults=1, NextToken=token)
    with refused("InvalidParameterException", "token"):
        house.idp.list_user_pools(MaxResults=1, NextToken="nonsense")
    with refused("InvalidParameterException", "maxResults"):
        house.idp.list_user_pools(MaxResults=61)


@pytest.mark.operation("AddCustomAttributes")
def test_custom_attributes_are_added_under_their_prefixes(house):
    pool = made(house)
    given = [{"Name": "plan", "AttributeDataType": "Number"}, {"Name": "inner", "DeveloperOnlyAttribute": True}]
    house.idp.add_custom_attributes(UserPoolId=pool["Id"], CustomAttributes=given)
    names = [attribute["Name"] for attribute in described(house, pool["Id"])["SchemaAttributes"]]
    assert names[-2:] == ["custom:plan", "dev:custom:inner"]


@pytest.mark.operation("AddCustomAttributes", "InvalidParameterException")
@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ([{"Name": "old", "AttributeDataType": "String"}], "already has name custom:old"),
        ([{"Name": "x", "Required": True}], "Required custom attributes are not supported currently"),
        ([{"Name": "x"}, {"Name": "x"}], "already"),
        ([{"Name": "a:b"}], "Invalid attribute name"),
        ([{"Name": f"n{number}"} for number in range(26)], "customAttributes"),
    ],
)
def test_custom_attributes_that_cannot_be_are_refused(house, attributes, word):
    pool = made(house, Schema=[{"Name": "old", "AttributeDataType": "String"}])
    with refused("InvalidParameterException", word):
        house.idp.add_custom_attributes(UserPoolId=pool["Id"], CustomAttributes=attributes)


def test_a_fifty_first_custom_attribute_is_refused(house):
    pool = made(house)
    for start in (0, 25):
        attributes = [{"Name": f"n{number}"} for number in range(start, start + 25)]
        house.idp.add_custom_attributes(UserPoolId=pool["Id"], CustomAttributes=attributes)
    with refused("InvalidParameterException", "50"):
        house.idp.add_custom_attributes(UserPoolId=pool["Id"], CustomAttributes=[{"Name": "more"}])


def test_another_regions_pool_is_not_found(house):
    pool = made(house)
    elsewhere = house.client(house.key_id, house.secret, region="eu-west-1")
    with refused("ResourceNotFoundException", pool["Id"]):
        elsewhere.describe_user_pool(UserPoolId=pool["Id"])
    assert elsewhere.create_user_pool(PoolName="there")["UserPool"]["Id"].startswith("eu-west-1_")


def test_the_number_of_users_of_a_large_pool_may_be_an_hour_old(house):
    pool = made(house)
    shared = {"pool_id": pool["Id"], "status": "CONFIRMED", "enabled": True, "attributes": {}}
    times = {"sessions_valid_after": 0, "revision": 0, "created_at": 1, "updated_at": 1}
    rows = [{**shared, **times, "sub": f"s{number}", "username": f"u{number}"} for number in range(10_003)]
    crowd(house, users, rows[:10_001])
    assert described(house, pool["Id"])["EstimatedNumberOfUsers"] == 10_001
    crowd(house, users, rows[10_001:])
    assert described(house, pool["Id"])["EstimatedNumberOfUsers"] == 10_001
    house.clock.advance(hours=1)
    assert described(house, pool["Id"])["EstimatedNumberOfUsers"] == 10_003
