"""Minting: claims become signed tokens, each kind with its own key (tokens.md §1)."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import RSAKey

from app.core.clients.model import Client
from app.core.kernel.ids import new_uuid
from app.core.kernel.secret import Secret
from app.core.keys.algorithms import registry_of
from app.core.keys.model import KeyPurpose, Signer
from app.core.tokens.beginning import API
from app.core.tokens.claims import Subject, access_claims, at_hash, id_claims
from app.core.tokens.model import DirectRequest, DirectTokens, TokenSet
from app.core.tokens.ports import SigningKeys
from app.core.tokens.scopes import OPENID

AT_JWT = "at+jwt"
"""The ``typ`` of access tokens in the form of RFC 9068 §2.1."""

_PADDING, _SHA256 = PKCS1v15(), SHA256()


def sign(signer: Signer, claims: Mapping[str, Any], *, typ: str | None = None) -> str:
    """A compact JWS whose header is exactly ``kid`` and ``alg``: Cognito's tokens have no ``typ``, and some verifiers compare."""
    header = {"kid": signer.kid, "alg": signer.algorithm, **({} if typ is None else {"typ": typ})}
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    if signer.algorithm == "RS256" and isinstance(signer.key, RSAKey):
        return _signed_with_rsa(signer.key, header, payload)
    return jws.serialize_compact(header, payload, signer.key, registry=registry_of(signer.algorithm))


def sign_access(signer: Signer, client: Client, claims: Mapping[str, Any]) -> Secret:
    """An access token in the form that the client wants."""
    return Secret(sign(signer, claims, typ=AT_JWT if client.extensions.rfc9068 else None))


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
        """The token set of the subject; an ID token only where ``openid`` was granted, and always on the API."""
        access = self._access_token(subject)
        by_api = API in subject.session.extra
        return TokenSet(
            access_token=access,
            id_token=self._id_token(subject, None if by_api else access) if by_api or OPENID in subject.scope else None,
            refresh_token=refresh_token,
            expires_in=subject.client.settings.lifetimes.access_token,
            scope=subject.scope,
        )

    def issue_directly(self, subject: Subject, request: DirectRequest) -> DirectTokens:
        """The tokens that an authorize request asked for; the ID token binds the access token it comes with."""
        access = self._access_token(subject) if request.access_token else None
        return DirectTokens(
            access_token=access,
            id_token=self._id_token(subject, access) if request.id_token else None,
            expires_in=subject.client.settings.lifetimes.access_token,
            scope=subject.scope,
        )

    def _access_token(self, subject: Subject) -> Secret:
        return sign_access(self._access, subject.client, access_claims(subject, jti=new_uuid()))

    def _id_token(self, subject: Subject, access: Secret | None) -> Secret:
        bound = None if access is None else at_hash(access.reveal(), self._id.algorithm)
        return Secret(sign(self._id, id_claims(subject, jti=new_uuid(), access_hash=bound)))
