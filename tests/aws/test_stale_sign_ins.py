"""A sign-in that is under way while the user's record changes: nothing is set up and nothing proven with what was before."""

from typing import Any

import pyotp
import pytest

from app.core.kernel.secret import Secret
from tests.support.aws_house import AwsHouse
from tests.support.house import PASSWORD
from tests.support.sign_in_calls import Caller, refused

OTHER = "Another-horse-8-battery"
EXPIRED = ("NotAuthorized", "Invalid session for the user, session is expired.")
TOKENS = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": True}}


@pytest.fixture
def ada(house: AwsHouse) -> Caller:
    pool = house.pool()
    house.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **TOKENS)
    house.user(pool)
    return Caller(house, house.app_client(pool))


def begin(caller: Caller, asked: dict[str, Any]) -> tuple[dict[str, Any], pyotp.TOTP]:
    begun = caller.house.unsigned.associate_software_token(Session=asked["Session"])
    return begun, pyotp.TOTP(begun["SecretCode"])


def verify(caller: Caller, begun: dict[str, Any], app: pyotp.TOTP) -> dict[str, Any]:
    code = app.at(caller.house.clock.now())
    return caller.house.unsigned.verify_software_token(Session=begun["Session"], UserCode=code)


def change_password(ada: Caller) -> None:
    pool = ada.house.services.pools.get(ada.client.pool_id)
    ada.house.services.users.set_password(pool, "ada", Secret(OTHER), permanent=True)


def sign_out(ada: Caller) -> None:
    ada.house.idp.admin_user_global_sign_out(UserPoolId=ada.client.pool_id, Username="ada")


def enrol(ada: Caller) -> None:
    verify(ada, *begin(ada, ada.by_password()))


CHANGES = pytest.mark.parametrize("change", [change_password, sign_out, enrol])


@CHANGES
def test_no_seed_is_shown_to_a_sign_in_of_before(ada, change):
    asked = ada.by_password()
    change(ada)
    assert refused(begin, ada, asked) == EXPIRED


@CHANGES
def test_no_software_token_is_stored_by_a_sign_in_of_before(ada, change):
    begun, app = begin(ada, ada.by_password())
    change(ada)
    assert refused(verify, ada, begun, app) == EXPIRED


def test_the_victims_software_token_stays_theirs(ada):
    attackers, victims = ada.by_password(), ada.by_password()
    begun, app = begin(ada, victims)
    verified = verify(ada, begun, app)
    assert "AccessToken" in ada.respond(verified, "MFA_SETUP")["AuthenticationResult"]
    assert refused(begin, ada, attackers) == EXPIRED
    ada.house.clock.advance(seconds=30)
    code = app.at(ada.house.clock.now())
    found = ada.respond(ada.by_password(), SOFTWARE_TOKEN_MFA_CODE=code)
    assert "AccessToken" in found["AuthenticationResult"]


BY_MAIL = {"MfaConfiguration": "ON", "EmailMfaConfiguration": {}}
DEVELOPER = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com",
}


@pytest.mark.parametrize("mfa", [TOKENS, BY_MAIL])
def test_a_sign_up_that_an_administrator_confirmed_proves_no_address(house, mfa):
    pool = house.pool(EmailConfiguration=DEVELOPER)
    house.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **mfa)
    new = Caller(house, house.app_client(pool), "new")
    mail = [{"Name": "email", "Value": "new@example.com"}]
    named = {"Username": "new", "Password": PASSWORD, "UserAttributes": mail}
    session = house.unsigned.sign_up(ClientId=new.client.client_id, **named)["Session"]
    house.idp.admin_confirm_sign_up(UserPoolId=pool.pool_id, Username="new")
    asked = house.unsigned.initiate_auth(
        ClientId=new.client.client_id, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": "new"}, Session=session
    )
    if mfa is TOKENS:
        verified = verify(new, *begin(new, asked))
        found = new.respond(verified, "MFA_SETUP")
    else:
        assert asked["ChallengeName"] == "EMAIL_OTP"
        found = new.respond(asked, EMAIL_OTP_CODE=house.outbox("new@example.com")[0]["code"])
    assert "AccessToken" in found["AuthenticationResult"]


def test_a_code_verifies_no_address_of_a_record_that_changed_since(house):
    pool = house.pool(Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}})
    user = house.user(pool, email="ada@example.com", email_verified="false")
    ada = Caller(house, house.app_client(pool))
    asked = ada.initiate("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = house.outbox("ada@example.com")[0]["code"]
    change_password(ada)
    assert refused(ada.respond, asked, EMAIL_OTP_CODE=code) == EXPIRED
    assert not house.services.users.get(pool, user.sub).is_verified("email")
