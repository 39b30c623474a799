"""Which operation of S3 is this? Read from botocore's service model: method, path, fixed and required parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from app.gateway.refusal import Refusal
from app.gateway.s3_actions import ACTIONS

Kind = Literal["service", "bucket", "object"]
_CHECKSUMS = frozenset(
    f"x-amz-checksum-{name}" for name in ("crc32", "crc32c", "crc64nvme", "sha1", "sha256", "type", "algorithm", "mode")
)
_ALWAYS = _CHECKSUMS | {
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-trailer",
    "x-amz-user-agent",
}
"""What SDKs put on any request; none of it says what is done to what."""
_PASSED_ON = frozenset(
    {"accept", "accept-encoding", "accept-language", "content-type", "content-md5", "origin", "user-agent"}
)
_METADATA = "x-amz-meta-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``fixed`` parameters make it what it is; ``query`` and ``headers`` are all that it knows (headers in lower case)."""

    name: str
    method: str
    kind: Kind
    fixed: Mapping[str, str]
    query: frozenset[str]
    headers: frozenset[str]
    required_query: frozenset[str]
    required_headers: frozenset[str]
    has_metadata: bool

    @property
    def weight(self) -> int:
        return len(self.fixed) + len(self.required_query) + len(self.required_headers)

    def fits(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        if any(query.get(name) != value for name, value in self.fixed.items()):
            return False
        if not self.required_query <= query.keys() or not self.required_headers <= headers.keys():
            return False
        return query.keys() <= self.query | self.fixed.keys() | {"x-id"} and not self.unknown_headers(headers)

    def unknown_headers(self, headers: Mapping[str, str]) -> list[str]:
        """Those of Amazon's headers that mean nothing to this operation."""
        return sorted(
            name
            for name in headers
            if name.startswith("x-amz-")
            and name not in _ALWAYS
            and name not in self.headers
            and not (self.has_metadata and name.startswith(_METADATA))
        )

    def forwarded(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers that go on to the store: those the operation knows, and no others."""
        kept = (self.headers | _PASSED_ON | _CHECKSUMS | {"x-amz-sdk-checksum-algorithm", "x-amz-user-agent"}) - {
            "content-length"
        }
        return {
            name: value
            for name, value in headers.items()
            if name in kept or (self.has_metadata and name.startswith(_METADATA))
        }


def get_operation(method: str, kind: Kind, query: Mapping[str, str], headers: Mapping[str, str]) -> Operation:
    """Raises ``Refusal`` for anything that is not exactly one operation known here."""
    found = [
        each for each in _operations() if each.method == method and each.kind == kind and each.fits(query, headers)
    ]
    most = max((each.weight for each in found), default=0)
    best = [each for each in found if each.weight == most]
    if len(best) != 1:
        raise Refusal(
            "NotImplemented",
            "A header or query parameter you provided implies functionality that this gateway does not map to an action, "
            "and what it does not map it does not forward.",
        )
    if query.get("x-id", best[0].name) != best[0].name:
        raise Refusal("InvalidArgument", "x-id names another operation than the request is.")
    return best[0]


@cache
def _operations() -> tuple[Operation, ...]:
    """Those with an action; read once, because the model takes a tenth of a second."""
    from botocore.loaders import Loader

    model = Loader().load_service_model("s3", "service-2")
    return tuple(_operation(model, name) for name in ACTIONS)


def _operation(model: Mapping[str, Any], name: str) -> Operation:
    found = model["operations"][name]
    path, _, fixed = found["http"]["requestUri"].partition("?")
    shape = model["shapes"][found["input"]["shape"]] if "input" in found else {"members": {}}
    members, required = shape["members"], set(shape.get("required", ()))

    def located(location: str, *, only_required: bool = False) -> frozenset[str]:
        return frozenset(
            member["locationName"]
            for key, member in members.items()
            if member.get("location") == location and (key in required or not only_required)
        )

    return Operation(
        name=name,
        method=found["http"]["method"],
        kind="object" if "{Key+}" in path else "bucket" if "{Bucket}" in path else "service",
        fixed=dict(part.partition("=")[::2] for part in fixed.split("&")) if fixed else {},
        query=located("querystring"),
        headers=frozenset(map(str.lower, located("header"))),
        required_query=located("querystring", only_required=True),
        required_headers=frozenset(map(str.lower, located("header", only_required=True))),
        has_metadata=bool(located("headers")),
    )
