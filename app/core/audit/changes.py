from dataclasses import dataclass

from app.core.audit.model import AuditEvent
from app.core.audit.ports import AuditLog


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChanges:
    """The ``Recorder`` whose rows stand in the audit: every change of the configuration, with the change or not at all."""

    audit: AuditLog

    def record(self, event: str, pool_id: str, **detail: str) -> None:
        client_id, sub = detail.pop("client_id", None), detail.pop("sub", None)
        self.audit.record(
            AuditEvent(event=event, outcome="ok", pool_id=pool_id, sub=sub, client_id=client_id, detail=detail)
        )
