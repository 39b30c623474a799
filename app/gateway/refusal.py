"""How the gateway says no: in S3's XML and in DynamoDB's JSON."""

import json
from xml.sax.saxutils import escape

S3_STATUS = {
    "AccessDenied": 403,
    "AuthorizationHeaderMalformed": 400,
    "BadDigest": 400,
    "EntityTooLarge": 400,
    "ExpiredToken": 400,
    "IncompleteBody": 400,
    "InternalError": 500,
    "InvalidAccessKeyId": 403,
    "InvalidArgument": 400,
    "InvalidBucketName": 400,
    "InvalidRequest": 400,
    "InvalidToken": 400,
    "InvalidURI": 400,
    "MalformedXML": 400,
    "MethodNotAllowed": 405,
    "MissingContentLength": 411,
    "NoSuchUpload": 404,
    "NotImplemented": 501,
    "RequestTimeTooSkewed": 403,
    "RequestTimeout": 400,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "SlowDown": 503,
    "XAmzContentSHA256Mismatch": 400,
}
_OF_DYNAMODB = {
    "AccessDenied": "AccessDeniedException",
    "AuthorizationHeaderMalformed": "IncompleteSignatureException",
    "ExpiredToken": "ExpiredTokenException",
    "InternalError": "InternalServerError",
    "InvalidAccessKeyId": "UnrecognizedClientException",
    "InvalidToken": "UnrecognizedClientException",
    "NoSuchTable": "ResourceNotFoundException",
    "MissingAuthentication": "MissingAuthenticationTokenException",
    "NotImplemented": "UnknownOperationException",
    "RequestTimeTooSkewed": "InvalidSignatureException",
    "RequestTimeout": "RequestTimeoutException",
    "ServiceUnavailable": "ServiceUnavailable",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "SlowDown": "ThrottlingException",
    "XAmzContentSHA256Mismatch": "InvalidSignatureException",
}
_CALLERS_OWN = frozenset({"NotImplemented", "SlowDown"})
"""5xx with S3, 400 with DynamoDB (its common errors)."""


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a failure
    """S3's code and a sentence that is safe to show."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        return S3_STATUS.get(self.code, 403)


def s3_error(refusal: Refusal, *, resource: str, request_id: str) -> str:
    """The XML document, on one line."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<Error><Code>{escape(refusal.code)}</Code><Message>{text(refusal.message)}</Message>"
        f"<Resource>{text(resource)}</Resource><RequestId>{request_id}</RequestId></Error>"
    )


def dynamodb_error(refusal: Refusal) -> tuple[int, str]:
    """Status and JSON. Everything that is the caller's is a 400 there."""
    name = _OF_DYNAMODB.get(refusal.code, "ValidationException")
    status = refusal.status if refusal.status >= 500 and refusal.code not in _CALLERS_OWN else 400
    is_stores_own = name == "ResourceNotFoundException" or not name.endswith("Exception")
    prefix = "com.amazonaws.dynamodb.v20120810" if is_stores_own else "com.amazon.coral.service"
    if refusal.code == "SlowDown":
        prefix = "com.amazon.coral.availability"
    # DynamoDB writes Message, most other services message; clients read either.
    body = {"__type": f"{prefix}#{name}", "message": refusal.message, "Message": refusal.message}
    return status, json.dumps(body, separators=(",", ":"))


def exactly(value: str) -> str:
    """Escaped for XML, letter for letter: a bare tab or line end would be another letter to the next reader."""
    return escape(value, {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"})


def text(value: str) -> str:
    """Escaped for XML; what XML cannot carry becomes a question mark."""
    return escape("".join(each if each >= " " and each not in "\ufffe\uffff" else "?" for each in value))
