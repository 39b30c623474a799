from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from joserfc.jwk import Key

from app.core.kernel.secret import Secret


class KeyPurpose(StrEnum):
    """Cognito signs ID and access tokens with different keys; so do we."""

    ID = "id"
    ACCESS = "access"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One key pair. It is published from ``created_at`` to ``published_until`` and signs from ``signs_from`` until a
    younger one of its purpose does. Times are Unix seconds; ``published_until`` None: no successor yet.
    """

    kid: str
    pool_id: str
    purpose: KeyPurpose
    algorithm: str
    private_pem: Secret
    public_jwk: Mapping[str, str]
    created_at: int
    signs_from: int
    published_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A key ready for use, parsed once: sign or verify with exactly this ``key``, ``algorithm`` and ``kid``."""

    kid: str
    algorithm: str
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class JwksDocument:
    """A JWK Set ready to send; ``etag`` carries its quotes (RFC 9110 §8.8.3)."""

    body: bytes
    etag: str
