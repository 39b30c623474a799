"""Typed readings of what a pool says about factors: MFA, first factors, passkeys, devices and tracked sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MFA_MEMBERS = {
    "SmsMfaConfiguration": "SMS_MFA",
    "SoftwareTokenMfaConfiguration": "SOFTWARE_TOKEN_MFA",
    "EmailMfaConfiguration": "EMAIL_OTP",
}
"""Members of SetUserPoolMfaConfig, stored under their names, and the factor that each of them offers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAuthnSettings:
    """``WebAuthnConfiguration``. ``multi_factor``: a passkey with user verification satisfies MFA by itself."""

    rp_id: str | None = None
    user_verification: str = "preferred"
    multi_factor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolMfa:
    """Whether a second factor is asked for (``OFF``, ``OPTIONAL``, ``ON``) and which ones users may set up; none while it is off."""

    mode: str = "OFF"
    offers: frozenset[str] = frozenset()
    webauthn: WebAuthnSettings = field(default_factory=WebAuthnSettings)

    @property
    def is_on(self) -> bool:
        """Whether everybody must have a second factor."""
        return self.mode == "ON"

    @property
    def is_off(self) -> bool:
        return self.mode == "OFF"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """``DeviceConfiguration``; a pool without one remembers no devices."""

    challenge_required_on_new_device: bool = False
    only_remembered_on_user_prompt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSessions:
    """``SetUserPoolSessionConfiguration``: how many token sessions a user may have at a time where they are tracked."""

    tracked: bool = False
    max_per_user: int = 20

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "PoolSessions":
        stored = document.get("SessionConfiguration", {})
        return cls(
            tracked=stored.get("UserSessionTracking") == "ENABLED",
            max_per_user=int(stored.get("TokenSession", {}).get("MaxPerUser", 20)),
        )


def read_mfa(document: Mapping[str, Any]) -> PoolMfa:
    """A pool on which only Create and Update were called offers SMS where it has an ``SmsConfiguration`` (Cognito: CreateUserPool)."""
    mode = str(document.get("MfaConfiguration", "OFF"))
    return PoolMfa(
        mode=mode, offers=frozenset() if mode == "OFF" else configured(document), webauthn=_webauthn(document)
    )


def configured(document: Mapping[str, Any]) -> frozenset[str]:
    """The second factors that are set up, also while MFA is off."""
    stored = {member for member in MFA_MEMBERS if member in document}
    if not stored:
        return frozenset({"SMS_MFA"} if "SmsConfiguration" in document else ())
    return frozenset(
        MFA_MEMBERS[member]
        for member in stored
        if member != "SoftwareTokenMfaConfiguration" or document[member].get("Enabled")
    )


def read_devices(document: Mapping[str, Any]) -> DeviceSettings | None:
    stored = document.get("DeviceConfiguration")
    if stored is None:
        return None
    return DeviceSettings(
        challenge_required_on_new_device=bool(stored.get("ChallengeRequiredOnNewDevice", False)),
        only_remembered_on_user_prompt=bool(stored.get("DeviceOnlyRememberedOnUserPrompt", False)),
    )


def read_first_factors(document: Mapping[str, Any]) -> tuple[str, ...]:
    """``SignInPolicy.AllowedFirstAuthFactors`` in the order given; a password alone where nothing is said."""
    stored = document.get("Policies", {}).get("SignInPolicy", {}).get("AllowedFirstAuthFactors")
    return tuple(stored or ("PASSWORD",))


def _webauthn(document: Mapping[str, Any]) -> WebAuthnSettings:
    stored = document.get("WebAuthnConfiguration", {})
    return WebAuthnSettings(
        rp_id=stored.get("RelyingPartyId"),
        user_verification=str(stored.get("UserVerification", "preferred")),
        multi_factor=stored.get("FactorConfiguration") == "MULTI_FACTOR_WITH_USER_VERIFICATION",
    )
