from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from app.core.kernel.clock import Clock
from app.core.kernel.errors import InvalidParameter, QuotaExceeded
from app.core.kernel.ids import PoolId
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions
from app.core.pools.ports import SettingsSchema
from app.core.resource_servers.errors import ResourceServerNotFound
from app.core.resource_servers.model import ResourceServer, Scope
from app.core.resource_servers.ports import ResourceServerStore

_MOST_SERVERS = 300
"""Of one pool (Cognito: quotas)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceServers:
    """Plain management, and which scopes exist. ``read_scopes`` is a lookup that may be a quarter of a second old."""

    store: ResourceServerStore
    read_scopes: Callable[[PoolId], frozenset[str] | None]
    schema: SettingsSchema
    clock: Clock
    transactions: Transactions
    recorder: Recorder = field(default_factory=Unrecorded)
    most_servers: int = _MOST_SERVERS

    def create(
        self, pool_id: PoolId, identifier: str, *, name: str, scopes: Mapping[str, str] | None = None
    ) -> ResourceServer:
        """``scopes`` are descriptions by name, at most 100 (Cognito: CreateResourceServer).

        Raises ``InvalidParameter``, ``ResourceServerExists``, ``QuotaExceeded``.
        """
        self._check("CreateResourceServer", pool_id, identifier, name, scopes or {})
        now = self.clock.now()
        server = ResourceServer(
            pool_id=pool_id,
            identifier=identifier,
            name=name,
            scopes=_scopes(scopes or {}),
            created_at=now,
            updated_at=now,
        )
        with self.transactions.transaction():
            if self.store.count(pool_id) >= self.most_servers:
                raise QuotaExceeded(f"A user pool has at most {self.most_servers} resource servers.")
            self.store.add(server)
            self.recorder.record("resource_server.create", pool_id, identifier=identifier)
        return server

    def get(self, pool_id: PoolId, identifier: str) -> ResourceServer:
        """Raises ``ResourceServerNotFound``."""
        server = self.store.find(pool_id, identifier)
        if server is None:
            raise ResourceServerNotFound
        return server

    def list_of(self, pool_id: PoolId) -> list[ResourceServer]:
        """By identifier."""
        return self.store.list_of(pool_id)

    def list_page(self, pool_id: PoolId, *, after: str = "", limit: int) -> list[ResourceServer]:
        """By identifier, those behind ``after`` (Cognito: ListResourceServers)."""
        return self.store.page(pool_id, after=after, limit=limit)

    def update(
        self, pool_id: PoolId, identifier: str, *, name: str, scopes: Mapping[str, str] | None = None
    ) -> ResourceServer:
        """Replaces name and scopes (Cognito: UpdateResourceServer). Raises ``ResourceServerNotFound``, ``InvalidParameter``."""
        self._check("UpdateResourceServer", pool_id, identifier, name, scopes or {})
        with self.transactions.transaction():
            server = self.get(pool_id, identifier)
            server = replace(server, name=name, scopes=_scopes(scopes or {}), updated_at=self.clock.now())
            self.store.save(server)
            self.recorder.record("resource_server.update", pool_id, identifier=identifier)
        return server

    def remove(self, pool_id: PoolId, identifier: str) -> None:
        """Its scopes are granted no more, whatever clients still list. Raises ``ResourceServerNotFound``."""
        with self.transactions.transaction():
            self.get(pool_id, identifier)
            self.store.remove(pool_id, identifier)
            self.recorder.record("resource_server.remove", pool_id, identifier=identifier)

    def choose_living(self, pool_id: PoolId, scopes: Iterable[str]) -> tuple[str, ...]:
        """Those of a client's scopes that still exist, in their order. Standard scopes have no slash and always do."""
        names = tuple(scopes)
        if not any("/" in name for name in names):
            return names
        known = self.read_scopes(pool_id) or frozenset()
        return tuple(name for name in names if "/" not in name or name in known)

    def _check(self, operation: str, pool_id: PoolId, identifier: str, name: str, scopes: Mapping[str, str]) -> None:
        listed = [{"ScopeName": key, "ScopeDescription": text} for key, text in scopes.items()]
        self.schema.check(operation, {"UserPoolId": pool_id, "Identifier": identifier, "Name": name, "Scopes": listed})
        # A token's scope claim and a request's scope parameter part scopes by spaces (RFC 6749 §3.3).
        if any(mark in identifier for mark in ' "\\'):
            raise InvalidParameter("The identifier may hold neither spaces, quotes nor backslashes.")


def _scopes(scopes: Mapping[str, str]) -> tuple[Scope, ...]:
    return tuple(Scope(name=name, description=text) for name, text in scopes.items())
