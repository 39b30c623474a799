"""What a sign-in through the API refuses, and what a refusal leaves as it was."""

import json
from dataclasses import replace
from typing import Any

import pyotp
import pytest

from app.core.kernel.secret import Secret
from app.core.users.model import User
from tests.support.aws_house import AwsHouse
from tests.support.house import PASSWORD
from tests.support.parallel import at_once
from tests.support.sign_in_calls import Caller, refused
from tests.support.srp_client import SrpClient

OTHER = "Another-horse-8-battery"
EXPIRED = ("NotAuthorized", "Invalid session for the user, session is expired.")
WRONG = ("NotAuthorized", "Incorrect username or password.")


@pytest.fixture
def ada(house: AwsHouse) -> Caller:
    pool = house.pool()
    house.user(pool)
    return Caller(house, house.app_client(pool))


def pool_of(caller: Caller) -> Any:
    return caller.house.services.pools.get(caller.client.pool_id)


def challenged(caller: Caller, name: str = "ada") -> dict[str, Any]:
    """Somebody whose password is an administrator's, and who is asked for one of their own."""
    caller.house.services.users.set_password(pool_of(caller), name, Secret(PASSWORD), permanent=False)
    return caller.by_password()


def without_verifier(caller: Caller) -> User:
    """As an imported user: a hash, and no plain password was ever seen."""
    users = caller.house.services.users
    user = users.get(pool_of(caller), "ada")
    return users.users.save(replace(user, password=replace(user.password, srp=None)))


# -- whose Session it is -------------------------------------------------------------------------------------------------


def test_a_session_answers_to_nobody_elses_name(ada):
    ada.house.user(pool_of(ada), "bob")
    asked = challenged(ada)
    for name in ("bob", "nobody", "ADA ", "x" * 128):
        assert refused(Caller(ada.house, ada.client, name).respond, asked, NEW_PASSWORD=OTHER) == EXPIRED
    assert "AccessToken" in ada.respond(asked, NEW_PASSWORD=OTHER)["AuthenticationResult"]


def test_a_session_answers_to_every_name_of_its_user(house):
    pool = house.pool(AliasAttributes=["email"])
    user = house.user(pool, "ada", email="ada@example.com", email_verified="true")
    client = house.app_client(pool)
    for name in ("ada", "ada@example.com", "ADA@example.com", user.sub):
        asked = challenged(Caller(house, client))
        found = Caller(house, client, name).respond(asked, NEW_PASSWORD=f"{OTHER}-{len(name)}")
        assert "AccessToken" in found["AuthenticationResult"]


def test_a_proof_of_srp_is_its_users_own(ada):
    ada.house.user(pool_of(ada), "bob")
    srp = SrpClient()
    asked = ada.initiate("USER_SRP_AUTH", SRP_A=srp.a)
    proof = srp.answer(ada.group, "ada", PASSWORD, asked["ChallengeParameters"])
    assert refused(Caller(ada.house, ada.client, "bob").respond, asked, **proof) == EXPIRED
    assert "AccessToken" in ada.respond(asked, **proof)["AuthenticationResult"]


@pytest.mark.operation("RespondToAuthChallenge", "NotAuthorizedException")
@pytest.mark.parametrize("challenge", ["SMS_MFA", "SELECT_CHALLENGE", "MFA_SETUP", "PASSWORD_VERIFIER", "WEB_AUTHN"])
def test_a_session_is_good_for_its_own_step_alone(ada, challenge):
    asked = challenged(ada)
    answers = {
        "SMS_MFA_CODE": "123456",
        "ANSWER": "PASSWORD",
        "CREDENTIAL": "{}",
        "PASSWORD_CLAIM_SIGNATURE": "x",
        "PASSWORD_CLAIM_SECRET_BLOCK": "eA==",
        "TIMESTAMP": "x",
    }
    assert refused(ada.respond, asked, challenge, **answers) == EXPIRED
    assert "AccessToken" in ada.respond(asked, NEW_PASSWORD=OTHER)["AuthenticationResult"]


