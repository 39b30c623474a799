from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.identity_pools.administration.pool_document import first_settings, next_settings
from app.core.identity_pools.administration.role_document import (
    AS_GIVEN,
    as_given,
    canonical_mappings,
    canonical_name,
    changed_tags,
    checked_roles,
)
from app.core.identity_pools.errors import IdentityPoolNotFound
from app.core.identity_pools.model import IdentityPool
from app.core.identity_pools.ports import IdentityPoolStore
from app.core.identity_pools.provider_names import ProviderNames
from app.core.kernel.clock import Clock
from app.core.kernel.errors import QuotaExceeded
from app.core.kernel.ids import new_uuid
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions
from app.core.pools.tags import with_tags, without_tags

_MOST_POOLS = 1000
"""Of one account in one region (Cognito: quotas)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPools:
    """Plain management of identity pools. ``read`` is a lookup that may be a quarter of a second old.

    ``end_sessions`` makes the live credentials of a pool's identities useless.

    ``settings`` have the members of AWS's own documents, already of the types and lengths that the model says.
    """

    store: IdentityPoolStore
    read: Callable[[str], IdentityPool | None]
    names: ProviderNames
    clock: Clock
    transactions: Transactions
    end_sessions: Callable[[str], None]
    recorder: Recorder = field(default_factory=Unrecorded)
    most_pools: int = _MOST_POOLS

    def create(self, *, account_id: str, region: str, name: str, settings: Mapping[str, Any]) -> IdentityPool:
        """A new pool without roles (Cognito: CreateIdentityPool). Raises ``InvalidParameter``, ``QuotaExceeded``."""
        now = self.clock.now()
        pool = IdentityPool(
            identity_pool_id=f"{region}:{new_uuid()}",
            account_id=account_id,
            region=region,
            name=name,
            settings=first_settings(settings, account_id, self.names),
            tags=dict(settings.get("IdentityPoolTags", {})),
            created_at=now,
            updated_at=now,
        )
        with self.transactions.transaction():
            if self.store.count(account_id, region) >= self.most_pools:
                raise QuotaExceeded(f"An account has at most {self.most_pools} identity pools in a region.")
            self.store.add(pool)
            self.recorder.record("identity_pool.create", pool.identity_pool_id)
        return pool

    def get(self, identity_pool_id: str) -> IdentityPool:
        """Raises ``IdentityPoolNotFound``."""
        return _found(self.read(identity_pool_id), identity_pool_id)

    def find(self, identity_pool_id: str) -> IdentityPool | None:
        return self.read(identity_pool_id)

    def list_page(self, account_id: str, region: str, *, after: str | None, limit: int) -> list[IdentityPool]:
        """The pools of one account in one region by id, those behind ``after`` (Cognito: ListIdentityPools)."""
        return self.store.list_of(account_id, region, after=after, limit=limit)

    def update(self, identity_pool_id: str, name: str, settings: Mapping[str, Any]) -> IdentityPool:
        """Replaces every member; tags only where they are given (Cognito: UpdateIdentityPool).

        Raises ``IdentityPoolNotFound``, ``InvalidParameter``, ``QuotaExceeded``.
        """

        def changed(pool: IdentityPool) -> IdentityPool:
            return replace(
                pool,
                name=name,
                settings=next_settings(pool.settings, settings, pool.account_id, self.names),
                tags=dict(settings.get("IdentityPoolTags", pool.tags)),
            )

        return self._change(identity_pool_id, "identity_pool.update", changed)

    def remove(self, identity_pool_id: str) -> None:
        """With every identity of it and their live credentials (Cognito: DeleteIdentityPool). Raises ``IdentityPoolNotFound``."""
        with self.transactions.transaction():
            _found(self.store.find_to_change(identity_pool_id), identity_pool_id)
            self.store.remove(identity_pool_id)
            self.end_sessions(identity_pool_id)
            self.recorder.record("identity_pool.remove", identity_pool_id)

    def set_roles(self, identity_pool_id: str, roles: Mapping[str, str], mappings: Mapping[str, Any]) -> IdentityPool:
        """The default roles and the role mappings, both replaced (Cognito: SetIdentityPoolRoles).

        Raises ``IdentityPoolNotFound``, ``InvalidParameter``.
        """

        def changed(pool: IdentityPool) -> IdentityPool:
            return replace(
                pool,
                roles=checked_roles(roles, pool.account_id),
                role_mappings=canonical_mappings(mappings, pool.account_id, self.names),
            )

        return self._change(identity_pool_id, "identity_pool.set_roles", changed)

    @staticmethod
    def role_mappings_of(pool: IdentityPool) -> dict[str, Any]:
        """With the providers' names as they were given (Cognito: GetIdentityPoolRoles)."""
        return as_given(pool.role_mappings)

    def set_principal_tags(
        self, identity_pool_id: str, provider: str, *, use_defaults: bool | None, tags: Mapping[str, str] | None
    ) -> Mapping[str, Any]:
        """Which claims of a provider's tokens become tags of a session (Cognito: SetPrincipalTagAttributeMap).

        Raises ``IdentityPoolNotFound``, ``InvalidParameter``.
        """

        def changed(pool: IdentityPool) -> IdentityPool:
            maps = changed_tags(pool.principal_tags, provider, tags, self.names, use_defaults=use_defaults)
            return replace(pool, principal_tags=maps)

        pool = self._change(identity_pool_id, "identity_pool.set_principal_tags", changed)
        return self.principal_tags_of(pool, provider)

    def principal_tags_of(self, pool: IdentityPool, provider: str) -> Mapping[str, Any]:
        """``UseDefaults`` and ``PrincipalTags``; of a provider that was never mapped, false and none."""
        found = pool.principal_tags.get(canonical_name(provider, self.names), {})
        kept = {member: value for member, value in found.items() if member != AS_GIVEN}
        return kept or {"UseDefaults": False, "PrincipalTags": {}}

    def add_tags(self, identity_pool_id: str, tags: Mapping[str, str]) -> IdentityPool:
        """Raises ``IdentityPoolNotFound``, ``TagsRefused`` (Cognito: TagResource)."""
        return self._change(
            identity_pool_id, "identity_pool.tag", lambda pool: replace(pool, tags=with_tags(pool.tags, tags))
        )

    def remove_tags(self, identity_pool_id: str, keys: Iterable[str]) -> IdentityPool:
        """A key that is not there is no mistake (Cognito: UntagResource). Raises ``IdentityPoolNotFound``."""
        gone = frozenset(keys)
        return self._change(
            identity_pool_id, "identity_pool.untag", lambda pool: replace(pool, tags=without_tags(pool.tags, gone))
        )

    def _change(
        self, identity_pool_id: str, event: str, change: Callable[[IdentityPool], IdentityPool]
    ) -> IdentityPool:
        """Reads the stored pool, changes it and writes it in one transaction."""
        with self.transactions.transaction():
            pool = _found(self.store.find_to_change(identity_pool_id), identity_pool_id)
            pool = replace(change(pool), updated_at=self.clock.now())
            self.store.save(pool)
            self.recorder.record(event, identity_pool_id)
        return pool


def _found(pool: IdentityPool | None, identity_pool_id: str) -> IdentityPool:
    if pool is None:
        raise IdentityPoolNotFound(identity_pool_id)
    return pool
