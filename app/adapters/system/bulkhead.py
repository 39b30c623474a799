import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.core.kernel.outbound import OutboundFailed

PLACES = 4
"""Half of the threads of a worker (``poolhouse run``): the others answer, however many callers wait for somebody else's server."""


class Bulkhead:
    """The ``Places`` of a process: so many threads may wait for servers elsewhere at once, and no more."""

    def __init__(self, places: int = PLACES) -> None:
        self._free = threading.BoundedSemaphore(places)
        self._mine = threading.local()

    @contextmanager
    def place(self) -> Iterator[None]:
        if getattr(self._mine, "taken", False):
            # One thread waits for one thing at a time, however many of its callers asked for a place.
            yield
            return
        if not self._free.acquire(blocking=False):
            raise OutboundFailed
        self._mine.taken = True
        try:
            yield
        finally:
            self._mine.taken = False
            self._free.release()
