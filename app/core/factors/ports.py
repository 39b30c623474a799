from collections.abc import Sequence
from typing import Protocol

from app.core.factors.passkey import Passkey
from app.core.factors.software_token import SoftwareToken
from app.core.kernel.ids import PoolId, Sub
from app.core.kernel.secret import Secret


class PasswordHasher(Protocol):
    """Slow on purpose. Every method raises ``TooManyRequests`` where its queue is full."""

    def hash(self, password: Secret) -> Secret:
        """A PHC string with its own salt and parameters."""

    def verify(self, encoded: Secret | None, password: Secret) -> bool:
        """Whether the password is the encoded one. Always costs one hash, also for None, which is never right."""

    def needs_rehash(self, encoded: Secret) -> bool:
        """Whether it was made under other parameters than today's."""


class CommonPasswords(Protocol):
    def contains(self, password: str) -> bool:
        """Whether a lower-case password is on the list of those that guessers try first."""


class ModularPower(Protocol):
    """``base ** exponent % modulus`` of large numbers, in a time that does not tell the exponent."""

    def __call__(self, base: int, exponent: int, modulus: int, /) -> int: ...


class SoftwareTokenStore(Protocol):
    """A user has at most one token that counts (``confirmed``) and one that waits."""

    def put_waiting(self, token: SoftwareToken) -> None:
        """Stores it in place of one that waits; the one that counts stays."""

    def find(self, pool_id: PoolId, sub: Sub, *, confirmed: bool) -> SoftwareToken | None: ...

    def confirm(self, token: SoftwareToken, *, step: int, name: str | None) -> bool:
        """The waiting token takes the place of the one that counted; of parallel callers exactly one gets True."""

    def use_step(self, token: SoftwareToken, step: int) -> bool:
        """Notes the step where it is later than the last one used; of parallel callers exactly one gets True."""

    def remove(self, pool_id: PoolId, sub: Sub) -> bool:
        """Both tokens of the user; False where there was none."""


class SetUp(Protocol):
    """Whether a user has set up a factor that must be."""

    def is_set_up(self, pool_id: PoolId, sub: Sub) -> bool: ...


class PasskeyStore(Protocol):
    def add(self, passkey: Passkey, *, most: int) -> None:
        """Raises ``QuotaExceeded`` where the user has ``most`` already, ``PasskeyTaken`` where the credential is known."""

    def find(self, pool_id: PoolId, credential_id: str) -> Passkey | None: ...

    def list_of(self, pool_id: PoolId, sub: Sub) -> list[Passkey]:
        """Oldest first."""

    def has_any(self, pool_id: PoolId, sub: Sub) -> bool: ...

    def use(self, passkey: Passkey, *, sign_count: int) -> bool:
        """Notes the authenticator's count where it grew, or where both are 0 (it counts nothing); else False."""

    def rename(self, pool_id: PoolId, sub: Sub, credential_id: str, name: str) -> bool:
        """False where the user has no such credential."""

    def remove(self, pool_id: PoolId, sub: Sub, credential_id: str) -> bool: ...


class PasskeyTaken(Exception):  # noqa: N818 - a fact between store and room
    """The credential is registered in the pool already."""


class RecoveryCodeStore(Protocol):
    """Only keyed hashes."""

    def replace(self, pool_id: PoolId, sub: Sub, hashes: Sequence[str], *, at: int) -> None:
        """All of the user's codes are these; of two replacements at once one stays."""

    def take(self, pool_id: PoolId, sub: Sub, code_hash: str) -> bool:
        """Removes it; of parallel callers exactly one gets True."""

    def count(self, pool_id: PoolId, sub: Sub) -> int: ...
