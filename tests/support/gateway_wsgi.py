"""The gateway under a WSGI server in this process, for tests: headers may arrive renamed here, so nothing that is deployed serves it so."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from app.gateway.exchange import Incoming, Outgoing, read_headers
from app.gateway.refusal import Refusal
from app.gateway.service import Gateway, refusal_answer

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class WsgiGateway:
    """A WSGI application."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        outgoing = self._answer(environ)
        reason = HTTPStatus(outgoing.status).phrase if outgoing.status in set(HTTPStatus) else "Status"
        start_response(f"{outgoing.status} {reason}", list(outgoing.headers))
        return _Body(outgoing)

    def _answer(self, environ: "WSGIEnvironment") -> Outgoing:
        target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
        if target is None:
            raise RuntimeError("this WSGI server hides the raw request target; run `poolhouse gateway` instead")
        blank = Incoming(
            method=environ["REQUEST_METHOD"],
            target=target,
            headers={},
            read=environ["wsgi.input"].read,
            peer=environ.get("REMOTE_ADDR", ""),
            secure=environ["wsgi.url_scheme"] == "https",
        )
        try:
            headers = read_headers(_headers(environ))
        except Refusal as refusal:
            return refusal_answer(refusal, blank, "-", is_dynamodb=False)
        return self._gateway.answer(
            Incoming(
                method=blank.method,
                target=target,
                headers=headers,
                read=blank.read,
                peer=blank.peer,
                secure=blank.secure,
            )
        )


class _Body:
    """Closed by the server, whatever happens."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    def __iter__(self) -> Iterator[bytes]:
        yield from self._outgoing.body

    def close(self) -> None:
        self._outgoing.close()


def _headers(environ: "WSGIEnvironment") -> Iterable[tuple[bytes, bytes]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").encode("latin-1"), value.encode("latin-1")
        elif name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value:
            yield name.replace("_", "-").encode("latin-1"), value.encode("latin-1")
