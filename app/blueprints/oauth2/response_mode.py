"""How an authorize request wants to be answered: which tokens, and by which road back to the client.

OAuth 2.0 Multiple Response Type Encoding Practices §2.1, §5; OAuth 2.0 Form Post Response Mode §2.
"""

from enum import StrEnum

from app.blueprints.oauth2.errors import refusal
from app.blueprints.oauth2.parameters import Parameters

_TOKENS = frozenset({"token", "id_token"})


class ResponseMode(StrEnum):
    QUERY = "query"
    FRAGMENT = "fragment"
    FORM_POST = "form_post"


def response_types(payload: Parameters) -> frozenset[str]:
    """The values of ``response_type``, whose order does not matter (RFC 6749 §3.1.1)."""
    return frozenset((payload.response_type or "").split(" ")) - {""}


def check_response_mode(payload: Parameters, redirect_uri: str) -> None:
    """Raises ``invalid_request`` for an unknown mode, for tokens in the query, and for a form that no browser could post."""
    asked = payload.data.get("response_mode")
    if asked is None:
        return
    if asked not in set(ResponseMode):
        raise refusal("invalid_request", "response_mode must be query, fragment or form_post.")
    if asked == ResponseMode.QUERY and response_types(payload) & _TOKENS:
        raise refusal("invalid_request", "Tokens are never put into the query.")
    if asked == ResponseMode.FORM_POST and not _takes_posts(redirect_uri):
        raise refusal("invalid_request", "response_mode=form_post needs a redirect URI on https or http.")


def choose_response_mode(payload: Parameters, redirect_uri: str) -> ResponseMode:
    """The mode asked for, or that of the response type where none or a refused one is: refusals must reach the client too."""
    front = bool(response_types(payload) & _TOKENS)
    default = ResponseMode.FRAGMENT if front else ResponseMode.QUERY
    asked = payload.data.get("response_mode")
    if asked not in set(ResponseMode) or payload.repeated(("response_mode",)) is not None:
        return default
    mode = ResponseMode(asked)
    if mode is ResponseMode.QUERY and front:
        return default
    if mode is ResponseMode.FORM_POST and not _takes_posts(redirect_uri):
        return default
    return mode


def _takes_posts(redirect_uri: str) -> bool:
    return redirect_uri.lower().startswith(("https:", "http:"))
