"""A cross-site POST brings no ``SameSite=Lax`` cookie, so a browser is sent on to ask the same by a GET of our own."""

from urllib.parse import quote, urlencode

from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.errors import PageRefusal, not_stored_redirect
from app.blueprints.oauth2.parameters import LARGEST_QUERY, Parameters
from app.blueprints.oauth2.surroundings import Surroundings
from app.core.kernel.secret import Secret
from app.core.tokens.hint import IdTokenHint

PARKED = "parked"
"""The parameter that stands for an ``id_token_hint`` that was posted."""

_HINT = "id_token_hint"
_LONGEST_HANDLE = 64


def ask_again(surroundings: Surroundings, path: str) -> Response:
    """The same request as a GET. A token that proves something does not go into the address; a handle does in its place."""
    pairs = [(name, value) for name, value in flask_request.form.items(multi=True) if name != PARKED]
    if len(urlencode(pairs, quote_via=quote)) > LARGEST_QUERY:
        raise PageRefusal("invalid_request", "The request is too long.")
    tokens = [value for name, value in pairs if name == _HINT]
    hint = surroundings.hints.find(tokens[0]) if len(tokens) == 1 else None
    if hint is not None:
        handle = surroundings.parked.park(hint).reveal()
        pairs = [*((name, value) for name, value in pairs if name != _HINT), (PARKED, handle)]
    return not_stored_redirect(f"{path}?{urlencode(pairs, quote_via=quote)}", status=303)


def carries_hint(payload: Parameters) -> bool:
    """Whether the request names somebody, in whichever way."""
    return _HINT in payload.data or PARKED in payload.data


def find_hint(surroundings: Surroundings, payload: Parameters, *, once: bool) -> IdTokenHint | None:
    """What the request's hint proves; None where there is none, or it proves nothing. ``once``: a parked one is used up."""
    token, handle = payload.data.get(_HINT), payload.data.get(PARKED)
    if token is not None:
        return surroundings.hints.find(token)
    if handle is None or len(handle) > _LONGEST_HANDLE:
        return None
    return surroundings.parked.take(Secret(handle)) if once else surroundings.parked.find(Secret(handle))
