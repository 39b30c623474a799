"""``/oauth2/userInfo`` (OpenID Connect Core §5.3, RFC 6750)."""

import json

from authlib.oauth2 import OAuth2Error
from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.errors import bearer_challenge, json_refusal, not_stored, refusal, refusal_of
from app.blueprints.oauth2.parameters import read_form
from app.blueprints.oauth2.surroundings import Surroundings
from app.core.kernel.errors import Fact
from app.core.tokens.claims import userinfo_claims
from app.core.tokens.scopes import OPENID


def userinfo(surroundings: Surroundings) -> Response:
    """The claims of the token's user, or a refusal with ``WWW-Authenticate``."""
    pool = surroundings.pool_of_host()
    realm = surroundings.public_url if pool is None else surroundings.tokens.issuer(pool.pool_id)
    try:
        token = _read_token()
        if token is None:
            bare = refusal("invalid_token", "The request brings no access token.", status=401)
            return json_refusal(bare, challenge=bearer_challenge(realm))
        access = surroundings.tokens.verify_access(token, pool_id=None if pool is None else pool.pool_id)
    except OAuth2Error as error:
        return json_refusal(error, challenge=bearer_challenge(realm, error))
    except Fact as fact:
        refused = refusal_of(fact)
        return json_refusal(refused, challenge=bearer_challenge(realm, refused))
    if OPENID not in access.scope:
        narrow = refusal("insufficient_scope", "The access token was not granted openid.", status=403)
        return json_refusal(narrow, challenge=bearer_challenge(realm, narrow, scope=OPENID))
    sub, username = access.claims["sub"], access.claims["username"]
    claims = userinfo_claims(access.client, access.user, access.scope, sub=sub, username=username)
    return not_stored(Response(json.dumps(claims), content_type="application/json;charset=UTF-8"))


def _read_token() -> str | None:
    """From the header or the form body, not both (RFC 6750 §2); never from the query, which ends up in logs and histories (§5.3)."""
    if "access_token" in flask_request.args:
        raise refusal("invalid_request", "The access token must not stand in the query.")
    in_body = None
    if flask_request.method == "POST" and flask_request.mimetype == "application/x-www-form-urlencoded":
        in_body = read_form(flask_request).form.get("access_token")
    authorization = flask_request.headers.get("Authorization")
    if authorization is None:
        return in_body
    if in_body is not None:
        raise refusal("invalid_request", "The access token stands in two places.")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise refusal("invalid_request", "The Authorization header must be Bearer and a token.")
    return token.strip()
