"""Requests to the gateway byte for byte, signed by botocore: what no well-meaning client sends."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.aws_signing import stamp


@dataclass(frozen=True, kw_only=True)
class Raw:
    """``url`` is the gateway's. Times are Unix seconds; None is now."""

    url: str
    key_id: str
    secret: str
    token: str | None = None
    region: str = "us-east-1"
    service: str = "s3"
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def signed(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        *,
        payload: str = "UNSIGNED-PAYLOAD",
        at: int | None = None,
        host: str | None = None,
    ) -> dict[str, str]:
        """The headers, with those of a signature over all of them."""
        date = stamp(_now() if at is None else at)
        host = host or self.host
        given = {"Host": host, "X-Amz-Date": date, "X-Amz-Content-SHA256": payload, **(headers or {})}
        if self.token:
            given["X-Amz-Security-Token"] = self.token
        request = AWSRequest(method, f"http://{host}{target}", headers=given)
        request.context["timestamp"] = date
        signer = S3SigV4Auth(Credentials(self.key_id, self.secret), self.service, self.region)
        signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        names = signer.signed_headers(signer.headers_to_sign(request))
        given["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={names}, Signature={signature}"
        )
        return given

    def presigned(self, method: str, target: str, seconds: int = 60) -> str:
        """The target with a signature in its query, as of now."""
        request = AWSRequest(method, f"{self.url}{target}")
        credentials = Credentials(self.key_id, self.secret, self.token)
        S3SigV4QueryAuth(credentials, self.service, self.region, expires=seconds).add_auth(request)
        parts = urlsplit(request.url)
        return f"{parts.path}?{parts.query}"

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        sign: bool = True,
        **signing: object,
    ) -> tuple[int, str]:
        """Signed unless told not to; the status and the text of the answer."""
        given = self.signed(method, target, headers, **signing) if sign else dict(headers or {})  # type: ignore[arg-type]
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.url).port, timeout=10)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            if body or method == "PUT":
                given.setdefault("Content-Length", str(len(body)))
            for name, value in {"Host": self.host, **given}.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()


def code_of(answer: tuple[int, str]) -> str:
    """S3's error code."""
    return answer[1].partition("<Code>")[2].partition("</Code>")[0]


def _now() -> int:
    return int(time.time())  # noqa: TID251 - signatures carry the machine's time
