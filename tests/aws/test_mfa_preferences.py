"""The choice of second factors through stock boto3."""

from dataclasses import dataclass

import pyotp
import pytest

from app.core.clients.model import Client
from app.core.pools.model import Pool
from app.core.users.model import User
from tests.support.authenticator import Authenticator
from tests.support.aws_house import AwsHouse
from tests.support.signed_in import access_token_of

ALL = {
    "MfaConfiguration": "OPTIONAL",
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
    "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
    "WebAuthnConfiguration": {"RelyingPartyId": "example.com", "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"},
}  # fmt: skip
ON, OFF, FIRST = {"Enabled": True}, {"Enabled": False}, {"Enabled": True, "PreferredMfa": True}


@dataclass
class Ada:
    house: AwsHouse
    pool: Pool
    client: Client
    user: User
    token: str

    def choose(self, **settings: object) -> None:
        self.house.unsigned.set_user_mfa_preference(AccessToken=self.token, **settings)

    def factors(self) -> tuple[list[str], str | None]:
        found = self.house.unsigned.get_user_auth_factors(AccessToken=self.token)
        return found.get("UserMFASettingList", []), found.get("PreferredMfaSetting")

    def add_token(self) -> None:
        seed = self.house.unsigned.associate_software_token(AccessToken=self.token)["SecretCode"]
        self.house.unsigned.verify_software_token(
            AccessToken=self.token, UserCode=pyotp.TOTP(seed).at(self.house.clock.now())
        )

    @property
    def named(self) -> dict[str, str]:
        return {"UserPoolId": self.pool.pool_id, "Username": "ada"}

    def refused(self, name: str = "InvalidParameterException"):
        return pytest.raises(getattr(self.house.unsigned.exceptions, name))


def someone(
    house: AwsHouse, mfa: dict | None = ALL, *, first: tuple[str, ...] = ("PASSWORD",), **attributes: str
) -> Ada:
    pool = house.pool(
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": list(first)}},
        EmailConfiguration={"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com"},
    )  # fmt: skip
    if mfa:
        house.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **mfa)
    pool = house.services.pools.get(pool.pool_id)
    client, user = house.app_client(pool), house.user(pool, **attributes)
    return Ada(house, pool, client, user, access_token_of(house.services, pool, client, user))


@pytest.fixture
def ada(house):
    return someone(house, phone_number="+15550001111")


