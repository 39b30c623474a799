from typing import Protocol

from app.core.principals.model import AccessKey


class AccessKeyStore(Protocol):
    def find(self, access_key_id: str) -> AccessKey | None: ...

    def add(self, key: AccessKey) -> None: ...

    def list_all(self) -> list[AccessKey]:
        """Oldest first."""

    def remove(self, access_key_id: str) -> bool:
        """Whether there was one."""
