"""S3 through the gateway: identify, map, decide, forward."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from app.gateway.callers import Caller, Callers
from app.gateway.conditions import address_of
from app.gateway.exchange import Incoming, Outgoing, check_target
from app.gateway.payloads import body_length, read_payload, read_small
from app.gateway.refusal import Refusal
from app.gateway.s3_actions import ANSWERS_REWRITTEN, LOOKED_INTO
from app.gateway.s3_bodies import (
    LARGEST_XML,
    Deletion,
    Uploads,
    body_headers,
    deletion_body,
    deletion_questions,
    read_deletions,
    read_location,
    read_tags,
    rewrite_upload_ids,
    with_errors,
)
from app.gateway.s3_requests import (
    S3Request,
    questions,
    read_place,
    read_request,
    read_tagging,
    written_tagging,
)
from app.gateway.signatures import STREAMING, UNSIGNED, Claim, read_claim
from app.gateway.upstream import Answer, Upstream

_NOT_PASSED_BACK = frozenset({"date", "server"})
_BODILESS = frozenset({"GET", "HEAD", "DELETE"})
_MOST_EXPLAINED = 10
"""Refused keys of one DeleteObjects that get all that is said of a refusal: a thousand would be four times as long as the request."""
_PREFLIGHT = ("origin", "access-control-request-method", "access-control-request-headers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A request that may go on as far as can be told without its body."""

    caller: Caller
    claim: Claim
    request: S3Request


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """``hosts`` are the names at which requests are path style, and below which a bucket has its own."""

    callers: Callers
    upstream: Upstream
    uploads: Uploads
    hosts: frozenset[str]

    def close(self) -> None:
        self.upstream.close()

    def answer(self, incoming: Incoming, conditions: Mapping[str, tuple[str, ...]]) -> Outgoing:
        """What the store answers to what was authorised. Raises ``Refusal``."""
        if incoming.method == "OPTIONS":
            return self._preflight(incoming)
        judged = self.judge(incoming, conditions)
        request = judged.request
        if request.operation.name == "DeleteObjects":
            return self._delete(incoming, judged)
        payload = read_payload(incoming, judged.claim, judged.caller.secret)
        pieces = payload.pieces
        if request.operation.name in LOOKED_INTO:
            body = read_small(payload, LARGEST_XML)
            more = read_tags(body) if request.operation.name == "PutObjectTagging" else read_location(body)
            self._check(judged.caller, replace(request, context={**request.context, **more}))
            pieces = iter((body,)) if body else iter(())
        headers = self.forwarded_headers(judged) | payload.headers
        if incoming.method in _BODILESS:
            del headers["content-length"]
        encoding = [payload.headers.get("content-encoding"), _own_encoding(judged.claim)]
        if any(encoding):
            headers["content-encoding"] = ",".join(filter(None, encoding))
        answer = self.upstream.send(incoming.method, self.target(judged), headers, pieces, payload.declared)
        return self._passed_back(judged, answer)

    def judge(self, incoming: Incoming, conditions: Mapping[str, tuple[str, ...]]) -> Judged:
        """Everything that is decided before the body is read. Raises ``Refusal``."""
        check_target(incoming.target)
        claim = read_claim(incoming, service="s3")
        caller = self.callers.identify(claim, service="s3", address=address_of(conditions))
        incoming.proven(caller.counted_as)
        if claim.presigned_for is not None:
            age = max(0, self.callers.real_time() - claim.signed_at) * 1000
            conditions = {**conditions, "s3:signatureage": (str(age),)}
        request = read_request(incoming, claim, self.hosts, conditions)
        if claim.payload not in STREAMING and "aws-chunked" in claim.headers.get("content-encoding", "").lower():
            # A store that goes by this header would take apart what was signed as it is.
            raise Refusal(
                "InvalidRequest", "The body is said to be aws-chunked, and its signature says that it is not."
            )
        if incoming.method in _BODILESS and body_length(incoming) != 0:
            raise Refusal("InvalidRequest", f"A {incoming.method} request has no body.")
        if request.operation.name not in LOOKED_INTO:
            self._check(caller, request)
        return Judged(caller=caller, claim=claim, request=request)

    def target(self, judged: Judged) -> str:
        """The request target for the store: the path as it was sent, the parameters in the one spelling in which they were read."""
        request, query = judged.request, dict(judged.request.query)
        query.pop("x-id", None)
        owner = judged.caller.owner
        if request.bucket is not None and "uploadId" in query and request.key is not None:
            query["uploadId"] = self.uploads.unwrap(query["uploadId"], request.bucket, request.key, owner)
        if request.bucket is not None and query.get("upload-id-marker"):
            key = query.get("key-marker", "")
            query["upload-id-marker"] = self.uploads.unwrap(query["upload-id-marker"], request.bucket, key, owner)
        pairs = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query.items())
        return f"{request.target_path}?{pairs}" if pairs else request.target_path

    def forwarded_headers(self, judged: Judged) -> dict[str, str]:
        """What goes on of the client's headers."""
        headers = judged.request.operation.forwarded(judged.claim.headers)
        headers.pop("content-encoding", None)
        if judged.request.source is not None:
            headers["x-amz-copy-source"] = judged.request.source.header
        if headers.get("x-amz-tagging"):
            headers["x-amz-tagging"] = written_tagging(read_tagging(headers["x-amz-tagging"]))
        return headers

    def _check(self, caller: Caller, request: S3Request) -> None:
        for asked in questions(request):
            self.callers.check(caller, asked)

    def _delete(self, incoming: Incoming, judged: Judged) -> Outgoing:
        """Key by key: what is allowed goes on, the rest is answered as S3 does, in a success with errors."""
        body = read_small(read_payload(incoming, judged.claim, judged.caller.secret), LARGEST_XML)
        entries, quiet = read_deletions(body)
        allowed: list[Deletion] = []
        refused: list[tuple[Deletion, Refusal]] = []
        for entry in entries:
            try:
                for asked in deletion_questions(judged.request, entry):
                    self.callers.check(judged.caller, asked, is_brief=len(refused) >= _MOST_EXPLAINED)
                allowed.append(entry)
            except Refusal as refusal:
                refused.append((entry, refusal))
        if not allowed:
            return _xml(with_errors(None, refused))
        rewritten = deletion_body(allowed, quiet=quiet)
        headers = {
            name: value
            for name, value in self.forwarded_headers(judged).items()
            if not name.startswith(("x-amz-checksum-", "x-amz-sdk-checksum-"))
        } | body_headers(rewritten)
        digest = hashlib.sha256(rewritten).hexdigest()
        answer = self.upstream.send("POST", self.target(judged), headers, (rewritten,), digest)
        if answer.status != 200 or not refused:
            return _whole(answer)
        return _xml(with_errors(answer.read(), refused))

    def _passed_back(self, judged: Judged, answer: Answer) -> Outgoing:
        request = judged.request
        if request.operation.name not in ANSWERS_REWRITTEN or answer.status != 200 or request.bucket is None:
            return _whole(answer)
        bucket, owner = request.bucket, judged.caller.owner
        body = rewrite_upload_ids(
            answer.read(), lambda found, key: self.uploads.wrap(found, bucket, key, owner), request.key
        )
        return _xml(body, answer.headers)

    def _preflight(self, incoming: Incoming) -> Outgoing:
        """A browser's question about the bucket's CORS rules, which the store answers; nobody signs it (S3: OPTIONS object)."""
        if "origin" not in incoming.headers or "access-control-request-method" not in incoming.headers:
            raise Refusal("InvalidRequest", "Insufficient information. Origin request header needed.")
        check_target(incoming.target)
        _, _, path = read_place(incoming, self.hosts)
        headers = {name: incoming.headers[name] for name in _PREFLIGHT if name in incoming.headers}
        return _whole(self.upstream.send("OPTIONS", path, headers, (), UNSIGNED))


def _own_encoding(claim: Claim) -> str | None:
    """``Content-Encoding`` of the object, without the encoding of the way."""
    names = [name.strip() for name in claim.headers.get("content-encoding", "").split(",")]
    kept = [name for name in names if name and not (claim.payload in STREAMING and name.lower() == "aws-chunked")]
    return ",".join(kept) or None


def _whole(answer: Answer) -> Outgoing:
    kept = tuple((name, value) for name, value in answer.headers if name.lower() not in _NOT_PASSED_BACK)
    return Outgoing(status=answer.status, headers=kept, body=answer.pieces, close=answer.close)


def _xml(body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> Outgoing:
    replaced = _NOT_PASSED_BACK | {"content-length", "content-type", "etag", "content-md5"}
    kept = tuple((name, value) for name, value in headers if name.lower() not in replaced)
    own = (("Content-Type", "application/xml"), ("Content-Length", str(len(body))))
    return Outgoing(status=200, headers=(*kept, *own), body=(body,))