def test_a_session_ends_with_the_clients_minutes(ada):
    asked = challenged(ada)
    ada.house.clock.advance(minutes=3)
    assert refused(ada.respond, asked, NEW_PASSWORD=OTHER) == EXPIRED


def test_of_parallel_answers_one_gets_tokens(ada):
    asked = challenged(ada)

    def answer(_: int) -> str:
        try:
            return "won" if "AuthenticationResult" in ada.respond(asked, NEW_PASSWORD=OTHER) else "?"
        except ada.house.unsigned.exceptions.NotAuthorizedException as refusal:
            return refusal.response["Error"]["Message"]

    told = at_once(answer, range(6))
    assert told.count("won") == 1
    assert set(told) <= {"won", EXPIRED[1], "Invalid session for the user, session can only be used once."}


def test_what_was_proven_before_a_password_changed_counts_no_more(ada):
    srp = SrpClient()
    asked = ada.initiate("USER_SRP_AUTH", SRP_A=srp.a)
    proof = srp.answer(ada.group, "ada", PASSWORD, asked["ChallengeParameters"])
    ada.house.services.users.set_password(pool_of(ada), "ada", Secret(OTHER), permanent=True)
    assert refused(ada.respond, asked, **proof) == EXPIRED


# -- SRP -----------------------------------------------------------------------------------------------------------------


def test_a_user_without_a_verifier_is_answered_like_a_wrong_password_until_the_password_is_seen(ada):
    without_verifier(ada)
    assert refused(ada.by_srp) == WRONG
    assert "AccessToken" in ada.by_password()["AuthenticationResult"]
    assert "AccessToken" in ada.by_srp()["AuthenticationResult"]


def test_a_wrong_password_makes_no_verifier(ada):
    without_verifier(ada)
    assert refused(ada.by_password, "Wrong-horse-7-battery") == WRONG
    assert refused(ada.by_srp, "Wrong-horse-7-battery") == WRONG
    assert ada.house.services.users.get(pool_of(ada), "ada").password.srp is None


@pytest.mark.parametrize("public", ["0", "00", "xyz", "-1", " 12", "1" * 1025, "0x10", "१"])
def test_a_public_value_that_is_no_number_is_refused(ada, public):
    assert refused(ada.initiate, "USER_SRP_AUTH", SRP_A=public)[0] == "InvalidParameter"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"PASSWORD_CLAIM_SIGNATURE": "x"}, "NotAuthorized"),
        ({"PASSWORD_CLAIM_SIGNATURE": "é" * 40}, "NotAuthorized"),
        ({"PASSWORD_CLAIM_SECRET_BLOCK": "not base64!"}, "InvalidParameter"),
        ({"PASSWORD_CLAIM_SECRET_BLOCK": "eA=="}, "NotAuthorized"),
        ({"TIMESTAMP": "2026-11-21T04:00:00Z"}, "NotAuthorized"),
        ({"TIMESTAMP": "Fri Feb 31 04:00:00 UTC 2026"}, "NotAuthorized"),
        ({"TIMESTAMP": "x" * 10_000}, "NotAuthorized"),
    ],
)
def test_a_proof_that_is_none_is_refused(ada, changed, code):
    srp = SrpClient()
    asked = ada.initiate("USER_SRP_AUTH", SRP_A=srp.a)
    proof = srp.answer(ada.group, "ada", PASSWORD, asked["ChallengeParameters"])
    assert refused(ada.respond, asked, **{**proof, **changed})[0] == code


@pytest.mark.parametrize("missing", ["PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"])
@pytest.mark.operation("RespondToAuthChallenge", "InvalidParameterException")
def test_what_is_missing_is_named_and_nothing_is_consumed(ada, missing):
    srp = SrpClient()
    asked = ada.initiate("USER_SRP_AUTH", SRP_A=srp.a)
    proof = srp.answer(ada.group, "ada", PASSWORD, asked["ChallengeParameters"])
    rest = {name: value for name, value in proof.items() if name != missing}
    assert refused(ada.respond, asked, **rest) == ("InvalidParameter", f"Missing required parameter {missing}")
    assert "AccessToken" in ada.respond(asked, **proof)["AuthenticationResult"]


