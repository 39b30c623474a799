from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.kernel.ids import PoolId
from app.core.pools.settings import PoolSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolExtensions:
    """What is ours and not AWS's; ``document`` is the stored JSON, set by ``poolhouse pool set``."""

    document: Mapping[str, Any]
    refuse_common_passwords: bool = False
    password_expires_days: int | None = None
    enabled: bool = True
    signing_algorithm: str = "RS256"
    """What new keys sign with; keys that exist keep theirs until they are rotated."""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "PoolExtensions":
        """Reads a document that was validated when written (``extensions.py``)."""
        expires = document.get("password_expires_days")
        return cls(
            document=document,
            refuse_common_passwords=bool(document.get("refuse_common_passwords", False)),
            password_expires_days=int(expires) if expires else None,
            enabled=bool(document.get("enabled", True)),
            signing_algorithm=str(document.get("signing_algorithm", "RS256")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One user pool. Times are Unix seconds."""

    pool_id: PoolId
    account_id: str
    region: str
    name: str
    settings: PoolSettings
    extensions: PoolExtensions
    created_at: int
    updated_at: int

    @property
    def arn(self) -> str:
        return f"arn:aws:cognito-idp:{self.region}:{self.account_id}:userpool/{self.pool_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A host that belongs to a pool: a prefix (``auth-demo``) or a whole custom host name.

    ``document`` holds ``ManagedLoginVersion``, ``CustomDomainConfig`` and ``Routing`` in AWS's shape.
    """

    domain: str
    pool_id: PoolId
    custom: bool
    document: Mapping[str, Any] = field(default_factory=dict)
    created_at: int
