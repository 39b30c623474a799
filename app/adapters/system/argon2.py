import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.audit.tally import HASHES_REFUSED, HASHES_RUNNING, HASHES_WAITING, HASHING_SECONDS, Tally, Uncounted
from app.core.kernel.errors import TooManyRequests
from app.core.kernel.secret import Secret

PROFILES: dict[str, tuple[int, int, int]] = {
    "owasp": (19 * 1024, 2, 1),
    "strong": (64 * 1024, 3, 1),
    "test": (8, 1, 1),
}
"""KiB of memory, passes, lanes. ``owasp``: OWASP Password Storage Cheat Sheet; ``strong``: RFC 9106 §4, second choice, one lane."""

_WAITING_PER_CORE = 32
_PATIENCE_SECONDS = 10.0


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Argon2Hasher:
    """The ``PasswordHasher`` with Argon2id. As many hashes at once as there are cores; a bounded queue waits, the rest is refused.

    Unbounded, a flood of sign-ins would take memory and time from everything else the process does.
    """

    def __init__(
        self,
        profile: str = "owasp",
        *,
        width: int | None = None,
        waiting: int | None = None,
        tally: Tally | None = None,
    ) -> None:
        memory, passes, lanes = PROFILES[profile]
        self._argon2 = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=lanes, type=Type.ID)
        self._tally = tally or Uncounted()
        self._width = width or _cores()
        self._slots = threading.BoundedSemaphore(self._width)
        self._room = threading.BoundedSemaphore(
            self._width + (_WAITING_PER_CORE * self._width if waiting is None else waiting)
        )
        self._nobody = self._argon2.hash(os.urandom(16))

    def hash(self, password: Secret) -> Secret:
        with self._slot():
            return Secret(self._argon2.hash(_bytes(password)))

    def verify(self, encoded: Secret | None, password: Secret) -> bool:
        with self._slot():
            try:
                self._argon2.verify(self._nobody if encoded is None else encoded.reveal(), _bytes(password))
            except (VerificationError, InvalidHashError):
                return False
            return encoded is not None

    def needs_rehash(self, encoded: Secret) -> bool:
        try:
            return self._argon2.check_needs_rehash(encoded.reveal())
        except InvalidHashError:
            return True

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            self._tally.add(HASHES_REFUSED)
            raise TooManyRequests
        try:
            if not self._slots.acquire(blocking=False) and not self._wait():
                self._tally.add(HASHES_REFUSED)
                raise TooManyRequests
            self._tally.move(HASHES_RUNNING, amount=1)
            # One lane is hashed in the thread that asks, so this thread's time is the hash's.
            began = time.thread_time()
            try:
                yield
            finally:
                self._tally.add(HASHING_SECONDS, amount=time.thread_time() - began)
                self._tally.move(HASHES_RUNNING, amount=-1)
                self._slots.release()
        finally:
            self._room.release()

    def _wait(self) -> bool:
        self._tally.move(HASHES_WAITING, amount=1)
        try:
            return self._slots.acquire(timeout=_PATIENCE_SECONDS)
        finally:
            self._tally.move(HASHES_WAITING, amount=-1)


def _bytes(password: Secret) -> bytes:
    """The raw string, lone surrogates included: a JSON body may carry them, and they must be wrong, not an error."""
    return password.reveal().encode("utf-8", "surrogatepass")