# -- factors -------------------------------------------------------------------------------------------------------------


def test_a_code_that_came_first_is_worth_nothing_once_the_pool_demands_a_second_factor(house):
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = house.pool(UsernameAttributes=["email"], Policies=policy)
    house.user(pool, "late@example.com")
    caller = Caller(house, house.app_client(pool), "late@example.com")
    asked = caller.initiate("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = house.outbox("late@example.com")[0]["code"]
    house.idp.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    assert refused(caller.respond, asked, EMAIL_OTP_CODE=code) == WRONG


def test_a_choice_that_lacks_its_password_may_be_made_again(house):
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}}
    pool = house.pool(Policies=policy)
    house.user(pool)
    caller = Caller(house, house.app_client(pool))
    asked = caller.initiate("USER_AUTH")
    assert refused(caller.respond, asked, ANSWER="PASSWORD") == (
        "InvalidParameter",
        "Missing required parameter PASSWORD",
    )
    assert refused(caller.respond, asked, ANSWER="PASSWORD_SRP", SRP_A="zz")[0] == "InvalidParameter"
    assert "AccessToken" in caller.respond(asked, ANSWER="PASSWORD", PASSWORD=PASSWORD)["AuthenticationResult"]


def test_a_software_token_is_asked_for_by_the_name_its_user_gave_it(ada):
    ada.house.idp.set_user_pool_mfa_config(
        UserPoolId=ada.client.pool_id, MfaConfiguration="ON", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    asked = ada.by_password()
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["SOFTWARE_TOKEN_MFA"]
    begun = ada.house.unsigned.associate_software_token(Session=asked["Session"])
    code = pyotp.TOTP(begun["SecretCode"]).at(ada.house.clock.now())
    ada.house.unsigned.verify_software_token(Session=begun["Session"], UserCode=code, FriendlyDeviceName="my phone")
    asked = ada.by_password()
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert asked["ChallengeParameters"] == {"FRIENDLY_DEVICE_NAME": "my phone", "USER_ID_FOR_SRP": "ada"}


# -- refreshing ----------------------------------------------------------------------------------------------------------


@pytest.mark.operation("InitiateAuth", "NotAuthorizedException")
def test_why_a_refresh_token_is_refused(ada):
    tokens = ada.by_password()["AuthenticationResult"]
    token = tokens["RefreshToken"]
    assert refused(ada.refresh, "nonsense") == ("NotAuthorized", "Invalid Refresh Token.")
    assert refused(ada.refresh, tokens["IdToken"]) == ("NotAuthorized", "Invalid Refresh Token.")
    other = Caller(ada.house, ada.house.app_client(pool_of(ada)))
    assert refused(other.refresh, token) == ("NotAuthorized", "Invalid Refresh Token.")
    assert "AccessToken" in ada.refresh(token)["AuthenticationResult"]
    ada.house.unsigned.revoke_token(ClientId=ada.client.client_id, Token=token)
    assert refused(ada.refresh, token) == ("NotAuthorized", "Refresh Token has been revoked")
    old = ada.by_password()["AuthenticationResult"]["RefreshToken"]
    ada.house.clock.advance(days=30)
    assert refused(ada.refresh, old) == ("NotAuthorized", "Refresh Token has expired")


def test_a_disabled_user_refreshes_nothing(ada):
    token = ada.by_password()["AuthenticationResult"]["RefreshToken"]
    ada.house.idp.admin_disable_user(UserPoolId=ada.client.pool_id, Username="ada")
    assert refused(ada.refresh, token) == ("NotAuthorized", "Refresh Token has been revoked")
