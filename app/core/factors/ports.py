from typing import Protocol

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
