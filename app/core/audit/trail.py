from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from app.core.audit.model import AuditEvent
from app.core.audit.ports import AuditLog
from app.core.kernel.caller import Caller
from app.core.kernel.errors import Fact, Unavailable


@dataclass(slots=True, kw_only=True)
class Trail:
    """One use case on its way into the audit: a refusal leaves its row by itself, a success calls ``record``.

    Used as a context manager around the whole use case, outside its transaction, so that a refusal's row survives the rollback.
    """

    audit: AuditLog
    event: str
    caller: Caller
    pool_id: str
    client_id: str | None = None
    sub: str | None = None
    detail: dict[str, str] = field(default_factory=dict)

    def concerns(self, sub: str | None, who: str) -> None:
        """Of whom the row tells: of a user, or of the hash of a name nobody has (``users.identifiers.key_of``)."""
        self.sub = sub
        if sub is None:
            self.detail["name"] = who

    def record(self, outcome: str = "ok", *, refused: bool = False) -> None:
        self.audit.record(
            AuditEvent(
                event=self.event,
                outcome=outcome,
                pool_id=self.pool_id,
                sub=self.sub,
                client_id=self.client_id,
                address=self.caller.address[:64] if self.caller.address else None,
                request_id=self.caller.request_id[:36] or None,
                detail=dict(self.detail),
                refused=refused,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """An ``Unavailable`` store cannot take the row either."""
        if isinstance(error, Fact) and not isinstance(error, Unavailable):
            self.record(type(error).__name__, refused=True)
