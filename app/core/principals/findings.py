"""What the linter finds in the documents of a role: sound JSON that is rarely what was meant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.policy import Asked, Finding, MalformedPolicy, Policy, PolicyKind, Trusted, decide_trust, lint, parse
from app.core.principals.model import Role

TRUST = "trust policy"
_OWN = "cognito-identity.amazonaws.com"
_ASSUME = "sts:AssumeRoleWithWebIdentity"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFinding:
    """``policy``: the name of the inline policy, or ``TRUST``."""

    policy: str
    finding: Finding


def findings_of(role: Role) -> tuple[RoleFinding, ...]:
    """The traps in the trust policy and in each inline policy, which is read as a guest's where guests may assume the role."""
    trust = _read(role.trust, PolicyKind.TRUST)
    guest = trust is not None and is_open_to_guests(role.trust)
    read = [(TRUST, trust)]
    read += [(name, _read(document, PolicyKind.IDENTITY, name)) for name, document in role.policies.items()]
    return tuple(
        RoleFinding(policy=name, finding=finding)
        for name, policy in read
        if policy is not None
        for finding in lint(policy, guest=guest)
    )


def _read(document: Mapping[str, Any], kind: PolicyKind, name: str = "") -> Policy | None:
    """None for one that was kept under older rules and is refused today: it grants nothing, and whoever changes another one is not to fail."""
    try:
        return parse(document, kind, name=name)
    except MalformedPolicy:
        return None


def is_open_to_guests(trust: Mapping[str, Any]) -> bool:
    """Whether a guest of one of the identity pools that the document names, or of any, may assume the role."""
    policy = parse(trust, PolicyKind.TRUST)
    conditions = [condition for statement in policy.statements for condition in statement.conditions]
    named = [value for condition in conditions if condition.key == f"{_OWN}:aud" for value in condition.values]
    return any(_admits(policy, audience) for audience in (*named, "any"))


def _admits(policy: Policy, audience: str) -> bool:
    context = {f"{_OWN}:aud": (audience,), f"{_OWN}:amr": ("unauthenticated",)}
    return decide_trust(policy, Trusted(federated=_OWN), Asked(action=_ASSUME, resource="*", context=context)).allowed


def told(findings: Iterable[RoleFinding]) -> list[str]:
    """A sentence each, with the policy that it is about."""
    return [f"{each.policy}: {each.finding.text} [{each.finding.code}]" for each in findings]
