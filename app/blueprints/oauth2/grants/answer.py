from typing import Any

from app.core.tokens.model import TokenSet


def token_body(tokens: TokenSet) -> dict[str, Any]:
    """RFC 6749 §5.1; members that do not exist are left out, as Cognito does."""
    body: dict[str, Any] = {}
    if tokens.id_token is not None:
        body["id_token"] = tokens.id_token.reveal()
    body["access_token"] = tokens.access_token.reveal()
    if tokens.refresh_token is not None:
        body["refresh_token"] = tokens.refresh_token.reveal()
    return {**body, "expires_in": tokens.expires_in, "token_type": "Bearer", "scope": " ".join(tokens.scope)}
