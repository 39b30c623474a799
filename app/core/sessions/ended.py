from dataclasses import dataclass

from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.ids import PoolId

MARK_SECONDS = 360
"""The life of an authorization code, and a minute for requests that were under way when the session ended."""

_KIND = "ended_sid"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedSessions:
    """Which sessions have just been signed out, so that a code from before buys nothing afterwards."""

    ephemeral: Ephemeral
    clock: Clock

    def mark(self, pool_id: PoolId, sid: str) -> None:
        """Remembers the end for as long as a code of the session may live."""
        self.ephemeral.put(_KIND, f"{pool_id}:{sid}", "1", expires_at=self.clock.now() + MARK_SECONDS)

    def has_ended(self, pool_id: PoolId, sid: str) -> bool:
        """Raises ``Unavailable`` where nobody can tell, so that a redemption fails closed."""
        return self.ephemeral.find(_KIND, f"{pool_id}:{sid}") is not None
