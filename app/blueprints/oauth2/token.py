"""``/oauth2/token`` (RFC 6749 §3.2)."""

from authlib.oauth2 import OAuth2Error
from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.errors import refusal, refusal_of
from app.blueprints.oauth2.parameters import read_form
from app.blueprints.oauth2.server import PoolhouseServer
from app.core.kernel.errors import Fact

GRANTS = ("authorization_code", "refresh_token", "client_credentials")


def token(server: PoolhouseServer) -> Response:
    """Tokens, or a refusal in JSON; never anything a cache may keep."""
    try:
        request = read_form(flask_request)
        grant_type = request.payload.grant_type
        if grant_type is None:
            raise refusal("invalid_request", "grant_type is missing.")
        if grant_type not in GRANTS:
            raise refusal("unsupported_grant_type", f"The grant types are {', '.join(GRANTS)}.")
        response: Response = server.create_token_response(request)
    except OAuth2Error as error:
        return server.handle_error_response(None, error)
    except Fact as fact:
        return server.handle_error_response(None, refusal_of(fact))
    return response
