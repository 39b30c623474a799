"""Counts each answer: by endpoint and status class, how long it took, and with which OAuth error it refused."""

import time
from bisect import bisect_left
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, g, request

from app.core.audit.tally import Tally

REQUESTS = "http_requests"
SECONDS = "http_request_seconds"
SECONDS_SUM = "http_request_seconds_sum"
REFUSALS = "oauth_refusals"

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds; one more bucket has no bound."""
_BOUNDS = (*(f"{bound:g}" for bound in BUCKETS), "+Inf")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
_CLASSES = ("", "1xx", "2xx", "3xx", "4xx", "5xx")
_NOWHERE = "none"

_ERRORS = frozenset({
    "access_denied", "account_selection_required", "consent_required", "insufficient_scope", "interaction_required",
    "invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "invalid_target", "invalid_token",
    "login_required", "registration_not_supported", "request_not_supported", "request_uri_not_supported", "server_error",
    "temporarily_unavailable", "unauthorized_client", "unmet_authentication_requirements", "unsupported_grant_type",
    "unsupported_response_type", "unsupported_token_type",
})  # fmt: skip
"""The registered error codes. Nothing else becomes a label: a client's own redirect URI may hold an ``error`` too."""
_LONGEST_REFUSAL = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    tally: Tally

    def install(self, flask_app: Flask) -> None:
        flask_app.after_request(self._after)

    def count_ready(self, path: str, seconds: float) -> None:
        """An answer from memory, under the rule that would have served it."""
        endpoint = f"/<pool_id>/{path.lstrip('/').partition('/')[2]}"
        self.tally.add(REQUESTS, "GET", endpoint, "2xx")
        self.tally.add(SECONDS, "GET", endpoint, _BOUNDS[bisect_left(BUCKETS, seconds)])
        self.tally.add(SECONDS_SUM, "GET", endpoint, amount=seconds)

    def _after(self, response: Response) -> Response:
        rule = request.url_rule
        # The rule, never the path: what people type must not make new series, nor be kept.
        endpoint = rule.rule if rule is not None else _NOWHERE
        method = request.method if request.method in _METHODS else "other"
        status = response.status_code
        self.tally.add(REQUESTS, method, endpoint, _CLASSES[status // 100])
        started = g.get("poolhouse_started")
        if started is not None:
            seconds = time.perf_counter() - started
            self.tally.add(SECONDS, method, endpoint, _BOUNDS[bisect_left(BUCKETS, seconds)])
            self.tally.add(SECONDS_SUM, method, endpoint, amount=seconds)
        if status >= 300:
            error = _find_error(response)
            if error in _ERRORS:
                self.tally.add(REFUSALS, endpoint, error)
        return response


def _find_error(response: Response) -> str | None:
    """The OAuth error of a refusal, in its body (RFC 6749 §5.2) or in the redirect to the client (§4.1.2.1)."""
    if response.status_code < 400:
        location = response.headers.get("Location", "")
        if "error=" not in location:
            return None
        try:
            parts = urlsplit(location)
            found = parse_qs(parts.query or parts.fragment, max_num_fields=50).get("error")
        except ValueError:
            return None
        return found[0] if found else None
    if not response.is_json or (response.content_length or 0) > _LONGEST_REFUSAL:
        return None
    body = response.get_json(silent=True)
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, str) else None
