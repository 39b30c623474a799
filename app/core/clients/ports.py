from typing import Protocol

from app.core.clients.model import Client
from app.core.kernel.ids import ClientId, PoolId
from app.core.kernel.secret import Secret


class ClientStore(Protocol):
    """Client ids are unique over all pools, so that a pool can be found by its client."""

    def find(self, client_id: ClientId) -> Client | None: ...

    def add(self, client: Client) -> None: ...

    def save(self, client: Client) -> None:
        """All but the secrets."""

    def replace_secrets(self, pool_id: PoolId, client_id: ClientId, secrets: tuple[Secret, ...], *, at: int) -> None:
        """Raises ``ClientNotFound`` where the pool has no such client."""

    def remove(self, pool_id: PoolId, client_id: ClientId) -> None: ...

    def list_of(self, pool_id: PoolId) -> list[Client]: ...
