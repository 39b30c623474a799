"""AWS Signature Version 4 in the Authorization header: read, and checked against a secret. The scheme is AWS's published one."""

import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from app.aws.errors import AwsError
from app.core.kernel.secret import Secret

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW_SECONDS = 5 * 60
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
_SCOPE_DATE = re.compile(r"[0-9]{8}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is signed: the request as it came. ``path`` is the raw request target's, ``headers`` have lower-case names."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """The Authorization header, taken apart. Nothing of it is proven yet."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def read_authorization(header: str) -> Authorization:
    """Raises ``IncompleteSignatureException`` in AWS's words."""
    if not header.startswith(ALGORITHM + " "):
        raise _incomplete(
            "Authorization header requires 'AWS4-HMAC-SHA256' with 'Credential', 'SignedHeaders' and 'Signature'."
        )
    parts: dict[str, str] = {}
    for part in header[len(ALGORITHM) :].split(","):
        name, separator, value = part.strip().partition("=")
        if not separator or name in parts:
            raise _incomplete("Authorization header is not in the form of key=value pairs.")
        parts[name] = value
    missing = [name for name in ("Credential", "SignedHeaders", "Signature") if not parts.get(name)]
    if missing:
        raise _incomplete(" ".join(f"Authorization header requires '{name}' parameter." for name in missing))
    return read_parts(parts["Credential"], parts["SignedHeaders"], parts["Signature"])


def read_parts(credential: str, signed_headers: str, signature: str) -> Authorization:
    """The three values that a header or a presigned query carries. Raises ``IncompleteSignatureException``."""
    scope = credential.split("/")
    if len(scope) != 5 or scope[4] != "aws4_request" or not _SCOPE_DATE.fullmatch(scope[1]):
        raise _incomplete("Credential must have 5 parts: key id, date, region, service and 'aws4_request'.")
    signed = tuple(signed_headers.split(";"))
    if not all(_NAME.fullmatch(name) for name in signed) or list(signed) != sorted(set(signed)):
        raise _incomplete("SignedHeaders must be in lower case, sorted and unique.")
    return Authorization(
        access_key_id=scope[0],
        date=scope[1],
        region=scope[2],
        service=scope[3],
        signed_headers=signed,
        signature=signature,
    )


def check_signature(
    request: Request, given: Authorization, secret: Secret, *, service: str, now: int, session_token: bool = False
) -> None:
    """Raises ``InvalidSignatureException`` unless this secret signed exactly this request, within five minutes of ``now``.

    ``now`` is real time in Unix seconds. ``session_token``: whether ``x-amz-security-token`` must be among what is signed.
    """
    date = request.headers.get("x-amz-date", "")
    if not _DATE.fullmatch(date):
        raise _incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    required = {"host", "x-amz-date"} | ({"x-amz-security-token"} if session_token else set())
    # What the server acts upon must be signed, or somebody in between could change it.
    required |= {"x-amz-target"} & request.headers.keys()
    if not required <= set(given.signed_headers):
        raise _invalid("'Host', 'X-Amz-Date' and every header that AWS acts upon must be signed.")
    if any(name not in request.headers for name in given.signed_headers):
        raise _invalid("A signed header is not in the request.")
    if given.service != service:
        raise _invalid(f"Credential should be scoped to correct service: '{service}'. ")
    if given.date != date[:8]:
        raise _invalid(
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{given.date}' != '{date[:8]}', from '{date}'."
        )
    _check_skew(date, now)
    wanted = signature_of(request, given, date, secret)
    if not _HEX.fullmatch(given.signature) or not hmac.compare_digest(wanted, given.signature):
        raise _invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
            "and signing method. Consult the service documentation for details."
        )


def signature_of(
    request: Request, given: Authorization, date: str, secret: Secret, *, payload: str | None = None
) -> str:
    """The signature in lower-case hex that the secret gives for this request; ``payload`` as in ``canonical_request``."""
    canonical = canonical_request(request, given.signed_headers, payload=payload)
    to_sign = "\n".join((ALGORITHM, date, given.scope, hashlib.sha256(canonical).hexdigest()))
    return hmac.new(signing_key(secret, given.scope), to_sign.encode(), hashlib.sha256).hexdigest()


def signing_key(secret: Secret, scope: str) -> bytes:
    """The key that belongs to one secret, day, region and service."""
    key = ("AWS4" + secret.reveal()).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_request(request: Request, signed_headers: tuple[str, ...], *, payload: str | None = None) -> bytes:
    """The form that both sides hash. The payload's hash is computed from the body, whatever a header says of it.

    S3 differs: its path is signed as it was sent, and its payload is what ``payload`` says, to be held against the body later.
    """
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in signed_headers)
    return "\n".join(
        (
            request.method,
            _canonical_path(request.path) if payload is None else request.path,
            _canonical_query(request.query),
            headers,
            ";".join(signed_headers),
            hashlib.sha256(request.body).hexdigest() if payload is None else payload,
        )
    ).encode("utf-8", "surrogateescape")


def _canonical_path(path: str) -> str:
    """Dots and doubled slashes resolved, then encoded once more than the request already is: every service but S3 does so."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    slash = "/" if kept and path.endswith(("/", "/.", "/..")) else ""
    return "/" + "/".join(quote(segment, safe="-_.~") for segment in kept) + slash


def _canonical_query(query: str) -> str:
    pairs = []
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        pairs.append(tuple(quote(unquote_to_bytes(text), safe="-_.~") for text in (name, value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def read_date(date: str) -> int:
    """``20260131T235959Z`` in Unix seconds. Raises ``IncompleteSignatureException``."""
    if not _DATE.fullmatch(date):
        raise _incomplete("Date must be in ISO-8601 'basic format'.")
    try:
        return calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
    except ValueError as error:
        raise _incomplete("Date must be in ISO-8601 'basic format'.") from error


def _check_skew(date: str, now: int) -> None:
    signed_at = read_date(date)
    shown = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    if signed_at < now - SKEW_SECONDS:
        raise _invalid(f"Signature expired: {date} is now earlier than {_moved(now, -SKEW_SECONDS)} ({shown} - 5 min.)")
    if signed_at > now + SKEW_SECONDS:
        raise _invalid(
            f"Signature not yet current: {date} is still later than {_moved(now, SKEW_SECONDS)} ({shown} + 5 min.)"
        )


def _moved(now: int, seconds: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now + seconds))


def _incomplete(message: str) -> AwsError:
    return AwsError("IncompleteSignatureException", message)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidSignatureException", message)
