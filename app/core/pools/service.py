import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.kernel.clock import Clock
from app.core.kernel.errors import InvalidParameter, PoolNotFound
from app.core.kernel.extensions import BrandingCheck, changed, completed
from app.core.kernel.ids import PoolId, new_pool_id
from app.core.kernel.recorder import Recorder, Unrecorded
from app.core.kernel.transactions import Transactions
from app.core.pools.document import first_document, next_document
from app.core.pools.extensions import POOL_EXTENSIONS
from app.core.pools.model import Domain, Pool, PoolExtensions
from app.core.pools.ports import DomainStore, PoolKeys, PoolStore, SettingsSchema
from app.core.pools.settings import PoolSettings

_PREFIX = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*")
_RESERVED_WORDS = ("aws", "amazon", "cognito")


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

        Raises ``InvalidParameter``.
        """
        self.schema.check("CreateUserPool", {**settings, "PoolName": name})
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

    def update_settings(self, pool_id: PoolId, settings: Mapping[str, Any]) -> Pool:
        """Replaces the document; omitted members fall back to defaults (Cognito: UpdateUserPool).

        Raises ``PoolNotFound``, ``InvalidParameter``.
        """
        self.schema.check("UpdateUserPool", {**settings, "UserPoolId": pool_id})
        with self.transactions.transaction():
            pool = _found(self.store.find(pool_id), pool_id)
            document = next_document(pool.settings.document, settings)
            name = str(settings.get("PoolName", pool.name))
            pool = replace(pool, name=name, settings=PoolSettings.read(document), updated_at=self.clock.now())
            self.store.save(pool)
            self.recorder.record("pool.update", pool_id)
        return pool

    def set_extension(self, pool_id: PoolId, key: str, value: object | None) -> Pool:
        """Sets one setting of ours; None or an empty text restores its default. Raises ``PoolNotFound``, ``ExtensionInvalid``."""
        with self.transactions.transaction():
            pool = _found(self.store.find(pool_id), pool_id)
            document = changed(POOL_EXTENSIONS, pool.extensions.document, key, value, self.check_branding)
            pool = replace(pool, extensions=PoolExtensions.read(document), updated_at=self.clock.now())
            self.store.save(pool)
            self.recorder.record("pool.set_extension", pool_id, setting=key)
        return pool

    def remove(self, pool_id: PoolId) -> None:
        """With everything that belongs to it. Raises ``PoolNotFound``, ``InvalidParameter`` while protected or with a domain."""
        with self.transactions.transaction():
            pool = _found(self.store.find(pool_id), pool_id)
            if pool.settings.document.get("DeletionProtection") == "ACTIVE":
                raise InvalidParameter("The user pool cannot be deleted because deletion protection is activated.")
            if self.domains.list_of(pool_id):
                raise InvalidParameter(
                    "User pool cannot be deleted. It has a domain configured that should be deleted first."
                )
            self.store.remove(pool_id)
            self.recorder.record("pool.remove", pool_id)

    def add_domain(self, pool_id: PoolId, domain: str) -> Domain:
        """A prefix (``auth-demo``) or, with a dot, a whole host name of one's own (Cognito: CreateUserPoolDomain).

        Raises ``PoolNotFound``, ``InvalidParameter``, ``Conflict`` where the domain is taken.
        """
        domain = domain.lower()
        custom = "." in domain
        if custom and (not _HOST.fullmatch(domain) or domain == self.public_hostname):
            raise InvalidParameter("Domain is not a host name of your own.")
        if custom and domain.endswith("." + self.public_hostname) and ".auth." in domain:
            raise InvalidParameter("Names below this server's own are given as prefixes.")
        if not custom and not _PREFIX.fullmatch(domain):
            raise InvalidParameter("A domain prefix is 1 to 63 of a-z, 0-9 and hyphens, with no hyphen at either end.")
        if not custom and any(word in domain for word in _RESERVED_WORDS):
            raise InvalidParameter("A domain prefix may not hold the words aws, amazon or cognito.")
        with self.transactions.transaction():
            _found(self.store.find(pool_id), pool_id)
            if any(other.custom == custom for other in self.domains.list_of(pool_id)):
                raise InvalidParameter("The user pool already has a domain of this kind.")
            record = Domain(domain=domain, pool_id=pool_id, custom=custom, created_at=self.clock.now())
            self.domains.add(record)
            self.recorder.record("pool.add_domain", pool_id, domain=domain)
        return record

    def remove_domain(self, pool_id: PoolId, domain: str) -> None:
        """Raises ``InvalidParameter`` where the pool has no such domain."""
        with self.transactions.transaction():
            record = self.domains.find(domain.lower())
            if record is None or record.pool_id != pool_id:
                raise InvalidParameter("No such domain or user pool exists.")
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
        if hostname == self.public_hostname:
            # Nobody's own (``add_domain``), and a miss is never cached: without this every request would ask the database.
            return None
        record = self.read_domain(hostname)
        return self.read(record.pool_id) if record is not None and record.custom else None


def _found(pool: Pool | None, pool_id: PoolId) -> Pool:
    if pool is None:
        raise PoolNotFound(f"User pool {pool_id} does not exist.")
    return pool
