"""How many requests one caller may have under way in a worker, so that nobody keeps its threads from everybody else."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from app.core.limits.rates import network_of
from app.gateway.refusal import Refusal

_log = logging.getLogger(__name__)

PER_CALLER = 16
"""Of one identity or access key; SDKs move the parts of a large object on ten connections. And, of one address, of those
that are not proven yet."""
PER_ADDRESS = 48
"""Of one address, whoever asks from there: guests may become another identity with each request."""
THREADS = 64
"""Of a worker. They mostly wait for the store or for the client's next piece."""
_SENTENCE = "Please reduce your request rate: too many of your requests are under way."


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places of one worker. A request counts for its address until its answer is sent, and once it is proven for its caller."""

    per_caller: int = PER_CALLER
    per_address: int = PER_ADDRESS
    _taken: Counter[tuple[str, str]] = field(default_factory=Counter, init=False, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    def take(self, address: str) -> "Place":
        """A place for a request that proves nothing yet. Raises ``Refusal`` with ``SlowDown``."""
        network = network_of(address)
        asked = {("address", network): self.per_address, ("unproven", network): self.per_caller}
        with self._lock:
            full = [name for name, most in asked.items() if self._taken[name] >= most]
            if not full:
                self._taken.update(asked.keys())
        if full:
            raise _slow_down(full[0])
        return Place(names=list(asked), prove=self._prove, leave=self._leave)

    def _prove(self, names: list[tuple[str, str]], caller: str) -> None:
        """A stranger who only names somebody's key takes no place of theirs, since this comes after the signature."""
        proven = ("caller", caller)
        with self._lock:
            if proven in names:
                return
            has_place = self._taken[proven] < self.per_caller
            if has_place:
                self._taken[proven] += 1
                self._put_back(names.pop())
                names.append(proven)
        if not has_place:
            raise _slow_down(proven)

    def _leave(self, names: list[tuple[str, str]]) -> None:
        with self._lock:
            while names:
                self._put_back(names.pop())

    def _put_back(self, name: tuple[str, str]) -> None:
        self._taken[name] -= 1
        if not self._taken[name]:
            del self._taken[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One request's. ``names`` is for whom it counts at this moment."""

    names: list[tuple[str, str]]
    prove: Callable[[list[tuple[str, str]], str], None]
    leave: Callable[[list[tuple[str, str]]], None]

    def proven(self, caller: str) -> None:
        """It counts for this caller from now on. Raises ``Refusal`` with ``SlowDown`` where they have too many."""
        self.prove(self.names, caller)

    def close(self) -> None:
        """Free again; once is enough."""
        self.leave(self.names)


def _slow_down(full: tuple[str, str]) -> Refusal:
    _log.info("gateway.slow_down", extra={"by": full[0], "who": full[1]})
    return Refusal("SlowDown", _SENTENCE)
