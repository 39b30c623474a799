"""Which second factors a user may prove, and which ones could be set up. Pure."""

from app.core.attempts import steps
from app.core.clients.model import Client
from app.core.pools.model import Pool
from app.core.users.attributes import writable_by
from app.core.users.model import User

_ADDRESSES = {steps.SMS_MFA: "phone_number", steps.EMAIL_OTP: "email"}
_ORDER = (steps.SOFTWARE_TOKEN_MFA, steps.SMS_MFA, steps.EMAIL_OTP)


def choose_second_factors(pool: Pool, user: User) -> tuple[str, ...]:
    """Those that the user has switched on and the pool still offers. Where the pool demands one and the user has switched on none,
    an address that a code can go to is one (``auth-flows.md`` §10); one that nobody has proven only where none is.
    """
    offered = pool.settings.mfa.offers
    enabled = [factor for factor in _ORDER if factor in offered and factor in user.mfa.enabled]
    if not enabled and pool.settings.mfa.is_on:
        enabled = [factor for factor in _ORDER if factor in offered and factor in _ADDRESSES]
        proven = [factor for factor in enabled if user.is_verified(_ADDRESSES[factor])]
        enabled = proven or enabled
    return tuple(factor for factor in enabled if factor not in _ADDRESSES or user.attributes.get(_ADDRESSES[factor]))


def choose_set_up(pool: Pool) -> tuple[str, ...]:
    """What MFA_SETUP offers (Cognito: MFAS_CAN_SETUP)."""
    return tuple(factor for factor in _ORDER if factor in pool.settings.mfa.offers)


def choose_set_up_here(pool: Pool, client: Client, user: User) -> tuple[str, ...]:
    """What the pages can set up in the middle of a sign-in: of what MFA_SETUP offers that for which the user has an address, or may
    give one through this client.
    """
    return tuple(factor for factor in choose_set_up(pool) if _is_possible(pool, client, user, factor))


def missing_addresses(user: User, factors: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses that have to be given first, of those that these factors need."""
    needed = (_ADDRESSES[factor] for factor in factors if factor in _ADDRESSES)
    return tuple(name for name in needed if not user.attributes.get(name))


def _is_possible(pool: Pool, client: Client, user: User, factor: str) -> bool:
    name = _ADDRESSES.get(factor)
    if name is None or user.attributes.get(name):
        return True
    return name in writable_by(client) and pool.settings.schema[name].mutable


def address_of(factor: str) -> str:
    """The attribute to which a factor's code goes."""
    return "email" if factor == steps.EMAIL_OTP else "phone_number"
