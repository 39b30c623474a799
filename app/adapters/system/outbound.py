"""Calls to addresses that an administrator or a client configured, kept away from the network behind this server (SSRF).

The name is resolved once, each address is judged, and the connection goes to a judged address: a name that resolves
otherwise a moment later (DNS rebinding) changes nothing.
"""

import ipaddress
import logging
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from queue import Empty, SimpleQueue
from threading import Event, Thread, Timer
from urllib.parse import urlencode, urlsplit

from app.core.kernel.outbound import Fetched, OutboundFailed, OutboundRefused, Places

_CONNECT_SECONDS = 3.0
_TOTAL_SECONDS = 5.0

_log = logging.getLogger("poolhouse.outbound")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""The first half of an interface identifier that ends in an IPv4 address (RFC 5214 §6.1)."""

_NEVER_PUBLIC: tuple[_Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        "2001:db8::/32",
        "3fff::/20",
    )
)
"""What ``is_global`` has called public in one Python version or another, and a cloud's address for its own machines."""

_OF_THE_LINK: tuple[_Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in ("169.254.0.0/16", "168.63.129.16/32", "fe80::/10", "fd00:ec2::254/128")
)
"""Where clouds keep what only this machine may know. A name never leads there, whoever allowed it."""


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system knows them. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL taken apart. ``path`` includes the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What stands in ``Host``."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == {"https": 443, "http": 80}[self.scheme] else f"{name}:{self.port}"


class GuardedOutbound:
    """The ``Outbound`` port. ``allow`` are host names and networks beside public addresses (``OUTBOUND_ALLOW``).

    http is spoken only where the address is not public, or in a network that was allowed: across the Internet everything goes
    over TLS, certificates checked. An allowed name opens the networks behind this server, but never the link's own addresses.
    No proxy, cookie or password of the environment takes part, and redirects are not followed. ``places``: where requests are kept
    waiting; a thread of its own needs none.
    """

    def __init__(
        self,
        *,
        allow: Sequence[str] = (),
        allow_loopback: bool = False,
        seconds: float = _TOTAL_SECONDS,
        resolve: Callable[[str, int], Sequence[str]] = resolve,
        tls: ssl.SSLContext | None = None,
        places: Places | None = None,
    ) -> None:
        self._networks, self._names = _read_allowed(allow)
        self._allow_loopback = allow_loopback
        self._seconds = seconds
        self._resolve = resolve
        self._tls = tls
        self._places = places

    def post_form(self, url: str, fields: Mapping[str, str]) -> int:
        target = _read_url(url)
        body = urlencode(fields).encode()
        headers = {
            "Host": target.authority,
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Poolhouse",
            "Accept": "*/*",
            "Connection": "close",
        }
        # Of the answer only the status counts, so its body is never read, however large.
        return self._call("POST", target, body, headers).status

    def get(self, url: str, *, largest: int) -> Fetched:
        target = _read_url(url)
        headers = {
            "Host": target.authority,
            "User-Agent": "Poolhouse",
            "Accept": "application/json",
            "Connection": "close",
        }
        return self._call("GET", target, None, headers, largest=largest)

    def _call(
        self, method: str, target: Target, body: bytes | None, headers: Mapping[str, str], *, largest: int = 0
    ) -> Fetched:
        with nullcontext() if self._places is None else self._places.place():
            address = self._choose_address(target)
            try:
                return self._exchange(method, target, address, body, headers, largest=largest)
            except (OSError, HTTPException, ValueError) as error:
                # The kind of the error and the host, never the URL's query nor what was sent.
                _log.warning("outbound.failed", extra={"host": target.host, "reason": type(error).__name__})
                raise OutboundFailed from None

    def _choose_address(self, target: Target) -> str:
        try:
            addresses = self._resolve_in_time(target)
        except (OSError, UnicodeError) as error:
            _log.warning("outbound.failed", extra={"host": target.host, "reason": type(error).__name__})
            raise OutboundFailed from None
        for written in addresses:
            judged = _stands_for(ipaddress.ip_address(written.partition("%")[0]))
            if all(self._may_call(target, address) for address in judged):
                return written
        _log.warning("outbound.refused", extra={"host": target.host})
        raise OutboundRefused

    def _resolve_in_time(self, target: Target) -> Sequence[str]:
        """The system's resolver knows no deadline, so it is waited for in a thread that may be left behind."""
        answers: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(target.host, target.port))
            except Exception as error:  # noqa: BLE001 - raised again by whoever waits
                answers.put(error)

        Thread(target=ask, daemon=True).start()
        try:
            found = answers.get(timeout=self._seconds)
        except Empty:
            raise TimeoutError from None
        if isinstance(found, Exception):
            raise found
        return found

    def _may_call(self, target: Target, address: _Address) -> bool:
        if any(address in network for network in self._networks) or (self._allow_loopback and address.is_loopback):
            return True
        public = _is_public(address)
        if target.host in self._names and not any(address in network for network in _OF_THE_LINK):
            return target.scheme == "https" or not public
        return target.scheme == "https" and public

    def _exchange(  # noqa: PLR0917 - a request, part by part
        self,
        method: str,
        target: Target,
        address: str,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        largest: int,
    ) -> Fetched:
        plain = socket.create_connection((address, target.port), timeout=min(_CONNECT_SECONDS, self._seconds))
        plain.settimeout(self._seconds)
        connected = self._wrap(plain, target) if target.scheme == "https" else plain
        # A receiver that sends a byte now and then never runs into a socket's timeout: the clock on the wall ends the call.
        late = Event()
        alarm = Timer(self._seconds, _hang_up, (connected, late))
        alarm.daemon = True
        alarm.start()
        connection = HTTPConnection(target.host, target.port)
        connection.sock = connected
        try:
            if isinstance(connected, ssl.SSLSocket):
                connected.do_handshake()
            connection.request(method, target.path, body=body, headers=dict(headers))
            response = connection.getresponse()
            read = response.read(largest + 1) if largest else b""
            if late.is_set():
                # Hanging up looks like the end of the headers, or of the body.
                raise TimeoutError
            if len(read) > largest:
                raise ValueError(largest)
            return Fetched(status=response.status, body=read)
        finally:
            alarm.cancel()
            connection.close()
            connected.close()

    def _wrap(self, plain: socket.socket, target: Target) -> ssl.SSLSocket:
        try:
            context = self._tls or ssl.create_default_context()
            return context.wrap_socket(plain, server_hostname=target.host, do_handshake_on_connect=False)
        except BaseException:
            plain.close()
            raise


