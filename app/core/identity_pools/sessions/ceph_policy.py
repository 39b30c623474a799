"""A session policy for Ceph's object gateway, which reads less than AWS and takes some of it otherwise (seen with 16.2.15).

A session is never allowed more there than the policy says: what Ceph would pass over or take for something else is refused.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.core.identity_pools.refusals import DoesNotFit
from app.core.policy.conditions import NULL, Quantifier, find_operator
from app.core.policy.globs import Glob

_VERBS = {
    "abort": "MultipartUpload",
    "bypass": "GovernanceRetention",
    "create": "Bucket",
    "delete": "Bucket BucketPolicy BucketPublicAccessBlock BucketWebsite Object ObjectTagging ObjectVersion ObjectVersionTagging "
    "PublicAccessBlock ReplicationConfiguration",
    "get": "AccelerateConfiguration BucketAcl BucketCORS BucketLocation BucketLogging BucketNotification "
    "BucketObjectLockConfiguration BucketPolicy BucketPolicyStatus BucketPublicAccessBlock BucketRequestPayment BucketTagging "
    "BucketVersioning BucketWebsite LifecycleConfiguration Object ObjectAcl ObjectLegalHold ObjectRetention ObjectTagging "
    "ObjectTorrent ObjectVersion ObjectVersionAcl ObjectVersionTagging ObjectVersionTorrent PublicAccessBlock ReplicationConfiguration",
    "list": "AllMyBuckets Bucket BucketMultipartUploads BucketVersions MultipartUploadParts",
    "put": "AccelerateConfiguration BucketAcl BucketCORS BucketLogging BucketNotification BucketObjectLockConfiguration "
    "BucketPolicy BucketPublicAccessBlock BucketRequestPayment BucketTagging BucketVersioning BucketWebsite LifecycleConfiguration "
    "Object ObjectAcl ObjectLegalHold ObjectRetention ObjectTagging ObjectVersionAcl ObjectVersionTagging PublicAccessBlock "
    "ReplicationConfiguration",
    "restore": "Object",
}
ACTIONS = tuple(f"s3:{verb.capitalize()}{noun}" for verb, nouns in _VERBS.items() for noun in nouns.split())
"""A policy that names another one is refused by Ceph as a whole."""
_BY_NAME = {action.lower(): action for action in ACTIONS}
_KEYS = {
    key.lower(): key
    for key in (
        "aws:SourceIp",
        "aws:UserAgent",
        "aws:CurrentTime",
        "s3:prefix",
        "s3:delimiter",
        "s3:max-keys",
        "s3:x-amz-acl",
    )
}
"""Which Ceph fills in, in the only spelling in which it finds them."""
_FAMILIES = ("String", "Numeric", "Date", "IpAddress", "NotIpAddress")
_IDENTITY = re.compile(r"([\w-]+):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def write_for_ceph(statements: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What bound statements say of S3; nothing where they say nothing. Raises ``DoesNotFit``."""
    return [made for statement in statements if (made := _written(statement)) is not None]


def escape_for_ceph(text: str) -> str:
    """The same JSON without a space: Ceph does not undo a form's plus, and so would read another name."""
    return text.replace(" ", "\\u0020")


def _written(statement: Mapping[str, Any]) -> dict[str, Any] | None:
    if "NotAction" in statement:
        raise DoesNotFit("Ceph passes over NotAction.")
    actions = list(dict.fromkeys(name for asked in _listed(statement["Action"]) for name in _actions(asked)))
    negated = "NotResource" in statement
    asked = _listed(statement["NotResource" if negated else "Resource"])
    # A pattern that Ceph fails to recognise must not be what keeps somebody out.
    keeps_out = (statement["Effect"] == "Deny") is not negated
    resources = [name for each in asked if (name := _resource(each, keeps_out=keeps_out)) is not None]
    if not actions or not (resources or negated):
        return None
    made: dict[str, Any] = {"Effect": statement["Effect"], "Action": actions}
    made |= {"NotResource": resources} if negated and resources else {"Resource": resources or ["*"]}
    conditions = _conditions(statement.get("Condition", {}), allow=statement["Effect"] == "Allow")
    return {**made, "Condition": conditions} if conditions else made


def _actions(asked: str) -> Sequence[str]:
    """Ceph's names for it; none where it is another service's. A pattern stays one only where its star comes last."""
    if asked == "*":
        return [asked]
    wanted = Glob.from_text(asked.lower())
    found = [action for name, action in _BY_NAME.items() if wanted.matches(name)]
    service, _, name = asked.lower().partition(":")
    if not found and service == "s3":
        raise DoesNotFit(f"Ceph knows no action {asked}.")
    return [asked] if service == "s3" and "?" not in name and name.find("*") == len(name) - 1 else found


def _resource(asked: str, *, keeps_out: bool) -> str | None:
    """None for what is not S3's."""
    parts = asked.split(":", 5)
    if len(parts) < 6:
        return asked
    if parts[2] != "s3" and "*" not in parts[2] and "?" not in parts[2]:
        return None
    _check_literal(asked)
    if keeps_out:
        _check_pattern(parts[5])
    last = _IDENTITY.sub(r"\1?\2", parts[5])
    if ":" in last:
        # Another place for the question mark would mean more than the one name.
        raise DoesNotFit("Ceph reads no colon in the path of a resource, other than that of an identity's id.")
    return ":".join([*parts[:5], last])


def _conditions(asked: Mapping[str, Mapping[str, Any]], *, allow: bool) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {}
    for written, keys in asked.items():
        operator, quantifier, if_exists = find_operator(written)
        if quantifier is not Quantifier.NONE or not (operator.name.startswith(_FAMILIES) or operator.name == NULL):
            raise DoesNotFit(f"Ceph does not know the condition operator {written} as AWS does.")
        # Where a key is absent AWS takes "not" for met, and Ceph only if it is told to.
        name = operator.name + ("IfExists" if if_exists or operator.negated else "")
        for key, values in keys.items():
            known = _KEYS.get(key.lower())
            if known is None:
                raise DoesNotFit(f"Ceph does not know the condition key {key}.")
            if operator.name == NULL and any(str(value).lower() != "true" for value in _listed(values)):
                raise DoesNotFit("Ceph takes every condition with Null for true.")
            for value in _listed(values):
                _check_literal(str(value))
                if "Like" in operator.name and allow is operator.negated:
                    _check_pattern(str(value))
            if known in made.setdefault(name, {}):
                raise DoesNotFit(f"Ceph reads one condition {name} on {known}, and not two.")
            made[name][known] = values
    return made


def _check_literal(text: str) -> None:
    if "${" in text:
        raise DoesNotFit(
            "Ceph knows no policy variables: none that only a request resolves, and no *, ? or $ in a value."
        )


def _check_pattern(pattern: str) -> None:
    """A star takes as little as it can there, and is not tried again."""
    if "*" in pattern[:-1]:
        raise DoesNotFit(f"Ceph finds {pattern} not everywhere where AWS does: its star is not the last character.")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
