"""The body of a request to DynamoDB: one reading of it, and nothing in it that the operation's model does not know."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.gateway.refusal import Refusal

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "timestamp": (int, float),
    "boolean": (bool,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}
"""As JSON writes the model's types."""


def read_document(operation: str, body: bytes) -> Mapping[str, Any]:
    """The body. Raises ``Refusal`` for what two readers could read differently, and for members the model does not know.

    At any depth: what a store passes over, a policy must not be told of.
    """
    from app.aws.models import load_model

    model = load_model("dynamodb")
    if operation not in model.operations:
        raise Refusal("NotImplemented", "The requested operation is not known to DynamoDB.")
    shape = model.operations[operation].input
    try:
        document = json.loads(body.decode(), object_pairs_hook=_pairs, parse_constant=_constant)
        if not isinstance(document, Mapping):
            raise _malformed()
        if shape is not None:
            _check(model.shapes, shape, document)
        elif document:
            raise _unknown()
    except (ValueError, RecursionError) as error:
        raise Refusal("InvalidArgument", "The body is not plain JSON.") from error
    return document


def _check(shapes: Mapping[str, Mapping[str, Any]], name: str, value: Any) -> None:
    shape = shapes[name]
    kind = shape["type"]
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise _malformed()
    if "enum" in shape and value not in shape["enum"]:
        raise Refusal("InvalidArgument", f"A member is none of {', '.join(shape['enum'])}.")
    for below, inner in _inner(shape, value):
        _check(shapes, below, inner)


def _inner(shape: Mapping[str, Any], value: Any) -> Iterator[tuple[str, Any]]:
    """What stands in a value, each with the name of its shape. A member that is null is as good as absent."""
    match shape["type"]:
        case "structure":
            if not value.keys() <= shape["members"].keys():
                raise _unknown()
            yield from ((shape["members"][name]["shape"], each) for name, each in value.items() if each is not None)
        case "list":
            yield from ((shape["member"]["shape"], each) for each in value)
        case "map":
            yield from ((shape["value"]["shape"], each) for each in value.values())


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member comes twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(name)


def _unknown() -> Refusal:
    return Refusal("InvalidArgument", "The body has members that this operation does not know.")


def _malformed() -> Refusal:
    return Refusal("InvalidArgument", "The request's members are not of the types that DynamoDB describes.")
