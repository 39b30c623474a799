"""The two ceremonies of WebAuthn over the ``webauthn`` library, which is slow to import and so is imported where it is used."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.factors.errors import (
    PasskeyNotSupported,
    PasskeyOriginNotAllowed,
    PasskeyRefused,
    PasskeyRelyingPartyMismatch,
)
from app.core.factors.passkey import Passkey, RelyingParty
from app.core.kernel.errors import InvalidParameter

ES256, RS256 = -7, -257
_TIMEOUT_MS = 180_000
_TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal"})
_ATTACHMENTS = frozenset({"platform", "cross-platform"})
_LONGEST = 16_384
_LONGEST_ID = 1023
"""Bytes of a credential's id (WebAuthn §7.1, step 25)."""
_NAMES = {
    "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
    "fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "iCloud Keychain",
    "dd4ec289-e01d-41c9-bb89-70fa845d4bf2": "iCloud Keychain",
    "adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome on Mac",
    "08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
    "9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
    "6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
    "bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
    "d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
    "531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
}
"""By the authenticator's model number (AAGUID)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a new credential says of itself, verified."""

    credential_id: str
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    attachment: str | None
    user_verified: bool
    backed_up: bool
    aaguid: str

    @property
    def name(self) -> str:
        """What its owner will know it by."""
        return _NAMES.get(self.aaguid) or (
            "Passkey" if self.backed_up or self.attachment == "platform" else "Security key"
        )


