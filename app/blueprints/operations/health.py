import logging
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify

_log = logging.getLogger(__name__)

Check = Callable[[], str | None]
"""None where all is well, else what is wrong in a few words; an exception counts as no answer."""


def operations_blueprint(checks: Mapping[str, Check], find_warnings: Callable[[], list[str]]) -> Blueprint:
    """``checks`` by the name of what they look at. ``find_warnings`` are sentences that do not make the server unready."""
    blueprint = Blueprint("operations", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        """The process answers; nothing else is looked at, so that a slow database does not get it killed."""
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """200 where every check passes, 503 otherwise, with a word for each."""
        found = {name: _look(name, check) for name, check in checks.items()}
        ready = all(word == "ok" for word in found.values())
        body = {"status": "ready" if ready else "not ready", "checks": found, "warnings": find_warnings()}
        return jsonify(body), 200 if ready else 503

    return blueprint


def _look(name: str, check: Check) -> str:
    try:
        return check() or "ok"
    except Exception as error:  # noqa: BLE001 - whatever goes wrong here is the answer, and its text may name hosts
        _log.warning("ready.failed", extra={"check": name, "reason": type(error).__name__})
        return "does not answer"
