"""Signing in through stock boto3: every flow but SRP's own, and what each refuses."""

import json
from typing import Any

import pyotp
import pytest

from app.blueprints.user_pools.access import secret_hash
from app.core.kernel.secret import Secret
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refusal
from tests.support.aws_sign_in import (
    DEVELOPER_MAIL,
    by_password,
    by_srp,
    claims,
    initiate,
    offering,
    respond,
    with_factor,
    with_totp,
)
from tests.support.house import PASSWORD
from tests.support.srp_client import SrpClient

CONCEALING = {"PreventUserExistenceErrors": "ENABLED"}
OTHER = "Another-horse-8-battery"


# -- passwords -----------------------------------------------------------------------------------------------------------


@pytest.mark.operation("InitiateAuth")
def test_a_password_becomes_tokens_of_the_api(house):
    pool = house.pool()
    client = house.app_client(pool)
    user = house.user(pool, email="ada@example.com")
    found = by_password(house, client)
    result = found["AuthenticationResult"]
    assert (result["TokenType"], result["ExpiresIn"]) == ("Bearer", 3600)
    access, identity = claims(result["AccessToken"]), claims(result["IdToken"])
    assert access["scope"] == "aws.cognito.signin.user.admin"
    assert "version" not in access
    assert access["username"] == identity["cognito:username"] == "ada"
    assert identity["email"] == "ada@example.com"
    assert identity["sub"] == user.sub
    assert identity["aud"] == client.client_id
    assert "at_hash" not in identity


@pytest.mark.operation("AdminInitiateAuth")
@pytest.mark.parametrize("flow", ["ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"])
def test_an_administrators_call_needs_a_signature(house, flow):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    asked = {
        "UserPoolId": pool.pool_id,
        "ClientId": client.client_id,
        "AuthFlow": flow,
        "AuthParameters": {"USERNAME": "ada", "PASSWORD": PASSWORD},
    }
    assert "AccessToken" in house.idp.admin_initiate_auth(**asked)["AuthenticationResult"]
    forged = house.client(house.key_id, "x" * 40)
    assert refusal(forged.admin_initiate_auth, **asked)[0] == "InvalidSignature"


@pytest.mark.operation("InitiateAuth", "NotAuthorizedException")
@pytest.mark.operation("InitiateAuth", "UserNotFoundException")
def test_who_is_unknown_is_told_only_where_the_client_says_so(house):
    pool = house.pool()
    house.user(pool)
    open_client, closed = house.app_client(pool), house.app_client(pool, **CONCEALING)
    wrong = ("NotAuthorized", "Incorrect username or password.")
    assert refusal(lambda: by_password(house, open_client, "bob")) == ("UserNotFound", "User does not exist.")
    assert refusal(lambda: by_password(house, closed, "bob")) == wrong
    assert refusal(lambda: by_password(house, closed, password="x")) == wrong
    assert refusal(lambda: by_password(house, open_client, password="x")) == wrong


