"""``/logout`` in Cognito's dialect (hosted-ui-endpoints.md §6): ends the browser's session, not the tokens."""

from urllib.parse import quote, urlencode

from authlib.oauth2 import OAuth2Error
from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.authorize import not_stored_redirect
from app.blueprints.oauth2.errors import PageRefusal
from app.blueprints.oauth2.parameters import LARGEST_QUERY, Parameters, read_query
from app.blueprints.oauth2.records import ClientRecord
from app.blueprints.oauth2.server import PoolhouseServer


class Logout:
    """Two forms: on to a registered ``logout_uri``, or, with an authorize request, on to the sign-in page.

    Where to go is checked before anything ends, so a bad link signs nobody out.
    """

    def __init__(self, server: PoolhouseServer) -> None:
        self._server = server

    def get(self) -> Response:
        try:
            payload = read_query(flask_request).payload
        except OAuth2Error as error:
            raise PageRefusal(error.error, error.get_error_description()) from error
        if payload.repeated() is not None:
            raise PageRefusal("invalid_request", "A parameter stands more than once.")
        record = self._server.query_client(payload.client_id)
        if record is None:
            raise PageRefusal("invalid_client", "The client does not exist.")
        response = not_stored_redirect(_choose_target(payload, record))
        self._sign_out(record, response)
        return response

    def post(self) -> Response:
        """Asked again by a GET of our own, where the cookie is present."""
        query = urlencode(list(flask_request.form.items(multi=True)), quote_via=quote)
        if len(query) > LARGEST_QUERY:
            raise PageRefusal("invalid_request", "The request is too long.")
        return not_stored_redirect(f"/logout?{query}", status=303)

    def _sign_out(self, record: ClientRecord, response: Response) -> None:
        surroundings, pool_id = self._server.surroundings, record.pool.pool_id
        handle = surroundings.session_handle(pool_id)
        if handle is not None:
            surroundings.sessions.close(pool_id, handle)
        surroundings.forget_session(response, pool_id)


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
