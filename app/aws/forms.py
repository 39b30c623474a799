"""The AWS query protocol's documents: forms in (``Tags.member.1.Key=…``), XML out, both as the model's shapes say."""

import binascii
import math
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from app.aws.errors import SerializationFailed, error_of_status
from app.aws.models import ServiceModel

CONTENT_TYPE = "text/xml"
FORM = "application/x-www-form-urlencoded"
NO_SERVICE = "https://sts.amazonaws.com/doc/2011-06-15/"
"""The namespace of refusals that no service can be named for."""
_MOST_PARAMETERS = 5000
_DEEPEST = 16
_LONGEST_KEY = 512
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)
_POSITION = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPED = {"\r": "&#13;", '"': "&quot;"}

Tree = dict[str, "Tree | str"]


def read_form(body: bytes) -> dict[str, str]:
    """The parameters of a form. Raises ``AwsError`` for too many, ``SerializationFailed`` for what is no form or says a thing twice."""
    if body.count(b"&") >= _MOST_PARAMETERS:
        raise error_of_status(413, "The request has too many parameters.")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", separator="&")
    except ValueError as error:
        raise SerializationFailed from error
    found = dict(pairs)
    if len(found) < len(pairs):
        # Two parsers would not agree which of them was meant.
        raise SerializationFailed("A parameter is given twice.")
    return found


def read(model: ServiceModel, shape: str | None, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The members the model knows. Raises ``SerializationFailed`` for a value of the wrong type."""
    if shape is None:
        return {}
    found: dict[str, Any] = _read(model, shape, _tree(parameters), "")
    return found


def write(model: ServiceModel, operation: str, shape: str | None, value: Mapping[str, Any], request_id: str) -> str:
    """A handler's answer as XML. A member that the model lacks is a mistake of ours."""
    result = "" if shape is None else f"<{operation}Result>{''.join(_write(model, shape, value))}</{operation}Result>"
    return (
        f'<{operation}Response xmlns="{model.xml_namespace}">{result}<ResponseMetadata><RequestId>{_text(request_id)}'
        f"</RequestId></ResponseMetadata></{operation}Response>"
    )


def write_error(namespace: str, code: str, message: str, *, is_ours: bool, request_id: str) -> str:
    """A refusal as XML. ``is_ours`` tells whose fault it is."""
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{"Receiver" if is_ours else "Sender"}</Type>'
        f"<Code>{_text(code)}</Code><Message>{_text(message)}</Message></Error>"
        f"<RequestId>{_text(request_id)}</RequestId></ErrorResponse>"
    )


def _tree(parameters: Mapping[str, str]) -> Tree:
    """``{"A.member.1": "x"}`` as ``{"A": {"member": {"1": "x"}}}``. Names no model could know are left out."""
    root: Tree = {}
    for key, value in parameters.items():
        parts = key.split(".") if len(key) <= _LONGEST_KEY else ()
        if not 0 < len(parts) <= _DEEPEST or "" in parts:
            continue
        at = root
        for part in parts[:-1]:
            below = at.setdefault(part, {})
            if not isinstance(below, dict):
                raise SerializationFailed(f"{parts[0]} is given in two forms.")
            at = below
        if parts[-1] in at:
            raise SerializationFailed(f"{parts[0]} is given in two forms.")
        at[parts[-1]] = value
    return root


def _read(model: ServiceModel, name: str, value: Tree | str, path: str) -> Any:
    shape = model.shapes[name]
    kind = shape["type"]
    if kind == "structure":
        members = shape["members"]
        return {
            member: _read(model, members[member]["shape"], item, member)
            for member, item in _nested(value, path).items()
            if member in members
        }
    if kind == "list":
        member = shape["member"]["shape"]
        return [_read(model, member, item, path) for item in _numbered(value, "member", path)]
    if kind == "map":
        entries = [_nested(entry, path) for entry in _numbered(value, "entry", path)]
        return {
            _scalar(entry.get("key", ""), "string", path): _read(
                model, shape["value"]["shape"], entry.get("value", ""), path
            )
            for entry in entries
        }
    return _scalar(value, kind, path)


def _nested(value: Tree | str, path: str) -> Tree:
    if isinstance(value, str):
        raise SerializationFailed(f"{path or 'The request'} has a value of the wrong type.")
    return value


def _numbered(value: Tree | str, name: str, path: str) -> list[Tree | str]:
    """The items of ``….member.1``, ``….member.2`` in order. An empty text is how clients write an empty list."""
    if value == "":
        return []
    items = _nested(value, path)
    if set(items) != {name}:
        raise SerializationFailed(f"{path} is not a list of {path}.{name}.1 and so on.")
    numbered = _nested(items[name], path)
    if not all(_POSITION.fullmatch(position) for position in numbered):
        raise SerializationFailed(f"{path} is not a list of {path}.{name}.1 and so on.")
    return [numbered[position] for position in sorted(numbered, key=int)]


def _scalar(value: Tree | str, kind: str, path: str) -> Any:  # noqa: C901 - a branch for each type
    if not isinstance(value, str):
        raise SerializationFailed(f"{path} has a value of the wrong type.")
    if kind == "string":
        if "\0" in value:
            raise SerializationFailed(f"{path} holds a NUL character.")
        return value
    if kind == "boolean":
        if value not in {"true", "false"}:
            raise SerializationFailed(f"{path} must be true or false.")
        return value == "true"
    if kind in {"integer", "long"}:
        if not _INTEGER.fullmatch(value):
            raise SerializationFailed(f"{path} must be a whole number.")
        return int(value)
    if kind in {"float", "double"}:
        if not _FLOAT.fullmatch(value):
            raise SerializationFailed(f"{path} must be a number.")
        return float(value)
    if kind == "timestamp":
        return _time(value, path)
    try:
        return b64decode(value, validate=True)
    except (ValueError, binascii.Error) as error:
        raise SerializationFailed(f"{path} is not base64.") from error


def _time(value: str, path: str) -> float:
    """ISO 8601 with its zone, or Unix seconds."""
    if _FLOAT.fullmatch(value):
        return float(value)
    try:
        at = datetime.fromisoformat(value)
        seconds = at.timestamp() if at.tzinfo is not None else math.nan
    except (ValueError, OverflowError) as error:
        raise SerializationFailed(f"{path} is not a time.") from error
    if math.isnan(seconds):
        raise SerializationFailed(f"{path} is a time without its zone.")
    return seconds


def _write(model: ServiceModel, name: str, value: Any) -> Iterator[str]:  # noqa: C901 - a branch for each type
    shape = model.shapes[name]
    kind = shape["type"]
    if kind == "structure":
        for member, item in value.items():
            inner = shape["members"][member]["shape"]
            if item is not None:
                yield f"<{member}>{''.join(_write(model, inner, item))}</{member}>"
    elif kind == "list":
        for item in value:
            yield f"<member>{''.join(_write(model, shape['member']['shape'], item))}</member>"
    elif kind == "map":
        for key, item in value.items():
            inner = "".join(_write(model, shape["value"]["shape"], item))
            yield f"<entry><key>{_text(key)}</key><value>{inner}</value></entry>"
    elif kind == "boolean":
        yield "true" if value else "false"
    elif kind == "blob":
        yield b64encode(value).decode()
    elif kind == "timestamp":
        yield datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    else:
        yield _text(str(value))


def _text(text: str) -> str:
    """Escaped to ASCII, whatever a client takes for the encoding, and without the characters that no XML document may hold."""
    return escape(_NO_XML.sub("\ufffd", text), _ESCAPED).encode("ascii", "xmlcharrefreplace").decode()
