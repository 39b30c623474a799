"""DynamoDB through the gateway: the body is small, so it is read, judged and sent on as it stands."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.gateway.callers import Caller, Callers
from app.gateway.conditions import address_of
from app.gateway.dynamodb_documents import read_document
from app.gateway.dynamodb_requests import CHANGES_TABLES, DynamoDbRequest, KeysUnfit
from app.gateway.dynamodb_tables import Tables, sha256
from app.gateway.exchange import Incoming, Outgoing
from app.gateway.payloads import body_length
from app.gateway.refusal import Refusal
from app.gateway.signatures import UNSIGNED, read_claim
from app.gateway.upstream import Upstream

_LARGEST_BODY = 16 * 1024 * 1024
_PASSED_ON = ("accept-encoding", "user-agent")
_CORS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amz-crc32,Date"),
)
_PREFLIGHT = (
    ("Access-Control-Allow-Methods", "POST, OPTIONS"),
    (
        "Access-Control-Allow-Headers",
        (
            "authorization,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token,x-amz-target,"
            "x-amz-user-agent,amz-sdk-invocation-id,amz-sdk-request"
        ),
    ),
    ("Access-Control-Max-Age", "3600"),
)
_KNOWN = frozenset(
    {
        "x-amz-target",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
        "x-amz-user-agent",
        "x-amz-api-version",
    }
)
_NOT_PASSED_BACK = frozenset({"date", "server", "access-control-allow-origin", "access-control-expose-headers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoDb:
    """``tables`` knows the partition keys of what is behind ``upstream``."""

    callers: Callers
    upstream: Upstream
    tables: Tables
    region: str

    def close(self) -> None:
        self.upstream.close()

    def answer(self, incoming: Incoming, conditions: Mapping[str, tuple[str, ...]]) -> Outgoing:
        """What the store answers to what was authorised. Raises ``Refusal``."""
        if incoming.method == "OPTIONS":
            return Outgoing(status=204, headers=(*_CORS, *_PREFLIGHT))
        if incoming.method != "POST" or incoming.target != "/":
            raise Refusal("InvalidRequest", "DynamoDB is asked by POST / alone.")
        unknown = sorted(name for name in incoming.headers if name.startswith("x-amz-") and name not in _KNOWN)
        if unknown:
            raise Refusal("InvalidRequest", f"These headers mean nothing to DynamoDB: {', '.join(unknown)}")
        # Who is nobody's key gets no memory for a body.
        address = address_of(conditions)
        unproven = read_claim(incoming, service="dynamodb", body_hash=UNSIGNED)
        self.callers.find(unproven, service="dynamodb", address=address)
        body = _read_body(incoming)
        digest = sha256(body)
        claim = read_claim(incoming, service="dynamodb", body_hash=digest)
        if incoming.headers.get("x-amz-content-sha256", digest) != digest:
            raise Refusal("XAmzContentSHA256Mismatch", "The body is not the one that x-amz-content-sha256 names.")
        caller = self.callers.identify(claim, service="dynamodb", address=address)
        incoming.proven(caller.counted_as)
        operation = incoming.headers["x-amz-target"].partition(".")[2]
        request = DynamoDbRequest(
            operation=operation,
            document=read_document(operation, body),
            account_id=caller.principal.account_id,
            region=self.region,
            context=conditions,
            find_keys=self.tables.find_keys,
        )
        self._check(caller, request)
        headers = {name: incoming.headers[name] for name in _PASSED_ON if name in incoming.headers} | {
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": incoming.headers["x-amz-target"],
            "content-length": str(len(body)),
        }
        if operation in CHANGES_TABLES and request.table:
            self.tables.forget(request.table)
        answer = self.upstream.send("POST", "/", headers, (body,), digest)
        kept = tuple(pair for pair in answer.headers if pair[0].lower() not in _NOT_PASSED_BACK)
        return Outgoing(status=answer.status, headers=(*kept, *_CORS), body=answer.pieces, close=answer.close)

    def _check(self, caller: Caller, request: DynamoDbRequest) -> None:
        try:
            questions = request.questions()
        except KeysUnfit as unfit:
            # Else anybody with a key of this server could ask after tables and the names of their keys.
            self.callers.check(caller, request.without_keys(unfit.table))
            raise unfit.refusal from None
        for asked in questions:
            self.callers.check(caller, asked)


def _read_body(incoming: Incoming) -> bytes:
    length = body_length(incoming)
    if length is None:
        raise Refusal("MissingContentLength", "You must provide the Content-Length HTTP header.")
    if length > _LARGEST_BODY:
        raise Refusal("EntityTooLarge", "The request is larger than 16 MB.")
    pieces, left = [], length
    while left:
        piece = incoming.read(left)
        if not piece:
            raise Refusal("IncompleteBody", "The body is shorter than its Content-Length.")
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
