import binascii
import secrets
import string
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace

from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.devices.model import Device, DeviceKeyExists, DeviceNotFound, DevicesNotRemembered, NewDevice
from app.core.devices.ports import DeviceStore
from app.core.factors.srp import N
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.ids import Sub, new_uuid
from app.core.kernel.transactions import Transactions
from app.core.pools.model import Pool
from app.core.users.model import User

WAITING_SECONDS = 24 * 3600
"""How long an offered device may wait to be confirmed before its row makes room."""
WAITING_MOST = 10
CONFIRMED_MOST = 100
"""Devices of one user: what a script that signs in again and again leaves behind stays small."""
_GROUP_ALPHABET = string.ascii_letters + string.digits
_LONGEST_SALT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """``device_key`` is public: a device proves itself with the secret behind its verifier."""

    store: DeviceStore
    audit: AuditLog
    clock: Clock
    transactions: Transactions

    def offer(self, pool: Pool, user: User) -> NewDevice:
        """A device that counts once its client confirms it (Cognito: NewDeviceMetadata)."""
        now = self.clock.now()
        device = Device(
            pool_id=pool.pool_id,
            sub=user.sub,
            device_key=f"{pool.region}_{new_uuid()}",
            group_key="-" + "".join(secrets.choice(_GROUP_ALPHABET) for _ in range(8)),
            created_at=now,
            modified_at=now,
            last_used_at=now,
        )
        self.store.add(device, waiting_since=now - WAITING_SECONDS, waiting_most=WAITING_MOST)
        return NewDevice(device_key=device.device_key, group_key=device.group_key)

    def find(self, pool: Pool, sub: Sub, device_key: str) -> Device | None:
        """The user's own, confirmed or not."""
        return self.store.find(pool.pool_id, sub, device_key)

    def get(self, pool: Pool, user: User, device_key: str) -> Device:
        """Confirmed. Raises ``DeviceNotFound``."""
        device = self.find(pool, user.sub, device_key)
        if device is None or not device.confirmed:
            raise DeviceNotFound
        return device

    def list_page(self, pool: Pool, user: User, *, after: str = "", limit: int) -> list[Device]:
        """Confirmed ones in the order of their keys."""
        return self.store.list_page(pool.pool_id, user.sub, after=after, limit=limit)

    def confirm(  # noqa: PLR0917 - the interface between rooms
        self, pool: Pool, user: User, device_key: str, verifier: str, salt: str, name: str | None, caller: Caller
    ) -> Device:
        """Verifier and salt come in base64 (Cognito: ConfirmDevice); the device is remembered unless the pool asks its user first.

        Raises ``DevicesNotRemembered``, ``DeviceNotFound``, ``DeviceKeyExists``, ``InvalidParameter``.
        """
        with self._trail("confirm", user, caller) as trail:
            settings = pool.settings.devices
            if settings is None:
                raise DevicesNotRemembered
            device = self.find(pool, user.sub, device_key)
            if device is None:
                raise DeviceNotFound
            if device.confirmed:
                raise DeviceKeyExists
            now = self.clock.now()
            confirmed = replace(
                device,
                verifier=_read_verifier(verifier),
                salt=_read_salt(salt),
                name=name,
                confirmed=True,
                remembered=not settings.only_remembered_on_user_prompt,
                last_address=_address(caller),
                modified_at=now,
                last_used_at=now,
            )
            with self.transactions.transaction():
                if not self.store.confirm(confirmed):
                    raise DeviceKeyExists
                self.store.drop_surplus(confirmed, most=CONFIRMED_MOST, at=now)
                trail.record()
        return confirmed

    def remember_browser(self, pool: Pool, user: User, caller: Caller) -> str:
        """The key of a remembered device that is a browser on the hosted pages, which proves itself by the key in a sealed cookie.
        Nobody knows a secret behind its verifier, so that it is no way in on the API. Raises ``DevicesNotRemembered``.
        """
        settings = pool.settings.devices
        if settings is None:
            raise DevicesNotRemembered
        key = self.offer(pool, user).device_key
        nobodys = pow(2, secrets.randbits(512) | 1, N)
        verifier = b64encode(nobodys.to_bytes(N.bit_length() // 8 + 1, "big")).decode()
        salt = b64encode(secrets.token_bytes(16)).decode()
        self.confirm(pool, user, key, verifier, salt, "Browser", caller)
        if settings.only_remembered_on_user_prompt:
            self.set_remembered(pool, user, key, caller, remembered=True)
        return key

    def set_remembered(self, pool: Pool, user: User, device_key: str, caller: Caller, *, remembered: bool) -> None:
        """Raises ``DeviceNotFound`` (Cognito: UpdateDeviceStatus)."""
        event, at = "remember" if remembered else "not_remember", self.clock.now()
        with self._trail(event, user, caller) as trail, self.transactions.transaction():
            if not self.store.set_remembered(pool.pool_id, user.sub, device_key, remembered=remembered, at=at):
                raise DeviceNotFound
            trail.record()

    def touch(self, pool: Pool, device: Device, caller: Caller) -> None:
        """Notes that the device signed in."""
        self.store.touch(pool.pool_id, device.device_key, address=_address(caller), at=self.clock.now())

    def forget(self, pool: Pool, user: User, device_key: str, caller: Caller) -> None:
        """The device is gone, and what was signed in with it ends. Raises ``DeviceNotFound`` (Cognito: ForgetDevice)."""
        with self._trail("forget", user, caller) as trail, self.transactions.transaction():
            if not self.store.remove(pool.pool_id, user.sub, device_key, at=self.clock.now()):
                raise DeviceNotFound
            trail.record()

    def _trail(self, event: str, user: User, caller: Caller) -> Trail:
        return Trail(audit=self.audit, event=f"device.{event}", caller=caller, pool_id=user.pool_id, sub=user.sub)


def _read_verifier(text: str) -> bytes:
    """A member of the group other than 0 and 1, of which any password would be right (RFC 5054 §2.5.3)."""
    value = _decoded(text, "PasswordVerifier")
    if len(value) > N.bit_length() // 8 + 1 or not 1 < int.from_bytes(value, "big") < N - 1:
        raise InvalidParameter("PasswordVerifier is not a verifier.")
    return value


def _read_salt(text: str) -> bytes:
    value = _decoded(text, "Salt")
    if not value or len(value) > _LONGEST_SALT:
        raise InvalidParameter("Salt has a length that does not fit.")
    return value


def _decoded(text: str, member: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise InvalidParameter(f"{member} is not base64.") from error


def _address(caller: Caller) -> str | None:
    return caller.address[:64] if caller.address else None
