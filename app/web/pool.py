"""Which pool a request is about: its own host first, then the client it names."""

from dataclasses import dataclass

from flask import g

from app.core.clients.model import Client
from app.core.clients.service import Clients
from app.core.kernel.ids import ClientId, PoolId
from app.core.pools.model import Pool
from app.core.pools.service import Pools
from app.web.context import current_context
from app.web.hosts import hostname_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WhichPool:
    """Lookups for blueprints. A switched-off pool is nowhere, and on a pool's own host no other pool is."""

    pools: Pools
    clients: Clients

    def find_by_host(self) -> Pool | None:
        """The pool whose own host the request came to, switched on or not; None on the server's own host."""
        if "poolhouse_host_pool" not in g:
            g.poolhouse_host_pool = self.pools.find_by_host(hostname_of(current_context().host))
        found: Pool | None = g.poolhouse_host_pool
        return found

    def find(self, pool_id: str) -> Pool | None:
        """A live pool by its id, as the issuer's paths and tokens name it."""
        return self._here(self.pools.find(PoolId(pool_id)))

    def find_client(self, client_id: str) -> tuple[Pool, Client] | None:
        """The client and its live pool; None for an unknown client and for one of another pool than the host's."""
        client = self.clients.find(ClientId(client_id))
        pool = None if client is None else self._here(self.pools.find(client.pool_id))
        return None if client is None or pool is None else (pool, client)

    def _here(self, pool: Pool | None) -> Pool | None:
        if pool is None or not pool.extensions.enabled:
            return None
        own = self.find_by_host()
        return pool if own is None or own.pool_id == pool.pool_id else None
