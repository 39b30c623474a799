from collections.abc import Callable
from dataclasses import dataclass

from app.core.audit.model import AuditEvent
from app.core.audit.ports import AuditLog
from app.core.limits.rates import network_of

EVENT = "signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedSignatures:
    """Signed requests whose signature does not count leave a row: forged, expired, of a key that is gone or nobody's.

    Repeats are told apart by the key where it is this server's own, wherever they come from, else by the network: neither many
    addresses nor many invented keys fill the audit. A key that is not ours is not written down, since anybody may write anything there.
    """

    audit: AuditLog
    was_issued: Callable[[str], bool]

    def record(
        self, outcome: str, access_key_id: str, *, service: str, address: str | None, request_id: str | None = None
    ) -> None:
        """Appends the row, or leaves it out as a repeat. ``outcome`` is the refusal's code, ``service`` what was asked."""
        is_ours = access_key_id.isascii() and self.was_issued(access_key_id)
        detail = {"service": service} | ({"access_key": access_key_id} if is_ours else {})
        self.audit.record(
            AuditEvent(
                event=EVENT,
                outcome=outcome,
                address=address[:64] if address else None,
                request_id=request_id[:36] if request_id else None,
                detail=detail,
                refused=True,
                repeats=f"key {access_key_id}" if is_ours else f"network {network_of(address)}",
            )
        )
