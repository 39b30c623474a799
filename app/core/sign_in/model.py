from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.core.kernel.secret import Secret
from app.core.users.model import User


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordProof:
    """A username as typed and a password."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """The answer to NEW_PASSWORD_REQUIRED: the password and attributes the pool requires and the user lacks."""

    password: Secret
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """Something remains to be proven. ``session`` is the opaque Session string; ``step`` the challenge's AWS name.

    ``reason`` says why NEW_PASSWORD_REQUIRED asks: the password is an administrator's, or too old.
    """

    step: str
    session: Secret
    username: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    missing_attributes: tuple[str, ...] = ()
    reason: Literal["temporary", "expired"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Nothing remains. ``amr`` are RFC 8176-like method names, ``auth_time`` Unix seconds."""

    user: User
    amr: tuple[str, ...]
    auth_time: int
