from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationCodeGrant

from app.blueprints.oauth2.errors import refusal
from app.blueprints.oauth2.grants.answer import token_body
from app.blueprints.oauth2.records import ClientRecord, CodeRecord
from app.blueprints.oauth2.resource import read_resource
from app.blueprints.oauth2.surroundings import Surroundings
from app.core.kernel.secret import Secret
from app.core.sessions.suffices import Suffices
from app.core.tokens.model import CodeRequest


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib is untyped
    """The authorization code grant. Authlib looks a code up before it has checked anything, and deletes it after it has minted;
    so looking up consumes nothing here, and the claim happens where the tokens are made.
    """

    def answer(self, redirect_uri: str, outcome: Suffices) -> dict[str, str]:
        """``code``, for the person and session that satisfied the request, once ``validate_consent_request`` has passed."""
        record: ClientRecord = self.request.client
        data = self.request.payload.data
        surroundings: Surroundings = self.server.surroundings
        code = surroundings.tokens.save_code(
            record.pool,
            record.client,
            outcome.user,
            outcome.session,
            CodeRequest(
                redirect_uri=redirect_uri,
                redirect_uri_given="redirect_uri" in data,
                scope=tuple(self.request.scope.split(" ")),
                nonce=data.get("nonce"),
                code_challenge=data.get("code_challenge"),
                resource=read_resource(self.request.payload),
            ),
        )
        return {"code": code.reveal()}

    def query_authorization_code(self, code: str, client: ClientRecord) -> CodeRecord | None:
        """Only looks. A spent code is found too: that it is spent is noticed when everything else about it was right."""
        found = self.server.surroundings.tokens.find_code(Secret(code))
        if found is None or found.client_id != client.client.client_id or found.pool_id != client.pool.pool_id:
            return None
        return CodeRecord(found)

    def validate_token_request(self) -> None:
        """Beyond Authlib: a redirect URI that need not be repeated must still be the right one where it is."""
        super().validate_token_request()
        named = self.request.form.get("redirect_uri")
        if named is not None and named != self.request.authorization_code.code.redirect_uri:
            raise refusal("invalid_grant", "redirect_uri is not the one the code was issued for.")

    def authenticate_user(self, authorization_code: CodeRecord) -> str:
        """Whether the user may still have tokens is decided by the core, in ``redeem``."""
        return authorization_code.code.sub

    def generate_token(self, **_asked: Any) -> dict[str, Any]:
        """The one conditional write that claims the code, and the tokens made of it."""
        record: ClientRecord = self.request.client
        surroundings = self.server.surroundings
        tokens = surroundings.tokens.redeem(
            record.pool,
            record.client,
            self.request.authorization_code.code,
            surroundings.caller(),
            resource=read_resource(self.request.payload),
        )
        return token_body(tokens)

    def delete_authorization_code(self, authorization_code: CodeRecord) -> None:
        """Nothing: a spent code stays, so that its replay is seen."""
