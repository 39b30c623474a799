"""The issuer of OpenID tokens: its discovery and keys below ``/identity`` (contract, section 5)."""

from collections.abc import Callable

from flask import Blueprint, Response
from flask import request as flask_request

from app.core.identity_pools.open_id import ISSUER_KEYS, OpenIdTokens
from app.core.keys.service import Keys

CACHE_SECONDS = 300
"""How long anybody may keep keys; rotation publishes a new key at least twice as long before it signs."""


def issuer_blueprint(tokens: OpenIdTokens, keys: Keys) -> Blueprint:
    """``keys`` are the issuer's own."""
    blueprint = Blueprint("identity_issuer", __name__)

    def metadata() -> Response:
        return _answered(Response(tokens.discovery(), content_type="application/json"))

    def jwks() -> Response:
        # An empty set would be kept by whoever asked, for longer than it is true.
        tokens.ensure_key()
        document = keys.jwks(ISSUER_KEYS)
        response = Response(document.body, content_type="application/json")
        response.headers["ETag"] = document.etag
        return _answered(response)

    routes: tuple[tuple[str, str, Callable[[], Response]], ...] = (
        ("openid-configuration", "openid", metadata),
        ("jwks", "jwks", jwks),
        ("jwks.json", "jwks_json", jwks),
    )
    for path, name, answer in routes:
        blueprint.add_url_rule(f"/identity/.well-known/{path}", name, answer)
    return blueprint


def _answered(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if "ETag" not in response.headers:
        response.add_etag()
    response.make_conditional(flask_request)
    return response
