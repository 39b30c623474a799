"""The ``resource`` parameter, at the authorization and at the token endpoint (RFC 8707 §2)."""

from app.blueprints.oauth2.errors import refusal
from app.blueprints.oauth2.parameters import Parameters
from app.core.tokens.resources import check_resource


def read_resource(payload: Parameters) -> str | None:
    """The one resource that was named. Raises ``invalid_target`` for several: an access token here has one audience (Cognito)."""
    named = [value for value in payload.datalist["resource"] if value]
    if not named:
        return None
    if len(named) > 1:
        raise refusal("invalid_target", "Only one resource can be named.")
    check_resource(named[0])
    return named[0]
