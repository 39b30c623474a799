from typing import Protocol

from app.core.devices.model import Device
from app.core.kernel.ids import PoolId, Sub


class DeviceStore(Protocol):
    def add(self, device: Device, *, waiting_since: int, waiting_most: int) -> None:
        """Also drops the user's devices that were offered before ``waiting_since`` and never confirmed, and the oldest of those, so
        that at most ``waiting_most`` wait.
        """

    def find(self, pool_id: PoolId, sub: Sub, device_key: str) -> Device | None: ...

    def list_page(self, pool_id: PoolId, sub: Sub, *, after: str, limit: int) -> list[Device]:
        """Confirmed ones by their key, those behind ``after``."""

    def confirm(self, device: Device) -> bool:
        """Writes what the client said of a device that waits; of parallel callers exactly one gets True."""

    def drop_surplus(self, device: Device, *, most: int, at: int) -> None:
        """Of the user's confirmed ones only ``most`` stay, this one and those that were used last; the others go as by ``remove``."""

    def set_remembered(self, pool_id: PoolId, sub: Sub, device_key: str, *, remembered: bool, at: int) -> bool:
        """False where the user has no such confirmed device."""

    def touch(self, pool_id: PoolId, device_key: str, *, address: str | None, at: int) -> None: ...

    def remove(self, pool_id: PoolId, sub: Sub, device_key: str, *, at: int) -> bool:
        """The device and its token sessions, which are revoked with it; False where the user has no such device."""
