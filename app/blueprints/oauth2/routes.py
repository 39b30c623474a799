"""The endpoints on their paths (contract: HTTP surface)."""

from collections.abc import Callable

from flask import Blueprint, Response
from flask import request as flask_request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.blueprints.oauth2.authorize import Authorize
from app.blueprints.oauth2.discovery import jwks, metadata
from app.blueprints.oauth2.errors import PageRefusal, json_refusal, refusal
from app.blueprints.oauth2.grants.authorization_code import CodeGrant
from app.blueprints.oauth2.grants.client_credentials import MachineGrant
from app.blueprints.oauth2.grants.implicit import DirectGrant
from app.blueprints.oauth2.grants.pkce import ProofKey
from app.blueprints.oauth2.grants.refresh_token import RefreshGrant
from app.blueprints.oauth2.introspect import introspect
from app.blueprints.oauth2.logout import Logout
from app.blueprints.oauth2.revoke import revoke
from app.blueprints.oauth2.server import PoolhouseServer
from app.blueprints.oauth2.surroundings import Surroundings
from app.blueprints.oauth2.token import token
from app.blueprints.oauth2.userinfo import userinfo
from app.web.headers import keep_opener


def create_blueprint(surroundings: Surroundings) -> Blueprint:
    """All of OAuth 2.0 and OpenID Connect, for every pool."""
    server = PoolhouseServer(surroundings)
    server.register_grant(CodeGrant, [ProofKey()])
    server.register_grant(DirectGrant)
    server.register_grant(RefreshGrant)
    server.register_grant(MachineGrant)
    blueprint = Blueprint("oauth2", __name__)
    blueprint.after_request(keep_opener)
    _add_browser_endpoints(blueprint, server)
    _add_machine_endpoints(blueprint, server)
    return blueprint


def _add_browser_endpoints(blueprint: Blueprint, server: PoolhouseServer) -> None:
    authorize, logout = Authorize(server), Logout(server)
    blueprint.add_url_rule("/oauth2/authorize", "authorize", _but_no_head(authorize.get), methods=["GET"])
    blueprint.add_url_rule("/oauth2/authorize", "authorize_again", authorize.post, methods=["POST"])
    blueprint.add_url_rule("/logout", "logout", _but_no_head(logout.get), methods=["GET"])
    blueprint.add_url_rule("/logout", "logout_again", logout.post, methods=["POST"])

    @blueprint.errorhandler(PageRefusal)
    def _page(refused: PageRefusal) -> Response:
        return server.surroundings.render_error(refused)


def _but_no_head(view: Callable[[], Response]) -> Callable[[], Response]:
    """Flask answers HEAD with what GET does. Here GET makes codes and ends sessions, and HEAD is safe (RFC 9110 §9.2.1)."""

    def serve() -> Response:
        if flask_request.method == "HEAD":
            raise MethodNotAllowed(["GET", "POST", "OPTIONS"])
        return view()

    return serve


def _add_machine_endpoints(blueprint: Blueprint, server: PoolhouseServer) -> None:
    """Single-page applications call these from their own origins: no cookie counts here, so any origin may."""
    surroundings = server.surroundings
    machine = Blueprint("machine", __name__)

    def show_user() -> Response:
        return userinfo(surroundings)

    def describe(pool_id: str) -> Response:
        return metadata(surroundings, pool_id)

    machine.add_url_rule("/oauth2/token", "token", lambda: token(server), methods=["POST"])
    machine.add_url_rule("/oauth2/revoke", "revoke", lambda: revoke(server), methods=["POST"])
    machine.add_url_rule("/oauth2/introspect", "introspect", lambda: introspect(server), methods=["POST"])
    for path in ("/oauth2/userInfo", "/oauth2/userinfo"):
        machine.add_url_rule(path, "userinfo", show_user, methods=["GET", "POST"])
    machine.add_url_rule("/<pool_id>/.well-known/openid-configuration", "openid", describe)
    machine.add_url_rule("/.well-known/oauth-authorization-server/<pool_id>", "oauth", describe)
    machine.add_url_rule("/<pool_id>/.well-known/jwks.json", "jwks", lambda pool_id: jwks(surroundings, pool_id))
    machine.register_error_handler(HTTPException, _refuse_in_json)
    machine.after_request(_allow_every_origin)
    blueprint.register_blueprint(machine)


def _refuse_in_json(error: HTTPException) -> Response:
    """What was refused before or beside an endpoint (too large, not UTF-8, no such pool), in the shape that clients parse."""
    status = error.code or 500
    kind = "invalid_request" if status < 500 else "server_error"
    return json_refusal(refusal(kind, error.description or error.name, status=status))


def _allow_every_origin(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate"
    if flask_request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET, POST")
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, X-Requested-With"
        response.headers["Access-Control-Max-Age"] = "7200"
    return response
