from collections.abc import Mapping, Sequence
from typing import Protocol

from app.core.kernel.ids import PoolId, Sub
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.filter import UserFilter
from app.core.users.model import Identifier, ListedUser, User


class IdentifierTaken(Exception):  # noqa: N818 - a fact between store and room
    """Another user of the pool holds this identifier."""

    def __init__(self, identifier: Identifier) -> None:
        super().__init__(identifier.kind.value)
        self.identifier = identifier


class UserStore(Protocol):
    def find(self, pool_id: PoolId, sub: Sub) -> User | None: ...

    def find_by_identifiers(self, pool_id: PoolId, candidates: Sequence[Identifier]) -> User | None:
        """One statement. Where several users match, the candidate that comes first wins."""

    def add(self, user: User, identifiers: Sequence[Identifier]) -> None:
        """Raises ``IdentifierTaken``; nothing is written then."""

    def save(self, user: User, identifiers: Sequence[Identifier] | None = None) -> User:
        """Writes the record where its revision is still the stored one, else raises ``Conflict``; returns it with the new revision.

        ``identifiers`` replaces the user's set (None: unchanged); raises ``IdentifierTaken`` and writes nothing.
        """

    def list_page(
        self, pool_id: PoolId, wanted: UserFilter | None, *, after: Mapping[str, str] | None, limit: int
    ) -> list[ListedUser]:
        """At most ``limit`` users behind the position ``after``, in the order of an index. One may be among them that only begins
        as ``wanted`` says.
        """

    def remove(self, pool_id: PoolId, sub: Sub) -> None: ...

    def record_password(self, pool_id: PoolId, sub: Sub, encoded: Secret, *, at: int, keep: int) -> None:
        """Appends to the password history and drops all but the newest ``keep``."""

    def find_password_history(self, pool_id: PoolId, sub: Sub, *, limit: int) -> list[Secret]:
        """Newest first."""


class PasswordKeeper(Protocol):
    """What the directory needs of passwords (``factors.password.Passwords``)."""

    def check(self, pool: Pool, password: Secret) -> None:
        """Raises ``PasswordPolicyViolation``."""

    def replace_with(self, pool: Pool, user: User, password: Secret, *, new: bool = False) -> User:
        """The user with a password that fits the pool's policy and, unless ``new``, the user's history."""

    def remember(self, pool: Pool, before: User) -> None: ...

    def generate(self, pool: Pool) -> Secret: ...


class Administration(Protocol):
    """What an administrator's change leaves behind (``account.administration``)."""

    def record(self, event: str, user: User) -> None:
        """Appends an audit row, joining the open transaction."""

    def invite(self, pool: Pool, user: User, password: Secret, mediums: Sequence[str] = ()) -> None:
        """Sends the temporary password by these of ``EMAIL`` and ``SMS`` that the user has an address for, else by the one there
        is; raises ``CodeDeliveryFailed``.
        """
