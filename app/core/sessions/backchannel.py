"""The logout token and its delivery (OpenID Connect Back-Channel Logout 1.0)."""

import json
from dataclasses import dataclass
from typing import Any

from joserfc import jws

from app.core.clients.model import Client
from app.core.kernel.clock import Clock
from app.core.kernel.errors import Fact
from app.core.kernel.ids import ClientId, PoolId, Sub, new_uuid
from app.core.kernel.outbound import Outbound
from app.core.keys.algorithms import registry_of
from app.core.keys.model import KeyPurpose, Signer
from app.core.sessions.ports import FindClient, FindPool, LogoutKeys, NameIssuer, NameSubject

TOKEN_SECONDS = 120
"""A logout token lives two minutes (Back-Channel Logout 1.0 §2.6 asks for no more)."""

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_ACCEPTED = frozenset({200, 204})


class LogoutNotAccepted(Fact):
    """The client answered otherwise than with success; it is told again later."""

    message = "The client did not accept the logout token."


@dataclass(frozen=True, slots=True, kw_only=True)
class BackchannelLogout:
    """What ``deliveries`` calls when a client's turn has come. The token is made then: a retry must not bring an expired one."""

    find_pool: FindPool
    find_client: FindClient
    issuer: NameIssuer
    subject_for: NameSubject
    keys: LogoutKeys
    outbound: Outbound
    clock: Clock

    def deliver(self, payload: str) -> None:
        """Raises ``LogoutNotAccepted`` or what ``Outbound`` raises. A pool, client or address that is gone ends it silently."""
        document = json.loads(payload)
        pool, client = self.find_pool(PoolId(document["pool_id"])), self.find_client(ClientId(document["client_id"]))
        if pool is None or client is None or client.extensions.backchannel_logout_uri is None:
            return
        claims = self._claims(pool.pool_id, client, document)
        token = _sign(self.keys.signer(pool.pool_id, KeyPurpose.ID), claims)
        status = self.outbound.post_form(client.extensions.backchannel_logout_uri, {"logout_token": token})
        if status not in _ACCEPTED:
            raise LogoutNotAccepted

    def _claims(self, pool_id: PoolId, client: Client, document: dict[str, Any]) -> dict[str, Any]:
        """§2.4: never a ``nonce``, so that nobody can take it for an ID token."""
        now = self.clock.now()
        sid = document["sid"]
        return {
            "iss": self.issuer(pool_id),
            "sub": self.subject_for(client, Sub(document["sub"])),
            "aud": client.client_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": new_uuid(),
            "events": {_EVENT: {}},
            **({} if sid is None else {"sid": sid}),
        }


def _sign(signer: Signer, claims: dict[str, Any]) -> str:
    """With the key of ID tokens (§2.4), and explicitly typed (RFC 8725 §3.11): our own verification refuses any ``typ``."""
    header = {"typ": "logout+jwt", "kid": signer.kid, "alg": signer.algorithm}
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return jws.serialize_compact(header, payload, signer.key, registry=registry_of(signer.algorithm))
