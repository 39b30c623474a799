from dataclasses import dataclass

from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import LockedOut
from app.core.kernel.ids import PoolId

FREE_FAILURES = 4
"""The fifth failure locks, for a second; each further one for twice as long (``auth-flows.md`` §13)."""
LONGEST_LOCK = 15 * 60
IDLE_SECONDS = 15 * 60
_KIND = "lockout"
_TRIES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One counted guess, so that it can be taken back where nothing was verified."""

    pool_id: PoolId
    who: str
    before: str | None
    after: str
    expires_at: int


def lock_seconds(failures: int) -> int:
    """How long the n-th failure locks: 0 for the first four, then 1, 2, 4 … up to 15 minutes."""
    if failures <= FREE_FAILURES:
        return 0
    doublings = min(failures - FREE_FAILURES - 1, 20)
    return min(1 << doublings, LONGEST_LOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """Locks one user, known or not, after wrong guesses. A guess is counted before it is verified, so guesses cannot race."""

    ephemeral: Ephemeral
    clock: Clock

    def check_and_count(self, pool_id: PoolId, who: str) -> Guess:
        """Raises ``LockedOut`` while locked, which is not counted; else counts this guess as a failure until ``clear``."""
        for turn in range(_TRIES):
            # Nearly everybody has guessed nothing wrong, and then the write alone says so.
            before = self.ephemeral.find(_KIND, f"{pool_id}:{who}") if turn else None
            now = self.clock.now()
            failures, locked_until = _read(before)
            if now < locked_until:
                raise LockedOut
            failures += 1
            until = now + lock_seconds(failures)
            guess = Guess(
                pool_id=pool_id, who=who, before=before, after=f"{failures}:{until}", expires_at=until + IDLE_SECONDS
            )
            if self._swap(guess, old=before, new=guess.after):
                return guess
        raise LockedOut

    def forgive(self, guess: Guess) -> None:
        """Takes one guess back that was never verified, unless another was counted since."""
        self._swap(guess, old=guess.after, new=guess.before or "0:0")

    def clear(self, pool_id: PoolId, who: str) -> None:
        """After a success: the next failure is the first."""
        self.ephemeral.remove(_KIND, f"{pool_id}:{who}")

    def _swap(self, guess: Guess, *, old: str | None, new: str) -> bool:
        key = f"{guess.pool_id}:{guess.who}"
        return self.ephemeral.swap(_KIND, key, old=old, new=new, expires_at=guess.expires_at)


def _read(value: str | None) -> tuple[int, int]:
    if value is None:
        return 0, 0
    failures, _, until = value.partition(":")
    return int(failures), int(until)
