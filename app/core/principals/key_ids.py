import hmac
import secrets
import string
from base64 import b32encode
from dataclasses import dataclass

from app.core.kernel.sealing import Hasher

_ALPHABET = string.ascii_uppercase + "234567"
_RANDOM_CHARACTERS, _MARK_CHARACTERS = 9, 7


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyIds:
    """Ids of access keys that this server can tell from everybody else's, AWS's own among them, without looking them up."""

    hasher: Hasher

    def issue(self, prefix: str) -> str:
        """20 characters: ``AKIA`` or ``ASIA``, 9 random ones, and a keyed mark over what precedes it."""
        beginning = prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
        return beginning + self._mark(beginning)

    def was_issued(self, access_key_id: str) -> bool:
        """Whether the id came from ``issue``, even if its key is gone or expired."""
        beginning, mark = access_key_id[:-_MARK_CHARACTERS], access_key_id[-_MARK_CHARACTERS:]
        return hmac.compare_digest(self._mark(beginning).encode(), mark.encode())

    def _mark(self, beginning: str) -> str:
        mac = hmac.digest(self.hasher.derive("access key ids"), beginning.encode(), "sha256")
        return b32encode(mac).decode()[:_MARK_CHARACTERS]
