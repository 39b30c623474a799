import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.audit.model import AuditEvent
from app.core.audit.ports import AuditLog
from app.core.deliveries.model import CLAIM_SECONDS, Delivery, next_pause
from app.core.deliveries.ports import DeliveryStore, Handler, PayloadLost, Wake
from app.core.kernel.clock import Clock
from app.core.kernel.errors import Fact
from app.core.kernel.ids import new_uuid

NOTHING = "nothing"
"""The kind that is dropped when its turn comes."""

_STEP = 512

_log = logging.getLogger("poolhouse.deliveries")


def _nobody_waits() -> None:
    """For processes that only enqueue: some worker polls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """The queue. At least once: a worker that dies between sending and removing leaves a second copy, never none."""

    store: DeliveryStore
    clock: Clock
    audit: AuditLog
    handlers: Mapping[str, Handler] = field(default_factory=dict)
    wake: Wake = _nobody_waits

    def enqueue(self, kind: str, payload: str) -> None:
        """One insert, joining the open transaction. Payloads are padded, so that a row's size says little."""
        now = self.clock.now()
        padded = payload + " " * (-len(payload.encode()) % _STEP)
        self.store.add(Delivery(delivery_id=new_uuid(), kind=kind, payload=padded, created_at=now, due_at=now))
        self.wake()

    def enqueue_nothing(self, payload: str) -> None:
        """The same insert for nobody."""
        self.enqueue(NOTHING, payload)

    def drain(self, limit: int = 100) -> int:
        """Sends what is due, at most ``limit``; returns how many were taken. Raises ``Unavailable`` only."""
        for taken in range(limit):
            now = self.clock.now()
            try:
                delivery = self.store.claim(now=now, until=now + CLAIM_SECONDS)
            except PayloadLost:
                _log.exception("deliveries.payload_lost")
                continue
            if delivery is None:
                return taken
            self._attempt(delivery)
        return limit

    def _attempt(self, delivery: Delivery) -> None:
        if delivery.kind == NOTHING:
            self.store.remove(delivery)
            return
        try:
            self.handlers[delivery.kind](delivery.payload)
        except Fact as fact:
            self._failed(delivery, type(fact).__name__)
        except Exception as error:  # noqa: BLE001 - one row that cannot be sent must not stop those behind it
            # Without the traceback's values or the error's text: either may quote the message, and with it a code.
            self._failed(delivery, type(error).__name__)
        else:
            self.store.remove(delivery)

    def _failed(self, delivery: Delivery, reason: str) -> None:
        detail = {
            "kind": delivery.kind,
            "delivery": delivery.delivery_id,
            "tries": str(delivery.tries),
            "reason": reason,
        }
        pause = next_pause(delivery.tries)
        if pause is not None:
            _log.warning("deliveries.postponed", extra={"delivery": detail, "seconds": pause})
            self.store.postpone(delivery, due_at=self.clock.now() + pause)
            return
        _log.error("deliveries.abandoned", extra={"delivery": detail})
        self.store.remove(delivery)
        self.audit.record(AuditEvent(event="deliveries.abandoned", outcome=reason, detail=detail))
