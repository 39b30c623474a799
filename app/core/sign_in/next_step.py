"""The one decision: what remains to be proven. Every door and every factor comes back to it; no step calls another."""

from dataclasses import dataclass

from app.core.attempts import steps
from app.core.attempts.model import Attempt
from app.core.clients.model import Client
from app.core.factors.password import is_expired, is_temporary_expired
from app.core.kernel.errors import (
    Fact,
    IncorrectCredentials,
    PasswordResetRequired,
    SessionExpired,
    TemporaryPasswordExpired,
    UserDisabled,
    UserNotConfirmed,
)
from app.core.pools.model import Pool
from app.core.pools.schema import VERIFIABLE
from app.core.sign_in.second_factors import choose_second_factors, choose_set_up
from app.core.users.attributes import missing_required, writable_by
from app.core.users.model import User, UserStatus

_CODES = frozenset({steps.SMS_CODE, steps.EMAIL_CODE})
_PASSKEYS = frozenset({steps.PASSKEY, steps.HARDWARE_PASSKEY})
_BESIDE_A_CODE = frozenset({steps.PASSWORD, steps.REGISTERED}) | _PASSKEYS
_FIRST_FACTORS = _BESIDE_A_CODE | _CODES
_METHODS = (steps.PASSWORD, steps.SMS_CODE, steps.EMAIL_CODE, steps.TOTP, steps.PASSKEY, steps.HARDWARE_PASSKEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Nothing remains; ``amr`` names the methods (RFC 8176)."""

    amr: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """``step`` is the challenge's AWS name; ``missing_attributes`` must come with its answer; ``choices`` are what it offers."""

    step: str
    missing_attributes: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """The attempt ends with this fact."""

    fact: type[Fact]


def next_step(attempt: Attempt, pool: Pool, client: Client, user: User | None, now: int) -> Done | Ask | Refuse:
    """What remains of the attempt: refused, a challenge, or signed in. Pure; the gates stand in the order of ``auth-flows.md`` §2."""
    if user is None or not _FIRST_FACTORS.intersection(attempt.proven):
        return Refuse(fact=IncorrectCredentials)
    if not user.enabled:
        return Refuse(fact=UserDisabled)
    if _is_stale(attempt, user, now):
        return Refuse(fact=SessionExpired)
    refusal = _by_status(pool, user, now)
    if refusal is not None:
        return Refuse(fact=refusal)
    # Threat protection (a risk that blocks, or that asks for more) decides here.
    by_password = steps.PASSWORD in attempt.proven
    if by_password and (user.status is UserStatus.FORCE_CHANGE_PASSWORD or is_expired(pool, user, now)):
        missing = tuple(n for n in missing_required(pool, user.attributes) if n in writable_by(client))
        return Ask(step=steps.NEW_PASSWORD_REQUIRED, missing_attributes=missing)
    return _second_factor(attempt, pool, user) or Done(amr=_methods(attempt))


def _second_factor(attempt: Attempt, pool: Pool, user: User) -> Ask | Refuse | None:
    """A second factor, or its set-up, where one is due (``auth-flows.md`` §10)."""
    if pool.settings.mfa.is_off or not _wants_second(attempt, pool, user):
        return None
    enabled = choose_second_factors(pool, user)
    if not _BESIDE_A_CODE.intersection(attempt.proven):
        # A code alone is not offered where a second factor is due; a setting that changed meanwhile must not let it pass, and
        # the same code is never both factors.
        return Refuse(fact=IncorrectCredentials) if pool.settings.mfa.is_on or enabled else None
    if steps.SECOND_FACTORS.intersection(attempt.proven):
        return None
    if attempt.data.get("device") == "remembered":
        return Ask(step=steps.DEVICE_SRP_AUTH)
    if user.mfa.preferred in enabled:
        return Ask(step=user.mfa.preferred or "", choices=enabled)
    if len(enabled) == 1:
        return Ask(step=enabled[0], choices=enabled)
    if enabled:
        return Ask(step=steps.SELECT_MFA_TYPE, choices=enabled)
    return Ask(step=steps.MFA_SETUP, choices=choose_set_up(pool)) if pool.settings.mfa.is_on else None


def _wants_second(attempt: Attempt, pool: Pool, user: User) -> bool:
    """Who has just confirmed a new account has proven an address of theirs, unless an administrator confirmed it; a passkey that asked for a finger or a PIN is two
    factors where the pool says so. A code as first factor is offered only to those who have no second (``first_factors.py``).
    """
    if steps.PASSWORD in attempt.proven:
        return True
    if steps.REGISTERED in attempt.proven and any(user.is_verified(name) for name in VERIFIABLE):
        return bool(choose_second_factors(pool, user)) and user.mfa.enabled != ()
    if steps.VERIFIED_PASSKEY in attempt.proven and pool.settings.mfa.webauthn.multi_factor:
        return False
    return pool.settings.mfa.is_on or bool(user.mfa.enabled)


def _methods(attempt: Attempt) -> tuple[str, ...]:
    """RFC 8176 §2 where it has a name; ``mfa`` where more than one thing was proven. Who registered proved a password."""
    proven = attempt.proven
    found = [method for method in _METHODS if method in proven]
    if steps.REGISTERED in proven:
        found.insert(0, steps.PASSWORD)
    factors = set(proven) & (set(_METHODS) | {steps.DEVICE, steps.RECOVERY_CODE})
    return (*found, "mfa") if len(factors) > 1 else tuple(found)


def _is_stale(attempt: Attempt, user: User, now: int) -> bool:
    """What was proven counts only for the record it was proven against, and not past a global sign-out.

    A sign-up is proven once for all: the confirmation that follows it changes the record.
    """
    if now >= attempt.expires_at or user.sessions_valid_after > attempt.started_at:
        return True
    if steps.REGISTERED in attempt.proven:
        return user.password is None or user.password.set_at > attempt.started_at
    return attempt.user_revision != user.revision


def _by_status(pool: Pool, user: User, now: int) -> type[Fact] | None:
    if user.status is UserStatus.UNCONFIRMED:
        return UserNotConfirmed
    if user.status is UserStatus.RESET_REQUIRED:
        return PasswordResetRequired
    if user.status is UserStatus.EXTERNAL_PROVIDER:
        return IncorrectCredentials
    if is_temporary_expired(pool, user, now):
        return TemporaryPasswordExpired
    return None
