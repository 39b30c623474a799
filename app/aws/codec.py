"""JSON 1.1 in and out, as the model's shapes say (``errors-and-protocol.md`` §1, §2)."""

import binascii
import json
import math
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from app.aws.errors import SerializationFailed
from app.aws.models import ServiceModel

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NUMBERS = frozenset({"integer", "long"})
_LARGEST = (1 << 63) - 1
"""Beyond it no database goes. The rooms say what their own numbers may reach."""


def read_body(body: bytes) -> Mapping[str, Any]:
    """The JSON object of a request; an empty body is an empty object. Raises ``SerializationFailed``."""
    if not body:
        return {}
    try:
        # Strictly UTF-8 (RFC 8259 §8.1): Python's own reading of bytes would let a lone surrogate through.
        text = body.decode("utf-8-sig")
        document = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
        if _SURROGATE.search(text):
            # What JSON allows and UTF-8 does not: half a pair, which no database and no answer can carry.
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise SerializationFailed from error
    if not isinstance(document, dict):
        raise SerializationFailed
    return document


def read(model: ServiceModel, shape: str | None, document: Mapping[str, Any]) -> dict[str, Any]:
    """The members the model knows, blobs decoded, nulls left out. Raises ``SerializationFailed`` for a wrong type."""
    if shape is None:
        return {}
    found: dict[str, Any] = _read(model, shape, document, "")
    return found


def write(model: ServiceModel, shape: str | None, value: Mapping[str, Any]) -> dict[str, Any]:
    """A handler's answer as JSON: blobs in base64, what is None left out. A member the model lacks is a mistake of ours."""
    if shape is None:
        return {}
    written: dict[str, Any] = _write(model, shape, value)
    return written


def _no_constant(name: str) -> None:
    """NaN and Infinity are no JSON (RFC 8259 §6)."""
    raise ValueError(name)


def _finite(digits: str) -> float:
    """``1e999`` is JSON, but Python reads infinity, which no answer could carry."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number


def _read(model: ServiceModel, name: str, value: Any, path: str) -> Any:
    shape = model.shapes[name]
    if shape.get("document"):
        return value
    kind = shape["type"]
    if kind == "string":
        return _text(value, path)
    if kind == "structure":
        members = shape["members"]
        return {
            member: _read(model, members[member]["shape"], item, member)
            for member, item in _checked(value, dict, path).items()
            if item is not None and member in members
        }
    if kind == "list":
        member = shape["member"]["shape"]
        return [_read(model, member, item, path) for item in _checked(value, list, path)]
    if kind == "map":
        member = shape["value"]["shape"]
        return {_text(key, path): _read(model, member, item, path) for key, item in _checked(value, dict, path).items()}
    if kind == "blob":
        return _blob(value, path)
    if kind == "boolean":
        return _checked(value, bool, path)
    return _number(value, kind, path)


def _blob(value: Any, path: str) -> bytes:
    try:
        return b64decode(_checked(value, str, path), validate=True)
    except (ValueError, binascii.Error) as error:
        raise SerializationFailed(f"{path} is not base64.") from error


def _number(value: Any, kind: str, path: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int if kind in _NUMBERS else (int, float)):
        raise SerializationFailed(f"{path} must be a number.")
    if kind in _NUMBERS and abs(value) > _LARGEST:
        raise SerializationFailed(f"{path} is a number out of range.")
    return value


def _text(value: Any, path: str) -> str:
    """A string without the character that databases use to end one."""
    text: str = _checked(value, str, path)
    if "\0" in text:
        raise SerializationFailed(f"{path} holds a NUL character.")
    return text


def _checked(value: Any, kind: type, path: str) -> Any:
    if not isinstance(value, kind):
        raise SerializationFailed(f"{path or 'The request'} has a value of the wrong type.")
    return value


def _write(model: ServiceModel, name: str, value: Any) -> Any:
    shape = model.shapes[name]
    if shape.get("document"):
        return value
    kind = shape["type"]
    if kind == "structure":
        members = shape["members"]
        return {
            member: _write(model, members[member]["shape"], item) for member, item in value.items() if item is not None
        }
    if kind == "list":
        member = shape["member"]["shape"]
        return [_write(model, member, item) for item in value]
    if kind == "map":
        member = shape["value"]["shape"]
        return {key: _write(model, member, item) for key, item in value.items()}
    if kind == "blob":
        return b64encode(value).decode()
    return value
