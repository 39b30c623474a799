"""The condition keys that every request has, whatever the service (IAM: AWS global condition context keys)."""

import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.gateway.exchange import Incoming
from app.web.context import Contexts, RequestContext
from app.web.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Who asks from where. ``real_time`` gives Unix seconds of the machine; a moved clock moves no firewall's hours."""

    site: Site
    contexts: Contexts
    region: str
    real_time: Callable[[], int]

    def context_of(self, incoming: Incoming) -> RequestContext:
        """The request's id, and the caller's address as far as trusted proxies vouch for it."""
        environ = {"REMOTE_ADDR": incoming.peer}
        for header, name in _READ.items():
            if header in incoming.headers:
                environ[name] = incoming.headers[header]
        return self.contexts.read(environ)

    def conditions_of(self, incoming: Incoming, address: str | None) -> dict[str, tuple[str, ...]]:
        now = self.real_time()
        found: dict[str, tuple[str, ...]] = {
            "aws:currenttime": (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),),
            "aws:epochtime": (str(now),),
            "aws:requestedregion": (self.region,),
            "aws:securetransport": ("true" if self._is_secure(incoming) else "false",),
        }
        if address:
            found["aws:sourceip"] = (address,)
        for header, key in (("user-agent", "aws:useragent"), ("referer", "aws:referer")):
            if header in incoming.headers:
                found[key] = (incoming.headers[header],)
        return found

    def _is_secure(self, incoming: Incoming) -> bool:
        written = incoming.headers.get("x-forwarded-proto")
        if written is None or not self._is_trusted(incoming.peer):
            return incoming.secure
        return written.rpartition(",")[2].strip().lower() == "https"

    def _is_trusted(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self.site.trusted_proxies)


def address_of(conditions: Mapping[str, tuple[str, ...]]) -> str | None:
    """Where the request comes from, where that is known."""
    return conditions.get("aws:sourceip", (None,))[0]


_READ = {
    "user-agent": "HTTP_USER_AGENT",
    "x-forwarded-for": "HTTP_X_FORWARDED_FOR",
    "forwarded": "HTTP_FORWARDED",
    "host": "HTTP_HOST",
}