def _hang_up(connected: socket.socket, late: Event) -> None:
    late.set()
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _read_url(url: str) -> Target:
    """Raises ``OutboundRefused``."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        raise OutboundRefused from None
    if scheme not in {"https", "http"} or not host or parts.username is not None or parts.password is not None:
        raise OutboundRefused
    if port == 0 or not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise OutboundRefused
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme=scheme, host=host, port=port or {"https": 443, "http": 80}[scheme], path=path)


def _is_public(address: _Address) -> bool:
    """Global unicast that no list of special purposes names. Python's own list differs between versions."""
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    special = address.is_multicast or address.is_reserved or any(address in network for network in _NEVER_PUBLIC)
    return address.is_global and not special


def _stands_for(address: _Address) -> tuple[_Address, ...]:
    """All of these must be allowed. IPv4 inside IPv6 (mapped, translated, 6to4, Teredo, compatible) leads into the same networks;
    an ISATAP address leads to its own network and to the IPv4 address at its end.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return (address.teredo[1],)
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _TRANSLATED or (int(address) >> 32 == 0 and int(address) > 1):
        return (last,)
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return (address, last)
    return (address,)


def _read_allowed(allow: Sequence[str]) -> tuple[tuple[_Network, ...], frozenset[str]]:
    networks, names = [], set()
    for entry in allow:
        try:
            networks.append(ipaddress.ip_network(entry, strict=False))
        except ValueError:
            names.add(entry.lower())
    return tuple(networks), frozenset(names)
