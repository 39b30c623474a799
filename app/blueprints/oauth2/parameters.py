"""What the client sent, read once: single values, empty ones left out, nothing larger than any honest request."""

from collections import defaultdict
from collections.abc import Collection
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request
from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from app.blueprints.oauth2.errors import refusal

LARGEST_QUERY = 16_384
LARGEST_FORM = 65_536
"""Bytes. Both hold any token, challenge or state that a client has reason to send."""

_REPEATABLE = frozenset({"resource", "audience"})
"""The only parameters that may stand more than once (RFC 8707 §2)."""

_FORM = "application/x-www-form-urlencoded"


class Parameters(OAuth2Payload):  # type: ignore[misc]  # Authlib is untyped
    """Parameters sent without a value are treated as if they were omitted (RFC 6749 §3.1)."""

    def __init__(self, values: "MultiDict[str, str]") -> None:
        self._values = values
        self._data = {name: value for name, value in values.items() if value}

    @property
    def data(self) -> dict[str, str]:
        return self._data

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return defaultdict(list, self._values.lists())

    def repeated(self, among: Collection[str] | None = None) -> str | None:
        """The name of a parameter that stands more than once although it must not, of ``among`` where given."""
        twice = [name for name, values in self._values.lists() if len(values) > 1]
        counted = [name for name in twice if (name not in _REPEATABLE if among is None else name in among)]
        return min(counted, default=None)


class ReadRequest(OAuth2Request):  # type: ignore[misc]  # Authlib is untyped
    """Authlib's request over our parameters. ``form`` and query never mix: secrets belong in the one place they are read from."""

    payload: Parameters

    def __init__(self, request: Request, values: "MultiDict[str, str]") -> None:
        # Authlib refuses plain http by the address it is given. Whether TLS ended at a proxy is the web side's to know, not its.
        super().__init__(method=request.method, uri="https://localhost/", headers=request.headers)
        self.payload = Parameters(values)

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


def read_query(request: Request) -> ReadRequest:
    """The parameters of a request to a browser's endpoint. Raises ``invalid_request`` where it is larger than allowed."""
    if len(request.query_string) > LARGEST_QUERY:
        raise refusal("invalid_request", "The request is too long.")
    return ReadRequest(request, request.args)


def read_form(request: Request) -> ReadRequest:
    """The parameters of a POST between machines (RFC 6749 §3.2). Raises ``invalid_request`` for any other body, or a repeated parameter."""
    if request.mimetype != _FORM:
        raise refusal("invalid_request", f"The body must be {_FORM}.")
    request.max_content_length = LARGEST_FORM
    request.max_form_memory_size = LARGEST_FORM
    try:
        # What ``request.form`` would hold, without its machinery for files and streams.
        fields = parse_qsl(request.get_data().decode(errors="replace"), keep_blank_values=True)
        read = ReadRequest(request, MultiDict(fields))
    except RequestEntityTooLarge as error:
        raise refusal("invalid_request", "The request is too long.", status=413) from error
    if "client_secret" in request.args or "client_assertion" in request.args:
        raise refusal("invalid_request", "Client credentials must not stand in the query.")
    repeated = read.payload.repeated()
    if repeated is not None:
        raise refusal("invalid_request", f"The parameter {repeated} stands more than once.")
    return read
