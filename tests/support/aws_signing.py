"""Requests signed by botocore, at any time and for any scope."""

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from app.aws.sigv4 import Request


def stamp(at: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))


def real_time() -> int:
    """Signatures are made and checked by the machine's clock, not by the one that tests move."""
    return int(time.time())  # noqa: TID251 - as the docstring says


def sign(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    key: tuple[str, str],
    *,
    at: int,
    service: str = "cognito-idp",
    region: str = "us-east-1",
    token: str | None = None,
    method: str = "POST",
) -> dict[str, str]:
    """The headers with ``X-Amz-Date`` and ``Authorization``, as botocore signs at that time (Unix seconds)."""
    given = {**headers, "X-Amz-Date": stamp(at), **({"X-Amz-Security-Token": token} if token else {})}
    request = AWSRequest(method, url, data=body, headers=given)
    request.context["timestamp"] = stamp(at)
    signer = SigV4Auth(Credentials(*key), service, region)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    names = signer.signed_headers(signer.headers_to_sign(request))
    given["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={names}, Signature={signature}"
    )
    return given


def received(url: str, headers: Mapping[str, str], body: bytes, *, method: str = "POST") -> Request:
    """The same request as the server sees it."""
    parts = urlsplit(url)
    seen = {name.lower(): value for name, value in headers.items()}
    return Request(method=method, path=parts.path, query=parts.query, headers={"host": parts.netloc, **seen}, body=body)
