"""Signing in with a passkey through the API, with an authenticator in software."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.authenticator import Authenticator
from tests.support.aws_house import AwsHouse
from tests.support.sign_in_calls import Caller, refused
from tests.support.signed_in import access_token_of

PAGE = "https://app.example.com"
WEBAUTHN = {"RelyingPartyId": "example.com", "UserVerification": "preferred"}


@dataclass
class Ada(Caller):
    device: Authenticator | None = None

    def asked(self) -> dict[str, Any]:
        return self.initiate("USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN")

    def signed(self, asked: dict[str, Any]) -> str:
        return self.device.get(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])


def someone(house: AwsHouse, *, verifies: bool = True, **configuration: Any) -> Ada:
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}}
    pool = house.pool(Policies=factors)
    house.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, WebAuthnConfiguration=WEBAUTHN)
    pool = house.services.pools.get(pool.pool_id)
    client, user = house.app_client(pool), house.user(pool)
    device = Authenticator(PAGE, verifies_user=verifies)
    token = access_token_of(house.services, pool, client, user)
    options = house.unsigned.start_web_authn_registration(AccessToken=token)["CredentialCreationOptions"]
    house.unsigned.complete_web_authn_registration(AccessToken=token, Credential=device.create(options))
    if configuration:
        house.idp.set_user_pool_mfa_config(
            UserPoolId=pool.pool_id,
            **{"WebAuthnConfiguration": WEBAUTHN, **configuration},
            SoftwareTokenMfaConfiguration={"Enabled": True},
        )
    return Ada(house, client, device=device)


@pytest.fixture
def ada(house: AwsHouse) -> Ada:
    return someone(house)


@pytest.mark.operation("InitiateAuth")
@pytest.mark.operation("RespondToAuthChallenge")
def test_a_passkey_signs_in(ada):
    asked = ada.asked()
    assert asked["ChallengeName"] == "WEB_AUTHN"
    assert "AccessToken" in ada.respond(asked, CREDENTIAL=ada.signed(asked))["AuthenticationResult"]


def test_a_passkey_may_be_chosen(ada):
    choosing = ada.initiate("USER_AUTH")
    assert choosing["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "WEB_AUTHN"]
    asked = ada.respond(choosing, ANSWER="WEB_AUTHN")
    assert asked["ChallengeName"] == "WEB_AUTHN"
    assert "AccessToken" in ada.respond(asked, CREDENTIAL=ada.signed(asked))["AuthenticationResult"]


def test_what_a_passkey_signed_is_good_once_and_for_its_own_sign_in(ada):
    first, second = ada.asked(), ada.asked()
    signed = ada.signed(first)
    assert refused(ada.respond, second, CREDENTIAL=signed)[0] == "NotAuthorized"
    assert "AccessToken" in ada.respond(first, CREDENTIAL=signed)["AuthenticationResult"]
    assert refused(ada.respond, first, CREDENTIAL=signed)[0] == "NotAuthorized"


@pytest.mark.parametrize("credential", ["{}", "nonsense", '{"id": "x"}', "[]", "null", '"' + "x" * 1000 + '"'])
def test_what_is_no_credential_is_refused_politely(ada, credential):
    assert refused(ada.respond, ada.asked(), CREDENTIAL=credential)[0] in {"NotAuthorized", "InvalidParameter"}


def test_another_users_passkey_signs_in_nobody(ada):
    other = someone(ada.house)
    asked = ada.asked()
    theirs = other.device.get(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    assert refused(ada.respond, asked, CREDENTIAL=theirs)[0] == "NotAuthorized"


def test_who_has_no_passkey_is_offered_the_rest(ada):
    pool = ada.house.services.pools.get(ada.client.pool_id)
    ada.house.user(pool, "bob")
    for name in ("bob", "nobody"):
        asked = Caller(ada.house, ada.client, name).initiate("USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN")
        assert asked["ChallengeName"] == "SELECT_CHALLENGE"
        assert asked["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]


def test_where_a_second_factor_is_demanded_a_passkey_is_not_offered(house):
    ada = someone(house, MfaConfiguration="ON")
    assert ada.initiate("USER_AUTH")["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]


def test_a_passkey_that_asked_for_a_finger_is_two_factors_where_the_pool_says_so(house):
    both = {**WEBAUTHN, "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}
    ada = someone(house, MfaConfiguration="ON", WebAuthnConfiguration=both)
    asked = ada.asked()
    assert "AccessToken" in ada.respond(asked, CREDENTIAL=ada.signed(asked))["AuthenticationResult"]
    ada.device.verifies_user = False
    asked = ada.asked()
    assert refused(ada.respond, asked, CREDENTIAL=ada.signed(asked))[0] == "NotAuthorized"
