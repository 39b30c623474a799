from typing import Protocol

from app.core.groups.model import Group
from app.core.kernel.ids import PoolId, Sub
from app.core.users.model import User


class GroupStore(Protocol):
    def find(self, pool_id: PoolId, name: str) -> Group | None: ...

    def add(self, group: Group) -> None:
        """Raises ``GroupExists``."""

    def save(self, group: Group) -> None: ...

    def remove(self, pool_id: PoolId, name: str) -> None: ...

    def list_of(self, pool_id: PoolId) -> list[Group]: ...

    def page(self, pool_id: PoolId, *, after: str, limit: int) -> list[Group]:
        """By name, those behind ``after``; one statement."""

    def count(self, pool_id: PoolId) -> int: ...

    def members_page(self, pool_id: PoolId, name: str, *, after: str, limit: int) -> list[User]:
        """By ``sub``, those behind ``after``; one statement."""

    def list_of_user(self, pool_id: PoolId, sub: Sub) -> list[Group]:
        """By precedence, then name."""

    def add_member(self, pool_id: PoolId, name: str, sub: Sub, *, at: int, most: int | None = None) -> None:
        """Idempotent. Raises ``QuotaExceeded`` where the user is in ``most`` other groups."""

    def remove_member(self, pool_id: PoolId, name: str, sub: Sub) -> None: ...
