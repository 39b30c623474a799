from typing import Protocol

from app.core.kernel.secret import Secret
from app.core.keys.model import KeyPurpose, SigningKey


class KeyStore(Protocol):
    def list_of(self, pool_id: str) -> list[SigningKey]:
        """All keys of the pool that are not yet removed, oldest first; private parts unsealed."""

    def add(self, key: SigningKey) -> None: ...

    def retire(self, pool_id: str, purpose: KeyPurpose, *, but: str, published_until: int) -> None:
        """Sets ``published_until`` on every key of the purpose that has none or a later one, the one with kid ``but`` excepted."""

    def remove_expired(self, pool_id: str, *, now: int) -> None: ...


class KeyFactory(Protocol):
    """Makes key pairs; a port because RSA generation takes a fifth of a second and tests use prepared keys."""

    def new_private_pem(self, algorithm: str) -> Secret:
        """PKCS#8 PEM."""
