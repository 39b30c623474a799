"""``/oauth2/revoke`` (RFC 7009; Cognito: revoke endpoint)."""

from authlib.oauth2 import OAuth2Error
from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.errors import not_stored, refusal, refusal_of
from app.blueprints.oauth2.parameters import read_form
from app.blueprints.oauth2.server import PoolhouseServer
from app.core.kernel.errors import Fact
from app.core.kernel.secret import Secret


def revoke(server: PoolhouseServer) -> Response:
    """200 without a body, also for tokens that are unknown or were revoked before: they are not valid, which is what was asked for."""
    try:
        request = read_form(flask_request)
        record = server.authenticate_client(request, [])
        presented = request.form.get("token")
        if presented is None:
            raise refusal("invalid_request", "The parameter token is missing.")
        surroundings = server.surroundings
        surroundings.tokens.revoke(record.pool, record.client, Secret(presented), surroundings.caller())
    except OAuth2Error as error:
        return server.handle_error_response(None, error)
    except Fact as fact:
        return server.handle_error_response(None, refusal_of(fact))
    return not_stored(Response(status=200))
