from authlib.oauth2.rfc6749 import BaseGrant
from authlib.oauth2.rfc6749.grants.base import AuthorizationEndpointMixin

from app.blueprints.oauth2.errors import refusal
from app.blueprints.oauth2.records import ClientRecord
from app.blueprints.oauth2.resource import read_resource
from app.blueprints.oauth2.response_mode import response_types
from app.blueprints.oauth2.surroundings import Surroundings
from app.core.kernel.errors import GrantInvalid
from app.core.sessions.suffices import Suffices
from app.core.tokens.model import DirectRequest
from app.core.tokens.scopes import OPENID

_TYPES = (frozenset({"token"}), frozenset({"id_token"}), frozenset({"id_token", "token"}))


class DirectGrant(BaseGrant, AuthorizationEndpointMixin):  # type: ignore[misc]  # Authlib is untyped
    """The implicit grant (RFC 6749 §4.2, OpenID Connect Core §3.2), only where the client's ``AllowedOAuthFlows`` names it.

    Authlib's own authenticates the client as the token endpoint does, so that no confidential one passes. Hybrid flows are not
    offered (RFC 9700 §2.1.2).
    """

    GRANT_TYPE = "implicit"

    @classmethod
    def check_authorization_endpoint(cls, request: "object") -> bool:
        return response_types(request.payload) in _TYPES  # type: ignore[attr-defined]  # Authlib is untyped

    def validate_authorization_request(self) -> str:
        """The redirect URI was checked before any grant was looked for."""
        record: ClientRecord = self.server.query_client(self.request.payload.client_id)
        self.request.client = record
        if not record.check_response_type(self.request.payload.response_type):
            raise refusal("unauthorized_client", "The client may not use this response_type.")
        scope = record.get_allowed_scope(self.request.payload.scope)
        if scope is None:
            raise refusal("invalid_scope", "The requested scope is invalid, unknown, or malformed.")
        self.request.scope = scope
        if "id_token" in response_types(self.request.payload):
            if OPENID not in scope.split(" "):
                raise refusal("invalid_scope", "An ID token needs the scope openid.")
            if "nonce" not in self.request.payload.data:
                raise refusal("invalid_request", "nonce is missing (OpenID Connect Core section 3.2.2.1).")
        return ""

    def answer(self, redirect_uri: str, outcome: Suffices) -> dict[str, str]:  # noqa: ARG002 - as CodeGrant.answer
        """Tokens for the person and session that satisfied the request. ``token`` with openid brings an ID token, as
        in Cognito, where a nonce came: without one nobody could tell whether it was meant for this sign-in (§3.2.2.11).
        """
        record: ClientRecord = self.request.client
        surroundings: Surroundings = self.server.surroundings
        types, scope = response_types(self.request.payload), tuple(self.request.scope.split(" "))
        nonce = self.request.payload.data.get("nonce")
        request = DirectRequest(
            access_token="token" in types,
            id_token=OPENID in scope and nonce is not None,
            scope=scope,
            nonce=nonce,
            resource=read_resource(self.request.payload),
        )
        try:
            tokens = surroundings.tokens.issue_directly(
                record.pool, record.client, outcome.user, outcome.session, request
            )
        except GrantInvalid as unreadable:
            raise refusal("invalid_scope", unreadable.text) from unreadable
        answer: dict[str, str] = {}
        if tokens.id_token is not None:
            answer["id_token"] = tokens.id_token.reveal()
        if tokens.access_token is not None:
            answer |= {
                "access_token": tokens.access_token.reveal(),
                "token_type": "Bearer",
                "expires_in": str(tokens.expires_in),
                "scope": " ".join(tokens.scope),
            }
        return answer
