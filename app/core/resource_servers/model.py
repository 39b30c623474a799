from dataclasses import dataclass

from app.core.kernel.ids import PoolId


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One permission, by its name within its resource server."""

    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceServer:
    """An API. ``identifier`` is any text without spaces, usually a URL; tokens name its scopes ``identifier/scope``."""

    pool_id: PoolId
    identifier: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: int
    updated_at: int

    @property
    def scope_names(self) -> frozenset[str]:
        """As they stand in ``AllowedOAuthScopes`` and in tokens."""
        return frozenset(f"{self.identifier}/{scope.name}" for scope in self.scopes)
