from typing import Protocol

from app.core.clients.model import Client, ClientName, SecretName
from app.core.kernel.ids import ClientId, PoolId
from app.core.kernel.secret import Secret


class ClientStore(Protocol):
    """Client ids are unique over all pools, so that a pool can be found by its client."""

    def find(self, client_id: ClientId) -> Client | None: ...

    def find_to_change(self, client_id: ClientId) -> Client | None:
        """Inside a transaction: until its end nobody else changes the client or its secrets."""

    def add(self, client: Client) -> None: ...

    def save(self, client: Client) -> None:
        """All but the secrets."""

    def replace_secrets(self, pool_id: PoolId, client_id: ClientId, secrets: tuple[Secret, ...], *, at: int) -> None:
        """Newest first; one that was there keeps its name. Raises ``ClientNotFound`` where the pool has no such client."""

    def list_secrets(self, client_id: ClientId) -> list[SecretName]:
        """In the order of ``Client.secrets``."""

    def remove(self, pool_id: PoolId, client_id: ClientId) -> None: ...

    def list_of(self, pool_id: PoolId) -> list[Client]: ...

    def page(self, pool_id: PoolId, *, after: str, limit: int) -> list[ClientName]:
        """By id, those behind ``after``; one statement."""

    def count(self, pool_id: PoolId) -> int: ...
