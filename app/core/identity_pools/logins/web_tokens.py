"""ID tokens of providers elsewhere: signature, issuer, audience and time (OpenID Connect Core §3.1.3.7, RFC 8725)."""

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry

from app.core.identity_pools.refusals import LoginRefused
from app.core.kernel.clock import Clock
from app.core.keys.algorithms import registry_of

LARGEST_TOKEN = 16_384
"""Characters; refused before a byte is decoded."""
_KEY_TYPES = {"RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "ES256": "EC", "ES384": "EC", "ES512": "EC"}
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_PUBLIC = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y")}
_SKEW = 300
"""How far another server's clock may be ahead of ours."""
_SHORTEST_MODULUS = 342
"""Characters of base64url that 2048 bits take."""


class UpstreamKeys(Protocol):
    def find_key(self, issuer: str, kid: str | None) -> Mapping[str, Any] | None:
        """The JWK with this ``kid`` that the issuer publishes; without one the only key that it publishes, else None.
        Raises ``ProviderUnavailable``.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class WebTokens:
    """Nothing in a token says where its key is to be found: keys are those that the configured issuer publishes. Its times are
    the issuer's, so they are compared with the machine's.
    """

    keys: UpstreamKeys
    clock: Clock

    def verify(
        self, token: str, *, source: str, issuers: Collection[str], audiences: Collection[str]
    ) -> tuple[str, Mapping[str, Any]]:
        """The audience that fits, and the claims. ``source`` is the URL below which the keys are discovered. Raises ``LoginRefused``."""
        header, claims = _read_unverified(token)
        issuer, algorithm, kid = claims.get("iss"), header.get("alg"), header.get("kid")
        if not isinstance(issuer, str) or issuer not in issuers:
            raise LoginRefused("Invalid login token. Issuer doesn't match providerName")
        if not isinstance(algorithm, str) or algorithm not in _KEY_TYPES:
            raise LoginRefused
        if "crit" in header or not isinstance(kid, str | None):
            raise LoginRefused
        key = self.keys.find_key(source, kid)
        if key is None or not _is_for(key, algorithm):
            raise LoginRefused("Invalid login token. Couldn't verify signed token.")
        _check_signature(token, key, algorithm)
        return self._check(claims, audiences), claims

    def _check(self, claims: Mapping[str, Any], audiences: Collection[str]) -> str:
        now = self.clock.real()
        expires, begins, issued = _number(claims, "exp"), _number(claims, "nbf", 0), _number(claims, "iat", 0)
        if now >= expires:
            raise LoginRefused(f"Invalid login token. Token expired: {now} >= {int(expires)}")
        if max(begins, issued) > now + _SKEW:
            raise LoginRefused("Invalid login token. Token is not valid yet.")
        given = claims.get("aud")
        named = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        fitting = [audience for audience in named if isinstance(audience, str) and audience in audiences]
        if not fitting or (len(named) > 1 and claims.get("azp") not in audiences):
            # Of several audiences the one that the token was made for must be ours, not merely one beside it.
            raise LoginRefused("Invalid login token. Incorrect token audience.")
        sub = claims.get("sub")
        if not isinstance(sub, str) or not 1 <= len(sub) <= 255 or not sub.isprintable():
            raise LoginRefused
        return fitting[0]


def _is_for(key: Mapping[str, Any], algorithm: str) -> bool:
    """Whether a published key may be used with the algorithm: by its type, and by all that it says of itself."""
    kind = _KEY_TYPES[algorithm]
    if key.get("kty") != kind or key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        return False
    if kind == "EC":
        return key.get("crv") == _CURVES[algorithm]
    modulus = key.get("n")
    return isinstance(modulus, str) and len(modulus) >= _SHORTEST_MODULUS


def _check_signature(token: str, key: Mapping[str, Any], algorithm: str) -> None:
    try:
        # Only the public numbers: a published private part or a mistaken ``key_ops`` is not ours to judge.
        imported = JWKRegistry.import_key({name: key[name] for name in _PUBLIC[_KEY_TYPES[algorithm]]})
        jws.deserialize_compact(token, imported, registry=registry_of(algorithm))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise LoginRefused("Invalid login token. Token signature invalid.") from error


def _read_unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if len(token) > LARGEST_TOKEN or not token.isascii() or token.count(".") != 2:
        raise LoginRefused
    head, body, _ = token.split(".")
    return _read_object(head), _read_object(body)


def _read_object(part: str) -> Mapping[str, Any]:
    try:
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise LoginRefused from error
    if not isinstance(value, dict):
        raise LoginRefused
    return value


def _number(claims: Mapping[str, Any], name: str, default: int | None = None) -> float:
    """A time as RFC 7519 §2 writes it."""
    value = claims.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1 << 53:
        raise LoginRefused
    return value
