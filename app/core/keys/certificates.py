"""A key's certificate of its own, for a relying party that finds keys in certificates only (RFC 7517 §4.7): Ceph's object gateway."""

import hashlib
from base64 import b64encode
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

_FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280 §4.1.2.5: of a certificate that does not expire. That a key is published says that it is good."""


def write_certificate(kid: str, key: RSAPrivateKey, *, created_at: int) -> str:
    """An ``x5c`` member: DER in base64. The same in every worker and at all times, as an RSA signature of PKCS #1 v1.5 is."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kid)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        # 126 bits: positive, and within the 20 octets of RFC 5280 §4.1.2.2.
        .serial_number(int.from_bytes(hashlib.sha256(kid.encode()).digest()[:16]) >> 2 | 1)
        .not_valid_before(datetime.fromtimestamp(created_at, UTC))
        .not_valid_after(_FOREVER)
        .sign(key, SHA256())
    )
    return b64encode(certificate.public_bytes(Encoding.DER)).decode()
