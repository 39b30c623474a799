"""The stores behind us: requests signed anew with a service key and sent byte for byte, answers passed back as they come."""

import logging
import select
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Lock
from typing import Literal
from urllib.parse import urlsplit

from app.aws.sigv4 import Request
from app.core.kernel.secret import Secret
from app.gateway.refusal import Refusal
from app.gateway.signatures import sign

_log = logging.getLogger(__name__)

_PIECE = 64 * 1024
_SECONDS = 60
_MOST_IDLE = 16
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_UNAVAILABLE = "The store behind this gateway does not answer. Please try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the store answered. ``pieces`` must be taken to their end, or ``close`` called."""

    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: Iterator[bytes]
    close: Callable[[], None]

    def read(self) -> bytes:
        """All of it; for answers that are looked into."""
        try:
            return b"".join(self.pieces)
        finally:
            self.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """One store. ``url`` is its origin; ``real_time`` gives Unix seconds of the machine, as signatures need them."""

    url: str
    service: Literal["s3", "dynamodb"]
    region: str
    access_key_id: str
    secret: Secret
    real_time: Callable[[], int]
    _idle: list[HTTPConnection] = field(default_factory=list, init=False, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def signed(self, method: str, target: str, headers: Mapping[str, str], payload: str) -> dict[str, str]:
        """The headers as the store is to get them. ``target`` is sent as it stands."""
        path, _, query = target.partition("?")
        given = {**headers, "host": self.host}
        request = Request(method=method, path=path, query=query, headers=given, body=b"")
        return given | sign(
            request,
            access_key_id=self.access_key_id,
            secret=self.secret,
            region=self.region,
            service=self.service,
            payload=payload,
            now=self.real_time(),
        )

    def send(self, method: str, target: str, headers: Mapping[str, str], body: Iterable[bytes], payload: str) -> Answer:
        """Raises ``Refusal`` where the store cannot be reached, and whatever ``body`` raises, having told the store nothing whole."""
        connection = self._connection()
        try:
            response = self._exchange(connection, method, target, self.signed(method, target, headers, payload), body)
        except (OSError, HTTPException) as error:
            connection.close()
            _log.warning("gateway.upstream", extra={"service": self.service, "failure": type(error).__name__})
            raise Refusal("ServiceUnavailable", _UNAVAILABLE) from error
        except BaseException:
            connection.close()
            raise
        kept = tuple((name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP)
        taking = _Taking(response, connection.close, lambda: self._keep(connection, response))
        return Answer(status=response.status, headers=kept, pieces=taking, close=taking.close)

    def close(self) -> None:
        """Hangs up."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def _exchange(
        self, connection: HTTPConnection, method: str, target: str, headers: Mapping[str, str], body: Iterable[bytes]
    ) -> HTTPResponse:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value.encode())
        connection.endheaders()
        for piece in body:
            try:
                connection.send(piece)
            except (BrokenPipeError, ConnectionResetError):
                # A store that refuses early may stop reading; its answer is then already there.
                break
        return connection.getresponse()

    def _keep(self, connection: HTTPConnection, response: HTTPResponse) -> None:
        if response.will_close:
            connection.close()
            return
        with self._lock:
            if len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _connection(self) -> HTTPConnection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                break
            # One that has something to say while nobody asked was hung up by the other side.
            if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()
        parts = urlsplit(self.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=_SECONDS)


class _Taking:
    """The pieces of an answer. Taken to the end they leave the connection for the next request; left early they end it."""

    def __init__(self, response: HTTPResponse, end: Callable[[], None], keep: Callable[[], None]) -> None:
        self._response = response
        self._end = end
        self._keep = keep
        self._is_done = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._is_done:
            raise StopIteration
        try:
            piece = self._response.read(_PIECE)
        except BaseException:
            self.close()
            raise
        if not piece:
            if self._response.length:
                self.close()
                raise ConnectionResetError("the store hung up in the middle of its answer")
            self._is_done = True
            self._keep()
            raise StopIteration
        return piece

    def close(self) -> None:
        if not self._is_done:
            self._is_done = True
            self._end()
