from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.kernel.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """``AKIA…`` and its secret. ``policy`` is an IAM policy document that limits it; None: an administrator of the account."""

    access_key_id: str
    account_id: str
    name: str
    secret: Secret
    policy: Mapping[str, Any] | None = None
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who signed a request. ``access_key_id`` is None where development mode let somebody in."""

    arn: str
    account_id: str
    access_key_id: str | None
    policy: Mapping[str, Any] | None = field(default=None)
