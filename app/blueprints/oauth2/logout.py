"""``/logout`` in two dialects, told apart by their parameters (contract: dialects). Both end the browser's session, not the tokens.

``logout_uri`` or ``redirect_uri`` are Cognito's (hosted-ui-endpoints.md §6); everything else is a logout request of OpenID
Connect RP-Initiated Logout 1.0, in ``end_session.py``.
"""

from urllib.parse import quote, urlencode

from authlib.oauth2 import OAuth2Error
from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.asked_again import ask_again
from app.blueprints.oauth2.end_session import EndSession
from app.blueprints.oauth2.errors import PageRefusal
from app.blueprints.oauth2.parameters import Parameters, read_query
from app.blueprints.oauth2.records import ClientRecord
from app.blueprints.oauth2.server import PoolhouseServer
from app.web.csrf import FIELD

_COGNITOS = ("logout_uri", "redirect_uri")


class Logout:
    """Where to go is checked before anything ends, so a bad link signs nobody out."""

    def __init__(self, server: PoolhouseServer) -> None:
        self._server = server
        self._surroundings = server.surroundings
        self._end_session = EndSession(server)

    def get(self) -> Response:
        payload = _read()
        if not any(name in payload.data for name in _COGNITOS):
            return self._end_session.get(payload)
        record = self._server.query_client(payload.client_id)
        if record is None:
            raise PageRefusal("invalid_client", "The client does not exist.")
        target = _choose_target(payload, record)
        frames = self._end_session.end(record.pool)
        return self._end_session.leave(record.pool, record.client, target, frames)

    def post(self) -> Response:
        """Our own confirmation page, or a cross-site POST: that one is asked again by a GET of our own, where the cookie is present."""
        if FIELD in flask_request.form:
            return self._end_session.confirm(_read())
        return ask_again(self._surroundings, "/logout")


def _read() -> Parameters:
    try:
        payload = read_query(flask_request).payload
    except OAuth2Error as error:
        raise PageRefusal(error.error, error.get_error_description()) from error
    if payload.repeated() is not None:
        raise PageRefusal("invalid_request", "A parameter stands more than once.")
    return payload


def _choose_target(payload: Parameters, record: ClientRecord) -> str:
    logout_uri = payload.data.get("logout_uri")
    if logout_uri is not None:
        if logout_uri not in record.client.settings.logout_urls:
            raise PageRefusal(
                "logout_mismatch",
                "The sign-out URL is not registered for this client.",
                pool=record.pool,
                client=record.client,
            )
        return logout_uri
    if payload.redirect_uri is None:
        raise PageRefusal("invalid_request", "The request names neither logout_uri nor redirect_uri.")
    if not record.check_redirect_uri(payload.redirect_uri):
        raise PageRefusal(
            "redirect_mismatch",
            "The redirect URI is not registered for this client.",
            pool=record.pool,
            client=record.client,
        )
    if payload.response_type is None:
        raise PageRefusal("invalid_request", "response_type is missing.")
    return f"/login?{urlencode(payload.data, quote_via=quote)}"
