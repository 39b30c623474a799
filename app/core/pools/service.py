from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.kernel.clock import Clock
from app.core.kernel.errors import Conflict, InvalidParameter, PoolNotFound, QuotaExceeded
from app.core.kernel.extensions import BrandingCheck, changed, completed
from app.core.kernel.ids import PoolId, new_pool_id
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions
from app.core.pools.document import (
    document_with_attributes,
    document_with_sessions,
    first_document,
    next_document,
)
from app.core.pools.domain_rules import check_custom_host, check_domain_document, check_prefix
from app.core.pools.errors import DomainTaken
from app.core.pools.extensions import POOL_EXTENSIONS
from app.core.pools.mfa_document import document_with_mfa
from app.core.pools.model import Domain, Pool, PoolExtensions
from app.core.pools.ports import DomainStore, PoolKeys, PoolStore, SettingsSchema
from app.core.pools.rules import check_relying_party
from app.core.pools.settings import PoolSettings
from app.core.pools.tags import with_tags, without_tags

_MOST_POOLS = 10_000
"""Of one account in one region (Cognito: quotas)."""
_MOST_CUSTOM_DOMAINS = 4
"""Of one account in one region (Cognito: quotas), by the API: whoever runs this server adds more on its command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """Plain management of user pools and their domains. ``read`` is a lookup that may be a quarter of a second old."""

    store: PoolStore
    domains: DomainStore
    read: Callable[[PoolId], Pool | None]
    read_domain: Callable[[str], Domain | None]
    schema: SettingsSchema
    keys: PoolKeys
    check_branding: BrandingCheck
    clock: Clock
    transactions: Transactions
    public_hostname: str
    """The host of PUBLIC_URL without its port: prefix domains hang below it."""
    recorder: Recorder = field(default_factory=Unrecorded)
    most_pools: int = _MOST_POOLS
    most_custom_domains: int = _MOST_CUSTOM_DOMAINS

    def create(
        self,
        *,
        account_id: str,
        region: str,
        name: str,
        settings: Mapping[str, Any],
        extensions: Mapping[str, Any] | None = None,
    ) -> Pool:
        """A new pool with its first signing keys; ``settings`` is CreateUserPool's input (Cognito: CreateUserPool).

        Raises ``InvalidParameter``, ``TagsRefused``, ``FeatureUnavailableInTier``, ``QuotaExceeded``.
        """
        self.schema.check("CreateUserPool", {**settings, "PoolName": name})
        if self.store.count(account_id, region) >= self.most_pools:
            raise QuotaExceeded(f"An account has at most {self.most_pools} user pools in a region.")
        now = self.clock.now()
        pool = Pool(
            pool_id=new_pool_id(region),
            account_id=account_id,
            region=region,
            name=name,
            settings=PoolSettings.read(first_document(settings)),
            extensions=PoolExtensions.read(completed(POOL_EXTENSIONS, extensions or {}, self.check_branding)),
            created_at=now,
            updated_at=now,
        )
        self.store.add(pool)
        try:
            # Making RSA keys takes a third of a second, too long for one transaction with the pool.
            self.keys.ensure(pool.pool_id, pool.extensions.signing_algorithm)
        except BaseException:
            self.store.remove(pool.pool_id)
            raise
        self.recorder.record("pool.create", pool.pool_id)
        return pool

    def get(self, pool_id: PoolId) -> Pool:
        """Raises ``PoolNotFound``."""
        return _found(self.read(pool_id), pool_id)

    def find(self, pool_id: PoolId) -> Pool | None:
        return self.read(pool_id)

    def list_all(self) -> list[Pool]:
        """Oldest first."""
        return self.store.list_all()

    def list_page(self, account_id: str, region: str, *, after: str = "", limit: int) -> list[Pool]:
        """The pools of one account in one region by id, those behind ``after`` (Cognito: ListUserPools)."""
        return self.store.page(account_id, region, after=after, limit=limit)

    def estimate_users(self, pool_id: PoolId) -> int:
        """How many users there are; in a large pool as of the last hour (Cognito: EstimatedNumberOfUsers)."""
        return self.store.estimate_users(pool_id, now=self.clock.now())

    def update_settings(self, pool_id: PoolId, settings: Mapping[str, Any]) -> Pool:
        """Replaces the document; omitted members fall back to defaults (Cognito: UpdateUserPool).

        Raises ``PoolNotFound``, ``InvalidParameter``.
        """
        self.schema.check("UpdateUserPool", {**settings, "UserPoolId": pool_id})
        name = settings.get("PoolName")
        return self._rewrite("pool.update", pool_id, lambda before: next_document(before, settings), name=name)

    def add_attributes(self, pool_id: PoolId, attributes: Sequence[Mapping[str, Any]]) -> Pool:
        """Custom attributes can be added and never taken away (Cognito: AddCustomAttributes).

        Raises ``PoolNotFound``, ``InvalidParameter``.
        """
        given = list(attributes)
        self.schema.check("AddCustomAttributes", {"UserPoolId": pool_id, "CustomAttributes": given})
        return self._rewrite("pool.add_attributes", pool_id, lambda before: document_with_attributes(before, given))

    def set_mfa(self, pool_id: PoolId, settings: Mapping[str, Any]) -> Pool:
        """Second factors and passkeys; members as SetUserPoolMfaConfig has them.

        Raises ``PoolNotFound``, ``InvalidParameter``, ``FeatureUnavailableInTier``.
        """
        self.schema.check("SetUserPoolMfaConfig", {**settings, "UserPoolId": pool_id})

        def change(before: Mapping[str, Any]) -> dict[str, Any]:
            rp_id = settings.get("WebAuthnConfiguration", {}).get("RelyingPartyId")
            if rp_id is not None:
                custom = next((found.domain for found in self.domains.list_of(pool_id) if found.custom), None)
                check_relying_party(rp_id, custom)
            return document_with_mfa(before, settings)

        return self._rewrite("pool.set_mfa", pool_id, change)

    def set_sessions(self, pool_id: PoolId, settings: Mapping[str, Any]) -> Pool:
        """Whether token sessions are tracked and how many a user may have (Cognito: SetUserPoolSessionConfiguration).

        Raises ``PoolNotFound``, ``InvalidParameter``, ``FeatureUnavailableInTier``.
        """
        self.schema.check("SetUserPoolSessionConfiguration", {**settings, "UserPoolId": pool_id})
        return self._rewrite("pool.set_sessions", pool_id, lambda before: document_with_sessions(before, settings))

    def add_tags(self, pool_id: PoolId, tags: Mapping[str, str]) -> Pool:
        """Raises ``PoolNotFound``, ``TagsRefused`` (Cognito: TagResource)."""
        return self._retag(pool_id, lambda before: with_tags(before, tags))

    def remove_tags(self, pool_id: PoolId, keys: Iterable[str]) -> Pool:
        """A key that is not there is no mistake (Cognito: UntagResource). Raises ``PoolNotFound``."""
        gone = frozenset(keys)
        return self._retag(pool_id, lambda before: without_tags(before, gone))

    def _retag(self, pool_id: PoolId, change: Callable[[Mapping[str, str]], dict[str, str]]) -> Pool:
        def retagged(before: Mapping[str, Any]) -> dict[str, Any]:
            return {**before, "UserPoolTags": change(before.get("UserPoolTags", {}))}

        # Tags are the resource's and not the pool's: LastModifiedDate does not move (Terraform compares it after an import).
        return self._rewrite("pool.tag", pool_id, retagged, touch=False)

    def _rewrite(
        self,
        event: str,
        pool_id: PoolId,
        change: Callable[[Mapping[str, Any]], dict[str, Any]],
        *,
        name: str | None = None,
        touch: bool = True,
    ) -> Pool:
        """Reads the stored document, changes it and writes it in one transaction."""
        with self.transactions.transaction():
            pool = _found(self.store.find_to_change(pool_id), pool_id)
            settings = PoolSettings.read(change(pool.settings.document))
            updated_at = self.clock.now() if touch else pool.updated_at
            pool = replace(pool, name=name or pool.name, settings=settings, updated_at=updated_at)
            self.store.save(pool)
            self.recorder.record(event, pool_id)
        return pool

    def set_extension(self, pool_id: PoolId, key: str, value: object | None) -> Pool:
        """Sets one setting of ours; None or an empty text restores its default. Raises ``PoolNotFound``, ``ExtensionInvalid``."""
        with self.transactions.transaction():
            pool = _found(self.store.find_to_change(pool_id), pool_id)
            document = changed(POOL_EXTENSIONS, pool.extensions.document, key, value, self.check_branding)
            pool = replace(pool, extensions=PoolExtensions.read(document), updated_at=self.clock.now())
            self.store.save(pool)
            self.recorder.record("pool.set_extension", pool_id, setting=key)
        return pool

    def remove(self, pool_id: PoolId) -> None:
        """With everything that belongs to it. Raises ``PoolNotFound``, ``InvalidParameter`` while protected or with a domain."""
        with self.transactions.transaction():
            pool = _found(self.store.find_to_change(pool_id), pool_id)
            if pool.settings.document.get("DeletionProtection") == "ACTIVE":
                raise InvalidParameter("The user pool cannot be deleted because deletion protection is activated.")
            if self.domains.list_of(pool_id):
                raise InvalidParameter(
                    "User pool cannot be deleted. It has a domain configured that should be deleted first."
                )
            self.store.remove(pool_id)
            self.recorder.record("pool.remove", pool_id)

    def add_domain(self, pool_id: PoolId, domain: str, document: Mapping[str, Any] | None = None) -> Domain:
        """A prefix (``auth-demo``) or, with a dot, a whole host name of one's own (Cognito: CreateUserPoolDomain).

        ``document`` holds the other members of that operation. Raises ``PoolNotFound``, ``InvalidParameter``,
        ``DomainTaken``, ``FeatureUnavailableInTier``, and where there is a document ``QuotaExceeded``.
        """
        domain = domain.lower()
        custom = "." in domain
        if custom:
            check_custom_host(domain, self.public_hostname)
        else:
            check_prefix(domain)
        with self.transactions.transaction():
            pool = _found(self.store.find_to_change(pool_id), pool_id)
            if document is not None:
                check_domain_document(pool, document, custom=custom, creating=True)
                self._check_custom_domains(pool, custom=custom)
            if any(other.custom == custom for other in self.domains.list_of(pool_id)):
                raise InvalidParameter("The user pool already has a domain of this kind.")
            record = Domain(
                domain=domain, pool_id=pool_id, custom=custom, document=document or {}, created_at=self.clock.now()
            )
            try:
                self.domains.add(record)
            except Conflict as taken:
                raise DomainTaken from taken
            self.recorder.record("pool.add_domain", pool_id, domain=domain)
        return record

    def _check_custom_domains(self, pool: Pool, *, custom: bool) -> None:
        if custom and self.domains.count_custom(pool.account_id, pool.region) >= self.most_custom_domains:
            raise QuotaExceeded(f"An account has at most {self.most_custom_domains} custom domains in a region.")

    def update_domain(self, pool_id: PoolId, domain: str, document: Mapping[str, Any]) -> Domain:
        """Changes the members given and keeps the others (Cognito: UpdateUserPoolDomain).

        Raises ``PoolNotFound``, ``InvalidParameter`` also where the pool has no such domain, ``FeatureUnavailableInTier``.
        """
        with self.transactions.transaction():
            pool = _found(self.store.find_to_change(pool_id), pool_id)
            record = self._own_domain(pool_id, domain)
            check_domain_document(pool, document, custom=record.custom)
            record = replace(record, document={**record.document, **document})
            self.domains.save(record)
            self.recorder.record("pool.update_domain", pool_id, domain=record.domain)
        return record

    def find_domain(self, domain: str) -> Domain | None:
        """As stored; the name is the caller's own (Cognito: DescribeUserPoolDomain)."""
        return self.domains.find(domain.lower())

    def _own_domain(self, pool_id: PoolId, domain: str) -> Domain:
        record = self.domains.find(domain.lower())
        if record is None or record.pool_id != pool_id:
            raise InvalidParameter("No such domain or user pool exists.")
        return record

    def remove_domain(self, pool_id: PoolId, domain: str) -> None:
        """Raises ``InvalidParameter`` where the pool has no such domain."""
        with self.transactions.transaction():
            record = self._own_domain(pool_id, domain)
            self.domains.remove(record.domain)
            self.recorder.record("pool.remove_domain", pool_id, domain=record.domain)

    def list_domains(self, pool_id: PoolId) -> list[Domain]:
        return self.domains.list_of(pool_id)

    def hostname_of(self, pool: Pool, domain: Domain) -> str:
        """Where the domain answers: itself, or ``<prefix>.auth.<region>.<host of PUBLIC_URL>``."""
        if domain.custom:
            return domain.domain
        return f"{domain.domain}.auth.{pool.region}.{self.public_hostname}"

    def find_by_host(self, hostname: str) -> Pool | None:
        """The pool whose own host this is. ``hostname`` comes without a port, in any case."""
        hostname = hostname.lower().rstrip(".")
        if hostname == self.public_hostname:
            # No pool can have it (``add_domain``), and nearly every request comes here.
            return None
        prefix, marker, rest = hostname.removesuffix("." + self.public_hostname).partition(".auth.")
        if marker and hostname.endswith("." + self.public_hostname):
            record = self.read_domain(prefix)
            pool = self.read(record.pool_id) if record is not None and not record.custom else None
            return pool if pool is not None and pool.region == rest else None
        record = self.read_domain(hostname)
        return self.read(record.pool_id) if record is not None and record.custom else None


def _found(pool: Pool | None, pool_id: PoolId) -> Pool:
    if pool is None:
        raise PoolNotFound(f"User pool {pool_id} does not exist.")
    return pool
