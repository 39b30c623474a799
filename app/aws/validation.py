"""AWS's own description of its documents, read from botocore's model and applied in AWS's words."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain, islice
from typing import Any

from app.aws.models import ServiceModel, load_model
from app.core.kernel.errors import InvalidParameter

_LOOSER: Mapping[str, Mapping[str, Any]] = {"DomainType": {"type": "string", "min": 1, "max": 253}}
"""The model describes prefixes only, where Cognito takes whole host names too: ``auth.example.com`` (Cognito: CreateUserPoolDomain)."""
_MOST_VIOLATIONS = 50
"""An answer that told each of a million would be a hundred times as long as the request."""
_LONGEST_MATCHED = 32_768
"""Patterns of the model may take time that grows with the square of the text, where it sets no maximum."""
_LONGEST_SHOWN = 2048
_PRINTED = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]"
_LINEAR = {f"{_PRINTED}+@{_PRINTED}+": f"{_PRINTED}(?:(?!@){_PRINTED})*@{_PRINTED}+"}
"""An address may hold several ``@``, and the model's pattern tries each with each; this one means the same."""
_PROPERTY = re.compile(r"\\p\{(\w)\}")
_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "boolean": (bool,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list, tuple),
    "blob": (bytes,),
    "timestamp": (int, float),
}


class BotocoreSchema:
    """The ``SettingsSchema`` for one service. The model is loaded at the first check: it takes a tenth of a second."""

    def __init__(self, service: str = "cognito-idp") -> None:
        self._service = service

    @property
    def _model(self) -> ServiceModel:
        return load_model(self._service)

    def check(self, operation: str, document: Mapping[str, Any]) -> None:
        """Raises ``InvalidParameter`` with the violations: type, required, length, range, enum, pattern, unknown members."""
        shape = self._model.operations[operation].input
        if shape is None:
            return
        violations = list(islice(self._violations(shape, dict(document), ""), _MOST_VIOLATIONS))
        if violations:
            count = len(violations)
            heading = f"{count} validation error{'s' if count > 1 else ''} detected"
            raise InvalidParameter(f"{heading}: {'; '.join(violations)}")

    def _violations(self, shape_name: str, value: Any, path: str) -> Iterator[str]:  # noqa: C901 - a branch for each type
        shape = _LOOSER.get(shape_name) or self._model.shapes[shape_name]
        kind = shape["type"]
        expected = _JSON_TYPES.get(kind)
        wrong = expected is not None and not isinstance(value, expected)
        if shape.get("document"):
            return
        if wrong or (isinstance(value, bool) and kind != "boolean"):
            yield f"Value at '{path}' failed to satisfy constraint: Member must be of type {kind}"
        elif kind == "structure":
            yield from self._structure(shape, value, path)
        elif kind == "list":
            yield from _bounds(shape, value, len(value), path, "length")
            for number, item in enumerate(value, 1):
                yield from self._violations(shape["member"]["shape"], item, f"{path}.{number}.member")
        elif kind == "map":
            yield from _bounds(shape, value, len(value), path, "length")
            for key, item in value.items():
                yield from self._violations(shape["key"]["shape"], key, f"{path}.{key}.key")
                yield from self._violations(shape["value"]["shape"], item, f"{path}.{key}.member")
        elif kind == "string":
            yield from _text(shape, value, path)
        elif kind == "blob":
            yield from _bounds(shape, value, len(value), path, "length")
        elif kind in {"integer", "long", "double", "float"}:
            yield from _bounds(shape, value, value, path, "value")

    def _structure(self, shape: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[str]:
        members = shape["members"]
        for name in shape.get("required", ()):
            if value.get(name) is None:
                yield f"Value null at '{_below(path, name)}' failed to satisfy constraint: Member must not be null"
        for name, item in value.items():
            if name not in members:
                yield f"Value at '{_below(path, name)}' failed to satisfy constraint: Member is not known"
            elif item is not None:
                yield from self._violations(members[name]["shape"], item, _below(path, name))


def _below(path: str, name: str) -> str:
    camel = name[:1].lower() + name[1:]
    return f"{path}.{camel}" if path else camel


def _shown(shape: Mapping[str, Any], value: Any) -> str:
    """A sensitive member is never repeated."""
    if shape.get("sensitive") or isinstance(value, bytes):
        return "Value"
    if isinstance(value, list | tuple):
        value = f"[{', '.join(map(str, value))}]"
    text = str(value)
    # Nobody needs a megabyte back to see which it was.
    return f"Value '{text}'" if len(text) <= _LONGEST_SHOWN else f"Value '{text[:_LONGEST_SHOWN]}...'"


def _refusal(shape: Mapping[str, Any], value: Any, path: str, constraint: str) -> str:
    return f"{_shown(shape, value)} at '{path}' failed to satisfy constraint: Member must {constraint}"


def _bounds(shape: Mapping[str, Any], value: Any, measure: float, path: str, noun: str) -> Iterator[str]:
    if "min" in shape and measure < shape["min"]:
        yield _refusal(shape, value, path, f"have {noun} greater than or equal to {shape['min']}")
    if "max" in shape and measure > shape["max"]:
        yield _refusal(shape, value, path, f"have {noun} less than or equal to {shape['max']}")


def _text(shape: Mapping[str, Any], value: str, path: str) -> Iterator[str]:
    yield from _bounds(shape, value, len(value), path, "length")
    if "enum" in shape and value not in shape["enum"]:
        yield _refusal(shape, value, path, f"satisfy enum value set: [{', '.join(shape['enum'])}]")
    if "pattern" in shape and not (len(value) <= _LONGEST_MATCHED and java_pattern(shape["pattern"]).fullmatch(value)):
        yield _refusal(shape, value, path, f"satisfy regular expression pattern: {shape['pattern']}")


@cache
def java_pattern(pattern: str) -> re.Pattern[str]:
    r"""A pattern of the model, which is written for Java: ``\w`` and ``\s`` are ASCII, ``\p{L}`` names a Unicode category.

    In these models ``\p`` stands inside brackets only, so a category becomes the ranges of its characters.
    """
    linear = _LINEAR.get(pattern, pattern)
    return re.compile(_PROPERTY.sub(lambda match: _ranges_by_category()[match[1]], linear), re.ASCII)


@cache
def _ranges_by_category() -> Mapping[str, str]:
    """For each major category its characters as ranges of a bracket expression, by one walk over Unicode."""
    ranges: dict[str, list[str]] = {}
    start, current = 0, unicodedata.category("\0")[0]
    # Between these are no characters, or private ones: of the category that stands before each gap, too.
    for point in chain(range(1, 0x40000), range(0xE0000, 0xE1000), (0x110000,)):
        category = unicodedata.category(chr(point))[0] if point < 0x110000 else ""
        if category != current:
            ranges.setdefault(current, []).append(f"\\U{start:08x}-\\U{point - 1:08x}")
            start, current = point, category
    return {category: "".join(parts) for category, parts in ranges.items()}
