"""Minting: claims become signed tokens, each kind with its own key (tokens.md §1)."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import RSAKey

from app.core.kernel.ids import new_uuid
from app.core.kernel.secret import Secret
from app.core.keys.model import KeyPurpose, Signer
from app.core.tokens.claims import Subject, access_claims, id_claims
from app.core.tokens.model import TokenSet
from app.core.tokens.ports import SigningKeys
from app.core.tokens.scopes import OPENID

_PADDING, _SHA256 = PKCS1v15(), SHA256()


def sign(signer: Signer, claims: Mapping[str, Any]) -> str:
    """A compact JWS whose header is exactly ``kid`` and ``alg``: Cognito's tokens have no ``typ``, and some verifiers compare."""
    header = {"kid": signer.kid, "alg": signer.algorithm}
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    if isinstance(signer.key, RSAKey):
        return _signed_with_rsa(signer.key, header, payload)
    return jws.serialize_compact(header, payload, signer.key, algorithms=[signer.algorithm])


def _signed_with_rsa(key: RSAKey, header: Mapping[str, str], payload: bytes) -> str:
    """What joserfc would make of an RS256 key, without its checks of a header that is our own (RFC 7515 §7.1)."""
    private = key.private_key
    if private is None:
        raise TypeError("a public key signs nothing")
    head = json.dumps(header, separators=(",", ":")).encode()
    signing_input = b".".join((_encoded(head), _encoded(payload)))
    signature = private.sign(signing_input, _PADDING, _SHA256)
    return b".".join((signing_input, _encoded(signature))).decode()


def _encoded(part: bytes) -> bytes:
    return urlsafe_b64encode(part).rstrip(b"=")


class Mint:
    """Both signing keys of one pool, looked up before anything is claimed: a pool without keys must not cost anybody their code."""

    __slots__ = ("_access", "_id")

    def __init__(self, keys: SigningKeys, pool_id: str) -> None:
        self._access = keys.signer(pool_id, KeyPurpose.ACCESS)
        self._id = keys.signer(pool_id, KeyPurpose.ID)

    def issue(self, subject: Subject, *, refresh_token: Secret | None) -> TokenSet:
        """The token set of the subject; an ID token only where ``openid`` was granted."""
        access = sign(self._access, access_claims(subject, jti=new_uuid()))
        identity = None
        if OPENID in subject.scope:
            identity = Secret(sign(self._id, id_claims(subject, jti=new_uuid(), access_token=access)))
        return TokenSet(
            access_token=Secret(access),
            id_token=identity,
            refresh_token=refresh_token,
            expires_in=subject.client.settings.lifetimes.access_token,
            scope=subject.scope,
        )
