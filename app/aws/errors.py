"""What an AWS client is told when it is refused."""

import json
import re
from collections.abc import Mapping

from flask import Response

CONTENT_TYPE = "application/x-amz-json-1.1"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
}
"""Browser SDKs call from any origin, without cookies; ``Date`` corrects their clocks."""
_UNPRINTABLE = re.compile(r"[^ -~]", re.ASCII)
_OF_STATUS = {
    413: "RequestEntityTooLargeException",
    500: "InternalErrorException",
    503: "ServiceUnavailableException",
}


class AwsError(Exception):  # noqa: N818 - AWS's own word for it is exception
    """A refusal in AWS's protocol: the exception's name, a safe sentence, the status."""

    def __init__(self, code: str, message: str, *, status: int = 400, reason_code: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.reason_code = reason_code


class SerializationFailed(AwsError):  # noqa: N818 - as above
    """The body is not JSON, or a member is of another type than the model says."""

    def __init__(self, message: str = "The request could not be read.") -> None:
        super().__init__("SerializationException", message)


def error_response(error: AwsError) -> Response:
    """Body and headers both name the exception: botocore reads the one, JavaScript the other."""
    body = {"__type": error.code, "message": error.message}
    if error.reason_code is not None:
        body["reasonCode"] = error.reason_code
    response = json_response(body, status=error.status)
    response.headers["x-amzn-ErrorType"] = f"{error.code}:"
    # The body says it in full.
    response.headers["x-amzn-ErrorMessage"] = header_text(error.message, 1024)
    return response


def header_text(text: str, most: int) -> str:
    """As much of a sentence as a header carries: printable characters of ASCII on one line, ``most`` of them."""
    return _UNPRINTABLE.sub(" ", text.encode("ascii", "replace").decode())[:most]


def error_of_status(status: int, sentence: str) -> AwsError:
    """What a refusal that HTTP has a number for is called here."""
    return AwsError(_OF_STATUS.get(status, "SerializationException"), sentence, status=status)


def dressed(response: Response, request_id: str) -> Response:
    """With the headers that every answer carries."""
    response.headers["x-amzn-RequestId"] = request_id
    response.headers.extend(CORS)
    return response


def json_response(body: Mapping[str, object], *, status: int = 200) -> Response:
    text = json.dumps(body, separators=(",", ":"), allow_nan=False)
    return Response(text, status, content_type=CONTENT_TYPE)
