from typing import Any

from authlib.oauth2.rfc6749 import RefreshTokenGrant

from app.blueprints.oauth2.grants.answer import token_body
from app.blueprints.oauth2.records import ClientRecord, FamilyRecord
from app.blueprints.oauth2.resource import read_resource
from app.core.kernel.secret import Secret


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]  # Authlib is untyped
    """The refresh token grant. Whether the family goes on, and whether its token is exchanged, is the core's decision."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

    def authenticate_refresh_token(self, refresh_token: str) -> FamilyRecord | None:
        """Only looks; Authlib has not yet checked whose token it is."""
        family = self.server.surroundings.tokens.find_family(Secret(refresh_token))
        return None if family is None else FamilyRecord(family)

    def _validate_token_scope(self, token: FamilyRecord) -> None:
        """Nothing: the core narrows the scope, and unlike Authlib it knows which names are ignored."""

    def authenticate_user(self, refresh_token: FamilyRecord) -> str:
        return refresh_token.family.session.sub

    def issue_token(self, user: str, refresh_token: FamilyRecord) -> dict[str, Any]:  # noqa: ARG002
        """One conditional write where the client rotates, none where it does not."""
        record: ClientRecord = self.request.client
        surroundings = self.server.surroundings
        scope = self.request.payload.scope
        tokens = surroundings.tokens.extend(
            record.pool,
            record.client,
            refresh_token.family,
            scope,
            surroundings.caller(),
            resource=read_resource(self.request.payload),
        )
        return token_body(tokens)

    def revoke_old_credential(self, refresh_token: FamilyRecord) -> None:
        """Nothing: it was exchanged in the same write that stored its successor, or stays good."""
