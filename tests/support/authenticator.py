"""A passkey provider in software: ES256 (or what it is told), attestation ``none``, a count that grows (WebAuthn Level 3)."""

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

UP, UV, BE, BS, AT = 1, 4, 8, 16, 64
ES256, EDDSA, RS256 = -7, -8, -257


def encode(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Credential:
    """What the provider keeps of one passkey."""

    key: Any
    credential_id: bytes
    rp_id: str
    handle: bytes
    count: int = 0


@dataclass
class Authenticator:
    """``origin`` is the page it runs on. ``counting`` False is how synced passkeys behave: the count stays 0."""

    origin: str
    verifies_user: bool = True
    synced: bool = False
    counting: bool = True
    algorithm: int = ES256
    id_bytes: int = 32
    kept: list[Credential] = field(default_factory=list)

    def create(
        self, options: dict[str, Any], *, rp_id: str | None = None, challenge: str | None = None
    ) -> dict[str, Any]:
        """``navigator.credentials.create``, as the browser's ``toJSON`` tells it."""
        key = _new_key(self.algorithm)
        made = Credential(
            key=key,
            credential_id=secrets.token_bytes(self.id_bytes),
            rp_id=rp_id or options["rp"]["id"],
            handle=decode(options["user"]["id"]),
        )
        self.kept.append(made)
        attested = (
            bytes(16) + struct.pack(">H", self.id_bytes) + made.credential_id + cbor2.dumps(_cose(key, self.algorithm))
        )
        data = self._data(made, AT) + attested
        return {
            "id": encode(made.credential_id),
            "rawId": encode(made.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": self._client_data("webauthn.create", challenge or options["challenge"]),
                "attestationObject": encode(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
                "transports": ["internal"],
            },
        }

    def get(self, options: str, *, which: int = -1, handle: bool = True, challenge: str | None = None) -> str:
        """``navigator.credentials.get`` with one of the passkeys kept."""
        asked, used = json.loads(options), self.kept[which]
        if self.counting:
            used.count += 1
        data = self._data(used, 0)
        client_data = self._client_data("webauthn.get", challenge or asked["challenge"])
        signed = data + hashlib.sha256(decode(client_data)).digest()
        return json.dumps(
            {
                "id": encode(used.credential_id),
                "rawId": encode(used.credential_id),
                "type": "public-key",
                "authenticatorAttachment": "platform",
                "clientExtensionResults": {},
                "response": {
                    "clientDataJSON": client_data,
                    "authenticatorData": encode(data),
                    "signature": encode(_sign(used.key, signed)),
                    "userHandle": encode(used.handle) if handle else None,
                },
            }
        )

    def _data(self, credential: Credential, flags: int) -> bytes:
        flags |= UP | (UV if self.verifies_user else 0) | (BE | BS if self.synced else 0)
        return hashlib.sha256(credential.rp_id.encode()).digest() + struct.pack(">BI", flags, credential.count)

    def _client_data(self, kind: str, challenge: str) -> str:
        document = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return encode(json.dumps(document).encode())


def _new_key(algorithm: int) -> Any:
    if algorithm == ES256:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 2048) if algorithm == RS256 else ed25519.Ed25519PrivateKey.generate()


def _cose(key: Any, algorithm: int) -> dict[int, Any]:
    """RFC 9053 §7."""
    public = key.public_key()
    if algorithm == ES256:
        numbers = public.public_numbers()
        return {1: 2, 3: algorithm, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
    if algorithm == RS256:
        numbers = public.public_numbers()
        return {1: 3, 3: algorithm, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
    return {1: 1, 3: algorithm, -1: 6, -2: public.public_bytes_raw()}


def _sign(key: Any, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(SHA256()))
    return key.sign(data, padding.PKCS1v15(), SHA256())
