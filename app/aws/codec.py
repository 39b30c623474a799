"""JSON 1.1 in and out, as the model's shapes say (``errors-and-protocol.md`` §1, §2)."""

import binascii
import json
import math
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from app.aws.errors import SerializationFailed
from app.aws.models import ServiceModel, Writer

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
    writer = _writer(model, shape)
    written: dict[str, Any] = dict(value) if writer is None else writer(value)
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


def _writer(model: ServiceModel, name: str) -> Writer | None:
    """How values of a shape are written, found out once; None where they are given on as they are."""
    if name not in model.writers:
        made: dict[str, Writer | None] = {}
        _make_writer(model, name, made)
        # Only whole ones are shown to other threads.
        model.writers.update(made)
    return model.writers[name]


def _make_writer(model: ServiceModel, name: str, made: dict[str, Writer | None]) -> Writer | None:
    if name not in made:
        # A shape may contain itself: it is looked up again when it is written.
        made[name] = lambda value: _again(made[name], value)
        made[name] = _new_writer(model, name, made)
    return made[name]


def _again(writer: Writer | None, value: Any) -> Any:
    return value if writer is None else writer(value)


def _new_writer(model: ServiceModel, name: str, made: dict[str, Writer | None]) -> Writer | None:
    shape = model.shapes[name]
    kind = shape["type"]
    if shape.get("document"):
        return None
    if kind == "structure":
        writers = {member: _make_writer(model, found["shape"], made) for member, found in shape["members"].items()}
        return lambda value: _write_structure(writers, value)
    if kind == "list":
        item = _make_writer(model, shape["member"]["shape"], made)
        return None if item is None else lambda value: [item(one) for one in value]
    if kind == "map":
        held = _make_writer(model, shape["value"]["shape"], made)
        return None if held is None else lambda value: {key: held(one) for key, one in value.items()}
    return _write_blob if kind == "blob" else None


def _write_structure(writers: Mapping[str, Writer | None], value: Mapping[str, Any]) -> dict[str, Any]:
    written = {}
    for member, item in value.items():
        if item is not None:
            writer = writers[member]
            written[member] = item if writer is None else writer(item)
    return written


def _write_blob(value: bytes) -> str:
    return b64encode(value).decode()
