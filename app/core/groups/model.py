from dataclasses import dataclass

from app.core.kernel.ids import PoolId


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Lower precedence wins; None is last."""

    pool_id: PoolId
    name: str
    description: str | None = None
    role_arn: str | None = None
    precedence: int | None = None
    created_at: int
    updated_at: int
