"""A request to S3 in the terms of policies: operation, bucket and key, actions, resources, condition keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from app.core.policy import Asked
from app.gateway.exchange import Incoming, check_key, check_target, decode
from app.gateway.refusal import Refusal
from app.gateway.s3_actions import ACTIONS, OF_VERSIONS, WRITES
from app.gateway.s3_operations import Kind, Operation, get_operation
from app.gateway.signatures import Claim

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_OF_QUERY = {"prefix": "s3:prefix", "delimiter": "s3:delimiter", "max-keys": "s3:max-keys", "versionId": "s3:versionid"}
_OF_HEADERS = frozenset(
    {
        "x-amz-acl",
        "x-amz-copy-source",
        "x-amz-grant-full-control",
        "x-amz-grant-read",
        "x-amz-grant-read-acp",
        "x-amz-grant-write",
        "x-amz-grant-write-acp",
        "x-amz-metadata-directive",
        "x-amz-object-ownership",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
    }
)
_RENAMED = {
    "if-match": "s3:if-match",
    "if-none-match": "s3:if-none-match",
    "x-amz-object-lock-mode": "s3:object-lock-mode",
    "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold": "s3:object-lock-legal-hold",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a copy reads."""

    bucket: str
    key: str
    version: str | None

    @property
    def header(self) -> str:
        """``x-amz-copy-source`` in the one spelling that is authorised and forwarded."""
        version = f"?versionId={quote(self.version, safe='-_.~')}" if self.version is not None else ""
        return f"/{self.bucket}/{quote(self.key, safe='/-_.~')}{version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Request:
    """``target_path`` is how the store is asked: path style, the key's own bytes as they were sent."""

    operation: Operation
    bucket: str | None
    key: str | None
    target_path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    context: Mapping[str, tuple[str, ...]]
    source: Source | None

    @property
    def resource(self) -> str:
        return arn(self.bucket, self.key)

    def asked(
        self, action: str, resource: str | None = None, more: Mapping[str, tuple[str, ...]] | None = None
    ) -> Asked:
        return Asked(
            action=f"s3:{action}", resource=resource or self.resource, context={**self.context, **(more or {})}
        )


def read_request(
    incoming: Incoming, claim: Claim, hosts: frozenset[str], context: Mapping[str, tuple[str, ...]]
) -> S3Request:
    """Raises ``Refusal`` for everything that two readers could read differently, and for what is not mapped."""
    check_target(incoming.target)
    bucket, key, path = read_place(incoming, hosts)
    kind: Kind = "service" if bucket is None else "bucket" if key is None else "object"
    operation = get_operation(incoming.method, kind, claim.query, claim.headers)
    source = None
    if "x-amz-copy-source" in operation.required_headers:
        source = read_source(claim.headers["x-amz-copy-source"])
    return S3Request(
        operation=operation,
        bucket=bucket,
        key=key,
        target_path=path,
        query=claim.query,
        headers=claim.headers,
        context={**context, **_conditions(operation, claim, source)},
        source=source,
    )


def questions(request: S3Request) -> list[Asked]:
    """Everything that must be allowed. DeleteObjects is asked key by key instead (``s3_bodies.py``)."""
    operation, headers = request.operation, request.headers
    action = ACTIONS[operation.name]
    version = "versionId" in request.query
    found = [request.asked(OF_VERSIONS.get(action, action) if version else action)]
    if operation.name == "GetObjectAttributes":
        found.append(request.asked("GetObjectVersionAttributes" if version else "GetObjectAttributes"))
    found += [request.asked(each) for each in _brought_along(operation, headers)]
    if request.source is not None:
        found += _of_source(request, request.source)
    return found


def _brought_along(operation: Operation, headers: Mapping[str, str]) -> list[str]:
    """The actions of what headers do beside the operation itself."""
    found = []
    has_acl = "x-amz-acl" in headers or any(name.startswith("x-amz-grant-") for name in headers)
    if operation.name in WRITES:
        locks = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date")
        brought = {
            "PutObjectAcl": has_acl,
            "PutObjectTagging": bool(headers.get("x-amz-tagging")),
            "PutObjectRetention": any(name in headers for name in locks),
            "PutObjectLegalHold": "x-amz-object-lock-legal-hold" in headers,
        }
        found += [action for action, is_there in brought.items() if is_there]
    if operation.name == "CreateBucket":
        if has_acl:
            found.append("PutBucketAcl")
        if _is_on(headers, "x-amz-bucket-object-lock-enabled"):
            found.append("PutBucketObjectLockConfiguration")
    if _is_on(headers, "x-amz-bypass-governance-retention"):
        found.append("BypassGovernanceRetention")
    return found


def _is_on(headers: Mapping[str, str], name: str) -> bool:
    """Anything but a plain no counts, so that no spelling of yes goes by."""
    return headers.get(name, "false").lower() != "false"


