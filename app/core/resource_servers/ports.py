from typing import Protocol

from app.core.kernel.ids import PoolId
from app.core.resource_servers.model import ResourceServer


class ResourceServerStore(Protocol):
    def find(self, pool_id: PoolId, identifier: str) -> ResourceServer | None: ...

    def add(self, server: ResourceServer) -> None:
        """Raises ``ResourceServerExists``."""

    def save(self, server: ResourceServer) -> None: ...

    def remove(self, pool_id: PoolId, identifier: str) -> None: ...

    def list_of(self, pool_id: PoolId) -> list[ResourceServer]:
        """By identifier."""

    def page(self, pool_id: PoolId, *, after: str, limit: int) -> list[ResourceServer]:
        """By identifier, those behind ``after``; one statement."""

    def count(self, pool_id: PoolId) -> int: ...

    def scopes_of(self, pool_id: PoolId) -> frozenset[str]:
        """The full names of all scopes of the pool's resource servers."""