@pytest.mark.operation("InitiateAuth", "InvalidParameterException")
@pytest.mark.operation("AdminInitiateAuth", "InvalidParameterException")
@pytest.mark.parametrize(
    ("flow", "parameters", "sentence"),
    [
        ("USER_PASSWORD_AUTH", {}, "USER_PASSWORD_AUTH flow not enabled for this client"),
        ("USER_SRP_AUTH", {"USERNAME": "ada"}, "Missing required parameter SRP_A"),
        ("USER_SRP_AUTH", {"SRP_A": "aa"}, "Missing required parameter USERNAME"),
        ("USER_SRP_AUTH", {"USERNAME": "ada", "SRP_A": "0"}, "SRP_A must not be a multiple of N."),
        ("ADMIN_USER_PASSWORD_AUTH", {"USERNAME": "ada"}, "Initiate Auth method not supported."),
        ("CUSTOM_AUTH", {"USERNAME": "ada"}, "Auth flow not enabled for this client"),
        ("USER_AUTH", {"USERNAME": "ada"}, "Auth flow not enabled for this client"),
        ("REFRESH_TOKEN_AUTH", {}, "Missing required parameter REFRESH_TOKEN"),
    ],
)
def test_a_flow_that_cannot_begin_says_why(house, flow, parameters, sentence):
    pool = house.pool()
    client = house.app_client(pool, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    house.user(pool)
    assert refusal(lambda: initiate(house, client, flow, **parameters)) == ("InvalidParameter", sentence)


@pytest.mark.operation("InitiateAuth", "ResourceNotFoundException")
@pytest.mark.operation("RespondToAuthChallenge", "ResourceNotFoundException")
def test_an_unknown_client_is_told_so(house):
    arguments = {"ClientId": "nobody", "AuthFlow": "USER_SRP_AUTH", "AuthParameters": {}}
    told = refusal(house.unsigned.initiate_auth, **arguments)
    assert told == ("ResourceNotFound", "User pool client nobody does not exist.")
    arguments = {"ClientId": "nobody", "ChallengeName": "SMS_MFA"}
    assert refusal(house.unsigned.respond_to_auth_challenge, **arguments)[0] == "ResourceNotFound"


def test_a_secret_hash_is_asked_for_and_checked(house):
    pool = house.pool()
    client = house.app_client(pool, confidential=True)
    user = house.user(pool, email="ada@example.com")
    secret = client.secrets[0].reveal()
    none = refusal(lambda: by_password(house, client))
    assert none == (
        "NotAuthorized",
        f"Client {client.client_id} is configured with secret but SECRET_HASH was not received",
    )
    wrong = refusal(lambda: initiate(house, client, USERNAME="ada", PASSWORD=PASSWORD, SECRET_HASH="x"))
    assert wrong == ("NotAuthorized", f"Unable to verify secret hash for client {client.client_id}")
    right = secret_hash(secret, "ada", client.client_id)
    result = initiate(house, client, USERNAME="ada", PASSWORD=PASSWORD, SECRET_HASH=right)["AuthenticationResult"]
    token = result["RefreshToken"]
    again = initiate(
        house, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token,
        SECRET_HASH=secret_hash(secret, user.username, client.client_id),
    )  # fmt: skip
    assert "AccessToken" in again["AuthenticationResult"]
    assert "RefreshToken" not in again["AuthenticationResult"]
    assert refusal(
        lambda: initiate(house, client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token, SECRET_HASH="x")
    )[0] == "NotAuthorized"  # fmt: skip


# -- new password --------------------------------------------------------------------------------------------------------


@pytest.mark.operation("RespondToAuthChallenge", "InvalidPasswordException")
@pytest.mark.operation("AdminRespondToAuthChallenge")
def test_a_temporary_password_becomes_one_of_the_users_own(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.services.users.create(pool, "ada", {"email": "a@example.com"}, temporary_password=Secret(PASSWORD))
    asked = by_srp(house, client)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert json.loads(asked["ChallengeParameters"]["userAttributes"])["email"] == "a@example.com"
    assert json.loads(asked["ChallengeParameters"]["requiredAttributes"]) == []
    answer = {"USERNAME": "ada", "NEW_PASSWORD": "short"}
    session = asked["Session"]
    assert refusal(lambda: respond(house, client, "NEW_PASSWORD_REQUIRED", session, **answer))[0] == "InvalidPassword"
    found = house.idp.admin_respond_to_auth_challenge(
        UserPoolId=pool.pool_id,
        ClientId=client.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=session,
        ChallengeResponses={"USERNAME": "ada", "NEW_PASSWORD": OTHER},
    )
    assert "AccessToken" in found["AuthenticationResult"]
    assert "AccessToken" in by_srp(house, client, password=OTHER)["AuthenticationResult"]


# -- second factors ------------------------------------------------------------------------------------------------------


@pytest.mark.operation("RespondToAuthChallenge", "CodeMismatchException")
@pytest.mark.operation("RespondToAuthChallenge", "ExpiredCodeException")
def test_a_software_token_is_asked_for_and_each_code_is_good_once(house):
    pool = offering(house, **DEVELOPER_MAIL)
    client = house.app_client(pool)
    otp = with_totp(house, pool, house.user(pool))
    asked = by_srp(house, client)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    answer = {"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": "000000"}
    told = refusal(lambda: respond(house, client, "SOFTWARE_TOKEN_MFA", asked["Session"], **answer))
    assert told[0] == "CodeMismatch"
    answer["SOFTWARE_TOKEN_MFA_CODE"] = otp.at(house.clock.now())
    found = respond(house, client, "SOFTWARE_TOKEN_MFA", asked["Session"], **answer)
    assert "AccessToken" in found["AuthenticationResult"]
    asked = by_srp(house, client)
    told = refusal(lambda: respond(house, client, "SOFTWARE_TOKEN_MFA", asked["Session"], **answer))
    assert told == ("ExpiredCode", "Your software token has already been used once.")


def test_five_wrong_codes_end_the_attempt_and_lock_every_door(house):
    pool = offering(house, **DEVELOPER_MAIL)
    client = house.app_client(pool)
    with_totp(house, pool, house.user(pool))
    session = by_srp(house, client)["Session"]
    answer = {"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": "000000"}
    for _ in range(5):
        assert refusal(lambda: respond(house, client, "SOFTWARE_TOKEN_MFA", session, **answer))[0] == "CodeMismatch"
    assert refusal(lambda: respond(house, client, "SOFTWARE_TOKEN_MFA", session, **answer))[0] == "NotAuthorized"
    assert refusal(lambda: by_password(house, client))[1] == "Password attempts exceeded"


@pytest.mark.parametrize(
    ("factor", "attribute", "address", "response"),
    [
        ("SMS_MFA", "phone_number", "+15551230000", "SMS_MFA_CODE"),
        ("EMAIL_OTP", "email", "ada@example.com", "EMAIL_OTP_CODE"),
    ],
)
def test_a_code_goes_to_the_address_and_proves_it(house, factor, attribute, address, response):
    pool = offering(house, **DEVELOPER_MAIL)
    client = house.app_client(pool)
    user = with_factor(house, house.user(pool, **{attribute: address}), factor, preferred=factor)
    asked = by_srp(house, client)
    assert asked["ChallengeName"] == factor
    assert "***" in asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"]
    [message] = house.outbox(address)[:1]
    wrong = "000000" if message["code"] != "000000" else "111111"
    told = refusal(lambda: respond(house, client, factor, asked["Session"], USERNAME="ada", **{response: wrong}))
    assert told[0] == "CodeMismatch"
    found = respond(house, client, factor, asked["Session"], USERNAME="ada", **{response: message["code"]})
    assert "AccessToken" in found["AuthenticationResult"]
    assert house.services.users.get(pool, user.sub).is_verified(attribute)


def test_of_several_factors_the_user_chooses(house):
    pool = offering(house, **DEVELOPER_MAIL)
    client = house.app_client(pool)
    user = house.user(pool, phone_number="+15551230001", email="b@example.com")
    with_factor(house, user, "SMS_MFA", "EMAIL_OTP")
    asked = by_srp(house, client)
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"]) == ["SMS_MFA", "EMAIL_OTP"]
    told = refusal(
        lambda: respond(house, client, "SELECT_MFA_TYPE", asked["Session"], USERNAME="ada", ANSWER="SOFTWARE_TOKEN_MFA")
    )
    assert told[0] == "InvalidParameter"
    chosen = respond(house, client, "SELECT_MFA_TYPE", asked["Session"], USERNAME="ada", ANSWER="EMAIL_MFA")
    assert chosen["ChallengeName"] == "EMAIL_OTP"


def test_a_pool_that_demands_a_factor_has_it_set_up_first(house):
    pool = offering(house, "ON", **DEVELOPER_MAIL)
    client = house.app_client(pool)
    house.user(pool)
    asked = by_srp(house, client)
    assert asked["ChallengeName"] == "MFA_SETUP"
    session = asked["Session"]
    assert refusal(lambda: respond(house, client, "MFA_SETUP", session, USERNAME="ada"))[0] == "InvalidParameter"
    begun = house.unsigned.associate_software_token(Session=session)
    otp = pyotp.TOTP(begun["SecretCode"])
    verified = house.unsigned.verify_software_token(Session=begun["Session"], UserCode=otp.at(house.clock.now()))
    assert verified["Status"] == "SUCCESS"
    found = respond(house, client, "MFA_SETUP", verified["Session"], USERNAME="ada")
    assert "AccessToken" in found["AuthenticationResult"]
    assert by_srp(house, client)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


# -- choice --------------------------------------------------------------------------------------------------------------


def passwordless(house: AwsHouse) -> Any:
    return house.pool(
        UsernameAttributes=["email"],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    )


def test_a_username_alone_is_offered_what_there_is(house):
    pool = passwordless(house)
    client = house.app_client(pool)
    house.user(pool, "ada@example.com")
    for username in ("ada@example.com", "nobody@example.com"):
        asked = initiate(house, client, "USER_AUTH", USERNAME=username)
        assert asked["ChallengeName"] == "SELECT_CHALLENGE"
        assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"]
    session = asked["Session"]
    told = refusal(lambda: respond(house, client, "SELECT_CHALLENGE", session, USERNAME=username, ANSWER="SMS_OTP"))
    assert told[0] == "InvalidParameter"


def test_a_code_by_mail_signs_in(house):
    pool = passwordless(house)
    client = house.app_client(pool)
    house.user(pool, "mail@example.com")
    asked = initiate(house, client, "USER_AUTH", USERNAME="mail@example.com", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert asked["ChallengeName"] == "EMAIL_OTP"
    code = house.outbox("mail@example.com")[0]["code"]
    found = respond(house, client, "EMAIL_OTP", asked["Session"], USERNAME="mail@example.com", EMAIL_OTP_CODE=code)
    assert claims(found["AuthenticationResult"]["IdToken"])["email_verified"] is True
    nobody = initiate(house, client, "USER_AUTH", USERNAME="who@example.com", PREFERRED_CHALLENGE="EMAIL_OTP")
    assert nobody["ChallengeParameters"].keys() == asked["ChallengeParameters"].keys()
    told = refusal(
        lambda: respond(
            house, client, "EMAIL_OTP", nobody["Session"], USERNAME="who@example.com", EMAIL_OTP_CODE="000000"
        )
    )
    assert told[0] == "CodeMismatch"
    assert house.outbox("who@example.com") == []


def test_a_chosen_password_may_come_at_once_or_by_srp(house):
    pool = passwordless(house)
    client = house.app_client(pool)
    house.user(pool, "ada@example.com")
    name = "ada@example.com"
    found = initiate(house, client, "USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    assert "AccessToken" in found["AuthenticationResult"]
    asked = initiate(house, client, "USER_AUTH", USERNAME=name)
    srp = SrpClient()
    offered = respond(
        house, client, "SELECT_CHALLENGE", asked["Session"], USERNAME=name, ANSWER="PASSWORD_SRP", SRP_A=srp.a
    )
    assert offered["ChallengeName"] == "PASSWORD_VERIFIER"
    parameters = offered["ChallengeParameters"]
    proof = srp.answer(pool.pool_id.split("_")[1], parameters["USER_ID_FOR_SRP"], PASSWORD, parameters)
    found = respond(house, client, "PASSWORD_VERIFIER", offered["Session"], USERNAME=name, **proof)
    assert "AccessToken" in found["AuthenticationResult"]
