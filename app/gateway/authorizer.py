"""Decisions for proxies: nginx's ``auth_request`` and Envoy's ``ext_authz`` ask here and send the bodies past us.

The answer carries the headers and the target that the store is to get. What cannot be judged without the body, or whose answer must be
rewritten, is refused with a sentence that says so: such requests go through the gateway itself.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from app.core.kernel.errors import Unavailable
from app.core.kernel.secret import Secret
from app.gateway.conditions import Surroundings
from app.gateway.exchange import Incoming, Outgoing
from app.gateway.refusal import Refusal, s3_error
from app.gateway.s3 import S3, Judged
from app.gateway.s3_actions import ANSWERS_REWRITTEN, LOOKED_INTO
from app.gateway.s3_requests import read_tagging, written_tagging
from app.gateway.service import OWN, refusal_answer
from app.gateway.signatures import STREAMING, UNSIGNED_TRAILER

_PATH = f"{OWN}authorize"
_FROM_PROXY = frozenset(
    {
        "x-gateway-token",
        "x-original-method",
        "x-original-uri",
        "x-original-source",
        "x-original-scheme",
        "content-length",
    }
)
_OF_PROXIES = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"})
"""Where the proxy says in its own headers who asks and how, these are whatever the client wrote."""
_REPLACED = frozenset({"x-amz-date", "x-amz-content-sha256", "x-amz-security-token"})
_THROUGH = "Send this request through the gateway itself: it cannot be judged by its head alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """Answers only those who show ``token``, since it believes what they say of the request that they hold."""

    s3: S3
    surroundings: Surroundings
    token: Secret

    def answer(self, incoming: Incoming, request_id: str) -> Outgoing:
        """200 with what to send on; 403 with S3's error in ``X-Gateway-Error``, because nginx passes on no body of ours."""
        shown = incoming.headers.get("x-gateway-token", "")
        if not hmac.compare_digest(shown.encode(), self.token.reveal().encode()):
            return _refused(
                Refusal("AccessDenied", "This address is for the proxies of this installation."), request_id
            )
        is_envoy = incoming.path != _PATH
        try:
            return self._granted(incoming, is_envoy=is_envoy)
        except Refusal as refusal:
            refused = refusal
        except Unavailable:
            refused = Refusal("ServiceUnavailable", "The service is temporarily unavailable.")
        return (
            refusal_answer(refused, incoming, request_id, is_dynamodb=False)
            if is_envoy
            else _refused(refused, request_id)
        )

    def _granted(self, incoming: Incoming, *, is_envoy: bool) -> Outgoing:
        original = _original(incoming, is_envoy=is_envoy)
        if "x-amz-target" in original.headers:
            raise Refusal("InvalidRequest", f"{_THROUGH} (DynamoDB).")
        # What nginx overwrites on every request, Envoy passes on as the client wrote it.
        told = None if is_envoy else incoming.headers.get("x-original-source")
        address = told or self.surroundings.context_of(original).caller.address
        judged = self.s3.judge(original, self.surroundings.conditions_of(original, address))
        _check_head(judged)
        target = self._target(judged)
        if is_envoy and target != original.target:
            raise Refusal("InvalidRequest", f"{_THROUGH} (its target has to change).")
        upstream = self.s3.upstream
        passed = {
            name: value
            for name, value in judged.claim.signed.headers.items()
            if name.startswith("x-amz-") and name not in _REPLACED
        }
        signed = upstream.signed(original.method, target, passed, judged.claim.payload)
        headers = {
            "Authorization": signed["authorization"],
            "X-Amz-Date": signed["x-amz-date"],
            "X-Amz-Content-Sha256": signed["x-amz-content-sha256"],
            "X-Upstream-Host": upstream.host,
            "X-Upstream-Target": target,
            "Content-Length": "0",
        }
        return Outgoing(status=200, headers=tuple(headers.items()))

    def _target(self, judged: Judged) -> str:
        """The store's target, with what a presigner moved into the query still there: no header of ours could carry it."""
        moved = {name: value for name, value in judged.claim.headers.items() if name not in judged.claim.signed.headers}
        pairs = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in moved.items())
        target = self.s3.target(judged)
        if not pairs:
            return target
        return f"{target}{'&' if '?' in target else '?'}{pairs}"


def _original(incoming: Incoming, *, is_envoy: bool) -> Incoming:
    """The request that the proxy holds."""
    headers: Mapping[str, str] = {name: value for name, value in incoming.headers.items() if name not in _FROM_PROXY}
    if is_envoy:
        return replace(incoming, target=incoming.target.removeprefix(_PATH), headers=headers, read=lambda _: b"")
    return Incoming(
        method=incoming.headers.get("x-original-method", ""),
        target=incoming.headers.get("x-original-uri", ""),
        headers={name: value for name, value in headers.items() if name not in _OF_PROXIES},
        read=lambda _: b"",
        peer=incoming.peer,
        secure=incoming.headers.get("x-original-scheme") == "https",
    )


def _check_head(judged: Judged) -> None:
    """Raises ``Refusal`` for what the head alone does not settle."""
    name, payload = judged.request.operation.name, judged.claim.payload
    if name in LOOKED_INTO or name in ANSWERS_REWRITTEN:
        raise Refusal("InvalidRequest", f"{_THROUGH} ({name}).")
    if payload in STREAMING and payload != UNSIGNED_TRAILER:
        raise Refusal("InvalidRequest", f"{_THROUGH} (its chunks are signed with a key that the store does not have).")
    tagging = judged.claim.headers.get("x-amz-tagging")
    if tagging and tagging.replace("+", "%20") != written_tagging(read_tagging(tagging)):
        raise Refusal("InvalidRequest", f"{_THROUGH} (its tags are spelt unusually).")
    source = judged.request.source
    if source is not None:
        written = judged.claim.headers["x-amz-copy-source"]
        if f"/{written.removeprefix('/')}" != source.header:
            raise Refusal("InvalidRequest", f"{_THROUGH} (its copy source is spelt unusually).")


def _refused(refusal: Refusal, request_id: str) -> Outgoing:
    error = s3_error(refusal, resource="", request_id=request_id).encode("ascii", "xmlcharrefreplace")
    headers = (
        ("Content-Type", "application/xml"),
        ("Content-Length", str(len(error))),
        ("X-Gateway-Error", error.decode()),
    )
    return Outgoing(status=403, headers=headers, body=(error,))
