"""Second factors and passkeys of pools through a stock boto3."""

from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

NOBODYS_POOL = "us-east-1_AAAAAAAAA"
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
SES = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com"}
TOTP = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
TEXTS = {"SmsMfaConfiguration": {"SmsConfiguration": SMS, "SmsAuthenticationMessage": "Code {####}"}}
MAILS = {"EmailMfaConfiguration": {"Message": "Your code {####}", "Subject": "Code"}}


def a_pool(house: AwsHouse, **settings: Any) -> str:
    return str(house.pool(**settings).pool_id)


def read(house: AwsHouse, pool_id: str) -> Any:
    found = house.idp.get_user_pool_mfa_config(UserPoolId=pool_id)
    del found["ResponseMetadata"]
    return found


def offers(house: AwsHouse, pool_id: str) -> frozenset[str]:
    pool = house.services.pools.get(pool_id)  # type: ignore[arg-type]  # a pool's id as boto3 has it
    return pool.settings.mfa.offers


@pytest.mark.operation("GetUserPoolMfaConfig")
def test_a_new_pool_asks_for_none(house):
    assert read(house, a_pool(house)) == {"MfaConfiguration": "OFF"}


def test_a_pool_made_with_mfa_offers_texts(house):
    pool_id = a_pool(house, MfaConfiguration="ON", SmsConfiguration=SMS)
    assert read(house, pool_id) == {"MfaConfiguration": "ON", "SmsMfaConfiguration": {"SmsConfiguration": SMS}}
    assert offers(house, pool_id) == {"SMS_MFA"}


@pytest.mark.operation("SetUserPoolMfaConfig")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (TOTP, {"SOFTWARE_TOKEN_MFA"}),
        (TEXTS, {"SMS_MFA"}),
        (MAILS, {"EMAIL_OTP"}),
        ({**TOTP, **TEXTS, **MAILS}, {"SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"}),
    ],
)
def test_what_is_set_is_offered_and_echoed(house, given, expected):
    pool_id = a_pool(house, EmailConfiguration=SES)
    answer = house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, MfaConfiguration="OPTIONAL", **given)
    del answer["ResponseMetadata"]
    assert answer == read(house, pool_id) == {"MfaConfiguration": "OPTIONAL", **given}
    assert offers(house, pool_id) == expected


@pytest.mark.parametrize("off", [{}, {"Enabled": False}])
def test_software_tokens_that_are_switched_off_are_shown_and_not_offered(house, off):
    pool_id = a_pool(house)
    given = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": off, **TEXTS}
    house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, **given)
    assert read(house, pool_id) == {**given, "SoftwareTokenMfaConfiguration": {"Enabled": False}}
    assert offers(house, pool_id) == {"SMS_MFA"}


def test_texts_set_here_stand_in_the_pools_description(house):
    pool_id = a_pool(house)
    house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, MfaConfiguration="ON", **TEXTS)
    pool = house.idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert (pool["SmsConfiguration"], pool["MfaConfiguration"]) == (SMS, "ON")
    assert "SmsMfaConfiguration" not in pool


def test_an_sms_configuration_for_other_messages_offers_no_texts_beside_totp(house):
    pool_id = a_pool(house, SmsConfiguration=SMS)
    house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, MfaConfiguration="ON", **TOTP)
    assert offers(house, pool_id) == {"SOFTWARE_TOKEN_MFA"}


def test_an_update_of_the_pool_keeps_factors_and_passkeys(house):
    pool_id = a_pool(house)
    passkeys = {"WebAuthnConfiguration": {"RelyingPartyId": "example.com", "UserVerification": "required"}}
    house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, MfaConfiguration="ON", **TOTP, **passkeys)
    house.idp.update_user_pool(UserPoolId=pool_id, MfaConfiguration="OPTIONAL")
    assert read(house, pool_id) == {"MfaConfiguration": "OPTIONAL", **TOTP, **passkeys}


def test_an_update_that_says_nothing_of_mfa_switches_it_off(house):
    pool_id = a_pool(house)
    house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, MfaConfiguration="ON", **TOTP)
    house.idp.update_user_pool(UserPoolId=pool_id)
    assert read(house, pool_id) == {"MfaConfiguration": "OFF"}
    assert offers(house, pool_id) == frozenset()


