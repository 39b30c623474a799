from collections.abc import Mapping, Sequence
from typing import Protocol

from app.core.identity_pools.model import Identity, IdentityPool, Login, VendRequest, VerifiedLogin
from app.core.principals.model import Credentials


class IdentityPoolStore(Protocol):
    def find(self, identity_pool_id: str) -> IdentityPool | None: ...

    def find_to_change(self, identity_pool_id: str) -> IdentityPool | None:
        """Locks the row until the open transaction ends: two changes of one pool follow each other."""

    def add(self, pool: IdentityPool) -> None: ...

    def save(self, pool: IdentityPool) -> None: ...

    def remove(self, identity_pool_id: str) -> None:
        """With every identity of it."""

    def list_of(self, account_id: str, region: str, *, after: str | None, limit: int) -> list[IdentityPool]:
        """By id."""

    def count(self, account_id: str, region: str) -> int: ...


class IdentityStore(Protocol):
    def find(self, identity_pool_id: str, identity_id: str) -> Identity | None: ...

    def find_pool_id(self, identity_id: str) -> str | None:
        """Calls that name an identity alone (DescribeIdentity, GetCredentialsForIdentity) find its pool so."""

    def find_pool_ids(self, identity_ids: Sequence[str]) -> Mapping[str, str]:
        """The pool of each of the identities that are there."""

    def find_to_change(self, identity_pool_id: str, identity_ids: Sequence[str]) -> list[Identity]:
        """Locks the rows, always in one order, until the open transaction ends: nobody links a login to them meanwhile."""

    def find_by_logins(self, identity_pool_id: str, logins: Sequence[Login]) -> list[Identity]:
        """Those that any of the logins leads to, without doubles."""

    def add(self, identity: Identity) -> None:
        """Raises ``Conflict`` where somebody linked one of its logins at the same time."""

    def link(self, identity: Identity, logins: Sequence[Login], *, now: int) -> None:
        """Adds logins to an identity. Raises ``Conflict`` where one of them leads elsewhere by now."""

    def unlink(self, identity: Identity, logins: Sequence[Login], *, now: int) -> None: ...

    def save(self, identity: Identity) -> None:
        """Everything but the logins."""

    def remove(self, identity_ids: Sequence[str]) -> list[str]:
        """Those that were there."""

    def list_of(
        self, identity_pool_id: str, *, after: str | None, limit: int, hide_disabled: bool
    ) -> list[Identity]: ...

    def list_developer_ids(self, identity_id: str, provider: str, *, after: str | None, limit: int) -> list[str]:
        """The identity's subjects at the developer's provider, in order."""


class LoginVerifier(Protocol):
    """Whom do tokens stand for? May ask the providers, so never inside a transaction."""

    def verify_all(
        self, pool: IdentityPool, given: Mapping[str, str], *, address: str | None = None
    ) -> Sequence[VerifiedLogin]:
        """Of tokens by their providers' names, however these are written; ``address`` is whose they came from. Raises ``LoginRefused``
        for the first that proves nothing, ``ProviderUnavailable``, ``InvalidParameter``, ``TooManyRequests``.
        """


class CredentialBroker(Protocol):
    """Where temporary credentials come from: this server itself, or an STS elsewhere."""

    def vend(self, asked: VendRequest) -> Credentials:
        """Raises ``CredentialsRefused`` where the STS does not answer with credentials."""
