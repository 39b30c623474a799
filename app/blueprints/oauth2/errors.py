"""From the core's facts and Authlib's errors to the protocol: one table, one JSON body, one redirect, one page."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from authlib.oauth2 import OAuth2Error
from flask import Response, jsonify
from werkzeug.datastructures import Headers

from app.core.clients.model import Client
from app.core.kernel.errors import (
    Fact,
    GrantInvalid,
    InvalidParameter,
    TokenInvalid,
    TooManyRequests,
    Unavailable,
    UserDisabled,
)
from app.core.pools.model import Pool
from app.core.tokens.errors import NotRevocable, RevocationDisabled, ScopeExceeded, TargetInvalid

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

FACTS: dict[type[Fact], tuple[int, str]] = {
    GrantInvalid: (400, "invalid_grant"),
    ScopeExceeded: (400, "invalid_scope"),
    TargetInvalid: (400, "invalid_target"),
    NotRevocable: (400, "unsupported_token_type"),
    RevocationDisabled: (400, "invalid_request"),
    InvalidParameter: (400, "invalid_request"),
    TokenInvalid: (401, "invalid_token"),
    UserDisabled: (400, "access_denied"),
    TooManyRequests: (429, "temporarily_unavailable"),
    Unavailable: (503, "temporarily_unavailable"),
}
"""The most particular class of a fact decides; a fact that none of our rooms raises is a mistake and stays an exception."""

_WORDS = {"invalid_grant": GrantInvalid.message}
"""Where Authlib refuses without a word."""

_UNSPEAKABLE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
"""What may not stand in ``error_description`` (RFC 6749 §5.2)."""


class PageRefusal(Exception):  # noqa: N818 - a refusal, not a failure
    """Client or redirect URI cannot be trusted: a page for the person, never a redirect (RFC 6749 §4.1.2.1).

    ``pool`` and ``client`` dress the page where they are known.
    """

    status = 400

    def __init__(self, error: str, sentence: str, *, pool: Pool | None = None, client: Client | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.sentence = sentence
        self.pool = pool
        self.client = client


def refusal(error: str, description: str, *, status: int = 400) -> OAuth2Error:
    """Authlib's error with our words; ``description`` may quote the client, what may not be said is replaced."""
    return OAuth2Error(error=error, description=_UNSPEAKABLE.sub("?", description)[:300], status_code=status)


def refusal_of(fact: Fact) -> OAuth2Error:
    """The protocol's error for a fact, by ``FACTS``; re-raises what does not belong there."""
    for kind in type(fact).__mro__:
        if kind in FACTS:
            status, error = FACTS[kind]
            return refusal(error, fact.text, status=status)
    raise fact


def json_refusal(error: OAuth2Error, *, challenge: str | None = None) -> Response:
    """RFC 6749 §5.2. ``challenge`` goes into ``WWW-Authenticate``."""
    body = {"error": error.error}
    description = error.get_error_description() or _WORDS.get(error.error)
    if description:
        body["error_description"] = _UNSPEAKABLE.sub("?", description)
    response = jsonify(body)
    response.status_code = error.status_code
    if challenge is not None:
        response.headers["WWW-Authenticate"] = challenge
    return not_stored(response)


def bearer_challenge(realm: str, error: OAuth2Error | None = None, *, scope: str | None = None) -> str:
    """RFC 6750 §3; without an error code where the request brought no token at all (§3.1)."""
    parts = {"realm": realm}
    if error is not None:
        parts |= {"error": error.error, "error_description": error.get_error_description()}
    if scope is not None:
        parts["scope"] = scope
    return "Bearer " + ", ".join(f'{name}="{_UNSPEAKABLE.sub("?", value)}"' for name, value in parts.items())


def redirect_to_client(redirect_uri: str, given: Mapping[str, str], *, fragment: bool = False) -> Response:
    """The answer of the authorization endpoint, in the query or the fragment of the registered URI.

    The URI is not taken apart: it goes out as registered, custom schemes included, with the parameters behind it.
    """
    joint = "#" if fragment else "&" if "?" in redirect_uri else "?"
    return as_registered(f"{redirect_uri}{joint}{urlencode(given, quote_via=quote)}")


def as_registered(location: str) -> Response:
    """To a registered address, to the letter."""
    return not_stored(_AsWritten(status=302, headers={"Location": location}))


class _AsWritten(Response):
    """Werkzeug rewrites ``Location`` on its way out, and ``myapp://?code=…`` loses its slashes."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        headers = super().get_wsgi_headers(environ)
        if self.headers["Location"].isascii():
            headers["Location"] = self.headers["Location"]
        return headers


def not_stored(response: Response) -> Response:
    """RFC 6749 §5.1: tokens, codes and refusals stay out of every cache."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def not_stored_redirect(location: str, *, status: int = 302) -> Response:
    """To a page of our own."""
    return not_stored(Response(status=status, headers={"Location": location}))
