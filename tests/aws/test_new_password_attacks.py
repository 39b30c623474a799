"""What somebody cannot do who knows a temporary password and nothing else."""

import pytest

from app.core.kernel.secret import Secret
from tests.support.aws_house import AwsHouse
from tests.support.house import PASSWORD
from tests.support.sign_in_calls import Caller, refused

NEW = "Another-horse-8-battery"
PHONE, MAIL = "+15550001111", "ada@example.com"
SMS = {"SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}}
BY_MAIL = {"EmailMfaConfiguration": {}}
DEVELOPER = {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com"}}  # fmt: skip
VERIFY_FIRST = {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email", "phone_number"]}, "AutoVerifiedAttributes": ["email", "phone_number"]}  # fmt: skip


def invited(house: AwsHouse, mfa: dict | None = None, settings: dict | None = None, **attributes: str) -> Caller:
    """Ada's password is an administrator's, and the attacker has it."""
    pool = house.pool(**(settings or {}))
    if mfa:
        house.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **mfa)
        pool = house.services.pools.get(pool.pool_id)
    house.services.users.create(pool, "ada", attributes, temporary_password=Secret(PASSWORD))
    return Caller(house, house.app_client(pool))


def attributes_of(caller: Caller) -> dict[str, str]:
    found = caller.house.idp.admin_get_user(UserPoolId=caller.client.pool_id, Username="ada")
    return {entry["Name"]: entry["Value"] for entry in found["UserAttributes"]}


def answer(caller: Caller, asked: dict, **attributes: str) -> dict:
    named = {f"userAttributes.{name}": value for name, value in attributes.items()}
    return caller.respond(asked, NEW_PASSWORD=NEW, **named)


@pytest.mark.operation("RespondToAuthChallenge", "InvalidParameterException")
@pytest.mark.parametrize("mode", ["ON", "OPTIONAL"])
@pytest.mark.parametrize("phone", ["", "+15559999999"])
def test_a_temporary_password_neither_removes_nor_moves_the_phone_of_the_second_factor(house, mode, phone):
    ada = invited(house, {"MfaConfiguration": mode, **SMS}, phone_number=PHONE, phone_number_verified="true")
    first = {"Enabled": True, "PreferredMfa": True}
    house.idp.admin_set_user_mfa_preference(UserPoolId=ada.client.pool_id, Username="ada", SMSMfaSettings=first)
    asked = ada.by_password()
    assert refused(answer, ada, asked, phone_number=phone)[0] == "InvalidParameter"
    assert attributes_of(ada)["phone_number"] == PHONE
    # What a stock client sends back unchanged is no change.
    assert answer(ada, asked, phone_number=PHONE)["ChallengeName"] == "SMS_MFA"
    assert house.outbox("+15559999999") == []


def test_an_address_is_not_moved_where_no_second_factor_is_due(house):
    ada = invited(house, email=MAIL, email_verified="true")
    asked = ada.by_password()
    assert refused(answer, ada, asked, email="mallory@example.com")[0] == "InvalidParameter"
    assert refused(answer, ada, asked, name="")[0] == "InvalidParameter"
    assert "AccessToken" in answer(ada, asked, email=MAIL)["AuthenticationResult"]
    assert attributes_of(ada)["email_verified"] == "true"


@pytest.mark.parametrize("verified", ["true", "false"])
def test_a_phone_is_not_put_beside_the_address_that_is_the_second_factor(house, verified):
    ada = invited(house, {"MfaConfiguration": "ON", **SMS, **BY_MAIL}, DEVELOPER, email=MAIL, email_verified=verified)
    asked = ada.by_password()
    if verified == "true":
        # It is there then, and proves nothing beside one that is verified.
        asked = answer(ada, asked, phone_number="+15559999999")
    else:
        assert refused(answer, ada, asked, phone_number="+15559999999")[0] == "InvalidParameter"
        asked = answer(ada, asked)
    assert (asked["ChallengeName"], house.outbox("+15559999999")) == ("EMAIL_OTP", [])
    assert ada.by_password(NEW)["ChallengeName"] == "EMAIL_OTP"


def test_an_address_that_is_to_be_verified_first_waits(house):
    ada = invited(house, settings=VERIFY_FIRST)
    answer(ada, ada.by_password(), email="mallory@example.com")
    assert "email" not in attributes_of(ada)


def test_an_address_that_is_required_is_there_at_once(house):
    schema = {"Schema": [{"Name": "email", "Required": True}]}
    ada = invited(house, settings={**VERIFY_FIRST, **schema})
    answer(ada, ada.by_password(), email=MAIL)
    assert attributes_of(ada)["email"] == MAIL
    assert attributes_of(ada)["email_verified"] == "false"
