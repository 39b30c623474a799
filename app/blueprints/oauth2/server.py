"""Authlib's authorization server, once for all pools: which client, which request, how answers look."""

import json
import logging
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.client_auth import authenticate, is_client_id
from app.blueprints.oauth2.errors import json_refusal, not_stored, refusal
from app.blueprints.oauth2.parameters import read_form, read_query
from app.blueprints.oauth2.records import ClientRecord
from app.blueprints.oauth2.surroundings import Surroundings
from app.core.kernel.ids import ClientId

_BASIC_CHALLENGE = 'Basic realm="client", charset="UTF-8"'


class PoolhouseServer(AuthorizationServer):  # type: ignore[misc]  # Authlib is untyped
    """A registry of grants. It keeps nothing of a request, so all threads and pools share it."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__()
        self.surroundings = surroundings
        # It writes whole tokens to its log at DEBUG.
        logging.getLogger("authlib").setLevel(logging.INFO)

    def query_client(self, client_id: str | None) -> ClientRecord | None:
        """A client of a living pool; on a pool's own host only that pool's clients are known."""
        if client_id is None or not is_client_id(client_id):
            return None
        client = self.surroundings.find_client(ClientId(client_id))
        pool = None if client is None else self.surroundings.find_pool(client.pool_id)
        if client is None or pool is None or not pool.extensions.enabled:
            return None
        host_pool = self.surroundings.pool_of_host()
        if host_pool is not None and host_pool.pool_id != pool.pool_id:
            return None
        return ClientRecord(pool, client, self.surroundings.living_scopes(pool.pool_id, client.settings.oauth_scopes))

    def authenticate_client(self, request: OAuth2Request, methods: list[str], endpoint: str = "token") -> ClientRecord:  # noqa: ARG002 - Authlib's signature; grants say which clients they refuse
        """Ours in place of Authlib's, which falls over credentials that are not UTF-8 and tries one method after another."""
        record, request.auth_method = authenticate(
            request.headers.get("Authorization"), request.form, self.query_client
        )
        # A gateway that only introspects asks for no tokens, so it needs no OAuth flow.
        if endpoint != "introspection" and not record.client.settings.oauth_enabled:
            raise refusal("unauthorized_client", "The client may not use the OAuth endpoints.")
        return record

    def create_oauth2_request(self, request: OAuth2Request | None) -> OAuth2Request:
        if request is not None:
            return request
        return read_form(flask_request) if flask_request.method == "POST" else read_query(flask_request)

    def get_authorization_grant(self, request: OAuth2Request) -> Any:
        """Authlib's own puts the client's words into an error that refuses some of them, which ends as a 500."""
        for grant_class, extensions in self._authorization_grants:
            if grant_class.check_authorization_endpoint(request):
                grant = grant_class(request, self)
                for extension in extensions or ():
                    extension(grant)
                return grant
        raise refusal(
            "unsupported_response_type",
            "The response types are code and, for clients that may, token, id_token and id_token token.",
        )

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Nothing: the core saved before it signed."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        text = json.dumps(body) if isinstance(body, dict) else body
        return not_stored(Response(text, status=status, headers=headers))

    def handle_error_response(self, request: OAuth2Request | None, error: OAuth2Error) -> Response:  # noqa: ARG002
        return json_refusal(error, challenge=_BASIC_CHALLENGE if error.status_code == 401 else None)
