"""A request as it came, byte for byte where that matters, and the answer to it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from app.gateway.refusal import Refusal

_PLAIN = re.compile(r"[!$-;=?-\[\]_a-z~]+", re.ASCII)
"""Printable characters but those that a target cannot hold: quotation mark, number sign, brackets, backslash and the like."""
_REPEATABLE = frozenset({"via", "cookie", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"})
"""What proxies append to. Nothing of it is signed or forwarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """``target`` is the raw request target, ``read(n)`` gives at most n bytes of the body and none at its end.

    ``headers`` have lower-case names; each is there once. ``peer`` is the address at the other end, ``secure`` whether TLS is.
    ``proven`` is told whose request it is once that is known; it raises ``Refusal`` where they have too many under way.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    read: Callable[[int], bytes]
    peer: str
    secure: bool
    proven: Callable[[str], None] = lambda _caller: None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """``body`` is sent piece by piece; ``close`` is called in the end, whatever happens."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: Iterable[bytes] = ()
    close: Callable[[], None] = field(default=lambda: None)


def read_headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Raises ``Refusal`` where a name that counts comes twice: two readers could take different ones."""
    found: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name = raw_name.decode("latin-1").lower()
        try:
            value = raw_value.decode().strip()
        except UnicodeDecodeError as error:
            raise Refusal("InvalidArgument", f"The header {name} is not UTF-8.") from error
        if name in found:
            if name not in _REPEATABLE:
                raise Refusal("InvalidArgument", f"The header {name} comes more than once.")
            value = f"{found[name]},{value}"
        found[name] = value
    return found


def read_query(query: str) -> dict[str, str]:
    """Each parameter, decoded. Raises ``Refusal`` where one comes twice or is not UTF-8."""
    found: dict[str, str] = {}
    for part in query.split("&") if query else ():
        raw_name, _, raw_value = part.partition("=")
        name, value = decode(raw_name), decode(raw_value)
        if not name or name in found:
            raise Refusal("InvalidArgument", "A query parameter comes more than once, or has no name.")
        found[name] = value
    return found


def decode(text: str) -> str:
    """Percent-decoded; a plus is a plus. Raises ``Refusal`` for bad escapes, for what is not UTF-8, and for NUL."""
    at = text.find("%")
    while at >= 0:
        if len(text) < at + 3 or not all(digit in "0123456789abcdefABCDEF" for digit in text[at + 1 : at + 3]):
            raise Refusal("InvalidURI", "Couldn't parse the specified URI.")
        at = text.find("%", at + 3)
    try:
        decoded = unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise Refusal("InvalidURI", "Couldn't parse the specified URI.") from error
    if "\0" in decoded:
        raise Refusal("InvalidURI", "Couldn't parse the specified URI.")
    return decoded


def check_target(target: str) -> None:
    """Raises ``Refusal`` unless the target is a path in plain characters, so that every server on the way reads the same.

    A bare semicolon begins a parameter of the segment to some servers and is a letter to others; clients escape it.
    """
    path = target.partition("?")[0]
    if not path.startswith("/") or ";" in path or not _PLAIN.fullmatch(target):
        raise Refusal("InvalidURI", "Couldn't parse the specified URI.")


def check_key(key: str) -> None:
    """Raises ``Refusal`` for keys with dot segments: S3 takes them literally, and servers and clients on the way do not."""
    # What follows a semicolon is a parameter of the segment to some servers: to them "..;x" goes up.
    if any(segment.partition(";")[0] in {".", ".."} for segment in key.replace("\\", "/").split("/")):
        raise Refusal(
            "InvalidURI",
            "Keys with the segments . or .. are refused by this gateway: not every store takes them literally.",
        )
