"""Everything that stands around all blueprints, put there in the right order."""

import logging
import re
import time
from dataclasses import dataclass
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from app.web.context import Contexts, RequestContext, current_context
from app.web.errors import ErrorAnswers
from app.web.headers import add_security_headers
from app.web.hosts import Hosts
from app.web.limits import check_readable, configure_limits
from app.web.site import Site

_log = logging.getLogger("app.access")

REQUEST_ID = "X-Request-Id"
_LONGEST_PATH = 300
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_.~/-]*", re.ASCII)


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
        response.headers[REQUEST_ID] = context.request_id
        add_security_headers(response, self.site)
        log_access(context, request.method, request.path, response.status_code, since=g.poolhouse_started)
        return response


def log_access(context: RequestContext, method: str, path: str, status: int, *, since: float) -> None:
    """The line of one request. The query is left out: it holds codes, states and e-mail addresses."""
    if not _log.isEnabledFor(logging.INFO):
        return
    fields = {
        "method": method[:16],
        "path": path if len(path) <= _LONGEST_PATH and _PLAIN_PATH.fullmatch(path) else quote(path[:_LONGEST_PATH]),
        "status": status,
        "ms": round(1000 * (time.perf_counter() - since), 1),
        "address": context.caller.address or "-",
        "request_id": context.request_id,
    }
    # A record made by hand: the logger would first walk the stack to find out who logs, at every request.
    _log.handle(_log.makeRecord(_log.name, logging.INFO, __name__, 0, "request", (), None, None, fields))
