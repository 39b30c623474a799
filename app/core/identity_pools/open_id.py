"""OpenID tokens of identities: what an STS or our own API takes as proof of an identity (Cognito: GetOpenIdToken)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.core.identity_pools.model import IdentityPool
from app.core.kernel.clock import Clock
from app.core.kernel.errors import Fact, InvalidParameter, TokenInvalid, Unavailable
from app.core.kernel.secret import Secret
from app.core.keys.model import KeyPurpose, Signer
from app.core.tokens.issue import sign
from app.core.tokens.verification import read_unverified, verify

ISSUER_KEYS = "cognito-identity"
"""Under this name the issuer's keys are kept, where a user pool's have its id."""
ALGORITHM = "RS512"
OPEN_ID_SECONDS, DEVELOPER_SECONDS = 600, 900
LARGEST_TOKEN = 20_000
"""STS: AssumeRoleWithWebIdentity takes no longer one."""
_TAGS = "https://aws.amazon.com/tags"
_POOL_ARN = "https://cognito-identity.amazonaws.com/identity-pool-arn"


class OpenIdTokenInvalid(Fact):
    """Not one of ours, or altered (STS: InvalidIdentityToken)."""

    message = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


class OpenIdTokenExpired(OpenIdTokenInvalid):
    """STS: ExpiredTokenException. ``expired_at`` in Unix seconds."""

    def __init__(self, now: int, expired_at: int) -> None:
        super().__init__(f"Token expired: current date/time {now} must be before the expiration date/time {expired_at}")
        self.expired_at = expired_at


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedOpenIdToken:
    """An OpenID token of ours that counts now. ``amr`` as trust policies see it; ``tags`` are principal tags."""

    identity_pool_id: str
    identity_id: str
    amr: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    expires_at: int


class OpenIdTokenEnded(OpenIdTokenInvalid):
    """An administrator ended what its identity, or its pool's, had been given."""

    message = "The token was ended before it expired."


class FindEnd(Protocol):
    def __call__(self, *, identity_id: str, identity_pool_id: str) -> int:
        """When what had been issued to the identity was last ended, in Unix seconds; -1 for never."""


class IssuerKeys(Protocol):
    """The keys room, as far as this issuer needs it."""

    def signer(self, pool_id: str, purpose: KeyPurpose) -> Signer: ...

    def find_verifier(self, pool_id: str, purpose: KeyPurpose, kid: str) -> Signer | None: ...

    def ensure(self, pool_id: str, algorithm: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdTokens:
    """Signs with RS512, as AWS does, with keys that nothing else is signed with."""

    keys: IssuerKeys
    clock: Clock
    find_end: FindEnd
    public_url: str

    @property
    def issuer(self) -> str:
        return f"{self.public_url}/identity"

    def issue(
        self, pool: IdentityPool, identity_id: str, amr: Sequence[str], *, tags: Mapping[str, str], expires_at: int
    ) -> Secret:
        """Never inside a transaction: the first call makes the key. Raises ``InvalidParameter`` where no STS would take it."""
        claims: dict[str, Any] = {
            "sub": identity_id,
            "aud": pool.identity_pool_id,
            "amr": list(amr),
            "iss": self.issuer,
            _POOL_ARN: pool.arn,
            "exp": expires_at,
            # What is issued in the second of an end comes after it.
            "iat": max(self.clock.now(), self._end_of(pool.identity_pool_id, identity_id) + 1),
            **({_TAGS: {"principal_tags": {key: [value] for key, value in tags.items()}}} if tags else {}),
        }
        token = sign(self._signer(), claims)
        if len(token) > LARGEST_TOKEN:
            raise InvalidParameter("The principal tags are too large for a token.")
        return Secret(token)

    def verify(self, token: str) -> VerifiedOpenIdToken:
        """Raises ``OpenIdTokenInvalid``, ``OpenIdTokenExpired``, ``OpenIdTokenEnded``. Whether pool and identity still are is the caller's question."""
        try:
            unverified = read_unverified(token, largest=LARGEST_TOKEN)
            if unverified.issuer != self.issuer:
                raise OpenIdTokenInvalid
            claims = verify(unverified, self.keys.find_verifier(ISSUER_KEYS, KeyPurpose.ID, unverified.kid))
        except TokenInvalid as refused:
            raise OpenIdTokenInvalid from refused
        now = self.clock.now()
        if now >= claims["exp"]:
            raise OpenIdTokenExpired(now, claims["exp"])
        if claims["iat"] <= self._end_of(claims["aud"], claims["sub"]):
            raise OpenIdTokenEnded
        tags = claims.get(_TAGS, {}).get("principal_tags", {})
        return VerifiedOpenIdToken(
            identity_pool_id=claims["aud"],
            identity_id=claims["sub"],
            amr=tuple(claims["amr"]),
            tags={key: values[0] for key, values in tags.items()},
            expires_at=claims["exp"],
        )

    def _end_of(self, identity_pool_id: str, identity_id: str) -> int:
        return self.find_end(identity_id=identity_id, identity_pool_id=identity_pool_id)

    def ensure_key(self) -> None:
        self.keys.ensure(ISSUER_KEYS, ALGORITHM)

    def discovery(self) -> bytes:
        """What a relying party, an STS among them, needs to know of the issuer (OpenID Connect Discovery §3)."""
        document = {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/.well-known/jwks",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "claims_supported": ["sub", "aud", "iss", "exp", "iat", "amr"],
        }
        return json.dumps(document, separators=(",", ":")).encode()

    def _signer(self) -> Signer:
        try:
            return self.keys.signer(ISSUER_KEYS, KeyPurpose.ID)
        except Unavailable:
            self.ensure_key()
            return self.keys.signer(ISSUER_KEYS, KeyPurpose.ID)