@pytest.mark.operation("SetUserMFAPreference")
@pytest.mark.operation("GetUserAuthFactors")
def test_what_is_chosen_is_told(ada):
    assert ada.factors() == ([], None)
    ada.add_token()
    ada.choose(SMSMfaSettings=ON, SoftwareTokenMfaSettings=FIRST)
    assert ada.factors() == (["SMS_MFA", "SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")
    ada.choose(SMSMfaSettings=FIRST)
    assert ada.factors() == (["SMS_MFA", "SOFTWARE_TOKEN_MFA"], "SMS_MFA")
    ada.choose(SMSMfaSettings={"Enabled": True, "PreferredMfa": False})
    assert ada.factors() == (["SMS_MFA", "SOFTWARE_TOKEN_MFA"], None)
    ada.choose(SoftwareTokenMfaSettings=FIRST)
    ada.choose(SoftwareTokenMfaSettings=OFF)
    assert ada.factors() == (["SMS_MFA"], None)


@pytest.mark.operation("AdminSetUserMFAPreference")
@pytest.mark.operation("AdminGetUserAuthFactors")
def test_an_administrator_chooses_for_a_user(ada):
    ada.house.idp.admin_set_user_mfa_preference(**ada.named, SMSMfaSettings=FIRST)
    found = ada.house.idp.admin_get_user_auth_factors(**ada.named)
    assert found["Username"] == "ada"
    assert found["UserMFASettingList"] == ["SMS_MFA"]
    assert found["PreferredMfaSetting"] == "SMS_MFA"
    assert found["ConfiguredUserAuthFactors"] == ["PASSWORD"]


@pytest.mark.operation("SetUserMFAPreference", "InvalidParameterException")
@pytest.mark.parametrize(
    "settings",
    [
        {"SMSMfaSettings": FIRST, "SoftwareTokenMfaSettings": FIRST},
        {"SMSMfaSettings": {"Enabled": False, "PreferredMfa": True}},
        {"SMSMfaSettings": {"PreferredMfa": True}},
        {"SoftwareTokenMfaSettings": ON},
        {"EmailMfaSettings": ON},
        {"WebAuthnMfaSettings": ON},
    ],
    ids=["two first", "off and first", "first without on", "no token", "not offered", "a passkey alone"],
)
def test_a_choice_that_cannot_be_is_refused_and_nothing_changes(ada, settings):
    with ada.refused():
        ada.choose(**settings)
    assert ada.factors() == ([], None)


@pytest.mark.operation("AdminSetUserMFAPreference", "InvalidParameterException")
def test_a_code_needs_somewhere_to_go(house):
    mail = {
        "MfaConfiguration": "OPTIONAL",
        "EmailMfaConfiguration": {},
        "SmsMfaConfiguration": ALL["SmsMfaConfiguration"],
    }
    ada = someone(house, mail)
    for settings in ({"SMSMfaSettings": ON}, {"EmailMfaSettings": ON}):
        with ada.refused():
            house.idp.admin_set_user_mfa_preference(**ada.named, **settings)
    reachable = someone(house, mail, email="ada@example.com")
    house.idp.admin_set_user_mfa_preference(**reachable.named, EmailMfaSettings=FIRST)
    assert reachable.factors() == (["EMAIL_OTP"], "EMAIL_OTP")


def test_a_token_that_is_gone_cannot_be_chosen_again(ada):
    ada.add_token()
    ada.house.idp.admin_delete_software_token(**ada.named)
    with ada.refused():
        ada.choose(SoftwareTokenMfaSettings=ON)


def test_a_passkey_needs_another_factor_for_as_long_as_it_is_one(ada):
    ada.choose(SMSMfaSettings=ON, WebAuthnMfaSettings=ON)
    assert ada.factors() == (["SMS_MFA", "WEB_AUTHN"], None)
    with ada.refused():
        ada.choose(SMSMfaSettings=OFF)
    ada.choose(SMSMfaSettings=OFF, WebAuthnMfaSettings=OFF)
    assert ada.factors() == ([], None)


def test_a_pool_without_mfa_has_nothing_to_choose(house):
    ada = someone(house, None, phone_number="+15550001111")
    with ada.refused():
        ada.choose(SMSMfaSettings=ON)
    ada.choose(SMSMfaSettings=OFF)


@pytest.mark.operation("SetUserSettings")
@pytest.mark.operation("AdminSetUserSettings")
def test_the_old_settings_switch_text_messages_on_and_off(ada):
    sms = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    ada.house.unsigned.set_user_settings(AccessToken=ada.token, MFAOptions=sms)
    assert ada.factors() == (["SMS_MFA"], None)
    ada.house.idp.admin_set_user_settings(**ada.named, MFAOptions=[])
    assert ada.factors() == ([], None)


@pytest.mark.operation("SetUserSettings", "InvalidParameterException")
@pytest.mark.operation("AdminSetUserSettings", "InvalidParameterException")
@pytest.mark.parametrize("option", [{"DeliveryMedium": "EMAIL", "AttributeName": "email"}, {"DeliveryMedium": "SMS"}, {"DeliveryMedium": "SMS", "AttributeName": "email"}, {}])  # fmt: skip
def test_the_old_settings_know_nothing_else(ada, option):
    with ada.refused():
        ada.house.unsigned.set_user_settings(AccessToken=ada.token, MFAOptions=[option])
    with ada.refused():
        ada.house.idp.admin_set_user_settings(**ada.named, MFAOptions=[option])


@pytest.mark.operation("AdminSetUserMFAPreference", "UserNotFoundException")
@pytest.mark.operation("AdminSetUserSettings", "UserNotFoundException")
@pytest.mark.operation("AdminGetUserAuthFactors", "UserNotFoundException")
def test_nobody_chooses_nothing(ada):
    nobody, idp = {"UserPoolId": ada.pool.pool_id, "Username": "nobody"}, ada.house.idp
    with ada.refused("UserNotFoundException"):
        idp.admin_set_user_mfa_preference(**nobody)
    with ada.refused("UserNotFoundException"):
        idp.admin_set_user_settings(**nobody, MFAOptions=[])
    with ada.refused("UserNotFoundException"):
        idp.admin_get_user_auth_factors(**nobody)


@pytest.mark.operation("SetUserMFAPreference", "NotAuthorizedException")
@pytest.mark.operation("SetUserSettings", "NotAuthorizedException")
@pytest.mark.operation("GetUserAuthFactors", "NotAuthorizedException")
def test_a_token_without_the_scope_chooses_nothing(ada):
    narrow = access_token_of(ada.house.services, ada.pool, ada.client, ada.user, scope=("openid",))
    for token in ("a.b.c", narrow):
        with ada.refused("NotAuthorizedException"):
            ada.house.unsigned.set_user_mfa_preference(AccessToken=token, SMSMfaSettings=ON)
        with ada.refused("NotAuthorizedException"):
            ada.house.unsigned.set_user_settings(AccessToken=token, MFAOptions=[])
        with ada.refused("NotAuthorizedException"):
            ada.house.unsigned.get_user_auth_factors(AccessToken=token)


def test_first_factors_are_those_the_pool_allows_and_the_user_has(house):
    ada = someone(house, None, first=("PASSWORD", "EMAIL_OTP", "SMS_OTP"), email="ada@example.com")
    found = house.unsigned.get_user_auth_factors(AccessToken=ada.token)
    assert found["ConfiguredUserAuthFactors"] == ["PASSWORD", "EMAIL_OTP"]


def test_with_the_last_passkey_goes_its_choice(house):
    ada = someone(house, phone_number="+15550001111")
    start = house.unsigned.start_web_authn_registration(AccessToken=ada.token)["CredentialCreationOptions"]
    made = Authenticator("https://example.com").create(start)
    house.unsigned.complete_web_authn_registration(AccessToken=ada.token, Credential=made)
    ada.choose(SMSMfaSettings=ON, WebAuthnMfaSettings=ON)
    house.unsigned.delete_web_authn_credential(AccessToken=ada.token, CredentialId=made["id"])
    assert ada.factors() == (["SMS_MFA"], None)
