"""The client's half of SRP as Amplify and its like compute it, written from the protocol and not from the server's code."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from app.core.factors.srp import G, N


def hexadecimal(number: int) -> str:
    text = f"{number:x}"
    if len(text) % 2:
        return "0" + text
    return "00" + text if text[0] in "89abcdef" else text


def digest(text: str) -> int:
    return int(hashlib.sha256(bytes.fromhex(text)).hexdigest(), 16)


class SrpClient:
    """``group`` and ``member`` are the pool's name and USER_ID_FOR_SRP, or a device's group and key."""

    def __init__(self, power: Callable[[int, int, int], int] = pow) -> None:
        self._a = secrets.randbits(256)
        self._power = power
        self.public = power(G, self._a, N)

    @property
    def a(self) -> str:
        return f"{self.public:x}"

    def answer(
        self, group: str, member: str, password: str, parameters: Mapping[str, str], *, at: datetime | None = None
    ) -> dict[str, str]:
        at = at or datetime.now(UTC)  # noqa: TID251 - the machine's clock, as a real client's
        timestamp = f"{at:%a %b} {at.day} {at:%H:%M:%S} UTC {at:%Y}"
        b = int(parameters["SRP_B"], 16)
        u = digest(hexadecimal(self.public) + hexadecimal(b))
        inner = hashlib.sha256(f"{group}{member}:{password}".encode()).hexdigest()
        x = digest(hexadecimal(int(parameters["SALT"], 16)) + inner)
        k = digest(hexadecimal(N) + hexadecimal(G))
        shared = self._power((b - k * self._power(G, x, N)) % N, self._a + u * x, N)
        extracted = hmac.digest(bytes.fromhex(hexadecimal(u)), bytes.fromhex(hexadecimal(shared)), "sha256")
        key = hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]
        block = parameters["SECRET_BLOCK"]
        message = (group + member).encode() + b64decode(block) + timestamp.encode()
        return {
            "PASSWORD_CLAIM_SIGNATURE": b64encode(hmac.digest(key, message, "sha256")).decode(),
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "TIMESTAMP": timestamp,
        }
