from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Network, ip_address

from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import AttemptLimitExceeded, TooManyRequests

HOUR = 3600
ADDRESS_FACTOR = 20
"""An address stands for a household or an office: its thresholds are that many times a user's, and it never locks anybody."""
NAME_FACTOR = 4
"""All networks together have that many times one's allowance for a name: more would flood a mailbox."""
_KIND = "rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Fixed windows. A refused call does not lengthen the window, so clients that retry are not punished for it."""

    ephemeral: Ephemeral
    clock: Clock

    def check(self, name: str, key: str, limit: int, window_seconds: int = HOUR) -> None:
        """Counts one call for one user (``key`` carries the pool); raises ``AttemptLimitExceeded`` above the limit."""
        if self._count(name, key, window_seconds) > limit:
            raise AttemptLimitExceeded

    def check_name(self, name: str, key: str, caller: Caller, limit: int, *, own: bool = False) -> None:
        """Counts one call in this hour for a name that anybody may call for; raises ``AttemptLimitExceeded`` above the limit.

        Each network has the allowance and all together a few of it, so that a stranger does not use up the name's cheaply.
        ``own``: this browser began what it goes on with, and has an allowance that no stranger touches; it is counted with all
        others and not refused for them.
        """
        part = caller.browser if own else f"@{network_of(caller.address)}"
        self.check(name, f"{key}:{part}", limit)
        if self._count(name, key, HOUR) > limit * NAME_FACTOR and not own:
            raise AttemptLimitExceeded

    def check_address(
        self, name: str, pool_id: str, address: str | None, limit: int, window_seconds: int = HOUR
    ) -> None:
        """Counts one call of an address, where one is known; raises ``TooManyRequests`` above ``limit`` users' worth of it."""
        if address is not None and self._count(name, _of(pool_id, address), window_seconds) > limit * ADDRESS_FACTOR:
            raise TooManyRequests

    def check_failures(self, name: str, pool_id: str, address: str | None, limit: int) -> None:
        """Raises ``TooManyRequests`` where the address has failed too often; counts nothing (see ``count_failure``)."""
        if address is None:
            return
        if self.ephemeral.find_count(_KIND, f"{name}:{_of(pool_id, address)}") >= limit * ADDRESS_FACTOR:
            raise TooManyRequests

    def count_failure(self, name: str, pool_id: str, address: str | None, window_seconds: int) -> None:
        if address is not None:
            self._count(name, _of(pool_id, address), window_seconds)

    def _count(self, name: str, key: str, window_seconds: int) -> int:
        return self.ephemeral.count(_KIND, f"{name}:{key}", expires_at=self.clock.now() + window_seconds)


def network_of(address: str | None) -> str:
    """What counts as one address: an IPv6 /64, since every subscriber has a whole one; an IPv4 address as it is."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return (address or "")[:64]
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), 64), strict=False))


def _of(pool_id: str, address: str) -> str:
    return f"{pool_id}:@{network_of(address)}"