def arn(bucket: str | None, key: str | None = None) -> str:
    """As policies name it; ``*`` where no bucket is meant."""
    if bucket is None:
        return "*"
    return f"arn:aws:s3:::{bucket}" if key is None else f"arn:aws:s3:::{bucket}/{key}"


def read_source(header: str) -> Source:
    """``x-amz-copy-source`` (S3: CopyObject). Raises ``Refusal`` for access points, odd queries and dot segments."""
    name, mark, query = header.partition("?")
    name = decode(name).removeprefix("/")
    bucket, slash, key = name.partition("/")
    version = None
    if mark:
        parameter, _, version = query.partition("=")
        version = decode(version)
        if parameter != "versionId" or "&" in query or not version:
            raise Refusal(
                "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
            )
    if not _BUCKET.fullmatch(bucket) or not slash or not key:
        raise Refusal("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
    check_key(key)
    return Source(bucket=bucket, key=key, version=version)


def read_place(incoming: Incoming, hosts: frozenset[str]) -> tuple[str | None, str | None, str]:
    """Bucket, key, and the path for the store. The host of a bucket is ``<bucket>.<gateway host>``."""
    name = _hostname(incoming.headers.get("host", ""))
    path = incoming.path
    if name not in hosts:
        owner = next((host for host in sorted(hosts, key=len, reverse=True) if name.endswith(f".{host}")), None)
        if owner is None:
            raise Refusal("InvalidRequest", "This host is not one of the gateway's (POOLHOUSE_GATEWAY_HOSTS).")
        label = name.removesuffix(f".{owner}")
        # A slash or a question mark in a host would go on as part of the target, which was never checked with it.
        if not _BUCKET.fullmatch(label):
            raise Refusal("InvalidBucketName", "The specified bucket is not valid.")
        path = f"/{label}{path}"
    bucket, slash, raw_key = path[1:].partition("/")
    if not bucket:
        if raw_key or slash:
            raise Refusal("InvalidURI", "Couldn't parse the specified URI.")
        return None, None, "/"
    if not _BUCKET.fullmatch(bucket) or ".." in bucket:
        raise Refusal("InvalidBucketName", "The specified bucket is not valid.")
    if not raw_key:
        return bucket, None, f"/{bucket}"
    key = decode(raw_key)
    if len(key.encode()) > 1024:
        raise Refusal("InvalidArgument", "Your key is too long")
    check_key(key)
    return bucket, key, f"/{bucket}/{raw_key}"


def _hostname(host: str) -> str:
    """Without port and brackets, in lower case."""
    host = host.lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _conditions(operation: Operation, claim: Claim, source: Source | None) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, key in _OF_QUERY.items():
        if name in claim.query and name in operation.query:
            found[key] = (claim.query[name],)
    for name, value in claim.headers.items():
        if name in _OF_HEADERS and name in operation.headers:
            found[f"s3:{name}"] = (value,)
        elif name in _RENAMED and name in operation.headers:
            found[_RENAMED[name]] = (value,)
    if source is not None:
        found["s3:x-amz-copy-source"] = (source.header,)
    if "x-amz-tagging" in operation.headers and claim.headers.get("x-amz-tagging"):
        found |= tag_conditions(read_tagging(claim.headers["x-amz-tagging"]))
    found["s3:authtype"] = ("REST-HEADER" if claim.presigned_for is None else "REST-QUERY-STRING",)
    found["s3:signatureversion"] = ("AWS4-HMAC-SHA256",)
    found["s3:x-amz-content-sha256"] = (claim.payload,)
    return found


def read_tagging(header: str) -> list[tuple[str, str]]:
    """``a=1&b=2``, form-encoded. Raises ``Refusal`` where a name comes twice."""
    found: dict[str, str] = {}
    for part in header.split("&"):
        name, _, value = part.partition("=")
        name, value = decode(name.replace("+", " ")), decode(value.replace("+", " "))
        if not name or name in found:
            raise Refusal(
                "InvalidArgument",
                "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
            )
        found[name] = value
    return list(found.items())


def written_tagging(tags: list[tuple[str, str]]) -> str:
    """``x-amz-tagging`` in the one spelling that is authorised and forwarded."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in tags)


def tag_conditions(tags: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Condition keys know no case and tags do: of tags that differ by it alone, a key has all the values."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in tags:
        key = f"s3:requestobjecttag/{name.lower()}"
        found[key] = (*found.get(key, ()), value)
    found["s3:requestobjecttagkeys"] = tuple(name for name, _ in tags)
    return found


def _of_source(request: S3Request, source: Source) -> list[Asked]:
    """What a copy needs on what it reads. The destination's condition keys say nothing about the source."""
    own = {"s3:versionid": (source.version,)} if source.version is not None else {}
    kept = {key: values for key, values in request.context.items() if not key.startswith("s3:")}
    action = "GetObjectVersion" if source.version is not None else "GetObject"
    return [Asked(action=f"s3:{action}", resource=arn(source.bucket, source.key), context={**kept, **own})]
