"""The rows of the account page: what a person has, and what the pool would let them have."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from app.blueprints.hosted_ui.contacts import CONTACTS, changeable, waiting
from app.blueprints.hosted_ui.visit import Visit
from app.core.attempts import steps
from app.core.factors.destination import mask_email, mask_phone
from app.core.factors.passkeys import Passkeys
from app.core.factors.recovery_codes import RecoveryCodes
from app.core.pools.model import Pool
from app.core.sessions.service import Sessions
from app.core.sessions.suffices import Suffices
from app.core.users.model import User
from app.web.context_parts import AccountContact, AccountFactor, AccountPasskey, AccountSession

_KINDS: dict[str, Literal["authenticator", "sms", "email"]] = {
    steps.SOFTWARE_TOKEN_MFA: "authenticator",
    steps.SMS_MFA: "sms",
    steps.EMAIL_OTP: "email",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRows:
    passkeys_room: Passkeys
    recovery_room: RecoveryCodes
    sessions_room: Sessions

    def contacts(self, visit: Visit, user: User) -> tuple[AccountContact, ...]:
        """The addresses as they are, and where they are changed; a phone number only where the pool has a use for it."""
        return tuple(
            _contact(visit, user, name)
            for name in CONTACTS
            if user.attributes.get(name) or user.pending.get(name) or _is_useful(visit.pool, name)
        )

    def factors(self, pool: Pool, user: User) -> tuple[AccountFactor, ...]:
        """What the pool offers, in one order for all."""
        return tuple(_factor(pool, user, name) for name in _KINDS if name in pool.settings.mfa.offers)

    def passkeys(self, pool: Pool, user: User) -> tuple[AccountPasskey, ...]:
        return tuple(
            AccountPasskey(id=one.credential_id, name=one.name, added=_day(one.created_at))
            for one in self.passkeys_room.list_of(pool, user)
        )

    def sessions(self, present: Suffices) -> tuple[AccountSession, ...]:
        """The browser at hand first, then the others."""
        own, now = present.session, self.sessions_room.clock.now()
        others = [one for one in self.sessions_room.list_of(present.user) if one.sid != own.sid]
        return tuple(
            AccountSession(
                id=one.sid,
                device=None if one.device == "unknown" else one.device,
                minutes=max(0, now - one.seen_at) // 60,
                current=one is own,
            )
            for one in (own, *others)
        )

    def recovery_codes(self, pool: Pool, user: User) -> int | None:
        """How many are left; None where nothing could be lost."""
        left = self.recovery_room.count(pool.pool_id, user.sub)
        return left if left or user.mfa.enabled else None


def _contact(visit: Visit, user: User, name: Literal["email", "phone_number"]) -> AccountContact:
    return AccountContact(
        name=name,
        value=user.attributes.get(name),
        verified=user.is_verified(name),
        waiting=user.pending.get(name),
        change_url=visit.url("account", name) if name in changeable(visit) else None,
        verify_url=visit.url("account", f"{name}_code") if waiting(user, name) else None,
    )


def _is_useful(pool: Pool, name: str) -> bool:
    """Whether a sign-in could ever go through the address."""
    settings = pool.settings
    if name in settings.username_attributes | settings.alias_attributes | settings.auto_verified:
        return True
    codes = {steps.EMAIL_OTP} if name == "email" else {steps.SMS_MFA, steps.SMS_OTP}
    return bool(codes & ({*settings.first_factors} | settings.mfa.offers))


def _factor(pool: Pool, user: User, name: str) -> AccountFactor:
    on, kind = name in user.mfa.enabled, _KINDS[name]
    email, phone = user.attributes.get("email"), user.attributes.get("phone_number")
    destination = None
    if kind == "email" and email:
        destination = mask_email(email)
    elif kind == "sms" and phone:
        destination = mask_phone(phone)
    last = pool.settings.mfa.is_on and user.mfa.enabled == (name,)
    return AccountFactor(
        name=name,
        kind=kind,
        on=on,
        preferred=user.mfa.preferred == name,
        destination=destination,
        can_set_up=kind == "authenticator",
        can_turn_on=not on and destination is not None,
        can_turn_off=on and not last,
    )


def _day(at: int) -> str:
    """As every language reads it (ISO 8601), without a time zone that nobody knows."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()
