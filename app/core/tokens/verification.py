"""Is this string a token that one of our keys signed? Signature and shape only; whether it still counts is the service's question."""

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from app.core.kernel.errors import TokenInvalid
from app.core.keys.algorithms import registry_of
from app.core.keys.model import Signer
from app.core.tokens.issue import AT_JWT

LARGEST_TOKEN = 8192
"""Characters. Ours are far smaller; a larger one is refused before a byte of it is decoded."""

_HEADER = {"kid", "alg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """What a token says about itself, before anybody vouches for it: good for finding the key, for nothing else."""

    token: str
    kid: str
    algorithm: str
    issuer: str


def read_unverified(token: str, *, largest: int = LARGEST_TOKEN) -> Unverified:
    """Raises ``TokenInvalid`` unless the token is small, of three parts, with a header of exactly ``kid`` and ``alg``, to which
    RFC 9068 adds ``typ`` with one value.

    The exact header refuses ``jwk``, ``jku``, ``x5u``, ``x5c``, ``crit``, ``zip`` and ``b64`` by refusing everything (RFC 8725 §3.1).
    """
    if len(token) > largest or not token.isascii() or token.count(".") != 2:
        raise TokenInvalid
    head, body, _ = token.split(".")
    header, claims = _read_object(head), _read_object(body)
    kid, algorithm, issuer = header.get("kid"), header.get("alg"), claims.get("iss")
    if header.keys() != _HEADER and header != {"kid": kid, "alg": algorithm, "typ": AT_JWT}:
        raise TokenInvalid
    if not isinstance(kid, str) or not isinstance(algorithm, str) or not isinstance(issuer, str):
        raise TokenInvalid
    return Unverified(token=token, kid=kid, algorithm=algorithm, issuer=issuer)


def verify(unverified: Unverified, signer: Signer | None) -> Mapping[str, Any]:
    """The claims, once the one key that the ``kid`` names has proven the signature with its one algorithm; else ``TokenInvalid``."""
    if signer is None or unverified.algorithm != signer.algorithm:
        raise TokenInvalid
    try:
        signed = jws.deserialize_compact(unverified.token, signer.key, registry=registry_of(signer.algorithm))
        claims = json.loads(signed.payload or b"")
    except (JoseError, ValueError, RecursionError) as error:
        raise TokenInvalid from error
    if not isinstance(claims, dict):
        raise TokenInvalid
    return claims


def looks_signed(token: str) -> bool:
    """Whether the string is shaped like a JWT, as access and ID tokens are and refresh tokens never."""
    if token.count(".") != 2 or not token.isascii() or len(token) > LARGEST_TOKEN:
        return False
    try:
        return "alg" in _read_object(token.split(".", maxsplit=1)[0])
    except TokenInvalid:
        return False


def _read_object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        # RecursionError: a few kilobytes of "[[[[…" are enough to exhaust the parser.
        raise TokenInvalid from error
    if not isinstance(value, dict):
        raise TokenInvalid
    return value
