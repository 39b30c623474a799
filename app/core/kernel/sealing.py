"""Secrets at rest: sealed with AES-256-GCM under the master key, or hashed with a key where they need never be read back."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = "s1"
_NONCE_BYTES = 12


class Unsealable(Exception):  # noqa: N818 - a fact about a blob
    """The blob was sealed under another key, for another row, or was altered."""


class Sealer:
    """Seals under the first key, opens with any: that is how a master key rotates."""

    __slots__ = ("_keys", "_sealing_id")

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        if not keys or any(len(key) != 32 for key in keys):
            msg = "a master key is 32 bytes"
            raise ValueError(msg)
        self._keys = {hashlib.sha256(b"poolhouse key id" + key).hexdigest()[:8]: AESGCM(key) for key in keys}
        self._sealing_id = next(iter(self._keys))

    @property
    def sealing_key_id(self) -> str:
        """Eight hex digits naming the key that seals; safe to store and show."""
        return self._sealing_id

    def seal(self, plaintext: bytes, *, row: str) -> str:
        """``s1.<key id>.<base64url of nonce and ciphertext>``; ``row`` (table and key) is authenticated, so blobs cannot be swapped between rows."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self._sealing_id].encrypt(nonce, plaintext, row.encode())
        return f"{_VERSION}.{self._sealing_id}.{urlsafe_b64encode(nonce + sealed).decode().rstrip('=')}"

    def unseal(self, blob: str, *, row: str) -> bytes:
        """The plaintext, or ``Unsealable``."""
        version, _, rest = blob.partition(".")
        key_id, _, body = rest.partition(".")
        cipher = self._keys.get(key_id)
        if version != _VERSION or cipher is None:
            raise Unsealable(row)
        try:
            raw = urlsafe_b64decode(body + "=" * (-len(body) % 4))
            return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], row.encode())
        except (InvalidTag, ValueError) as error:
            raise Unsealable(row) from error

    def is_current(self, blob: str) -> bool:
        """Whether the blob is sealed under the key that seals now."""
        return blob.startswith(f"{_VERSION}.{self._sealing_id}.")


class Hasher:
    """A fast keyed hash for values that are random (handles) or tried few times (codes): a dump without the key matches nothing.

    The key is a random 32-byte data key that lives sealed in the database, so that rotating the master key keeps every hash.
    """

    __slots__ = ("_derived", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._derived: dict[str, bytes] = {}

    def digest(self, kind: str, value: str) -> str:
        """43 characters of base64url. ``kind`` separates purposes: a state's hash is never a code's."""
        mac = hmac.new(self._key, kind.encode() + b"\x00" + value.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(mac).decode().rstrip("=")

    def matches(self, kind: str, value: str, digest: str) -> bool:
        """Constant in time."""
        return hmac.compare_digest(self.digest(kind, value).encode(), digest.encode())

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for another purpose (cookie sealing, CSRF); always the same object, so purposes must be few."""
        derived = self._derived.get(purpose)
        if derived is None:
            derived = hmac.new(self._key, b"derive\x00" + purpose.encode(), hashlib.sha256).digest()
            self._derived[purpose] = derived
        return derived
