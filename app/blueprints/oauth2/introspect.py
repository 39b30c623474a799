"""``/oauth2/introspect`` (RFC 7662)."""

import json

from authlib.oauth2 import OAuth2Error
from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.errors import not_stored, refusal, refusal_of
from app.blueprints.oauth2.parameters import read_form
from app.blueprints.oauth2.server import PoolhouseServer
from app.core.kernel.errors import Fact
from app.core.kernel.secret import Secret


def introspect(server: PoolhouseServer) -> Response:
    """What a token says, or ``{"active": false}`` and nothing else; for clients that can prove who they are (§2.1, §4)."""
    try:
        request = read_form(flask_request)
        record = server.authenticate_client(request, [], "introspection")
        if record.client.is_public:
            raise refusal("invalid_client", "Only a client with a secret may ask about tokens.")
        presented = request.form.get("token")
        if presented is None:
            raise refusal("invalid_request", "The parameter token is missing.")
        described = server.surroundings.introspection.describe(record.pool, record.client, Secret(presented))
    except OAuth2Error as error:
        return server.handle_error_response(None, error)
    except Fact as fact:
        return server.handle_error_response(None, refusal_of(fact))
    body = {"active": False} if described is None else {"active": True, **described}
    return not_stored(Response(json.dumps(body), content_type="application/json"))
