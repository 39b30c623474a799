"""What the web side must know of the settings, as plain values."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """``public_url`` is the origin in every link; ``trusted_proxies`` are believed about whom they speak for."""

    public_url: str
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    dev: bool = False

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def public_hostname(self) -> str:
        """Without the port."""
        return urlsplit(self.public_url).hostname or ""


def is_loopback_name(hostname: str) -> bool:
    """``localhost`` and what lies below it, and loopback addresses."""
    if hostname == "localhost" or hostname.endswith(".localhost"):
        return True
    return is_loopback_address(hostname)


def is_loopback_address(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_loopback
