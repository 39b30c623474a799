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
from app.core.users.attributes import missing_required, writable_by
from app.core.users.model import User, UserStatus

_FIRST_FACTORS = frozenset({steps.PASSWORD, steps.REGISTERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Nothing remains; ``amr`` names the methods (RFC 8176)."""

    amr: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """``step`` is the challenge's AWS name; ``missing_attributes`` must come with its answer."""

    step: str
    missing_attributes: tuple[str, ...] = ()


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
    if user.status is UserStatus.FORCE_CHANGE_PASSWORD or is_expired(pool, user, now):
        missing = tuple(n for n in missing_required(pool, user.attributes) if n in writable_by(client))
        return Ask(step=steps.NEW_PASSWORD_REQUIRED, missing_attributes=missing)
    # MFA, its set-up and remembered devices are asked here, before anybody is done.
    return Done(amr=("pwd",))


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
