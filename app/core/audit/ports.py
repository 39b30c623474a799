from typing import Protocol

from app.core.audit.model import AuditEvent


class AuditLog(Protocol):
    def record(self, event: AuditEvent) -> None:
        """Appends one row, joining the open transaction where there is one."""
