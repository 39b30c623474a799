import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from app.aws.call import Call
from app.aws.errors import AwsError
from app.core.kernel.errors import InvalidParameter


def encoded(document: Mapping[str, Any]) -> str:
    """A policy document as IAM answers with it: JSON, percent-encoded (RFC 3986)."""
    return quote(json.dumps(document, ensure_ascii=False, separators=(",", ":")), safe="-_.~")


def read_tags(call: Call) -> dict[str, str]:
    """The tags of a request. Raises ``InvalidParameter`` for a key that is given twice, in whatever case, or that is AWS's own."""
    listed = call.input.get("Tags", ())
    tags = {tag["Key"]: tag["Value"] for tag in listed}
    if len({key.lower() for key in tags}) < len(listed):
        raise InvalidParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise InvalidParameter("Tag keys that begin with aws: are reserved.")
    return tags


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def refuse_members(call: Call, names: Iterable[str]) -> None:
    """Raises ``InvalidInput`` for what this server does not carry out: silence would be a promise."""
    for name in names:
        if call.input.get(name):
            raise AwsError("InvalidInputException", f"{name} is not supported by this server.")
