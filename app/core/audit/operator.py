"""On whose behalf the server is changed at this moment. The rooms that are administered need not know."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from app.core.audit.model import AuditEvent
from app.core.audit.ports import AuditLog
from app.core.kernel.caller import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who administers: the ARN that a request was signed for, with the key that signed, or the command line."""

    name: str
    access_key_id: str | None = None
    caller: Caller | None = None


_at_work: ContextVar[Operator | None] = ContextVar("operator", default=None)


@contextmanager
def operated_by(operator: Operator | None) -> Iterator[None]:
    """Every audit row within tells of this operator; with None of nobody."""
    before = _at_work.set(operator)
    try:
        yield
    finally:
        _at_work.reset(before)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributedAudit:
    """The ``AuditLog`` in which each row names the operator at work, and where that one called from."""

    audit: AuditLog

    def record(self, event: AuditEvent) -> None:
        operator = _at_work.get()
        self.audit.record(event if operator is None else _attributed(event, operator))


def _attributed(event: AuditEvent, operator: Operator) -> AuditEvent:
    detail = {**event.detail, "operator": operator.name}
    if operator.access_key_id is not None:
        detail["access_key"] = operator.access_key_id
    caller = operator.caller
    if caller is None:
        return replace(event, detail=detail)
    return replace(
        event,
        detail=detail,
        address=event.address or (caller.address[:64] if caller.address else None),
        request_id=event.request_id or caller.request_id[:36] or None,
    )
