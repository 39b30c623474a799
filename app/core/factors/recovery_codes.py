import secrets
from dataclasses import dataclass

from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.factors.ports import RecoveryCodeStore
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import CodeMismatch
from app.core.kernel.ids import PoolId, Sub
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.kernel.transactions import Transactions
from app.core.pools.model import Pool
from app.core.users.model import User

CODES = 10
LENGTH = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0, 1, i, l and o, which people confuse on paper: ten of them are 49 bits."""
_NOBODY = Caller()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodes:
    """Codes on paper that stand in for a second factor once each. Ours, not AWS's: hosted pages only."""

    store: RecoveryCodeStore
    hasher: Hasher
    audit: AuditLog
    clock: Clock
    transactions: Transactions

    def issue(self, pool: Pool, user: User, *, caller: Caller = _NOBODY) -> tuple[Secret, ...]:
        """New codes in place of all earlier ones; they can be shown this once, for only their hashes are kept."""
        codes: set[str] = set()
        while len(codes) < CODES:
            codes.add("".join(secrets.choice(_ALPHABET) for _ in range(LENGTH)))
        hashes = [self._digest(user, code) for code in codes]
        with self._trail("issue", user, caller) as trail, self.transactions.transaction():
            self.store.replace(pool.pool_id, user.sub, hashes, at=self.clock.now())
            trail.record()
        return tuple(Secret(code) for code in codes)

    def take(self, pool: Pool, user: User, code: Secret, *, caller: Caller = _NOBODY) -> None:
        """A right code is spent; spaces, dashes and capitals are as the person likes. Raises ``CodeMismatch``.

        Guesses are counted by whoever asks.
        """
        typed = "".join(code.reveal().lower().split()).replace("-", "")
        with self._trail("take", user, caller) as trail:
            if not self.store.take(pool.pool_id, user.sub, self._digest(user, typed)):
                raise CodeMismatch
            trail.record()

    def count(self, pool_id: PoolId, sub: Sub) -> int:
        """How many are left."""
        return self.store.count(pool_id, sub)

    def _digest(self, user: User, code: str) -> str:
        return self.hasher.digest("recovery code", f"{user.pool_id}:{user.sub}:{code}")

    def _trail(self, event: str, user: User, caller: Caller) -> Trail:
        return Trail(
            audit=self.audit, event=f"recovery_codes.{event}", caller=caller, pool_id=user.pool_id, sub=user.sub
        )
