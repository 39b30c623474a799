from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """``event`` is dotted (``sign_in.password``), ``outcome`` is ``ok`` or the refusal's name. ``detail`` never holds a secret.

    ``refused``: nothing happened, so that repeated identical ones may be told by one row. ``repeats`` says of what it is a repeat,
    where that is not to be told by user, address and detail.
    """

    event: str
    outcome: str
    pool_id: str | None = None
    sub: str | None = None
    client_id: str | None = None
    address: str | None = None
    request_id: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    refused: bool = False
    repeats: str | None = None
