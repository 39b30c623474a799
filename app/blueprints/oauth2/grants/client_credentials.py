from typing import Any

from authlib.oauth2.rfc6749 import ClientCredentialsGrant

from app.blueprints.oauth2.errors import refusal
from app.blueprints.oauth2.grants.answer import token_body
from app.blueprints.oauth2.records import ClientRecord
from app.blueprints.oauth2.surroundings import Surroundings
from app.core.tokens.scopes import choose_own_scope


class MachineGrant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib is untyped
    """The client credentials grant: a confidential client asks for itself (RFC 6749 §4.4)."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

    def validate_token_request(self) -> None:
        """Who asks is settled by Authlib, through ``authenticate_client``; a client without a secret proves nothing, so it is refused."""
        super().validate_token_request()
        record: ClientRecord = self.request.client
        if record.client.is_public:
            raise refusal("unauthorized_client", "A client without a secret has no credentials of its own.")
        if self.request.payload.datalist["resource"]:
            raise refusal("invalid_target", "resource is not available with client_credentials (Cognito).")

    def generate_token(self, **_asked: Any) -> dict[str, Any]:
        record: ClientRecord = self.request.client
        scope = choose_own_scope(record.living_scopes, self.request.payload.scope)
        if scope is None:
            raise refusal("invalid_scope", "Only scopes of resource servers that the client is allowed are granted.")
        surroundings: Surroundings = self.server.surroundings
        return token_body(surroundings.tokens.issue_to_client(record.pool, record.client, scope))
