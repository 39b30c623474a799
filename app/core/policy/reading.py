"""``parse``: a document becomes a policy, or is refused with the sentence that says where and why (IAM: policy grammar)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.core.policy.conditions import Condition, condition, find_operator, shown
from app.core.policy.document import read_document
from app.core.policy.globs import Glob
from app.core.policy.model import MalformedPolicy, Policy, PolicyKind, Statement
from app.core.policy.principals import TYPES, Principals, check_principal
from app.core.policy.resources import ResourcePattern, resource_pattern
from app.core.policy.variables import Unsound

VERSIONS = ("2012-10-17", "2008-10-17")

_MEMBERS = {"Version", "Id", "Statement"}
_STATEMENT_MEMBERS = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip
_MOST_CHARACTERS_OF_A_KEY = 512
_SID = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_ACTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*:[A-Za-z0-9*?_-]+", re.ASCII)


def parse(document: str | bytes | Mapping[str, Any], kind: PolicyKind, *, name: str = "") -> Policy:
    """A policy that is enforced exactly as it is written. Raises ``MalformedPolicy`` for any other document.

    A text that was read before is not read again, so a caller need not keep what it parsed.
    """
    if isinstance(document, str):
        return _parse_text(document, kind, name)
    return _parse(document, kind, name)


@lru_cache(maxsize=512)
def _parse_text(document: str, kind: PolicyKind, name: str) -> Policy:
    return _parse(document, kind, name)


def _parse(document: str | bytes | Mapping[str, Any], kind: PolicyKind, name: str) -> Policy:
    value, size = read_document(document, kind)
    if not isinstance(value, dict) or "Statement" not in value:
        raise MalformedPolicy("A policy document is a JSON object with a Statement.")
    _check_members(value, _MEMBERS, "A policy document")
    version = value.get("Version", VERSIONS[1])
    if version not in VERSIONS or not isinstance(version, str):
        raise MalformedPolicy("Version is 2012-10-17 or 2008-10-17.")
    if not isinstance(value.get("Id", ""), str):
        raise MalformedPolicy("Id is a string.")
    written = value["Statement"] if isinstance(value["Statement"], list) else [value["Statement"]]
    if not written:
        raise MalformedPolicy("Statement is empty.")
    statements = tuple(_Reader(at, kind, version == VERSIONS[0]).statement(each) for at, each in enumerate(written, 1))
    sids = [statement.sid for statement in statements if statement.sid]
    for sid in sids:
        if sids.count(sid) > 1:
            raise MalformedPolicy(f"Two statements have the Sid {shown(sid)}.")
    return Policy(
        kind=kind,
        name=name,
        version=version,
        statements=statements,
        size=size,
        denials=tuple(statement for statement in statements if not statement.allow),
        grants=tuple(statement for statement in statements if statement.allow),
    )


def _check_members(value: Mapping[str, Any], known: set[str], what: str) -> None:
    for member in value:
        if member not in known:
            meant = next((each for each in known if each.lower() == member.lower()), None)
            raise MalformedPolicy(f"{what} has no member {shown(member)}" + (f"; {meant} is one." if meant else "."))


class _Reader:
    """Reads one statement; every refusal begins with its number."""

    def __init__(self, index: int, kind: PolicyKind, variables: bool) -> None:  # noqa: FBT001 - of this file only
        self.index = index
        self.kind = kind
        self.variables = variables

    def statement(self, value: Any) -> Statement:
        if not isinstance(value, dict):
            raise self.refusal("is not a JSON object")
        _check_members(value, _STATEMENT_MEMBERS, f"Statement {self.index}")
        sid = value.get("Sid", "")
        if not isinstance(sid, str) or not _SID.fullmatch(sid):
            raise self.refusal("has a Sid of other characters than A-Z, a-z and 0-9")
        if value.get("Effect") not in ("Allow", "Deny"):
            raise self.refusal('has no Effect "Allow" or "Deny"')
        allow = value["Effect"] == "Allow"
        not_action, names = self.actions(value)
        not_resource, resources = self.resources(value)
        principals = self.principals(value, allow=allow)
        conditions = self.conditions(value.get("Condition", {}))
        return Statement(
            index=self.index,
            sid=sid,
            allow=allow,
            actions=tuple(Glob.from_text(name.lower()) for name in names),
            action_names=names,
            not_action=not_action,
            resources=resources,
            not_resource=not_resource,
            principals=principals,
            conditions=conditions,
            keys=frozenset().union(
                *(resource.keys for resource in resources),
                *(operand.keys for each in conditions for operand in each.operands),
                {each.key for each in conditions},
            ),
        )

    def actions(self, value: dict[str, Any]) -> tuple[bool, tuple[str, ...]]:
        member = self.one_of(value, "Action", "NotAction")
        if member is None:
            raise self.refusal("has neither Action nor NotAction")
        names = self.strings(value[member], member)
        for name in names:
            if name != "*" and not _ACTION.fullmatch(name):
                raise self.refusal(
                    f"has the {member} {shown(name)}; an action is * or service:Name, such as s3:GetObject"
                )
            if self.kind is PolicyKind.TRUST and name != "*" and not name.lower().startswith("sts:"):
                raise self.refusal(
                    f"has the {member} {shown(name)}; a trust policy may only specify STS AssumeRole actions"
                )
        return member == "NotAction", names

    def resources(self, value: dict[str, Any]) -> tuple[bool, tuple[ResourcePattern, ...]]:
        member = self.one_of(value, "Resource", "NotResource")
        if self.kind is PolicyKind.TRUST:
            if member is not None:
                raise self.refusal(f"has a {member}, which a trust policy must not: it is the role's own")
            return False, ()
        if member is None:
            raise self.refusal("has neither Resource nor NotResource")
        found = []
        for text in self.strings(value[member], member):
            try:
                found.append(resource_pattern(text, variables=self.variables))
            except Unsound as error:
                raise self.refusal(f"has the {member} {shown(text)}, which {error}") from error
        return member == "NotResource", tuple(found)

    def principals(self, value: dict[str, Any], *, allow: bool) -> Principals | None:
        member = self.one_of(value, "Principal", "NotPrincipal")
        if self.kind is not PolicyKind.TRUST:
            if member is not None:
                raise self.refusal(f"has a {member}, which only a trust policy may have")
            return None
        if member is None:
            raise self.refusal("has neither Principal nor NotPrincipal")
        negated = member == "NotPrincipal"
        if negated and allow:
            raise self.refusal(
                "has a NotPrincipal with Allow, which would let in everybody else; it goes with Deny only"
            )
        written = value[member]
        if written == "*":
            return Principals(None, negated)
        if not isinstance(written, dict) or not written:
            raise self.refusal(f'has a {member} that is neither "*" nor an object such as {{"Federated": "…"}}')
        return Principals({kind: self.names(member, kind, names) for kind, names in written.items()}, negated)

    def names(self, member: str, kind: str, written: Any) -> tuple[str, ...]:
        if kind not in TYPES:
            raise self.refusal(f"has a {member} of the type {shown(kind)}; the types are {', '.join(TYPES)}")
        names = self.strings(written, f"{member} {kind}")
        for name in names:
            try:
                check_principal(kind, name)
            except Unsound as error:
                raise self.refusal(f"has the {member} {shown(name)}, which {error}") from error
        return names

    def conditions(self, value: Any) -> tuple[Condition, ...]:
        if not isinstance(value, dict):
            raise self.refusal("has a Condition that is not a JSON object")
        found = []
        for name, keys in value.items():
            try:
                find_operator(name)
                if not isinstance(keys, dict) or not keys:
                    raise Unsound(f"{name} names no key to compare")  # noqa: TRY301 - one place says where
                for key, written in keys.items():
                    found.append(condition(name, self.key(name, key), self.values(name, key, written), variables=self.variables))  # fmt: skip
            except Unsound as error:
                raise self.refusal(f"has a Condition that cannot be enforced: {error}") from error
        return tuple(found)

    def key(self, name: str, key: str) -> str:
        vendor, colon, rest = key.partition(":")
        if (
            not (vendor and colon and rest)
            or len(key) > _MOST_CHARACTERS_OF_A_KEY
            or not key.isprintable()
            or "${" in key
        ):
            raise Unsound(f"{name} compares {shown(key)}, which is no context key such as s3:prefix")
        return key

    def values(self, name: str, key: str, written: Any) -> tuple[str, ...]:
        listed = written if isinstance(written, list) else [written]
        if not listed:
            raise Unsound(f"{name} {key} has no value to compare with")
        values = []
        for each in listed:
            if isinstance(each, bool):
                values.append("true" if each else "false")
            elif isinstance(each, str | int):
                values.append(str(each))
            else:
                raise Unsound(f"{name} {key} has a value that is no string")
        return tuple(values)

    def one_of(self, value: dict[str, Any], member: str, negation: str) -> str | None:
        if member in value and negation in value:
            raise self.refusal(f"has both {member} and {negation}")
        return next((each for each in (member, negation) if each in value), None)

    def strings(self, written: Any, member: str) -> tuple[str, ...]:
        listed = written if isinstance(written, list) else [written]
        if not listed or not all(isinstance(each, str) and each for each in listed):
            raise self.refusal(f"has a {member} that is neither a string nor a list of strings")
        return tuple(listed)

    def refusal(self, what: str) -> MalformedPolicy:
        return MalformedPolicy(f"Statement {self.index} {what}.")
