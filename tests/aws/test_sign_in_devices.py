"""Signing in on a remembered device: what it replaces, and what it never does."""

import hashlib
import secrets
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import Any

import jwt
import pyotp
import pytest

from app.core.factors.srp import G, N
from app.core.kernel.secret import Secret
from app.core.users.model import MfaPreference
from tests.support.aws_house import AwsHouse
from tests.support.sign_in_calls import Caller, refused
from tests.support.srp_client import SrpClient, digest, hexadecimal

REMEMBERING = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
ASKING = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
NEVER_TRUSTING = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
INVALID = ("NotAuthorized", "Invalid Refresh Token.")


@dataclass
class Laptop:
    """A device as Amplify keeps one."""

    key: str
    group: str
    password: str

    def verifier(self) -> dict[str, str]:
        salt = secrets.randbits(128)
        inner = hashlib.sha256(f"{self.group}{self.key}:{self.password}".encode()).hexdigest()
        value = pow(G, digest(hexadecimal(salt) + inner), N)
        encoded = [b64encode(bytes.fromhex(hexadecimal(number))).decode() for number in (value, salt)]
        return dict(zip(("PasswordVerifier", "Salt"), encoded, strict=True))


@dataclass
class Ada(Caller):
    otp: pyotp.TOTP | None = None

    def code(self) -> str:
        self.house.clock.advance(seconds=30)
        return self.otp.at(self.house.clock.now())

    def with_code(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        return self.respond(asked, SOFTWARE_TOKEN_MFA_CODE=self.code())["AuthenticationResult"]

    def on_a_new_device(self) -> tuple[Laptop, dict[str, Any]]:
        """Signed in with a second factor, and the device that was offered confirmed."""
        result = self.with_code(self.by_srp())
        offered = result["NewDeviceMetadata"]
        laptop = Laptop(offered["DeviceKey"], offered["DeviceGroupKey"], secrets.token_urlsafe(40))
        self.house.unsigned.confirm_device(
            AccessToken=result["AccessToken"], DeviceKey=laptop.key, DeviceSecretVerifierConfig=laptop.verifier()
        )
        return laptop, result

    def start_device(self, asked: dict[str, Any], laptop: Laptop) -> tuple[SrpClient, dict[str, Any]]:
        assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
        srp = SrpClient()
        return srp, self.respond(asked, DEVICE_KEY=laptop.key, SRP_A=srp.a)

    def by_device(self, asked: dict[str, Any], laptop: Laptop, password: str | None = None) -> dict[str, Any]:
        srp, verify = self.start_device(asked, laptop)
        assert verify["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
        parameters = verify["ChallengeParameters"]
        assert parameters["DEVICE_KEY"] == laptop.key
        proof = srp.answer(laptop.group, laptop.key, password or laptop.password, parameters)
        return self.respond(verify, DEVICE_KEY=laptop.key, **proof)


def someone(house: AwsHouse, configuration: dict[str, bool] | None = REMEMBERING) -> Ada:
    settings = {} if configuration is None else {"DeviceConfiguration": configuration}
    pool = house.pool(**settings)
    house.idp.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    pool = house.services.pools.get(pool.pool_id)
    user = house.user(pool)
    otp = pyotp.TOTP(house.services.totp.begin(pool, user).reveal())
    house.services.totp.confirm(pool, user, Secret(otp.at(house.clock.now())))
    preference = MfaPreference(enabled=("SOFTWARE_TOKEN_MFA",), preferred="SOFTWARE_TOKEN_MFA")
    user = house.services.users.get(pool, "ada")
    house.services.users.users.save(replace(user, mfa=preference))
    return Ada(house, house.app_client(pool), otp=otp)


@pytest.fixture
def ada(house: AwsHouse) -> Ada:
    return someone(house)


def device_key(tokens: dict[str, Any]) -> str | None:
    return jwt.decode(tokens["AccessToken"], options={"verify_signature": False}).get("device_key")


def test_a_sign_in_on_an_unknown_device_offers_to_remember_it(ada):
    laptop, result = ada.on_a_new_device()
    assert device_key(result) == laptop.key


def test_a_pool_that_remembers_no_devices_offers_none(house):
    ada = someone(house, None)
    result = ada.with_code(ada.by_srp(DEVICE_KEY="us-east-1_00000000-0000-4000-8000-000000000000"))
    assert "NewDeviceMetadata" not in result
    assert device_key(result) is None


@pytest.mark.operation("RespondToAuthChallenge")
def test_a_remembered_device_stands_in_for_the_second_factor(ada):
    laptop, _ = ada.on_a_new_device()
    result = ada.by_device(ada.by_srp(DEVICE_KEY=laptop.key), laptop)["AuthenticationResult"]
    assert device_key(result) == laptop.key
    assert "NewDeviceMetadata" not in result


def test_a_device_stands_in_for_no_password(ada):
    laptop, _ = ada.on_a_new_device()
    told = refused(ada.by_srp, "Wrong-horse-9-battery", DEVICE_KEY=laptop.key)
    assert told == ("NotAuthorized", "Incorrect username or password.")


@pytest.mark.parametrize("wrong", ["", "another"])
def test_a_device_that_does_not_know_its_secret_is_refused(ada, wrong):
    laptop, _ = ada.on_a_new_device()
    asked = ada.by_srp(DEVICE_KEY=laptop.key)
    assert refused(ada.by_device, asked, laptop, wrong or laptop.password + "x")[0] == "NotAuthorized"


def test_the_device_asked_for_is_the_one_that_answers(ada):
    laptop, _ = ada.on_a_new_device()
    other, _ = ada.on_a_new_device()
    asked = ada.by_srp(DEVICE_KEY=laptop.key)
    assert refused(ada.start_device, asked, other)[0] == "NotAuthorized"


def test_somebody_elses_device_is_an_unknown_one(ada):
    laptop, _ = ada.on_a_new_device()
    pool = ada.house.services.pools.get(ada.client.pool_id)
    ada.house.user(pool, "bob")
    bob = Caller(ada.house, ada.client, "bob")
    result = bob.by_srp(DEVICE_KEY=laptop.key)["AuthenticationResult"]
    assert result["NewDeviceMetadata"]["DeviceKey"] != laptop.key


@pytest.mark.parametrize("configuration", [ASKING, NEVER_TRUSTING])
def test_a_device_that_is_not_trusted_still_needs_the_second_factor(house, configuration):
    ada = someone(house, configuration)
    laptop, _ = ada.on_a_new_device()
    result = ada.with_code(ada.by_srp(DEVICE_KEY=laptop.key))
    assert device_key(result) == laptop.key
    assert "NewDeviceMetadata" not in result


def test_a_forgotten_device_needs_the_second_factor_again_and_refreshes_nothing(ada):
    laptop, result = ada.on_a_new_device()
    ada.house.unsigned.forget_device(AccessToken=result["AccessToken"], DeviceKey=laptop.key)
    assert ada.by_srp(DEVICE_KEY=laptop.key)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert refused(ada.refresh, result["RefreshToken"], DEVICE_KEY=laptop.key)[0] == "NotAuthorized"


def test_a_device_that_is_forgotten_in_the_middle_of_a_sign_in_ends_it(ada):
    laptop, result = ada.on_a_new_device()
    asked = ada.by_srp(DEVICE_KEY=laptop.key)
    ada.house.unsigned.forget_device(AccessToken=result["AccessToken"], DeviceKey=laptop.key)
    assert refused(ada.start_device, asked, laptop)[0] == "NotAuthorized"


@pytest.mark.operation("InitiateAuth", "NotAuthorizedException")
@pytest.mark.operation("GetTokensFromRefreshToken", "NotAuthorizedException")
def test_a_refresh_token_stays_on_its_device(ada):
    laptop, result = ada.on_a_new_device()
    token = result["RefreshToken"]
    by_operation = ada.house.unsigned.get_tokens_from_refresh_token
    named = {"ClientId": ada.client.client_id, "RefreshToken": token}
    assert refused(ada.refresh, token) == INVALID
    assert refused(ada.refresh, token, DEVICE_KEY="us-east-1_another") == INVALID
    assert refused(by_operation, **named) == INVALID
    assert device_key(ada.refresh(token, DEVICE_KEY=laptop.key)["AuthenticationResult"]) == laptop.key
    assert "AccessToken" in by_operation(**named, DeviceKey=laptop.key)["AuthenticationResult"]


def test_a_device_that_was_never_confirmed_refreshes_nothing(ada):
    result = ada.with_code(ada.by_srp())
    key = result["NewDeviceMetadata"]["DeviceKey"]
    assert refused(ada.refresh, result["RefreshToken"], DEVICE_KEY=key) == INVALID
