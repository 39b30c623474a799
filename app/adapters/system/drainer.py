import logging
import os
from collections.abc import Callable
from threading import Event, Lock, Thread

_log = logging.getLogger("poolhouse.drainer")

_POLL_SECONDS = 3.0
_AFTER_A_WAKE = (0.05, 0.2, 1.0)
"""Seconds between looks after a wake-up: it comes before the transaction commits that it speaks of."""


class Drainer:
    """One daemon thread per process that empties the queue, started at the first ``wake`` or ``start``, so never before a fork.

    Between wake-ups it polls, for what other processes enqueued, what is due later, and what a dead worker left behind.
    """

    def __init__(self, *, poll_seconds: float = _POLL_SECONDS) -> None:
        self._poll_seconds = poll_seconds
        self._bell = Event()
        self._closing = Event()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._process = 0
        self._drain: Callable[[], int] | None = None

    def serve(self, drain: Callable[[], int]) -> None:
        """Names what empties the queue. Apart from the constructor because the queue wants ``wake`` first."""
        self._drain = drain

    def start(self) -> None:
        """Starts the thread of this process where there is none."""
        with self._lock:
            if self._drain is None or self._closing.is_set():
                return
            if self._process != os.getpid() or self._thread is None:
                self._process = os.getpid()
                self._thread = Thread(target=self._run, args=(self._drain,), name="poolhouse-drainer", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Returns at once."""
        self._bell.set()
        self.start()

    def close(self, *, seconds: float = 10) -> None:
        """Ends after the delivery in hand; what remains is taken up at the next start."""
        self._closing.set()
        self._bell.set()
        thread = self._thread if self._process == os.getpid() else None
        if thread is not None:
            thread.join(seconds)

    def _run(self, drain: Callable[[], int]) -> None:
        looks = iter(_AFTER_A_WAKE)
        while not self._closing.is_set():
            try:
                drain()
            except Exception as error:  # noqa: BLE001 - a database that is away for a while must not end the thread
                _log.warning("drainer.failed", extra={"reason": type(error).__name__})
            if self._bell.wait(next(looks, self._poll_seconds)) and not self._closing.is_set():
                self._bell.clear()
                looks = iter(_AFTER_A_WAKE)
