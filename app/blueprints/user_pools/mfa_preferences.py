from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.operations import operation
from app.blueprints.user_pools.access import pool_of, signed_in
from app.core.factors.preferences import EMAIL, PASSKEY, SMS, TOKEN, Choice, first_factors_of
from app.core.kernel.errors import InvalidParameter
from app.core.pools.model import Pool
from app.core.users.model import User
from app.services import Services

_MEMBERS = {
    "SMSMfaSettings": SMS,
    "SoftwareTokenMfaSettings": TOKEN,
    "EmailMfaSettings": EMAIL,
    "WebAuthnMfaSettings": PASSKEY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaPreferences:
    """Which factors a user has, and which of them are asked for."""

    services: Services

    @operation("SetUserMFAPreference")
    def set_user_mfa_preference(self, call: Call) -> Mapping[str, Any]:
        found = signed_in(self.services, call)
        return self._choose(call, found.pool, found.user, _choices(call))

    @operation("AdminSetUserMFAPreference")
    def admin_set_user_mfa_preference(self, call: Call) -> Mapping[str, Any]:
        return self._choose(call, *self._named(call), _choices(call))

    @operation("SetUserSettings")
    def set_user_settings(self, call: Call) -> Mapping[str, Any]:
        """Text messages alone, as it was before there were other factors."""
        found = signed_in(self.services, call)
        return self._choose(call, found.pool, found.user, _legacy_choices(call))

    @operation("AdminSetUserSettings")
    def admin_set_user_settings(self, call: Call) -> Mapping[str, Any]:
        return self._choose(call, *self._named(call), _legacy_choices(call))

    @operation("GetUserAuthFactors")
    def get_user_auth_factors(self, call: Call) -> Mapping[str, Any]:
        found = signed_in(self.services, call)
        return self._factors(found.pool, found.user)

    @operation("AdminGetUserAuthFactors")
    def admin_get_user_auth_factors(self, call: Call) -> Mapping[str, Any]:
        return self._factors(*self._named(call))

    def _named(self, call: Call) -> tuple[Pool, User]:
        pool = pool_of(self.services, call)
        return pool, self.services.users.get(pool, call.input["Username"])

    def _choose(self, call: Call, pool: Pool, user: User, choices: Mapping[str, Choice]) -> Mapping[str, Any]:
        self.services.preferences.choose(pool, user, choices, call.caller)
        return {}

    def _factors(self, pool: Pool, user: User) -> Mapping[str, Any]:
        has_passkey = self.services.passkeys.has_any(pool.pool_id, user.sub)
        return {
            "Username": user.username,
            "PreferredMfaSetting": user.mfa.preferred,
            "UserMFASettingList": list(user.mfa.enabled) or None,
            "ConfiguredUserAuthFactors": list(first_factors_of(pool, user, has_passkey=has_passkey)),
        }


def _choices(call: Call) -> dict[str, Choice]:
    return {
        name: Choice(enabled=call.input[member].get("Enabled"), preferred=call.input[member].get("PreferredMfa"))
        for member, name in _MEMBERS.items()
        if member in call.input
    }


def _legacy_choices(call: Call) -> dict[str, Choice]:
    options = call.input["MFAOptions"]
    for option in options:
        if (option.get("DeliveryMedium"), option.get("AttributeName")) != ("SMS", "phone_number"):
            raise InvalidParameter("MFA options deliver by SMS to phone_number only.")
    return {SMS: Choice(enabled=bool(options))}