def encode(value: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def creation_options(
    rp: RelyingParty, *, title: str, name: str, handle: bytes, challenge: bytes, have: Sequence[Passkey], required: bool
) -> dict[str, Any]:
    """``PublicKeyCredentialCreationOptionsJSON`` (WebAuthn Level 3 §5.4)."""
    return {
        "rp": {"id": rp.rp_id, "name": title},
        "user": {"id": encode(handle), "name": name, "displayName": name},
        "challenge": encode(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": ES256}, {"type": "public-key", "alg": RS256}],
        "timeout": _TIMEOUT_MS,
        "excludeCredentials": _descriptors(have),
        "authenticatorSelection": {
            "requireResidentKey": True,
            "residentKey": "required",
            "userVerification": "required" if required else "preferred",
        },
        "attestation": "none",
        "extensions": {"credProps": True},
    }


def request_options(rp: RelyingParty, *, challenge: bytes, have: Sequence[Passkey], required: bool) -> str:
    """``PublicKeyCredentialRequestOptionsJSON`` (WebAuthn Level 3 §5.5)."""
    options: dict[str, Any] = {
        "challenge": encode(challenge),
        "timeout": _TIMEOUT_MS,
        "rpId": rp.rp_id,
        "allowCredentials": _descriptors(have),
        "userVerification": "required" if required else "preferred",
    }
    return json.dumps(options, separators=(",", ":"))


def find_challenge(credential: Mapping[str, Any]) -> bytes:
    """The challenge that a new credential answers. Raises ``InvalidParameter`` for what is no credential."""
    from webauthn.helpers import parse_client_data_json, parse_registration_credential_json

    if len(json.dumps(credential)) > _LONGEST:
        raise InvalidParameter("The credential is too long.")
    try:
        parsed = parse_registration_credential_json(_known(credential))
        return parse_client_data_json(parsed.response.client_data_json).challenge
    except Exception as error:  # a stranger's bytes: the library and what it stands on raise many kinds
        raise InvalidParameter("The credential could not be read.") from error


def check_registration(
    credential: Mapping[str, Any], rp: RelyingParty, *, challenge: bytes, required: bool
) -> Registered:
    """Raises ``PasskeyOriginNotAllowed``, ``PasskeyRelyingPartyMismatch``, ``PasskeyNotSupported``, ``InvalidParameter``."""
    from webauthn.helpers import (
        base64url_to_bytes,
        decode_credential_public_key,
        parse_attestation_object,
        parse_client_data_json,
    )
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.registration.verify_registration_response import verify_registration_response

    supported = [COSEAlgorithmIdentifier(ES256), COSEAlgorithmIdentifier(RS256)]
    known = _known(credential)
    response = known["response"]
    try:
        origin = parse_client_data_json(base64url_to_bytes(response["clientDataJSON"])).origin
        data = parse_attestation_object(base64url_to_bytes(response["attestationObject"])).auth_data
        attested = data.attested_credential_data
        algorithm = None if attested is None else decode_credential_public_key(attested.credential_public_key).alg
    except Exception as error:  # as above
        raise InvalidParameter("The credential could not be read.") from error
    if not rp.allows(origin):
        raise PasskeyOriginNotAllowed
    if data.rp_id_hash != hashlib.sha256(rp.rp_id.encode()).digest():
        raise PasskeyRelyingPartyMismatch
    too_long = attested is not None and len(attested.credential_id) > _LONGEST_ID
    if algorithm not in supported or too_long or (required and not data.flags.uv):
        raise PasskeyNotSupported
    try:
        found = verify_registration_response(
            credential=known,
            expected_challenge=challenge,
            expected_rp_id=rp.rp_id,
            expected_origin=[origin],
            require_user_verification=required,
            supported_pub_key_algs=supported,
        )
    except Exception as error:  # as above
        raise InvalidParameter("The credential could not be verified.") from error
    transports = response.get("transports")
    return Registered(
        credential_id=encode(found.credential_id),
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        transports=tuple(sorted({name for name in transports if isinstance(name, str)} & _TRANSPORTS))
        if isinstance(transports, list)
        else (),
        attachment=known.get("authenticatorAttachment"),
        user_verified=found.user_verified,
        backed_up=data.flags.be,
        aaguid=found.aaguid,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A sign-in's answer, read and not yet verified."""

    document: Mapping[str, Any]
    credential_id: str
    handle: bytes | None
    origin: str


def read_assertion(credential: str) -> Assertion:
    """Raises ``PasskeyRefused``."""
    from webauthn.helpers import parse_authentication_credential_json, parse_client_data_json

    if len(credential) > _LONGEST:
        raise PasskeyRefused
    try:
        document = _known(json.loads(credential))
        parsed = parse_authentication_credential_json(document)
        origin = parse_client_data_json(parsed.response.client_data_json).origin
        return Assertion(
            document=document,
            credential_id=encode(parsed.raw_id),
            handle=parsed.response.user_handle,
            origin=origin,
        )
    except Exception as error:  # as above
        raise PasskeyRefused from error


def check_assertion(
    assertion: Assertion, passkey: Passkey, rp: RelyingParty, *, challenge: bytes, required: bool
) -> tuple[int, bool]:
    """The authenticator's new count, and whether it verified its user. Raises ``PasskeyRefused``."""
    from webauthn.authentication.verify_authentication_response import verify_authentication_response

    if not rp.allows(assertion.origin):
        raise PasskeyRefused
    try:
        found = verify_authentication_response(
            credential=dict(assertion.document),
            expected_challenge=challenge,
            expected_rp_id=rp.rp_id,
            expected_origin=[assertion.origin],
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=required,
        )
    except Exception as error:  # as above
        raise PasskeyRefused from error
    return found.new_sign_count, found.user_verified


def _known(credential: Mapping[str, Any]) -> dict[str, Any]:
    """Without an attachment that is not known here, which is as good as none (WebAuthn Level 3 §5.1)."""
    attachment = credential.get("authenticatorAttachment")
    known = isinstance(attachment, str) and attachment in _ATTACHMENTS
    return {key: value for key, value in credential.items() if known or key != "authenticatorAttachment"}


def _descriptors(have: Sequence[Passkey]) -> list[dict[str, Any]]:
    return [
        {
            "type": "public-key",
            "id": passkey.credential_id,
            **({"transports": list(passkey.transports)} if passkey.transports else {}),
        }
        for passkey in have
    ]
