"""The gateway: every request to a service's handler, every refusal in that service's form."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from app.core.kernel.errors import Unavailable
from app.gateway.conditions import Surroundings
from app.gateway.elsewhere import answer_elsewhere
from app.gateway.exchange import Incoming, Outgoing
from app.gateway.places import Place, Places
from app.gateway.refusal import Refusal, dynamodb_error, s3_error

_log = logging.getLogger(__name__)

OWN = "/_gateway/"
"""Below it the gateway speaks for itself. No bucket's name begins with an underscore."""
_DYNAMODB = "DynamoDB_20120810."
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-amzn-RequestId,x-amz-request-id,ETag,Date",
}
"""Nothing here goes by cookies, so any page may read why it was refused."""


class Handler(Protocol):
    def answer(self, incoming: Incoming, conditions: Mapping[str, tuple[str, ...]]) -> Outgoing:
        """Raises ``Refusal``."""

    def close(self) -> None:
        """Hangs up on the store."""


class OwnPaths(Protocol):
    def answer(self, incoming: Incoming, request_id: str) -> Outgoing:
        """What lies below ``OWN``; raises nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """``s3`` and ``dynamodb`` are None where there is no such store behind us."""

    s3: Handler | None
    dynamodb: Handler | None
    own: OwnPaths
    surroundings: Surroundings
    places: Places = field(default_factory=Places)

    def close(self) -> None:
        """Hangs up on the stores."""
        for handler in (self.s3, self.dynamodb):
            if handler is not None:
                handler.close()

    def take_place(self, incoming: Incoming) -> Place | None:
        """Before a thread is given to it: None where nobody could keep one. Raises ``Refusal`` with ``SlowDown``."""
        if incoming.target.startswith(OWN):
            return None
        return self.places.take(self.surroundings.context_of(incoming).caller.address or "")

    def refuse(self, refusal: Refusal, incoming: Incoming) -> Outgoing:
        """In the form of the service that was meant."""
        request_id = self.surroundings.context_of(incoming).request_id
        return refusal_answer(refusal, incoming, request_id, is_dynamodb=_is_dynamodb(incoming))

    def answer(self, incoming: Incoming) -> Outgoing:
        """Never raises: a client of AWS understands no other answer than AWS's."""
        context = self.surroundings.context_of(incoming)
        if incoming.target.startswith(OWN):
            return self.own.answer(incoming, context.request_id)
        elsewhere = answer_elsewhere(incoming, context.request_id)
        if elsewhere is not None:
            return replace(elsewhere, headers=(*elsewhere.headers, *_CORS.items()))
        conditions = self.surroundings.conditions_of(incoming, context.caller.address)
        is_dynamodb = _is_dynamodb(incoming)
        handler = self.dynamodb if is_dynamodb else self.s3
        if handler is None:
            refused = Refusal("NotImplemented", "There is no store for this service behind this gateway.")
            return refusal_answer(refused, incoming, context.request_id, is_dynamodb=is_dynamodb)
        try:
            return handler.answer(incoming, conditions)
        except Refusal as refusal:
            refused = refusal
        except Unavailable as error:
            _log.error("gateway.unavailable", exc_info=error.__cause__ or error)  # noqa: TRY400 - the exception is given
            refused = Refusal("ServiceUnavailable", "The service is temporarily unavailable.")
        except Exception as error:  # noqa: BLE001 - as the docstring promises
            _log.error("gateway.failed", exc_info=error)  # noqa: TRY400 - the exception is given
            refused = Refusal("InternalError", "We encountered an internal error. Please try again.")
        return refusal_answer(refused, incoming, context.request_id, is_dynamodb=is_dynamodb)


def refusal_answer(refusal: Refusal, incoming: Incoming, request_id: str, *, is_dynamodb: bool) -> Outgoing:
    """In the form of the service. A HEAD has no body, so its caller sees the status alone."""
    if is_dynamodb:
        status, body = dynamodb_error(refusal)
        kind, id_header = "application/x-amz-json-1.0", "x-amzn-RequestId"
    else:
        status, kind, id_header = refusal.status, "application/xml", "x-amz-request-id"
        body = s3_error(refusal, resource=incoming.path, request_id=request_id)
    raw = body.encode("utf-8", "replace")
    headers = {"Content-Type": kind, "Content-Length": str(len(raw)), id_header: request_id, **_CORS}
    return Outgoing(status=status, headers=tuple(headers.items()), body=() if incoming.method == "HEAD" else (raw,))


def _is_dynamodb(incoming: Incoming) -> bool:
    return incoming.headers.get("x-amz-target", "").startswith(_DYNAMODB) or _asks_for_dynamodb(incoming)


def _asks_for_dynamodb(incoming: Incoming) -> bool:
    """A browser's preflight for the header that names DynamoDB's operations."""
    return (
        incoming.method == "OPTIONS"
        and "x-amz-target" in incoming.headers.get("access-control-request-headers", "").lower()
    )
