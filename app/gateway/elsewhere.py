"""Requests for what this server offers at its own address, not at the gateway's: said in the form that their clients read."""

import json
import re

from app.aws.forms import NO_SERVICE, write_error
from app.gateway.exchange import Incoming, Outgoing

_SENTENCE = (
    "This address is the gateway's, for S3 and DynamoDB. Send requests for Cognito, STS and IAM to the server "
    "(POOLHOUSE_PUBLIC_URL)."
)
_JSON = frozenset({"cognito-idp", "cognito-identity", "cognito-sync"})
_FORMS = frozenset({"sts", "iam"})
_SCOPE = re.compile(r"Credential=[^,/ ]{1,128}/[0-9]{1,8}/[a-z0-9-]{1,32}/([a-z0-9-]{1,32})/aws4_request")


def answer_elsewhere(incoming: Incoming, request_id: str) -> Outgoing | None:
    """The refusal, or None for whatever may be meant for a store."""
    if incoming.method != "POST" or incoming.target != "/":
        return None
    scope = _SCOPE.search(incoming.headers.get("authorization", ""))
    service = scope[1] if scope else ""
    if service in _JSON or incoming.headers.get("x-amz-target", "").startswith("AWSCognito"):
        body = json.dumps({"__type": "UnknownOperationException", "message": _SENTENCE})
        kind = "application/x-amz-json-1.1"
    elif service in _FORMS:
        body = write_error(NO_SERVICE, "InvalidAction", _SENTENCE, is_ours=False, request_id=request_id)
        kind = "text/xml"
    else:
        return None
    raw = body.encode()
    headers = (("Content-Type", kind), ("Content-Length", str(len(raw))), ("x-amzn-RequestId", request_id))
    return Outgoing(status=400, headers=headers, body=(raw,))
