from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.core.kernel.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes


class SystemKeyFactory:
    """The ``KeyFactory`` on the machine's own randomness: RSA-2048, P-256, Ed25519."""

    def new_private_pem(self, algorithm: str) -> Secret:
        key = self._new_key(algorithm)
        return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())

    def _new_key(self, algorithm: str) -> "PrivateKeyTypes":
        match algorithm:
            case "RS256" | "RS512":
                return rsa.generate_private_key(public_exponent=65537, key_size=2048)
            case "ES256":
                return ec.generate_private_key(ec.SECP256R1())
            case "EdDSA":
                return ed25519.Ed25519PrivateKey.generate()
            case _:
                raise ValueError(f"no key can be made for {algorithm}")
