"""Inputs for an operation that no well-meaning client sends: right in shape, wrong in content, and sometimes wrong in shape."""

from collections.abc import Mapping
from random import Random  # noqa: TID251 - seeded, so that a failure can be seen again
from typing import Any

from app.aws.models import ServiceModel
from tests.support.aws_inputs import MODEL, least_input, members_of

_TEXTS = (
    "", " ", "a\0", "a", "A" * 300, "x" * 70_000, "é", "\u202e", "\ud7ff", "\U0001f600", "a\nb", "a\r\nb: c", "\r", "a\tb", "\x01", "\x7f", "\x85", "%", "%00",
    "'", "''", '"', "\\", "\\u0000", "/", "../..", "*", "_", "=", "null", "true", "-1", "0", "1e9", "99999999999999999999", "NaN",
    "a@b", "a@b.example", "@", "+", "+1", "+15555550100", "https://", "https://a.example/cb", "javascript:alert(1)", "http://[::1",
    "custom:x", "dev:custom:x", "sub", "email", "cognito:username", 'email = "a"', 'email ^= "', 'sub = "\\"', 'username = "%"',
    "arn:aws:cognito-idp:us-east-1:123456789012:userpool/", "eyJhbGciOiJub25lIn0.e30.", "a.b.c", "....", "0" * 64, "ff" * 384,
    "1970-01-01", "2030-13-45", "{####}", "{username}", "{", "]]>", "<script>", "us-east-1_nothing00", "None", "[]", "{}",
)  # fmt: skip
_KEYS = (
    "USERNAME", "PASSWORD", "SRP_A", "SECRET_HASH", "REFRESH_TOKEN", "DEVICE_KEY", "PREFERRED_CHALLENGE", "ANSWER", "NEW_PASSWORD",
    "SMS_MFA_CODE", "SOFTWARE_TOKEN_MFA_CODE", "EMAIL_OTP_CODE", "CREDENTIAL", "SESSION", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE",
    "PASSWORD_CLAIM_SECRET_BLOCK", "userAttributes.email", "userAttributes.", "Level1", "email",
)  # fmt: skip
"""What maps of this API are asked for."""
_NUMBERS = (0, 1, -1, 2, 59, 60, 61, 99, 100, 3600, 86_400, 2**31 - 1, -(2**31), 2**31, 2**63, 10**30)
_ANYTHING: tuple[Any, ...] = (None, True, False, 0, 1.5, "a", [], {}, [[]], {"a": {"b": []}}, [None])
_DEEP = 200


def hostile_input(
    operation: str, known: Mapping[str, Any], random: Random, model: ServiceModel = MODEL
) -> dict[str, Any]:
    """What the operation needs, with some members added or replaced by something odd."""
    document = least_input(operation, known, model)
    members = members_of(operation, model)
    for name in random.sample(sorted(members), k=min(len(members), random.randint(1, 4))):
        if name in known and random.random() < 0.7:
            document[name] = known[name]
        else:
            document[name] = _odd(model, members[name]["shape"], random)
    return document


def _odd(model: ServiceModel, name: str, random: Random) -> Any:
    shape = model.shapes[name]
    if random.random() < 0.04:
        return random.choice(_ANYTHING)
    if shape.get("document"):
        return random.choice((*_ANYTHING, _deep(), {"id": "a", "response": {"clientDataJSON": "e30"}}))
    kind = shape["type"]
    if kind == "structure":
        members = shape["members"]
        chosen = {*shape.get("required", ()), *(each for each in members if random.random() < 0.4)}
        return {each: _odd(model, members[each]["shape"], random) for each in sorted(chosen)}
    if kind == "list":
        return [_odd(model, shape["member"]["shape"], random) for _ in range(random.choice((0, 1, 1, 2, 3)))]
    if kind == "map":
        keys = [
            random.choice(_KEYS) if random.random() < 0.7 else _odd(model, shape["key"]["shape"], random)
            for _ in range(random.choice((0, 1, 2, 3)))
        ]
        return {str(key): _odd(model, shape["value"]["shape"], random) for key in keys}
    if kind == "boolean":
        return random.random() < 0.5
    if kind in {"integer", "long"}:
        return random.choice((shape.get("min", 0), shape.get("max", 1), *_NUMBERS))
    if kind == "blob":
        return random.choice(("", "aGk=", "iVBORw0KGgo=", "PHN2Zy8+", "not base64"))
    if "enum" in shape and random.random() < 0.9:
        return random.choice(shape["enum"])
    return random.choice(_TEXTS)


def _deep() -> Any:
    found: Any = "a"
    for _ in range(_DEEP):
        found = [found]
    return found
