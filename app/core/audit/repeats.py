import hashlib
from dataclasses import dataclass, replace

from app.core.audit.model import AuditEvent
from app.core.audit.ports import AuditLog
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import Unavailable

WINDOW_SECONDS = 60
TOLD_EACH = 10
"""So many of them leave a row each: more than it takes to lock somebody out."""
_KIND = "audit_repeats"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatsCollapsed:
    """An ``AuditLog`` that anybody's refused requests cannot fill.

    Of identical refusals (event, outcome, pool, user, client, address) within a minute the first ten leave a row each, then the
    hundredth, the thousandth and so on, with their number in ``repeated``. Where there is no such user, the detail (the hashed
    name among it) tells them apart; an event may also say itself what it repeats. What was carried out is always recorded.
    """

    inner: AuditLog
    ephemeral: Ephemeral
    clock: Clock

    def record(self, event: AuditEvent) -> None:
        """Appends the row, or leaves it out as a repeat. Where the counter does not answer, it is appended."""
        repeated = self._count(event) if event.refused else 1
        if repeated <= TOLD_EACH:
            self.inner.record(event)
        elif str(repeated).strip("0") == "1":
            self.inner.record(replace(event, detail={**event.detail, "repeated": str(repeated)}))

    def _count(self, event: AuditEvent) -> int:
        if event.repeats is not None:
            parts: tuple[object, ...] = (event.event, event.outcome, event.pool_id, event.repeats)
        else:
            who = event.sub or sorted(event.detail.items())
            parts = (event.event, event.outcome, event.pool_id, who, event.client_id, event.address)
        printable = repr(parts).encode("utf-8", "backslashreplace")
        key = hashlib.sha256(printable).hexdigest()
        try:
            return self.ephemeral.count(_KIND, key, expires_at=self.clock.now() + WINDOW_SECONDS)
        except Unavailable:
            return 1
