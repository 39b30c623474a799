"""What is only counted: no row, no names, nothing about anybody. Labels come from fixed vocabularies, never from a request."""

from dataclasses import dataclass
from typing import Protocol

from app.core.audit.model import AuditEvent
from app.core.audit.ports import AuditLog

SIGN_INS = "sign_ins"
EVENTS = "audit_events"
TOKENS_ISSUED = "tokens_issued"
HASHES_RUNNING = "hashes_running"
HASHES_WAITING = "hashes_waiting"
HASHES_REFUSED = "hashes_refused"
HASHING_SECONDS = "hashing_cpu_seconds"

_SIGN_IN = "sign_in."


class Tally(Protocol):
    """Never raises and never waits: it stands on every request's path."""

    def add(self, name: str, *labels: str, amount: float = 1) -> None:
        """Raises a counter, which only grows."""

    def move(self, name: str, *labels: str, amount: float) -> None:
        """Moves a gauge up or down; what a dead process held is forgotten."""


class Uncounted:
    """The ``Tally`` of a process that nobody asks."""

    __slots__ = ()

    def add(self, name: str, *labels: str, amount: float = 1) -> None:
        """Forgets it."""

    def move(self, name: str, *labels: str, amount: float) -> None:
        """Forgets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedAudit:
    """An ``AuditLog`` whose rows are counted as well, by event and outcome: sign-ins on their own, all else together.

    A row that its transaction takes back stays counted; a metric may say "tried" where the audit must say "done".
    """

    log: AuditLog
    tally: Tally

    def record(self, event: AuditEvent) -> None:
        self.log.record(event)
        if event.event.startswith(_SIGN_IN):
            self.tally.add(SIGN_INS, event.event.removeprefix(_SIGN_IN), event.outcome)
        else:
            self.tally.add(EVENTS, event.event, event.outcome)
