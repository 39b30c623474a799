"""Short-lived state: attempts, browser sessions, counters, nonces, one-time codes. One port, two implementations (SQL, Redis).

Keys are names or hashes, never secrets in clear. A value is typed by its ``kind``: what was put as one kind cannot be taken
as another. Expiry is stored and compared with our clock; a store's own time-to-live is only garbage collection.
Every method raises ``Unavailable`` when the store does not answer, so that a control fails closed.
"""

from collections.abc import Sequence
from typing import Protocol


class Ephemeral(Protocol):
    def put(self, kind: str, key: str, value: str, *, expires_at: int) -> None:
        """Stores or replaces."""

    def add_once(self, kind: str, key: str, value: str, *, expires_at: int) -> bool:
        """Stores only where nothing live is; of parallel callers exactly one gets True."""

    def find(self, kind: str, key: str) -> str | None:
        """The live value, or None."""

    def find_many(self, kind: str, keys: Sequence[str]) -> dict[str, str]:
        """The live values of these keys, in one question."""

    def take(self, kind: str, key: str) -> str | None:
        """Removes and returns the live value; of parallel callers exactly one gets it."""

    def swap(self, kind: str, key: str, *, old: str | None, new: str, expires_at: int) -> bool:
        """Replaces ``old`` (None: nothing live) by ``new`` atomically; False where another came first."""

    def count(self, kind: str, key: str, *, expires_at: int, by: int = 1) -> int:
        """Adds and returns the sum. The first addition sets the expiry; later ones keep it (a fixed window)."""

    def find_count(self, kind: str, key: str) -> int:
        """The sum so far, 0 where nothing was counted; counts nothing."""

    def remove(self, kind: str, key: str) -> None:
        """Removes, live or not."""
