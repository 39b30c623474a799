from collections.abc import Mapping
from typing import Any, Protocol

from app.core.kernel.ids import PoolId
from app.core.pools.model import Domain, Pool


class PoolStore(Protocol):
    def find(self, pool_id: PoolId) -> Pool | None: ...

    def find_to_change(self, pool_id: PoolId) -> Pool | None:
        """Inside a transaction: until its end nobody else changes the pool, nor what hangs on it."""

    def add(self, pool: Pool) -> None: ...

    def save(self, pool: Pool) -> None: ...

    def remove(self, pool_id: PoolId) -> None:
        """With everything that belongs to it."""

    def list_all(self) -> list[Pool]: ...

    def page(self, account_id: str, region: str, *, after: str, limit: int) -> list[Pool]:
        """By id, those behind ``after``; one statement."""

    def count(self, account_id: str, region: str) -> int: ...

    def estimate_users(self, pool_id: PoolId, *, now: int) -> int:
        """Exact for small pools; for large ones a count that may be an hour old."""


class DomainStore(Protocol):
    def find(self, domain: str) -> Domain | None: ...

    def list_of(self, pool_id: PoolId) -> list[Domain]: ...

    def count_custom(self, account_id: str, region: str) -> int:
        """How many whole host names the pools of one account in one region have."""

    def add(self, domain: Domain) -> None:
        """Raises ``Conflict`` where the domain is taken."""

    def save(self, domain: Domain) -> None: ...

    def remove(self, domain: str) -> None: ...


class SettingsSchema(Protocol):
    """AWS's own description of its documents (botocore's model)."""

    def check(self, operation: str, document: Mapping[str, Any]) -> None:
        """Raises ``InvalidParameter`` in AWS's words, with every violation, where the document is no input of the operation."""


class PoolKeys(Protocol):
    def ensure(self, pool_id: PoolId, algorithm: str) -> None:
        """Makes the pool's first signing keys where it has none."""
