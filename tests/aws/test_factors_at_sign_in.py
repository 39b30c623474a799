"""Passkeys and remembered devices at sign-in, from registration to tokens, through stock boto3."""

import hashlib
import secrets
from base64 import b64encode
from typing import Any

import jwt
import pyotp
import pytest
from botocore.exceptions import ClientError

from app.core.factors.srp import N
from tests.support.authenticator import Authenticator
from tests.support.aws_house import AwsHouse
from tests.support.house import PASSWORD
from tests.support.srp_client import SrpClient, hexadecimal

ALL_FACTORS = {
    "MfaConfiguration": "OPTIONAL",
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
    "WebAuthnConfiguration": {"RelyingPartyId": "example.com"},
}
SETTINGS = {
    "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
    "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False},
}


class Ada:
    """A user of a pool with every factor, and her app."""

    def __init__(self, house: AwsHouse) -> None:
        self.house = house
        self.pool = house.pool(**SETTINGS)
        house.idp.set_user_pool_mfa_config(UserPoolId=self.pool.pool_id, **ALL_FACTORS)
        self.client = house.app_client(house.services.pools.get(self.pool.pool_id))
        self.user = house.user(self.pool)

    def initiate(self, flow: str, **parameters: str) -> dict[str, Any]:
        return self.house.unsigned.initiate_auth(
            ClientId=self.client.client_id, AuthFlow=flow, AuthParameters={"USERNAME": "ada", **parameters}
        )

    def respond(self, challenge: str, session: str, **responses: str) -> dict[str, Any]:
        return self.house.unsigned.respond_to_auth_challenge(
            ClientId=self.client.client_id,
            ChallengeName=challenge,
            Session=session,
            ChallengeResponses={"USERNAME": "ada", **responses},
        )

    def by_password(self, **more: str) -> dict[str, Any]:
        return self.initiate("USER_PASSWORD_AUTH", PASSWORD=PASSWORD, **more)

    def add_token(self, access: str) -> pyotp.TOTP:
        idp = self.house.unsigned
        app = pyotp.TOTP(idp.associate_software_token(AccessToken=access)["SecretCode"])
        idp.verify_software_token(AccessToken=access, UserCode=app.at(self.house.clock.now()))
        first = {"Enabled": True, "PreferredMfa": True}
        idp.set_user_mfa_preference(AccessToken=access, SoftwareTokenMfaSettings=first)
        self.house.clock.advance(seconds=30)
        return app

    def remember(self, result: dict[str, Any]) -> "Remembered":
        """What an SDK does with NewDeviceMetadata."""
        device = Remembered(result["NewDeviceMetadata"])
        self.house.unsigned.confirm_device(
            AccessToken=result["AccessToken"], DeviceKey=device.key, DeviceSecretVerifierConfig=device.verifier()
        )
        return device

    def prove_device(self, device: "Remembered", asked: dict[str, Any], secret: str | None = None) -> dict[str, Any]:
        assert asked["ChallengeName"] == "DEVICE_SRP_AUTH"
        srp = SrpClient()
        asked = self.respond("DEVICE_SRP_AUTH", asked["Session"], DEVICE_KEY=device.key, SRP_A=srp.a)
        assert asked["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
        proof = srp.answer(device.group, device.key, secret or device.secret, asked["ChallengeParameters"])
        return self.respond("DEVICE_PASSWORD_VERIFIER", asked["Session"], DEVICE_KEY=device.key, **proof)


class Remembered:
    """A device's own half: its secret never leaves it."""

    def __init__(self, metadata: dict[str, str]) -> None:
        self.key, self.group = metadata["DeviceKey"], metadata["DeviceGroupKey"]
        self.secret = b64encode(secrets.token_bytes(40)).decode()

    def verifier(self) -> dict[str, str]:
        salt = _bytes(int.from_bytes(secrets.token_bytes(16), "big"))
        full = hashlib.sha256(f"{self.group}{self.key}:{self.secret}".encode()).digest()
        x = int.from_bytes(hashlib.sha256(salt + full).digest(), "big")
        return {"Salt": b64encode(salt).decode(), "PasswordVerifier": b64encode(_bytes(pow(2, x, N))).decode()}


def _bytes(number: int) -> bytes:
    return bytes.fromhex(hexadecimal(number))


def refused(action: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(ClientError) as error:
        action(*given, **named)
    return error.value.response["Error"]["Code"]


@pytest.fixture
def ada(house):
    return Ada(house)


def registered(ada: Ada) -> Authenticator:
    access = ada.by_password()["AuthenticationResult"]["AccessToken"]
    device = Authenticator("https://app.example.com")
    start = ada.house.unsigned.start_web_authn_registration(AccessToken=access)["CredentialCreationOptions"]
    ada.house.unsigned.complete_web_authn_registration(AccessToken=access, Credential=device.create(start))
    return device


@pytest.mark.operation("RespondToAuthChallenge")
def test_a_passkey_signs_in(ada):
    device = registered(ada)
    asked = ada.initiate("USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN")
    assert asked["ChallengeName"] == "WEB_AUTHN"
    answer = device.get(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    result = ada.respond("WEB_AUTHN", asked["Session"], CREDENTIAL=answer)["AuthenticationResult"]
    assert jwt.decode(result["AccessToken"], options={"verify_signature": False})["username"] == "ada"


@pytest.mark.operation("RespondToAuthChallenge", "NotAuthorizedException")
def test_a_strangers_passkey_signs_nobody_in(ada):
    registered(ada)
    stranger = Authenticator("https://app.example.com")
    start = {"rp": {"id": "example.com"}, "user": {"id": "AAAA"}, "challenge": "AAAA"}
    stranger.create(start)
    asked = ada.initiate("USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN")
    answer = stranger.get(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    assert refused(ada.respond, "WEB_AUTHN", asked["Session"], CREDENTIAL=answer) == "NotAuthorizedException"


def test_a_remembered_device_stands_in_for_the_second_factor(ada):
    result = ada.by_password()["AuthenticationResult"]
    ada.add_token(result["AccessToken"])
    device = ada.remember(result)
    assert ada.by_password()["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    done = ada.prove_device(device, ada.by_password(DEVICE_KEY=device.key))["AuthenticationResult"]
    assert "NewDeviceMetadata" not in done
    claims = jwt.decode(done["AccessToken"], options={"verify_signature": False})
    assert claims["device_key"] == device.key


def test_a_device_with_another_secret_is_refused(ada):
    result = ada.by_password()["AuthenticationResult"]
    ada.add_token(result["AccessToken"])
    device = ada.remember(result)
    asked = ada.by_password(DEVICE_KEY=device.key)
    assert refused(ada.prove_device, device, asked, secret="another") == "NotAuthorizedException"


def test_a_device_that_is_not_remembered_asks_for_the_second_factor(ada):
    result = ada.by_password()["AuthenticationResult"]
    ada.add_token(result["AccessToken"])
    device = ada.remember(result)
    ada.house.unsigned.update_device_status(
        AccessToken=result["AccessToken"], DeviceKey=device.key, DeviceRememberedStatus="not_remembered"
    )
    assert ada.by_password(DEVICE_KEY=device.key)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


@pytest.mark.operation("ForgetDevice")
def test_a_forgotten_device_refreshes_nothing(ada):
    result = ada.by_password()["AuthenticationResult"]
    device = ada.remember(result)
    other = ada.by_password()["AuthenticationResult"]
    own = ada.remember(other)
    again = {"AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": ada.client.client_id}
    given = {"REFRESH_TOKEN": result["RefreshToken"], "DEVICE_KEY": device.key}
    assert ada.house.unsigned.initiate_auth(**again, AuthParameters=given)["AuthenticationResult"]["AccessToken"]
    ada.house.unsigned.forget_device(AccessToken=other["AccessToken"], DeviceKey=device.key)
    assert refused(ada.house.unsigned.initiate_auth, **again, AuthParameters=given) == "NotAuthorizedException"
    given = {"REFRESH_TOKEN": other["RefreshToken"], "DEVICE_KEY": own.key}
    assert ada.house.unsigned.initiate_auth(**again, AuthParameters=given)["AuthenticationResult"]["AccessToken"]


def not_remembered(ada: Ada, result: dict[str, Any], device: Remembered) -> None:
    ada.house.unsigned.update_device_status(
        AccessToken=result["AccessToken"], DeviceKey=device.key, DeviceRememberedStatus="not_remembered"
    )


def devices_known_only(ada: Ada, *_: Any) -> None:
    settings = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
    ada.house.idp.update_user_pool(UserPoolId=ada.pool.pool_id, DeviceConfiguration=settings)


@pytest.mark.parametrize("change", [not_remembered, devices_known_only])
def test_a_device_stands_in_for_nothing_that_it_does_not_at_the_end(ada, change):
    result = ada.by_password()["AuthenticationResult"]
    ada.add_token(result["AccessToken"])
    device, srp = ada.remember(result), SrpClient()
    early, late = (ada.by_password(DEVICE_KEY=device.key) for _ in range(2))
    late = ada.respond("DEVICE_SRP_AUTH", late["Session"], DEVICE_KEY=device.key, SRP_A=srp.a)
    change(ada, result, device)
    # Other workers hear of a pool's settings after a while.
    ada.house.clock.advance(seconds=30)
    assert refused(ada.prove_device, device, early) == "NotAuthorizedException"
    proof = srp.answer(device.group, device.key, device.secret, late["ChallengeParameters"])
    told = refused(ada.respond, "DEVICE_PASSWORD_VERIFIER", late["Session"], DEVICE_KEY=device.key, **proof)
    assert told == "NotAuthorizedException"


def test_who_signs_in_again_and_again_leaves_few_devices_behind(ada):
    offered = [ada.by_password()["AuthenticationResult"]["NewDeviceMetadata"]["DeviceKey"] for _ in range(12)]
    with ada.house.installation.database.connection() as connection:
        rows = connection.exec_driver_sql("SELECT device_key FROM devices WHERE pool_id = ?", (ada.pool.pool_id,))
        kept = set(rows.scalars())
    assert len(kept) == 10
    assert offered[-1] in kept
