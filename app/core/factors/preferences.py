"""Which second factors a user has switched on, and which of them is asked first (Cognito: SetUserMFAPreference)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.factors.ports import SetUp
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.transactions import Transactions
from app.core.pools.model import Pool
from app.core.users.model import MfaPreference, User
from app.core.users.ports import UserStore

SMS, TOKEN, EMAIL, PASSKEY = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "WEB_AUTHN"
_ORDER = (SMS, TOKEN, EMAIL, PASSKEY)
_ADDRESSES = {SMS: "phone_number", EMAIL: "email"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is said of one factor; None leaves it as it is."""

    enabled: bool | None = None
    preferred: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """A user's choice of second factors, their own or an administrator's."""

    users: UserStore
    software_tokens: SetUp
    audit: AuditLog
    clock: Clock
    transactions: Transactions

    def choose(self, pool: Pool, user: User, choices: Mapping[str, Choice], caller: Caller) -> User:
        """The saved user. Only what is switched on anew must be possible; raises ``InvalidParameter``, ``Conflict``."""
        with Trail(audit=self.audit, event="mfa.choose", caller=caller, pool_id=user.pool_id, sub=user.sub) as trail:
            chosen = choose_preference(user.mfa, choices)
            anew = [name for name in chosen.enabled if name not in user.mfa.enabled]
            check_possible(pool, user, anew)
            # A token may be gone since it was chosen: what is said of it now must hold now.
            if (choices.get(TOKEN) or Choice()).enabled and not self.software_tokens.is_set_up(user.pool_id, user.sub):
                raise InvalidParameter("User has not verified software token mfa")
            trail.detail["enabled"] = " ".join(chosen.enabled)
            if chosen.preferred:
                trail.detail["preferred"] = chosen.preferred
            with self.transactions.transaction():
                saved = self.users.save(replace(user, mfa=chosen, updated_at=self.clock.now()))
                trail.record()
        return saved


def choose_preference(before: MfaPreference, choices: Mapping[str, Choice]) -> MfaPreference:
    """The choice after the changes. Raises ``InvalidParameter`` for two that are asked first, for one that is off, and for a
    passkey alone: who loses it would be locked out.
    """
    enabled = {name for name in _ORDER if _is_on(name, before, choices)}
    asked_first = [name for name, choice in choices.items() if choice.preferred]
    if len(asked_first) > 1:
        raise InvalidParameter("Only one MFA method can be preferred.")
    if asked_first and asked_first[0] not in enabled:
        raise InvalidParameter("An MFA method must be enabled to be preferred.")
    if enabled == {PASSKEY}:
        raise InvalidParameter("WebAuthn MFA needs another MFA method to be enabled.")
    preferred = asked_first[0] if asked_first else before.preferred
    if preferred not in enabled or (not asked_first and choices.get(preferred, Choice()).preferred is False):
        preferred = None
    return MfaPreference(enabled=tuple(name for name in _ORDER if name in enabled), preferred=preferred)


def check_possible(pool: Pool, user: User, factors: list[str]) -> None:
    """Raises ``InvalidParameter`` where the pool does not offer one of the factors, or a code would have nowhere to go."""
    mfa = pool.settings.mfa
    for name in factors:
        if name == PASSKEY:
            if not mfa.webauthn.multi_factor:
                raise InvalidParameter("WebAuthn MFA is not enabled for the user pool.")
        elif name not in mfa.offers:
            raise InvalidParameter(f"{name} is not enabled for the user pool.")
        if name in _ADDRESSES and not user.attributes.get(_ADDRESSES[name]):
            raise InvalidParameter(f"User does not have delivery config set to turn on {name}")


def without_factor(mfa: MfaPreference, factor: str) -> MfaPreference:
    """The choice without one factor, whose preference goes with it, and without a passkey that would be left alone."""
    enabled = tuple(name for name in mfa.enabled if name != factor)
    if enabled == (PASSKEY,):
        enabled = ()
    return MfaPreference(enabled=enabled, preferred=mfa.preferred if mfa.preferred in enabled else None)


def first_factors_of(pool: Pool, user: User, *, has_passkey: bool) -> tuple[str, ...]:
    """What the user can begin a sign-in with, of what the pool allows (Cognito: GetUserAuthFactors)."""
    has = {
        "PASSWORD": user.password is not None,
        "EMAIL_OTP": bool(user.attributes.get("email")),
        "SMS_OTP": bool(user.attributes.get("phone_number")),
        "WEB_AUTHN": has_passkey,
    }
    return tuple(name for name in pool.settings.first_factors if has.get(name))


def _is_on(name: str, before: MfaPreference, choices: Mapping[str, Choice]) -> bool:
    said = choices.get(name, Choice()).enabled
    return name in before.enabled if said is None else said
