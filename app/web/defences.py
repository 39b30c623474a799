"""Everything that stands around all blueprints, put there in the right order."""

import logging
import time
from dataclasses import dataclass
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from app.web.context import Contexts, current_context
from app.web.errors import ErrorAnswers
from app.web.headers import add_security_headers
from app.web.hosts import Hosts
from app.web.limits import check_readable, configure_limits
from app.web.site import Site

_log = logging.getLogger("app.access")


class Misdirected(HTTPException):
    """RFC 9110 §15.5.20."""

    code = 421
    description = "This server does not answer for that host name."


@dataclass(frozen=True, slots=True, kw_only=True)
class Defences:
    """Context first, so that every refusal has an id and a log line; then host, then size and encoding."""

    site: Site
    contexts: Contexts
    hosts: Hosts
    errors: ErrorAnswers

    def install(self, flask_app: Flask) -> None:
        configure_limits(flask_app)
        flask_app.before_request(self._before)
        flask_app.after_request(self._after)
        self.errors.install(flask_app)

    def _before(self) -> None:
        g.poolhouse_started = time.perf_counter()
        context = self.contexts.open(request)
        if not self.hosts.answers(context.host, request.path):
            raise Misdirected
        check_readable(request)

    def _after(self, response: Response) -> Response:
        context = current_context()
        response.headers["X-Request-Id"] = context.request_id
        add_security_headers(response, self.site)
        # The query is left out: it holds codes, states and e-mail addresses.
        _log.info(
            "request",
            extra={
                "method": request.method[:16],
                "path": quote(request.path[:300]),
                "status": response.status_code,
                "ms": round(1000 * (time.perf_counter() - g.poolhouse_started), 1),
                "address": context.caller.address or "-",
            },
        )
        return response
