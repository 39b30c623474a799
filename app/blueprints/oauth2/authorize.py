"""``/oauth2/authorize``: a code for whoever is signed in, or the way to the sign-in page (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2)."""

import re

from authlib.oauth2 import OAuth2Error
from flask import Response
from flask import request as flask_request

from app.blueprints.oauth2.asked_again import ask_again
from app.blueprints.oauth2.errors import (
    PageRefusal,
    not_stored,
    redirect_to_client,
    refusal,
    refusal_of,
)
from app.blueprints.oauth2.interaction import Interaction
from app.blueprints.oauth2.parameters import Parameters, ReadRequest, read_query
from app.blueprints.oauth2.records import ClientRecord
from app.blueprints.oauth2.resource import read_resource
from app.blueprints.oauth2.response_mode import ResponseMode, check_response_mode, choose_response_mode
from app.blueprints.oauth2.server import PoolhouseServer
from app.core.kernel.errors import Fact
from app.core.tokens.resources import check_allowed

_UNSUPPORTED = {"request": "request_not_supported", "request_uri": "request_uri_not_supported"}
_LONGEST_NONCE = 1024
_SPEAKABLE = re.compile(r"[^\x00-\x1f\x7f]+")


class Authorize:
    """The endpoint. Everything before the redirect URI is trusted ends on a page; everything after it at the client."""

    def __init__(self, server: PoolhouseServer) -> None:
        self._server = server
        self._surroundings = server.surroundings
        self._interaction = Interaction(server.surroundings)

    def get(self) -> Response:
        try:
            request = read_query(flask_request)
        except OAuth2Error as error:
            raise PageRefusal(error.error, error.get_error_description()) from error
        record = self._get_client(request)
        redirect_uri = _get_redirect_uri(request.payload, record)
        try:
            return self._answer(request, record, redirect_uri)
        except OAuth2Error as error:
            return self._refuse(error, record, redirect_uri, request.payload)
        except Fact as fact:
            return self._refuse(refusal_of(fact), record, redirect_uri, request.payload)

    def post(self) -> Response:
        """OpenID Connect Core §3.1.2.1."""
        return ask_again(self._surroundings, "/oauth2/authorize")

    def _get_client(self, request: ReadRequest) -> ClientRecord:
        if request.payload.repeated(("client_id", "redirect_uri")) is not None:
            raise PageRefusal("invalid_request", "The request names its client or its redirect URI twice.")
        record = self._server.query_client(request.payload.client_id)
        if record is None:
            raise PageRefusal("invalid_client", "The client does not exist.")
        settings = record.client.settings
        if not settings.oauth_enabled or not settings.identity_providers:
            raise PageRefusal(
                "unauthorized_client",
                "This client may not use the sign-in pages.",
                pool=record.pool,
                client=record.client,
            )
        return record

    def _answer(self, request: ReadRequest, record: ClientRecord, redirect_uri: str) -> Response:
        _check_parameters(request.payload, record, redirect_uri)
        grant = self._server.get_consent_grant(request)
        scope = tuple(request.scope.split(" "))
        outcome = self._interaction.settle(request.payload, record, scope, redirect_uri)
        if isinstance(outcome, Response):
            return outcome
        return self._to_client(record, redirect_uri, request.payload, grant.answer(redirect_uri, outcome))

    def _refuse(self, error: OAuth2Error, record: ClientRecord, redirect_uri: str, payload: Parameters) -> Response:
        description = error.get_error_description()
        answer = {"error": error.error, **({"error_description": description} if description else {})}
        return self._to_client(record, redirect_uri, payload, answer)

    def _to_client(
        self, record: ClientRecord, redirect_uri: str, payload: Parameters, answer: dict[str, str]
    ) -> Response:
        """With ``state`` as it came and ``iss`` on success and refusal alike (RFC 9207 §2). A state sent twice is not echoed."""
        state = None if payload.repeated(("state",)) else payload.state
        issuer = self._surroundings.tokens.issuer(record.pool.pool_id)
        given = {**answer, **({} if state is None else {"state": state}), "iss": issuer}
        mode = choose_response_mode(payload, redirect_uri)
        if mode is ResponseMode.FORM_POST:
            return not_stored(self._surroundings.render_form_post(record.pool, record.client, redirect_uri, given))
        return redirect_to_client(redirect_uri, given, fragment=mode is ResponseMode.FRAGMENT)


def _get_redirect_uri(payload: Parameters, record: ClientRecord) -> str:
    named = payload.redirect_uri
    if named is None:
        default = record.get_default_redirect_uri()
        if default is None:
            raise PageRefusal(
                "invalid_request",
                "The request names no redirect URI, and the client has no default.",
                pool=record.pool,
                client=record.client,
            )
        return default
    if not record.check_redirect_uri(named):
        raise PageRefusal(
            "redirect_mismatch",
            "The redirect URI is not registered for this client.",
            pool=record.pool,
            client=record.client,
        )
    return str(named)


def _check_parameters(payload: Parameters, record: ClientRecord, redirect_uri: str) -> None:
    """What Authlib leaves to others. Its own checks of response type, PKCE and scope follow."""
    repeated = payload.repeated()
    if repeated is not None:
        raise refusal("invalid_request", f"The parameter {repeated} stands more than once.")
    for name, error in _UNSUPPORTED.items():
        if name in payload.data:
            raise refusal(error, f"The parameter {name} is not supported.")
    if payload.response_type is None:
        raise refusal("invalid_request", "response_type is missing.")
    check_response_mode(payload, redirect_uri)
    check_allowed(record.client, read_resource(payload))
    nonce = payload.data.get("nonce")
    if nonce is not None and (len(nonce) > _LONGEST_NONCE or not _SPEAKABLE.fullmatch(nonce)):
        raise refusal("invalid_request", "The nonce is too long or holds control characters.")
