"""What a stored document says about factors."""

from typing import Any

import pytest

from app.core.clients.model import ClientSettings
from app.core.pools.settings import PoolSettings


def test_a_pool_that_says_nothing_asks_for_a_password_alone() -> None:
    settings = PoolSettings.read({})
    assert settings.mfa.mode == "OFF"
    assert settings.mfa.offers == frozenset()
    assert settings.first_factors == ("PASSWORD",)
    assert settings.devices is None
    assert not settings.sessions.tracked


@pytest.mark.parametrize(
    ("document", "offers"),
    [
        ({"MfaConfiguration": "ON", "SmsConfiguration": {}}, {"SMS_MFA"}),
        ({"MfaConfiguration": "ON", "SmsConfiguration": {}, "SoftwareTokenMfaConfiguration": {"Enabled": True}},
         {"SOFTWARE_TOKEN_MFA"}),
        ({"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": False}, "EmailMfaConfiguration": {}},
         {"EMAIL_OTP"}),
        ({"MfaConfiguration": "OFF", "SoftwareTokenMfaConfiguration": {"Enabled": True}}, set()),
    ],
)  # fmt: skip
def test_the_offers_follow_the_configuration(document: dict[str, Any], offers: set[str]) -> None:
    assert PoolSettings.read(document).mfa.offers == offers


def test_an_empty_device_configuration_switches_devices_on() -> None:
    devices = PoolSettings.read({"DeviceConfiguration": {}}).devices
    assert devices is not None
    assert not devices.challenge_required_on_new_device


def test_passkeys_are_one_factor_unless_said_otherwise() -> None:
    assert not PoolSettings.read({}).mfa.webauthn.multi_factor
    settings = {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION", "RelyingPartyId": "auth.example.com"}
    read = PoolSettings.read({"WebAuthnConfiguration": settings}).mfa.webauthn
    assert (read.multi_factor, read.rp_id, read.user_verification) == (True, "auth.example.com", "preferred")


@pytest.mark.parametrize(
    ("explicit", "allowed", "refused"),
    [
        ([], {"USER_SRP_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH"}, {"USER_PASSWORD_AUTH", "USER_AUTH"}),
        (["ALLOW_USER_AUTH"], {"USER_AUTH", "ALLOW_USER_AUTH"}, {"REFRESH_TOKEN_AUTH", "USER_SRP_AUTH"}),
        (["ADMIN_NO_SRP_AUTH"], {"ADMIN_USER_PASSWORD_AUTH", "USER_SRP_AUTH"}, {"USER_PASSWORD_AUTH"}),
        (["CUSTOM_AUTH_FLOW_ONLY"], {"CUSTOM_AUTH"}, {"USER_SRP_AUTH", "USER_PASSWORD_AUTH"}),
    ],
)  # fmt: skip
def test_flows_follow_their_names_old_and_new(explicit: list[str], allowed: set[str], refused: set[str]) -> None:
    settings = ClientSettings.read({"ExplicitAuthFlows": explicit})
    assert all(map(settings.allows, allowed))
    assert not any(map(settings.allows, refused))
