"""Who signed a request, and was it this one? SigV4 as S3 and DynamoDB take it: in the header, or in a presigned query.

The scheme and its header are ``app/aws/sigv4.py``'s; here is what S3 adds: paths as sent, payloads held against the body later,
presigned queries, 15 minutes of skew.
"""

import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.aws.errors import AwsError
from app.aws.sigv4 import ALGORITHM, Authorization, Request, read_authorization, read_date, read_parts, signature_of
from app.core.kernel.secret import Secret
from app.gateway.exchange import Incoming, read_query
from app.gateway.refusal import Refusal

SKEW_SECONDS = 15 * 60
LONGEST_PRESIGNED = 7 * 86_400
UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_CHUNKS_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING = frozenset({SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER, UNSIGNED_TRAILER})
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HEADER_NAME = re.compile(r"[a-z0-9._-]{1,256}", re.ASCII)
_HEADER_VALUE = re.compile(r"(?:[!-~\x80-\U0010ffff](?:[ -~\x80-\U0010ffff]*[!-~\x80-\U0010ffff])?)?")
_PRESIGNED = frozenset(
    {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
    }
)
_SIGV2 = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256. "
    "(This one is Signature Version 2, which boto3 uses to presign for endpoints of its own choice: give the client "
    "Config(signature_version='s3v4').)"
)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A signature as a request carries it; nothing of it is proven. ``query`` and ``headers`` are what is left once it is taken off.

    ``payload`` is a hash in hex or one of the names above; ``presigned_for`` is None for signatures in the header.
    """

    authorization: Authorization
    date: str
    payload: str
    session_token: str | None
    presigned_for: int | None
    query: Mapping[str, str]
    headers: Mapping[str, str]
    signed: Request = field(repr=False)

    @property
    def signed_at(self) -> int:
        return read_date(self.date)


def read_claim(incoming: Incoming, *, service: str, body_hash: str | None = None) -> Claim:
    """Takes the signature off a request. Raises ``Refusal`` for none, several, or one that cannot be read.

    ``body_hash`` is the SHA-256 of a body that is here already, whatever a header says of it; without it the header counts.
    """
    query = read_query(incoming.query)
    header = incoming.headers.get("authorization", "")
    if ("AWSAccessKeyId" in query and "Signature" in query) or header.startswith("AWS "):
        raise Refusal("InvalidRequest", _SIGV2)
    presigned = any(name in query for name in ("X-Amz-Algorithm", "X-Amz-Signature", "X-Amz-Credential"))
    if presigned and (header or service != "s3"):
        raise Refusal("InvalidArgument", "Only one auth mechanism is allowed, and only S3 takes presigned queries.")
    if not presigned and not header:
        code = "AccessDenied" if service == "s3" else "MissingAuthentication"
        raise Refusal(code, "Missing Authentication Token: this gateway serves nobody anonymously.")
    try:
        return _from_query(incoming, query) if presigned else _from_header(incoming, query, header, body_hash)
    except AwsError as error:
        raise Refusal("AuthorizationHeaderMalformed", error.message) from error


def check_claim(claim: Claim, secret: Secret, *, service: str, region: str, now: int) -> None:
    """Raises ``Refusal`` unless this secret signed exactly this request, for here and for now (real time in Unix seconds)."""
    given = claim.authorization
    if given.service != service:
        raise Refusal("AuthorizationHeaderMalformed", f"The credential's service must be '{service}'.")
    if given.region != region:
        raise Refusal(
            "AuthorizationHeaderMalformed",
            f"The authorization header is malformed; the region '{given.region[:40]}' is wrong; expecting '{region}'",
        )
    if given.date != claim.date[:8]:
        raise Refusal("AuthorizationHeaderMalformed", "The credential's date is not that of the signature.")
    _check_headers(claim)
    _check_time(claim, now)
    wanted = signature_of(claim.signed, given, claim.date, secret, payload=claim.payload)
    if not _HEX.fullmatch(given.signature) or not hmac.compare_digest(wanted, given.signature):
        raise Refusal("SignatureDoesNotMatch", _MISMATCH)


def sign(
    request: Request, *, access_key_id: str, secret: Secret, region: str, service: str, payload: str, now: int
) -> dict[str, str]:
    """The headers that sign a request of our own: ``host`` and every ``x-amz-*`` of it are signed."""
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    added = {"x-amz-date": date, "x-amz-content-sha256": payload}
    headers = {**request.headers, **added}
    signed = tuple(sorted(name for name in headers if name == "host" or name.startswith("x-amz-")))
    given = Authorization(
        access_key_id=access_key_id,
        date=date[:8],
        region=region,
        service=service,
        signed_headers=signed,
        signature="",
    )
    whole = Request(method=request.method, path=request.path, query=request.query, headers=headers, body=b"")
    signature = signature_of(whole, given, date, secret, payload=payload)
    added["authorization"] = (
        f"{ALGORITHM} Credential={access_key_id}/{given.scope}, SignedHeaders={';'.join(signed)}, Signature={signature}"
    )
    return added


def _from_header(incoming: Incoming, query: Mapping[str, str], header: str, body_hash: str | None) -> Claim:
    headers = incoming.headers
    given = read_authorization(header)
    date = headers.get("x-amz-date", "")
    read_date(date)
    payload = headers.get("x-amz-content-sha256", "") if body_hash is None else body_hash
    _check_payload(payload)
    return Claim(
        authorization=given,
        date=date,
        payload=payload,
        session_token=headers.get("x-amz-security-token"),
        presigned_for=None,
        query=query,
        headers=headers,
        signed=_request(incoming, incoming.query, headers),
    )


def _from_query(incoming: Incoming, query: Mapping[str, str]) -> Claim:
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        raise Refusal("InvalidRequest", f"X-Amz-Algorithm only supports {ALGORITHM}.")
    given = read_parts(
        query.get("X-Amz-Credential", ""), query.get("X-Amz-SignedHeaders", ""), query.get("X-Amz-Signature", "")
    )
    expires = query.get("X-Amz-Expires", "")
    if not re.fullmatch(r"[0-9]{1,7}", expires, re.ASCII) or not 1 <= int(expires) <= LONGEST_PRESIGNED:
        raise Refusal("InvalidArgument", "X-Amz-Expires must be from 1 to 604800 seconds.")
    date = query.get("X-Amz-Date", "")
    read_date(date)
    payload = query.get("X-Amz-Content-Sha256") or incoming.headers.get("x-amz-content-sha256", UNSIGNED)
    _check_payload(payload)
    if payload in STREAMING:
        raise Refusal("InvalidRequest", "A presigned request cannot send its body in chunks of its own.")
    left = {name: value for name, value in query.items() if name not in _PRESIGNED}
    raw = "&".join(part for part in incoming.query.split("&") if not part.startswith("X-Amz-Signature="))
    return Claim(
        authorization=given,
        date=date,
        payload=payload,
        session_token=query.get("X-Amz-Security-Token"),
        presigned_for=int(expires),
        query={name: value for name, value in left.items() if not name.lower().startswith("x-amz-")},
        headers=_with_hoisted(incoming.headers, left),
        signed=_request(incoming, raw, incoming.headers),
    )


def _with_hoisted(headers: Mapping[str, str], query: Mapping[str, str]) -> dict[str, str]:
    """What a presigner moved from the headers into the query stands for the header again, for policies and for the store."""
    found = dict(headers)
    for name, value in query.items():
        lower = name.lower()
        if not lower.startswith("x-amz-"):
            continue
        if not _HEADER_NAME.fullmatch(lower) or not _HEADER_VALUE.fullmatch(value):
            raise Refusal("InvalidArgument", "A parameter that stands for a header could not be one.")
        if lower in found:
            raise Refusal("InvalidArgument", f"{lower} is both in the query and in a header.")
        found[lower] = value
    return found


def _check_payload(payload: str) -> None:
    if not payload:
        raise Refusal("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if payload != UNSIGNED and payload not in STREAMING and not _HEX.fullmatch(payload):
        raise Refusal(
            "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING name, or a SHA-256 in hex."
        )


def _check_headers(claim: Claim) -> None:
    """What a store acts upon must be signed, or somebody in between could add it."""
    signed = set(claim.authorization.signed_headers)
    sent = claim.signed.headers
    if "host" not in signed or (claim.presigned_for is None and "x-amz-date" not in signed):
        raise Refusal("AccessDenied", "The headers host and x-amz-date must be signed.")
    loose = sorted(name for name in sent if name.startswith("x-amz-") and name not in signed)
    if loose:
        raise Refusal(
            "AccessDenied", f"There were headers present in the request which were not signed: {', '.join(loose)}"
        )
    if any(name not in sent for name in signed):
        raise Refusal("SignatureDoesNotMatch", "A signed header is not in the request.")


def _check_time(claim: Claim, now: int) -> None:
    at = claim.signed_at
    if at > now + SKEW_SECONDS:
        raise Refusal(
            "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
        )
    if claim.presigned_for is not None:
        if now >= at + claim.presigned_for:
            raise Refusal("AccessDenied", "Request has expired")
    elif at < now - SKEW_SECONDS:
        raise Refusal(
            "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
        )


def _request(incoming: Incoming, query: str, headers: Mapping[str, str]) -> Request:
    return Request(method=incoming.method, path=incoming.path, query=query, headers=headers, body=b"")
