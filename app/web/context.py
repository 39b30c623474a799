"""Who asks: the request's id, and the caller's address as far as proxies we trust vouch for it."""

import ipaddress
import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Request, g, has_request_context

from app.core.kernel.caller import Caller
from app.core.kernel.ids import new_uuid
from app.web.site import Network, Site

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

_log = logging.getLogger(__name__)

_FORWARDED = frozenset(
    {
        "HTTP_FORWARDED",
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_FORWARDED_PORT",
    }
)
_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")
_LONGEST_AGENT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """``host`` is the Host that counts, as a trusted proxy passed it on or as the client sent it; empty where it is none."""

    request_id: str
    caller: Caller
    peer: str
    host: str


class Contexts:
    """Makes the context of each request. A forwarded header from a stranger is ignored, and warned of once."""

    def __init__(self, site: Site) -> None:
        self._trusted = site.trusted_proxies
        self._warned = False

    @property
    def warnings(self) -> list[str]:
        """What ``/readyz`` shows; it names no address, because anybody may read it."""
        if not self._warned:
            return []
        return ["A forwarded header came from an address outside POOLHOUSE_TRUSTED_PROXIES and was ignored."]

    def open(self, request: Request) -> RequestContext:
        """Reads the request's context and keeps it for the rest of the request."""
        context: RequestContext = self.read(request.environ)
        g.poolhouse_context = context
        return context

    def read(self, environ: "WSGIEnvironment") -> RequestContext:
        """The context alone, for what answers before Flask is asked."""
        request_id = new_uuid()
        peer = _bare_address(environ.get("REMOTE_ADDR") or "") or ""
        trusted = _is_within(peer, self._trusted)
        if not trusted and not _FORWARDED.isdisjoint(environ):
            self._warn(peer)
        agent = environ.get("HTTP_USER_AGENT")
        caller = Caller(
            address=self._client_address(environ, peer) if trusted else peer or None,
            user_agent=agent[:_LONGEST_AGENT] if agent else None,
            request_id=request_id,
        )
        host = _last(environ, "HTTP_X_FORWARDED_HOST") if trusted else None
        host = host or environ.get("HTTP_HOST", "")
        return RequestContext(
            request_id=request_id, caller=caller, peer=peer, host=host.lower() if _HOST.fullmatch(host) else ""
        )

    def _client_address(self, environ: "WSGIEnvironment", peer: str) -> str:
        """The nearest address that is not itself a trusted proxy. What stands left of it anybody may have written."""
        address = peer
        for written in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            hop = _bare_address(written.strip())
            if hop is None:
                break
            address = hop
            if not _is_within(hop, self._trusted):
                break
        return address

    def _warn(self, peer: str) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("proxy.untrusted", extra={"peer": peer})


def current_context() -> RequestContext:
    """The running request's context."""
    context: RequestContext = g.poolhouse_context
    return context


def find_request_id() -> str | None:
    """For log lines; None outside a request."""
    if not has_request_context() or "poolhouse_context" not in g:
        return None
    return current_context().request_id


def has_forwarded_header(request: Request) -> bool:
    """Whether any header says that somebody stands between us and the client."""
    return any(name.lower() == "forwarded" or name.lower().startswith("x-forwarded-") for name, _ in request.headers)


def peer_address(request: Request) -> str:
    """The address at the other end of the connection; some servers append its port."""
    return _bare_address(request.environ.get("REMOTE_ADDR") or "") or ""


@lru_cache(maxsize=4096)
def _bare_address(text: str) -> str | None:
    """The address in ``1.2.3.4``, ``1.2.3.4:80``, ``::1`` or ``[::1]:80``; None where there is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(found)


def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    if not address or not networks:
        return False
    found = ipaddress.ip_address(address)
    return any(found in network for network in networks)


def _last(environ: "WSGIEnvironment", header: str) -> str | None:
    """What the nearest proxy wrote."""
    return environ.get(header, "").split(",")[-1].strip() or None
