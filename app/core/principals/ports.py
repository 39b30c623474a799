from collections.abc import Sequence
from typing import Protocol

from app.core.principals.model import AccessKey, OidcProvider, Role, SamlProvider


class AccessKeyStore(Protocol):
    def find(self, access_key_id: str) -> AccessKey | None: ...

    def add(self, key: AccessKey) -> None: ...

    def list_all(self) -> list[AccessKey]:
        """Oldest first."""

    def remove(self, access_key_id: str) -> bool:
        """Whether there was one."""


class RoleStore(Protocol):
    def find(self, account_id: str, name: str) -> Role | None: ...

    def find_to_change(self, account_id: str, name: str) -> Role | None:
        """As ``find``, inside a transaction: whoever else wants to change the role waits until it is over."""

    def find_by_arn(self, arn: str) -> Role | None: ...

    def add(self, role: Role) -> None:
        """Raises ``RoleExists``: names are one whatever their case (IAM: CreateRole)."""

    def save(self, role: Role) -> None: ...

    def remove(self, account_id: str, name: str) -> None: ...

    def list_of(self, account_id: str, path_prefix: str = "/") -> list[Role]:
        """By name."""


class CutoffStore(Protocol):
    def set(self, scope: str, names: Sequence[str], *, before: int, forget_before: int) -> None:
        """Remembers the time for each name, unless it knows a later one, and drops cut-offs older than ``forget_before``."""

    def list_all(self) -> dict[tuple[str, str], int]: ...


class OidcProviderStore(Protocol):
    def find(self, arn: str) -> OidcProvider | None: ...

    def find_to_change(self, arn: str) -> OidcProvider | None:
        """As ``RoleStore``'s."""

    def add(self, provider: OidcProvider) -> None:
        """Raises ``ProviderExists``."""

    def save(self, provider: OidcProvider) -> None: ...

    def remove(self, arn: str) -> None: ...

    def list_of(self, account_id: str) -> list[OidcProvider]:
        """By ARN."""


class SamlProviderStore(Protocol):
    def find(self, arn: str) -> SamlProvider | None: ...

    def find_to_change(self, arn: str) -> SamlProvider | None:
        """As ``RoleStore``'s."""

    def add(self, provider: SamlProvider) -> None:
        """Raises ``ProviderExists``."""

    def save(self, provider: SamlProvider) -> None: ...

    def remove(self, arn: str) -> None: ...

    def list_of(self, account_id: str) -> list[SamlProvider]:
        """By ARN."""
