"""Answers to what went wrong outside any protocol: a plain sentence and the request's id, never a stack."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from http import HTTPStatus

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from app.core.kernel.errors import Unavailable
from app.web.context import find_request_id

_log = logging.getLogger(__name__)

RenderError = Callable[[int, str, str], Response]
"""Status, sentence and request id to a page; it must not fail for lack of a pool."""

_SENTENCES = {
    400: "The request could not be understood.",
    404: "There is nothing at this address.",
    405: "This address does not take requests of this kind.",
    413: "The request is too large.",
    414: "The address is too long.",
    415: "The request's content type is not supported here.",
    421: "This server does not answer for that host name.",
    500: "Something went wrong here. The request id helps whoever runs this server to find out what.",
    503: "The service is temporarily unavailable. Please try again in a moment.",
}
_THE_GATEWAYS = "S3 is not served at this address: send the request to the gateway (poolhouse gateway)."
_MACHINES = ("/oauth2/token", "/oauth2/userinfo", "/oauth2/revoke", "/oauth2/introspect", "/.well-known/")
_MACHINE_ENDS = (".json", "/readyz", "/healthz", "/metrics", "/dev/clock")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswers:
    """``render_error`` draws the page, so that a theme can; ``render_aws`` answers calls of the AWS APIs."""

    render_error: RenderError
    render_aws: RenderError | None = None

    def install(self, flask_app: Flask) -> None:
        """Blueprints keep their own tables; this is for what passes them by."""
        flask_app.register_error_handler(HTTPException, self._http)
        flask_app.register_error_handler(Unavailable, self._unavailable)
        flask_app.register_error_handler(Exception, self._unknown)

    def answer(self, status: int, sentence: str | None = None) -> Response:
        """JSON for programs, a page for people."""
        sentence = sentence or _SENTENCES.get(status) or HTTPStatus(status).phrase
        request_id = find_request_id() or ""
        if self.render_aws is not None and _is_aws_call():
            return self.render_aws(status, sentence, request_id)
        if self.render_aws is not None and status < 500 and _is_for_a_store():
            return self.render_aws(status, _THE_GATEWAYS, request_id)
        if _is_for_a_program():
            response = jsonify(message=sentence, request_id=request_id)
            response.status_code = status
            return response
        try:
            return self.render_error(status, sentence, request_id)
        except Exception as error:  # noqa: BLE001 - a theme that fails must not take the answer with it
            _log.error("page.failed", exc_info=error)  # noqa: TRY400 - the exception is given
            return plain_error_page(status, sentence, request_id)

    def _http(self, error: HTTPException) -> Response:
        if error.response is not None:
            return Response(error.response.get_data(), error.response.status_code, dict(error.response.headers))  # type: ignore[attr-defined]  # werkzeug types the base class
        status = error.code or 500
        own = error.description if error.description != type(error).description or status == 403 else None
        answer = self.answer(status, own)
        for name, value in error.get_headers():
            if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
                answer.headers[name] = value
        return answer

    def _unavailable(self, error: Unavailable) -> Response:
        _log.error("request.unavailable", exc_info=error.__cause__ or error)
        answer = self.answer(503)
        answer.headers["Retry-After"] = "5"
        return answer

    def _unknown(self, error: Exception) -> Response:
        _log.error("request.failed", exc_info=error)
        return self.answer(500)


def plain_error_page(status: int, sentence: str, request_id: str) -> Response:
    """A page that needs nothing: no theme, no database, no script."""
    title = HTTPStatus(status).phrase
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Error: {escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main>'
        f"<h1>{escape(title)}</h1><p role=alert>{escape(sentence)}</p><p>Request id: {escape(request_id)}</p>"
        "</main></body></html>\n"
    )
    return Response(body, status, mimetype="text/html")


def _is_aws_call() -> bool:
    if request.path != "/" or request.method != "POST":
        return False
    return "X-Amz-Target" in request.headers or request.mimetype == "application/x-www-form-urlencoded"


def _is_for_a_store() -> bool:
    """Signed for S3: a client that was given the server's address instead of the gateway's."""
    return "/s3/aws4_request" in request.headers.get("Authorization", "")


def _is_for_a_program() -> bool:
    path = request.path.lower()
    if path.startswith(_MACHINES) or path.endswith(_MACHINE_ENDS) or "/.well-known/" in path or request.is_json:
        return True
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"]) == "application/json"
