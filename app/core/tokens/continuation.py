"""May this refresh family go on, and how? A refresh is not a sign-in: nobody proves anything anew. Pure."""

from dataclasses import dataclass
from enum import Enum, auto

from app.core.clients.model import Client
from app.core.pools.model import Pool
from app.core.tokens.beginning import DEVICE_KEY
from app.core.tokens.model import RefreshFamily
from app.core.users.model import User


class Stop(Enum):
    """Why not. ``REUSED``: the token was exchanged before, so one of two holders stole it and the family ends (RFC 9700 §4.14.2)."""

    UNKNOWN = auto()
    REVOKED = auto()
    EXPIRED = auto()
    NO_USER = auto()
    REUSED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoOn:
    """The same refresh token stays good."""

    user: User


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotate:
    """A successor replaces it. A first exchange not before ``reusable_since`` may be repeated: a lost answer is no theft."""

    user: User
    reusable_since: int


def choose_continuation(
    pool: Pool, client: Client, family: RefreshFamily | None, *, now: int, device_key: str | None = None
) -> GoOn | Rotate | Stop:
    """The rules of continuing, in the order in which a stranger may learn them: first whose token it is.

    A session that began on a device goes on there alone (``auth-flows.md`` §6).
    """
    if family is None or family.session.pool_id != pool.pool_id or family.session.client_id != client.client_id:
        return Stop.UNKNOWN
    session, refresh, user = family.session, family.refresh, family.user
    if session.extra.get(DEVICE_KEY, device_key) != device_key:
        return Stop.UNKNOWN
    if session.revoked_at is not None:
        return Stop.REVOKED
    if refresh.expires_at <= now:
        return Stop.EXPIRED
    # A grace of 0 seconds allows no repeat, not even one within the same second.
    reusable_since = now - client.settings.rotation_grace_seconds + 1
    if refresh.used_at is not None and refresh.used_at < reusable_since:
        return Stop.REUSED
    if user is None or not user.enabled or session.auth_time <= user.sessions_valid_after:
        return Stop.NO_USER
    if client.settings.rotation_enabled:
        return Rotate(user=user, reusable_since=reusable_since)
    return GoOn(user=user)
