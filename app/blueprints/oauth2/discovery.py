"""Discovery and keys: ``/{pool}/.well-known/…`` (OpenID Connect Discovery §4, RFC 8414 §3)."""

import json
import re
from typing import Any

from flask import Response, abort
from flask import request as flask_request

from app.blueprints.oauth2.surroundings import Surroundings
from app.core.kernel.ids import PoolId
from app.core.keys.model import KeyPurpose
from app.core.pools.model import Pool

CACHE_SECONDS = 300
"""How long anybody may keep keys; rotation publishes a new key at least twice as long before it signs."""

_POOL_ID = re.compile(r"[\w-]{1,55}", re.ASCII)
_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
_CLAIMS = [
    "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid", "token_use", "cognito:username", "cognito:groups",
    "email", "email_verified", "phone_number", "phone_number_verified", "name", "family_name", "given_name", "middle_name",
    "nickname", "preferred_username", "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
    "address",
]  # fmt: skip


def metadata(surroundings: Surroundings, pool_id: str) -> Response:
    """The same document under OpenID's path and under RFC 8414's."""
    pool = _get_pool(surroundings, pool_id)
    body = json.dumps(_metadata(surroundings, pool), separators=(",", ":")).encode()
    return _cached(Response(body, content_type="application/json"))


def jwks(surroundings: Surroundings, pool_id: str) -> Response:
    """The pool's public keys (RFC 7517 §5)."""
    document = surroundings.keys.jwks(_get_pool(surroundings, pool_id).pool_id)
    response = Response(document.body, content_type="application/json")
    response.headers["ETag"] = document.etag
    return _cached(response)


def _get_pool(surroundings: Surroundings, pool_id: str) -> Pool:
    """The living pool; on a pool's own host only that pool."""
    pool = surroundings.find_pool(PoolId(pool_id)) if _POOL_ID.fullmatch(pool_id) else None
    host_pool = surroundings.pool_of_host()
    if pool is None or not pool.extensions.enabled or (host_pool is not None and host_pool.pool_id != pool.pool_id):
        abort(404)
    return pool


def _cached(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    if "ETag" not in response.headers:
        response.add_etag()
    response.make_conditional(flask_request)
    return response


def _metadata(surroundings: Surroundings, pool: Pool) -> dict[str, Any]:
    issuer, origin = surroundings.tokens.issuer(pool.pool_id), surroundings.public_url
    # Discovery §3 wants RS256 in every list; the others are those of published keys, so that a rotation is announced.
    algorithms = {"RS256"} | surroundings.keys.algorithms(pool.pool_id, KeyPurpose.ID)
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{origin}/oauth2/authorize",
        "token_endpoint": f"{origin}/oauth2/token",
        "userinfo_endpoint": f"{origin}/oauth2/userInfo",
        "revocation_endpoint": f"{origin}/oauth2/revoke",
        "introspection_endpoint": f"{origin}/oauth2/introspect",
        "end_session_endpoint": f"{origin}/logout",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["code", "token", "id_token", "id_token token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": sorted(algorithms),
        "scopes_supported": ["openid", "email", "phone", "profile", "address"],
        "claims_supported": _CLAIMS,
        "claim_types_supported": ["normal"],
        "token_endpoint_auth_methods_supported": _AUTH_METHODS,
        "revocation_endpoint_auth_methods_supported": _AUTH_METHODS,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
