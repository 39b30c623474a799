"""``/metrics`` in Prometheus' text format, version 0.0.4."""

import hmac
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request

from app.blueprints.operations.health import Check
from app.core.audit import tally
from app.web import measure
from app.web.context import current_context, has_forwarded_header
from app.web.hosts import hostname_of
from app.web.site import is_loopback_address, is_loopback_name

_log = logging.getLogger(__name__)

Series = tuple[str, ...]
Read = Callable[[], Mapping[Series, float]]
"""Every series by its name and the values of its labels, over all workers of this node."""
Gauge = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    kind: str
    help: str
    labels: tuple[str, ...] = ()


_PREFIX = "poolhouse_"
FAMILIES: dict[str, Family] = {
    measure.REQUESTS: Family(kind="counter", help="Answers, by status class.", labels=("method", "endpoint", "status")),
    measure.REFUSALS: Family(
        kind="counter", help="Refusals of the OAuth endpoints, by error code.", labels=("endpoint", "error")
    ),
    tally.SIGN_INS: Family(
        kind="counter", help="Sign-ins; ok, or what was asked or refused.", labels=("step", "outcome")
    ),
    tally.EVENTS: Family(kind="counter", help="Other audited events.", labels=("event", "outcome")),
    tally.TOKENS_ISSUED: Family(kind="counter", help="Token sets issued.", labels=("grant",)),
    tally.HASHES_RUNNING: Family(kind="gauge", help="Passwords being hashed now."),
    tally.HASHES_WAITING: Family(kind="gauge", help="Passwords that wait for a core."),
    tally.HASHES_REFUSED: Family(kind="counter", help="Hashes refused because too many waited."),
    tally.HASHING_SECONDS: Family(kind="counter", help="Processor time spent hashing passwords."),
    "workers": Family(kind="gauge", help="Worker processes of this node."),
    "series_dropped": Family(kind="counter", help="Counts lost because a worker has no room for more series."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """``gauges`` are read at each scrape and left out where they fail; ``checks`` are those of ``/readyz``.

    ``at_home``: whether this installation serves its own machine alone, so that a peer on it needs no token.
    """

    read: Read
    gauges: Mapping[str, tuple[str, Gauge]]
    checks: Mapping[str, Check]
    token: str | None
    at_home: bool = False

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("metrics", __name__)

        @blueprint.get("/metrics")
        def metrics() -> Response:
            """To whoever has METRICS_TOKEN; where there is none, to this machine alone, and only in development."""
            refused = self._refuse()
            if refused is not None:
                return refused
            return Response(
                "\n".join(self.lines()) + "\n",
                content_type="text/plain; version=0.0.4; charset=utf-8",
                headers={"Cache-Control": "no-store"},
            )

        return blueprint

    def _refuse(self) -> Response | None:
        if self.token is not None:
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self.token.encode()):
                return None
            # RFC 6750 §3.
            return Response("The metrics token is missing or wrong.\n", 401, {"WWW-Authenticate": "Bearer"})
        # Whoever comes through a proxy that passes TCP on looks like this machine, and names the host as it likes: only an
        # installation that nobody else is meant to reach can tell by the address.
        if not self.at_home:
            return Response("Metrics need a token here: set POOLHOUSE_METRICS_TOKEN and send it as Bearer.\n", 403)
        context = current_context()
        # A proxy on this machine speaks for strangers, and a page in a browser here may have had its name rebound to us.
        near = is_loopback_address(context.peer) and not has_forwarded_header(request)
        if near and is_loopback_name(hostname_of(request.environ.get("HTTP_HOST", "").lower())):
            return None
        return Response("Metrics are shown on loopback only; POOLHOUSE_METRICS_TOKEN opens them.\n", 403)

    def lines(self) -> Iterator[str]:
        yield from _head("up", "gauge", "This node answers.")
        yield _line("up", {}, 1)
        yield from self._asked()
        series = self.read()
        for name, family in FAMILIES.items():
            full = f"{name}_total" if family.kind == "counter" else name
            yield from _head(full, family.kind, family.help)
            for (found, *labels), value in sorted(series.items()):
                if found == name:
                    yield _line(full, dict(zip(family.labels, labels, strict=True)), value)
        yield from _histogram(series)

    def _asked(self) -> Iterator[str]:
        """What is true now for the whole installation, whichever node is asked."""
        yield from _head("check_ok", "gauge", "Whether a dependency answers (see /readyz).")
        for name, check in self.checks.items():
            try:
                word = check()
            except Exception as error:  # noqa: BLE001 - whatever goes wrong is the answer
                word = type(error).__name__
            yield _line("check_ok", {"check": name}, 0 if word else 1)
        for name, (text, gauge) in self.gauges.items():
            try:
                value = gauge()
            except Exception as error:  # noqa: BLE001 - a database that is away must not hide the other numbers
                _log.warning("metrics.gauge_failed", extra={"gauge": name, "reason": type(error).__name__})
                continue
            yield from _head(name, "gauge", text)
            yield _line(name, {}, value)


def _histogram(series: Mapping[Series, float]) -> Iterator[str]:
    """Workers count each answer in one bucket; Prometheus wants every bucket to hold the smaller ones."""
    name = measure.SECONDS
    yield from _head(name, "histogram", "How long answers took.")
    counted: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for (found, *labels), value in series.items():
        if found == name:
            method, endpoint, bound = labels
            counted[method, endpoint][bound] = value
    for (method, endpoint), buckets in sorted(counted.items()):
        where = {"method": method, "endpoint": endpoint}
        below = 0.0
        for bound in (*(f"{bound:g}" for bound in measure.BUCKETS), "+Inf"):
            below += buckets.get(bound, 0)
            yield _line(f"{name}_bucket", {**where, "le": bound}, below)
        yield _line(f"{name}_sum", where, series.get((measure.SECONDS_SUM, method, endpoint), 0))
        yield _line(f"{name}_count", where, below)


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {_PREFIX}{name} {text}"
    yield f"# TYPE {_PREFIX}{name} {kind}"


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{_PREFIX}{name}{f'{{{shown}}}' if shown else ''} {value:.10g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
