"""botocore's service models: the schema of every operation, which is nowhere written by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Writer = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationModel:
    """``input`` and ``output`` name shapes; ``errors`` are the modelled exceptions; ``unsigned`` operations need no credentials."""

    name: str
    input: str | None
    output: str | None
    errors: frozenset[str]
    unsigned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceModel:
    """``writers`` keeps what was made of the shapes, see ``codec``."""

    service: str
    target_prefix: str
    signing_name: str
    shapes: Mapping[str, Mapping[str, Any]]
    operations: Mapping[str, OperationModel]
    api_version: str = ""
    xml_namespace: str = ""
    writers: dict[str, Writer | None] = field(default_factory=dict, compare=False, repr=False)


@cache
def load_model(service: str) -> ServiceModel:
    """The newest model of a service. The first call takes a tenth of a second, so nothing calls it at import."""
    from botocore.loaders import Loader

    model = Loader().load_service_model(service, "service-2")
    metadata = model["metadata"]
    # The prose is most of the model, and every worker would keep it.
    shapes = {name: _without_prose(shape) for name, shape in model["shapes"].items()}
    return ServiceModel(
        service=service,
        target_prefix=metadata.get("targetPrefix", ""),
        signing_name=metadata.get("signingName", metadata["endpointPrefix"]),
        shapes=shapes,
        operations={name: _operation(name, found) for name, found in model["operations"].items()},
        api_version=metadata["apiVersion"],
        xml_namespace=metadata.get("xmlNamespace", ""),
    )


def _without_prose(shape: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {key: value for key, value in shape.items() if key not in {"documentation", "members"}}
    if "members" in shape:
        kept["members"] = {name: {"shape": member["shape"]} for name, member in shape["members"].items()}
    return kept


def _operation(name: str, found: Mapping[str, Any]) -> OperationModel:
    return OperationModel(
        name=name,
        input=found.get("input", {}).get("shape"),
        output=found.get("output", {}).get("shape"),
        errors=frozenset(error["shape"] for error in found.get("errors", ())),
        unsigned=found.get("authtype") == "none" or "smithy.api#noAuth" in found.get("auth", ()),
    )
