"""From text to plain JSON values: strict about duplicates, characters, depth and size, before anything is read into it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.core.policy.model import MalformedPolicy, PolicyKind, PolicyTooLarge

# IAM: PolicyDocument of every operation. No kind may be larger once spaces are taken away.
_MOST_CHARACTERS = 131_072
_MOST_NESTED = 8

# IAM quotas, in characters; white space is not counted, except in a session policy (STS: Policy).
QUOTAS: Mapping[PolicyKind, int] = {
    PolicyKind.IDENTITY: 10_240,
    PolicyKind.BOUNDARY: 6_144,
    PolicyKind.TRUST: 2_048,
    PolicyKind.SESSION: 2_048,
}


def read_document(document: str | bytes | Mapping[str, Any], kind: PolicyKind) -> tuple[Any, int]:
    """The values and the size that quotas count. Raises ``MalformedPolicy``."""
    if isinstance(document, bytes):
        try:
            document = document.decode("utf-8")
        except UnicodeDecodeError as error:
            raise MalformedPolicy("The policy document is not UTF-8.") from error
    if isinstance(document, str):
        value = _parsed(document)
        size = len(document) if kind is PolicyKind.SESSION else sum(not each.isspace() for each in document)
    else:
        value = document
        size = 0
    value = _plain(value, _MOST_NESTED)
    if not isinstance(document, str):
        size = len(compact(value))
    if size > QUOTAS[kind]:
        raise PolicyTooLarge(f"A {kind.value} has at most {QUOTAS[kind]:,} characters; this one has {size:,}.")
    return value, size


def compact(document: Any) -> str:
    """The shortest JSON of it that AWS accepts: no spaces, and escapes for what is outside U+0020 to U+00FF (STS: Policy)."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    if all(" " <= character <= "\u00ff" for character in text):
        return text
    return "".join(character if " " <= character <= "\u00ff" else json.dumps(character)[1:-1] for character in text)


def _parsed(text: str) -> Any:
    if len(text) > _MOST_CHARACTERS:
        raise PolicyTooLarge(
            f"A policy document has at most {_MOST_CHARACTERS:,} characters; this one has {len(text):,}."
        )
    for character in text:
        if not (" " <= character <= "\u00ff" or character in "\t\n\r"):
            raise MalformedPolicy(
                f"A policy document has characters from U+0020 to U+00FF, tabs and line ends;"
                f" this one has U+{ord(character):04X}, which JSON can write as an escape."
            )
    try:
        return json.loads(text, object_pairs_hook=_members, parse_constant=_constant, parse_float=Decimal)
    except MalformedPolicy:
        raise
    except RecursionError as error:
        raise MalformedPolicy("The policy document is nested too deeply.") from error
    except ValueError as error:
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise MalformedPolicy(f"The policy document is not JSON{place}.") from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedPolicy(f"The policy document has the member {json.dumps(twice[:200])} twice in one object.")
    return members


def _constant(name: str) -> Any:
    raise MalformedPolicy(f"The policy document is not JSON: {name} is no value.")


def _plain(value: Any, deeper: int) -> Any:
    """A copy in plain containers, so that nobody changes it afterwards, with numbers as they are written."""
    if isinstance(value, Mapping | list | tuple) and not deeper:
        raise MalformedPolicy("The policy document is nested too deeply.")
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise MalformedPolicy("The names of members are strings.")
        return {name: _plain(each, deeper - 1) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, deeper - 1) for each in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | Decimal):
        return _Number(format(Decimal(repr(value)) if isinstance(value, float) else value, "f"))
    raise MalformedPolicy("The policy document holds what JSON does not know.")


class _Number(str):
    """A number with a point: its digits, which serve as the string that conditions compare."""

    __slots__ = ()
