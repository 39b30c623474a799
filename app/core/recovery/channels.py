"""Which way a password may be recovered: pure (``directory.md`` §4)."""

from app.core.factors.destination import choose_verification
from app.core.kernel.errors import Fact, InvalidParameter, NoRecoveryChannel, UserDisabled, UserNotFound
from app.core.pools.model import Pool
from app.core.pools.schema import VERIFIABLE
from app.core.users.model import User, UserStatus

_ATTRIBUTES = {"verified_email": "email", "verified_phone_number": "phone_number"}
_RECOVERABLE = frozenset({UserStatus.CONFIRMED, UserStatus.RESET_REQUIRED, UserStatus.UNCONFIRMED})


class CannotBeReset(InvalidParameter):
    """The user's status does not allow it (a temporary password is the administrator's to renew)."""

    message = "User password cannot be reset in the current state."


def offered(pool: Pool) -> tuple[str, ...]:
    """The attributes that recover in this pool, best first; empty where only an administrator resets."""
    return tuple(_ATTRIBUTES[name] for name in pool.settings.recovery if name in _ATTRIBUTES)


def choose_channel(pool: Pool, user: User | None) -> str | None:
    """The verified attribute the code goes to; None where this user cannot recover."""
    if user is None or not user.enabled or user.status not in _RECOVERABLE:
        return None
    return next((attribute for attribute in offered(pool) if user.is_verified(attribute)), None)


def choose_unproven(pool: Pool, user: User | None) -> str | None:
    """The address an unconfirmed user still has to prove, where the code of a recovery may do that as well as a sign-up's.

    Ours, and only where existence is concealed: Cognito sends nothing then. Whoever has the mailbox is to get in without
    confirming a password that somebody else chose.
    """
    if user is None or not user.enabled or user.status is not UserStatus.UNCONFIRMED:
        return None
    attribute = choose_verification(pool, user)
    return attribute if attribute in offered(pool) else None


def proven(user: User, attribute: str) -> User:
    """The user with the address verified. Who was not confirmed yet loses every other unproven address: it is anybody's."""
    changes = {f"{attribute}_verified": "true"}
    if user.status is UserStatus.UNCONFIRMED:
        unproven = [name for name in VERIFIABLE if name != attribute and not user.is_verified(name)]
        changes |= dict.fromkeys(unproven, "") | {VERIFIABLE[name]: "" for name in unproven}
    return user.with_attributes(changes)


def why_not(user: User | None) -> Fact:
    """What the API says where it conceals nothing."""
    if user is None:
        return UserNotFound()
    if not user.enabled:
        return UserDisabled()
    if user.status not in _RECOVERABLE:
        return CannotBeReset()
    return NoRecoveryChannel()
