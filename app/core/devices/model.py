from dataclasses import dataclass

from app.core.kernel.errors import Fact
from app.core.kernel.ids import PoolId, Sub


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """Offered with tokens; it is remembered once the client confirms it."""

    device_key: str
    group_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """``salt`` and ``verifier`` are those of its own secret (SRP), big-endian; empty until it is confirmed."""

    pool_id: PoolId
    sub: Sub
    device_key: str
    group_key: str
    salt: bytes = b""
    verifier: bytes = b""
    confirmed: bool = False
    remembered: bool = False
    name: str | None = None
    last_address: str | None = None
    created_at: int
    modified_at: int
    last_used_at: int


class DeviceNotFound(Fact):
    message = "Device does not exist."


class DeviceKeyExists(Fact):
    message = "Device is already confirmed."


class DevicesNotRemembered(Fact):
    """Cognito: InvalidUserPoolConfigurationException."""

    message = "Device tracking is not configured for the user pool."
