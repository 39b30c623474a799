from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, render_template, request
from werkzeug.exceptions import BadRequest

from app.web.developer import check_developer

_FARTHEST = 100 * 366 * 86400
"""A clock a hundred years off is a typing mistake, and beyond it dates no longer fit."""


class DevelopmentOutbox(Protocol):
    def list(self, to: str | None = None) -> list[dict[str, Any]]:
        """Newest first."""

    def clear(self) -> None: ...


class DevelopmentClock(Protocol):
    def now(self) -> int: ...

    @property
    def offset(self) -> int:
        """Seconds ahead of the machine."""

    def advance(self, seconds: int) -> None: ...

    def reset(self) -> None: ...


def development_blueprint(outbox: DevelopmentOutbox, clock: DevelopmentClock, public_url: str) -> Blueprint:
    """Contract section 3: development mode."""
    blueprint = Blueprint(
        "development", __name__, url_prefix="/dev", template_folder="templates", static_folder="static"
    )

    @blueprint.before_request
    def check_caller() -> None:
        check_developer(request, public_url)

    @blueprint.get("/outbox")
    def outbox_page() -> Response:
        page = Response(render_template("outbox.html", messages=outbox.list(request.args.get("to") or None)))
        page.headers["Refresh"] = "5"
        return page

    @blueprint.get("/outbox.json")
    def outbox_list() -> Response:
        return jsonify(outbox.list(request.args.get("to") or None))

    @blueprint.delete("/outbox.json")
    def outbox_clear() -> Response:
        outbox.clear()
        return Response(status=204)

    @blueprint.get("/clock")
    def clock_show() -> Response:
        return _clock_answer(clock)

    @blueprint.post("/clock")
    def clock_advance() -> Response:
        body = request.get_json(silent=True)
        seconds = body.get("advance_seconds") if isinstance(body, dict) else None
        if not isinstance(seconds, int) or isinstance(seconds, bool):
            raise BadRequest('Send {"advance_seconds": N} with a whole number.')
        if abs(clock.offset + seconds) > _FARTHEST:
            raise BadRequest("The clock can be moved by a hundred years at most.")
        clock.advance(seconds)
        return _clock_answer(clock)

    @blueprint.delete("/clock")
    def clock_reset() -> Response:
        clock.reset()
        return _clock_answer(clock)

    return blueprint


def _clock_answer(clock: DevelopmentClock) -> Response:
    return jsonify(now=clock.now(), offset_seconds=clock.offset)
