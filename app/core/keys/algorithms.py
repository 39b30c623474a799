"""Which algorithms our keys sign with, and how joserfc is held to exactly one of them."""

import hashlib
from functools import cache

from joserfc.jwa import JWSAlgModel
from joserfc.jws import JWSRegistry

DEFAULT_ALGORITHM = "RS256"
KEY_TYPES = {"RS256": "RSA", "RS512": "RSA", "ES256": "EC", "EdDSA": "OKP"}
"""The key type of each algorithm (RFC 7518 §3.1, RFC 8037 §3.1)."""

_HASHES = {"RS256": hashlib.sha256, "RS512": hashlib.sha512, "ES256": hashlib.sha256, "EdDSA": hashlib.sha512}


class _OneAlgorithm(JWSRegistry):
    """RFC 9864 renames ``EdDSA`` with this curve to ``Ed25519``, and joserfc warns of the old name. Our keys leave no doubt about
    the curve, and most relying parties know the old name only.
    """

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=[algorithm])
        self._only = algorithm

    def get_alg(self, name: str) -> JWSAlgModel:
        return self.algorithms[name] if name == self._only == "EdDSA" else super().get_alg(name)


@cache
def registry_of(algorithm: str) -> JWSRegistry:
    """What signs and verifies with this algorithm and refuses every other."""
    return _OneAlgorithm(algorithm)


def left_half(algorithm: str, text: str) -> bytes:
    """The left half of the hash that belongs to the algorithm (OpenID Connect Core §3.1.3.6); Ed25519 goes with SHA-512."""
    digest = _HASHES[algorithm](text.encode()).digest()
    return digest[: len(digest) // 2]
