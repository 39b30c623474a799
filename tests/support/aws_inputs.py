"""Inputs made from the service model: the least that an operation takes."""

from collections.abc import Mapping
from typing import Any

from app.aws.models import ServiceModel, load_model
from app.aws.validation import java_pattern

MODEL = load_model("cognito-idp")
_CANDIDATES = (
    "a",
    "example",
    "123456",
    "A1b2-C3d4_e5f6",
    "us-east-1_abcdefghi",
    "arn:aws:iam::123456789012:role/example",
    "tkn" + "0" * 25,
    "12345678-1234-4234-8234-123456789012",
    "https://example.com/x",
    "0" * 30,
    "import-abc",
    "terms-of-use",
    "us-east-1:00000000-0000-4000-8000-000000000000",
)


def least_input(operation: str, known: Mapping[str, Any], model: ServiceModel = MODEL) -> dict[str, Any]:
    """Required members only; those of ``known`` take its value."""
    shape = model.operations[operation].input
    return {} if shape is None else _structure(model, model.shapes[shape], known)


def members_of(operation: str, model: ServiceModel = MODEL) -> Mapping[str, Any]:
    shape = model.operations[operation].input
    return {} if shape is None else model.shapes[shape]["members"]


def required_of(operation: str, model: ServiceModel = MODEL) -> set[str]:
    shape = model.operations[operation].input
    return set() if shape is None else set(model.shapes[shape].get("required", ()))


def _structure(model: ServiceModel, shape: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: known[name] if name in known else _value(model, shape["members"][name]["shape"], known)
        for name in shape.get("required", ())
    }


def _value(model: ServiceModel, name: str, known: Mapping[str, Any]) -> Any:
    shape = model.shapes[name]
    kind = shape["type"]
    if shape.get("document"):
        return {}
    if kind == "structure":
        return _structure(model, shape, known)
    if kind == "list":
        return [_value(model, shape["member"]["shape"], known) for _ in range(shape.get("min", 1) or 1)]
    if kind == "map":
        return {_value(model, shape["key"]["shape"], known): _value(model, shape["value"]["shape"], known)}
    if kind in {"integer", "long"}:
        return max(shape.get("min", 1), 1)
    if kind == "boolean":
        return True
    if kind == "blob":
        return ""
    return _text(shape)


def _text(shape: Mapping[str, Any]) -> str:
    if "enum" in shape:
        return str(shape["enum"][0])
    low, high = shape.get("min", 0), shape.get("max", 4096)
    for candidate in (*_CANDIDATES, *("a" * length for length in (low, 24, 64))):
        fits = "pattern" not in shape or java_pattern(shape["pattern"]).fullmatch(candidate)
        if fits and low <= len(candidate) <= high:
            return candidate
    raise AssertionError(shape)
