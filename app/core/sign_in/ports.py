"""What signing in needs of the rooms that keep users' factors."""

from typing import Protocol

from app.core.devices.model import Device, NewDevice
from app.core.factors.passkey import PasskeyProven, PasskeyRequest, RelyingParty
from app.core.kernel.caller import Caller
from app.core.kernel.ids import PoolId, Sub
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.model import User


class SoftwareTokens(Protocol):
    def begin(self, pool: Pool, user: User) -> Secret:
        """A fresh seed in base32, waiting to be confirmed."""

    def confirm(self, pool: Pool, user: User, code: Secret, *, name: str | None = None) -> None:
        """Raises ``CodeMismatch``."""

    def find_name(self, pool_id: PoolId, sub: Sub) -> str | None: ...

    def check(self, pool: Pool, user: User, code: Secret) -> None:
        """Raises ``CodeMismatch``, and ``SoftwareTokenUsed`` for a code that was accepted before."""


class PasskeyFactor(Protocol):
    def has_any(self, pool_id: PoolId, sub: Sub) -> bool: ...

    def request(self, pool: Pool, user: User | None, rp: RelyingParty) -> PasskeyRequest: ...

    def check(self, pool: Pool, user: User | None, state: str, credential: str, rp: RelyingParty) -> PasskeyProven: ...


class RememberedDevices(Protocol):
    def offer(self, pool: Pool, user: User) -> NewDevice: ...

    def find(self, pool: Pool, sub: Sub, device_key: str) -> Device | None: ...

    def touch(self, pool: Pool, device: Device, caller: Caller) -> None: ...


class RecoveryCodes(Protocol):
    def take(self, pool: Pool, user: User, code: Secret) -> None:
        """Raises ``CodeMismatch``; a right code is spent."""
