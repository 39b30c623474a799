"""Minting: claims become signed tokens, each kind with its own key (tokens.md §1)."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws

from app.core.kernel.ids import new_uuid
from app.core.kernel.secret import Secret
from app.core.keys.model import KeyPurpose, Signer
from app.core.tokens.claims import Subject, access_claims, id_claims
from app.core.tokens.model import TokenSet
from app.core.tokens.ports import SigningKeys
from app.core.tokens.scopes import OPENID


def sign(signer: Signer, claims: Mapping[str, Any]) -> str:
    """A compact JWS whose header is exactly ``kid`` and ``alg``: Cognito's tokens have no ``typ``, and some verifiers compare."""
    header = {"kid": signer.kid, "alg": signer.algorithm}
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    return jws.serialize_compact(header, payload, signer.key, algorithms=[signer.algorithm])


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
