from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from app.core.kernel.ids import PoolId, Sub
from app.core.kernel.secret import Secret


class UserStatus(StrEnum):
    """Cognito: UserStatusType; ``enabled`` is orthogonal."""

    UNCONFIRMED = "UNCONFIRMED"
    CONFIRMED = "CONFIRMED"
    FORCE_CHANGE_PASSWORD = "FORCE_CHANGE_PASSWORD"
    RESET_REQUIRED = "RESET_REQUIRED"
    EXTERNAL_PROVIDER = "EXTERNAL_PROVIDER"


class IdentifierKind(StrEnum):
    """By what a user can be found. ``username`` is the stored, immutable one."""

    USERNAME = "username"
    EMAIL = "email"
    PHONE_NUMBER = "phone_number"
    PREFERRED_USERNAME = "preferred_username"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One name under which one user of a pool is found; ``value`` is in comparison form (see ``identifiers.py``)."""

    kind: IdentifierKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRecord:
    """``encoded`` is an Argon2id PHC string; ``set_at`` Unix seconds (expiration and temporary validity count from it).

    ``srp`` is the sealed SRP verifier of the same password, None until the password was seen in the clear here.
    """

    encoded: Secret
    set_at: int
    srp: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaPreference:
    """The second factors a user has switched on, by their AWS names, and which of them is asked first (None: the user chooses)."""

    enabled: tuple[str, ...] = ()
    preferred: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One user. Attribute values are strings, as AWS carries them; ``sub`` is a field, not an attribute.

    ``pending`` holds values of ``email`` and ``phone_number`` that count once they are verified.
    ``sessions_valid_after`` (Unix seconds): browser and token sessions that began at or before it are refused.
    ``revision`` grows with each save; a save of an older one raises ``Conflict``.
    """

    pool_id: PoolId
    sub: Sub
    username: str
    status: UserStatus
    enabled: bool = True
    attributes: Mapping[str, str]
    password: PasswordRecord | None = None
    mfa: MfaPreference = field(default_factory=MfaPreference)
    pending: Mapping[str, str] = field(default_factory=dict)
    sessions_valid_after: int = 0
    revision: int = 0
    created_at: int
    updated_at: int

    def with_attributes(self, changes: Mapping[str, str]) -> "User":
        """The user with the given attributes set; an empty value removes one (Cognito: UpdateUserAttributes)."""
        merged = {**self.attributes, **changes}
        return replace(self, attributes={name: value for name, value in merged.items() if value != ""})

    def signed_out(self, now: int) -> "User":
        """The user with every session ended that began until now, also one that began later in the same second as the last time."""
        return replace(self, sessions_valid_after=max(now, self.sessions_valid_after + 1))

    def is_verified(self, attribute: str) -> bool:
        """Whether ``email`` or ``phone_number`` is there and proven."""
        return bool(self.attributes.get(attribute)) and self.attributes.get(f"{attribute}_verified") == "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUser:
    """One user of a list, without what their password is kept as, and the position behind which the next page begins."""

    user: User
    position: Mapping[str, str]
