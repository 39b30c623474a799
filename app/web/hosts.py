"""Which hosts this server answers on. A stranger's Host (DNS rebinding, a misrouted name) is refused with 421."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.web.site import Site, is_loopback_name

_ANY_HOST_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Load balancers and Prometheus ask a node by its address; ``/metrics`` looks at the Host itself where no token guards it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """``is_pool_host`` tells whether a host name belongs to a pool."""

    site: Site
    is_pool_host: Callable[[str], bool]

    def answers(self, host: str, path: str) -> bool:
        """Whether a request with this Host (lower case, with its port) is served. Load balancers ask for health by address."""
        if path in _ANY_HOST_PATHS:
            return True
        if not host:
            return False
        name = hostname_of(host)
        own = urlsplit(self.site.public_url).netloc
        default = ":443" if self.site.is_https else ":80"
        if host.removesuffix(default) == own.removesuffix(default):
            return True
        if host in self.site.allowed_hosts or name in self.site.allowed_hosts:
            return True
        return (self.site.dev and is_loopback_name(name)) or self.is_pool_host(name)


def hostname_of(host: str) -> str:
    """``Host`` without its port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
