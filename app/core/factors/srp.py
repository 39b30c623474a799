"""Secure Remote Password 6a as Cognito speaks it (``auth-flows.md`` §5): the password never crosses the wire.

The group is RFC 5054's of 3072 bits with g = 2, the hash SHA-256. Numbers are hashed as ``padHex`` writes them, in two's-complement
style, not as RFC 5054 §2.1 pads them; the last step is an HKDF of one block. Everything here is arithmetic: who is asked, and what a
wrong proof means, is ``sign_in``'s.
"""

import hashlib
import hmac
import secrets
from base64 import b64encode
from dataclasses import dataclass

from app.core.factors.ports import ModularPower
from app.core.kernel.errors import InvalidParameter

N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
"""RFC 3526 §4; RFC 5054 names it as well."""

G = 2
SALT_BYTES = 16
_INFO = b"Caldera Derived Key\x01"
_LONGEST_HEX = 1024


def pad(number: int) -> bytes:
    """``padHex``: big-endian, with a zero byte in front where the first bit is set."""
    length = number.bit_length() // 8 + 1
    return number.to_bytes(length, "big")


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")


K = _hash(pad(N), pad(G))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """What the server keeps of a password: as weak as one fast hash of it if it leaks, so it is sealed at rest."""

    salt: bytes
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The server's half of an exchange: ``secret`` is b, ``public`` is B."""

    secret: int
    public: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the exchange is bound to: the pool's name and the user's, or a device's group and key."""

    group: str
    member: str

    @property
    def encoded(self) -> bytes:
        return (self.group + self.member).encode()


def pool_name(pool_id: str) -> str:
    """The part of a pool's id after the underscore."""
    return pool_id.partition("_")[2]


def password_key(names: Names, password: str, salt: bytes) -> int:
    """X."""
    inner = hashlib.sha256(names.encoded + b":" + password.encode("utf-8", "surrogatepass")).digest()
    return _hash(pad(int.from_bytes(salt, "big")), inner)


def make_verifier(power: ModularPower, names: Names, password: str, salt: bytes | None = None) -> Verifier:
    """Of a fresh salt, unless one is given."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    return Verifier(salt=salt, value=power(G, password_key(names, password, salt), N))


def make_offer(power: ModularPower, verifier: Verifier, secret: int | None = None) -> Offer:
    """B = k·v + g^b. ``secret`` is drawn unless given."""
    b = int.from_bytes(secrets.token_bytes(32), "big") if secret is None else secret
    return Offer(secret=b, public=(K * verifier.value + power(G, b, N)) % N)


def read_public(text: str) -> int:
    """The client's A. Raises ``InvalidParameter`` for what is no number, too long a one, or a multiple of N (RFC 5054 §2.5.4)."""
    if not text or len(text) > _LONGEST_HEX or any(c not in "0123456789abcdefABCDEF" for c in text):
        raise InvalidParameter("SRP_A must be a hexadecimal number.")
    number = int(text, 16)
    if number % N == 0:
        raise InvalidParameter("SRP_A must not be a multiple of N.")
    return number


def session_key(power: ModularPower, client_public: int, verifier: Verifier, offer: Offer) -> bytes:
    """The 16 bytes that both sides can only agree upon where the client knew the password."""
    u = _hash(pad(client_public), pad(offer.public))
    if u == 0:
        raise InvalidParameter("SRP_A is not acceptable.")
    shared = power(client_public * power(verifier.value, u, N) % N, offer.secret, N)
    extracted = hmac.digest(pad(u), pad(shared), "sha256")
    return hmac.digest(extracted, _INFO, "sha256")[:16]


def signature(key: bytes, names: Names, secret_block: bytes, timestamp: str) -> str:
    """PASSWORD_CLAIM_SIGNATURE, over the timestamp as it was written."""
    return b64encode(hmac.digest(key, names.encoded + secret_block + timestamp.encode(), "sha256")).decode()


def fits(expected: str, given: str) -> bool:
    """Constant in time."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
