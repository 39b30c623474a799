from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.kernel.caller import Caller
from app.core.principals.model import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request for one operation. ``input`` fits the model; ``principal`` is None for operations that need no signature.

    ``account_id`` and ``region`` are the caller's: where a new pool belongs, and whose pools exist for them.
    """

    operation: str
    input: Mapping[str, Any]
    caller: Caller
    principal: Principal | None
    account_id: str
    region: str
    headers: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