def test_setting_up_passkeys_leaves_mfa_alone(house):
    pool_id = a_pool(house)
    house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, MfaConfiguration="ON", **TOTP)
    passkeys = {"RelyingPartyId": "auth.example.com", "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}
    house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, WebAuthnConfiguration=passkeys)
    assert read(house, pool_id) == {"MfaConfiguration": "ON", **TOTP, "WebAuthnConfiguration": passkeys}


@pytest.mark.operation("SetUserPoolMfaConfig", "InvalidParameterException")
@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"MfaConfiguration": "ON"}, "can't disable all MFAs"),
        ({"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": False}}, "can't disable"),
        ({"MfaConfiguration": "OFF", **TOTP}, "can't turn off MFA"),
        (TOTP, "can't turn off MFA"),
        ({"MfaConfiguration": "ON", "SmsMfaConfiguration": {}}, "SmsConfiguration"),
        ({"MfaConfiguration": "ON", **MAILS}, "EmailConfiguration"),
        ({"MfaConfiguration": "ON", "EmailMfaConfiguration": {"Message": "no placeholder"}}, "emailMfaConfiguration"),
        ({"WebAuthnConfiguration": {"RelyingPartyId": "https://example.com"}}, "RelyingPartyId"),
        ({"WebAuthnConfiguration": {"RelyingPartyId": "com"}}, "RelyingPartyId"),
        ({"WebAuthnConfiguration": {"UserVerification": "discouraged"}}, "userVerification"),
    ],
)
def test_what_does_not_go_together_is_refused(house, given, word):
    pool_id = a_pool(house)
    with refused("InvalidParameterException", word):
        house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, **given)
    assert read(house, pool_id) == {"MfaConfiguration": "OFF"}


def test_the_relying_party_fits_the_custom_domain(house):
    pool_id = a_pool(house)
    certificate = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/one"}
    house.idp.create_user_pool_domain(UserPoolId=pool_id, Domain="login.example.org", CustomDomainConfig=certificate)
    with refused("InvalidParameterException", "custom domain"):
        house.idp.set_user_pool_mfa_config(
            UserPoolId=pool_id, WebAuthnConfiguration={"RelyingPartyId": "elsewhere.example"}
        )
    house.idp.set_user_pool_mfa_config(
        UserPoolId=pool_id, WebAuthnConfiguration={"RelyingPartyId": "login.example.org"}
    )


def test_one_time_passwords_alone_cannot_begin_where_mfa_is_required(house):
    pool_id = a_pool(house, Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["EMAIL_OTP"]}})
    with refused("InvalidParameterException", "One-time passwords"):
        house.idp.set_user_pool_mfa_config(UserPoolId=pool_id, MfaConfiguration="ON", **TOTP)


@pytest.mark.operation("SetUserPoolMfaConfig", "FeatureUnavailableInTierException")
@pytest.mark.parametrize(
    "given",
    [
        {"MfaConfiguration": "ON", **MAILS},
        {"WebAuthnConfiguration": {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}},
    ],
)
def test_factors_beyond_the_lite_plan_are_refused(house, given):
    with refused("FeatureUnavailableInTierException"):
        house.idp.set_user_pool_mfa_config(UserPoolId=a_pool(house, UserPoolTier="LITE"), **given)


@pytest.mark.operation("SetUserPoolMfaConfig", "ResourceNotFoundException")
@pytest.mark.operation("GetUserPoolMfaConfig", "ResourceNotFoundException")
def test_nobodys_pool_is_not_found(house):
    with refused("ResourceNotFoundException", NOBODYS_POOL):
        read(house, NOBODYS_POOL)
    with refused("ResourceNotFoundException", NOBODYS_POOL):
        house.idp.set_user_pool_mfa_config(UserPoolId=NOBODYS_POOL, MfaConfiguration="ON", **TOTP)


@pytest.mark.operation("GetUserPoolMfaConfig", "InvalidParameterException")
def test_an_id_of_the_wrong_shape_is_refused(house):
    with refused("InvalidParameterException", "userPoolId"):
        read(house, "not a pool")
