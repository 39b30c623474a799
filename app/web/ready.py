"""Answers that are the same for everybody, remembered whole and given before Flask is asked: discovery and the keys."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.core.kernel.clock import Clock
from app.core.kernel.errors import Unavailable
from app.web.context import Contexts
from app.web.defences import REQUEST_ID, log_access

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_CONDITIONS = frozenset({"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """``second`` is when it was made: keys come and go with time, so no answer is given in another second."""

    second: int
    headers: list[tuple[str, str]]
    body: bytes


class ReadyAnswers:
    """Wraps the application. ``remembered`` gives the dictionary of the current configuration, as the stores' caches do, so an
    answer never outlives a change by more than they do. Only a plain GET without a query, answered with 200, is remembered,
    by the host that was asked; the request's id and its log line are each request's own.
    """

    def __init__(
        self,
        following: "WSGIApplication",
        *,
        ends: tuple[str, ...],
        remembered: Callable[[], dict[object, object]],
        contexts: Contexts,
        clock: Clock,
        measured: Callable[[str, float], None] = lambda _path, _seconds: None,
    ) -> None:
        self._next = following
        self._ends = ends
        self._remembered = remembered
        self._contexts = contexts
        self._clock = clock
        self._measured = measured

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if (
            not path.endswith(self._ends)
            or environ.get("REQUEST_METHOD") != "GET"
            or environ.get("QUERY_STRING")
            or not _CONDITIONS.isdisjoint(environ)
        ):
            return self._next(environ, start_response)
        since, context = time.perf_counter(), self._contexts.read(environ)
        try:
            remembered, second = self._remembered(), self._clock.now()
        except Unavailable:
            # The application knows how to say so.
            return self._next(environ, start_response)
        slot = ("ready", context.host, path)
        known = remembered.get(slot)
        if isinstance(known, _Answer) and known.second == second:
            start_response("200 OK", [*known.headers, (REQUEST_ID, context.request_id)])
            log_access(context, "GET", path, 200, since=since)
            self._measured(path, time.perf_counter() - since)
            return [known.body]
        return self._ask(environ, start_response, lambda answer: remembered.__setitem__(slot, answer), second)

    def _ask(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        remember: Callable[[_Answer], None],
        second: int,
    ) -> Iterable[bytes]:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:
            begun.append((status, headers))
            return start_response(status, headers, *more)

        answered = self._next(environ, begin)
        try:
            body = b"".join(answered)
        finally:
            close: Callable[[], None] = getattr(answered, "close", lambda: None)
            close()
        status, headers = begun[-1]
        # A cookie is one browser's own: what sets one is never remembered.
        if status == "200 OK" and not any(name.lower() == "set-cookie" for name, _ in headers):
            kept = [(name, value) for name, value in headers if name != REQUEST_ID]
            remember(_Answer(second=second, headers=kept, body=body))
        return [body]
