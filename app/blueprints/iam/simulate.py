"""What policies would say: the very evaluator that says it, asked by IAM's simulator operations."""

import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.operations import operation
from app.blueprints.iam.errors import INVALID
from app.blueprints.iam.positions import position_of
from app.blueprints.iam.rendering import refuse_members
from app.core.kernel.errors import InvalidParameter
from app.core.policy import Asked, Decision, Policies, Policy, PolicyKind, Verdict, decide, parse
from app.core.principals.roles import RoleNotFound
from app.services import Services

_UNSUPPORTED = (
    "ResourcePolicy",
    "ResourceHandlingOption",
    "OrderedOrganizationPolicyInputList",
    "PolicyExclusionList",
)
_DECISIONS = {Verdict.ALLOWED: "allowed", Verdict.EXPLICIT_DENY: "explicitDeny"}
_MOST_POLICIES = 20
_STRICTNESS = ("allowed", "implicitDeny", "explicitDeny")
_DEFAULT_RESULTS, _MOST_DECISIONS = 100, 1000
_WITHIN = "PermissionsBoundaryDecisionDetail"
_POSITION = re.compile(r"[1-9][0-9]{0,7}", re.ASCII)
_GIVEN, _BOUNDARY = "PolicyInputList", "PermissionsBoundaryPolicyInputList"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A policy that takes part: its text where the request gave it, and what IAM calls where it comes from."""

    policy: Policy
    kind: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOperations:
    """Simulations of policies as they are given, and of a role's or an access key's own."""

    services: Services

    @operation("SimulateCustomPolicy")
    def simulate_custom_policy(self, call: Call) -> Mapping[str, Any]:
        return _simulated(call, _given(call, _GIVEN, PolicyKind.IDENTITY), {})

    @operation("SimulatePrincipalPolicy")
    def simulate_principal_policy(self, call: Call) -> Mapping[str, Any]:
        arn = call.input["PolicySourceArn"]
        known = {"aws:principalarn": (arn,), "aws:principalaccount": (call.account_id,)}
        sources = [*self._own(call, arn), *_given(call, _GIVEN, PolicyKind.IDENTITY)]
        return _simulated(call, sources, known)

    def _own(self, call: Call, arn: str) -> list[Source]:
        """The policies of a role, or of the access keys of a name. Raises ``RoleNotFound``."""
        account_id = call.account_id
        role = self.services.roles.find_by_arn(arn)
        if role is not None and role.account_id == account_id:
            return [
                Source(policy=parse(document, PolicyKind.IDENTITY, name=name), kind="role")
                for name, document in sorted(role.policies.items())
            ]
        keys = [
            key
            for key in self.services.access_keys.list_all()
            if arn == f"arn:aws:iam::{key.account_id}:user/{key.name}" and key.account_id == account_id
        ]
        if not keys:
            raise RoleNotFound(f"The entity {arn} cannot be found.")
        if len(keys) > 1:
            raise InvalidParameter("Several access keys have this name, each with its own policy.")
        everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
        document = everything if keys[0].policy is None else keys[0].policy
        return [Source(policy=parse(document, PolicyKind.IDENTITY, name="access key"), kind="user")]


def _given(call: Call, member: str, kind: PolicyKind) -> list[Source]:
    texts = call.input.get(member, ())
    if len(texts) > _MOST_POLICIES:
        raise InvalidParameter(f"{member} has at most {_MOST_POLICIES} policies here.")
    return [
        Source(policy=parse(text, kind, name=f"{member}.{number}"), kind="IAM Policy", text=text)
        for number, text in enumerate(texts, 1)
    ]


def _simulated(call: Call, sources: Sequence[Source], known: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    refuse_members(call, _UNSUPPORTED)
    boundaries = _given(call, _BOUNDARY, PolicyKind.BOUNDARY)
    if len(boundaries) > 1:
        raise InvalidParameter(f"{_BOUNDARY} has one policy at most.")
    policies = Policies(
        identity=tuple(source.policy for source in sources),
        boundary=boundaries[0].policy if boundaries else None,
    )
    context = {**known, **_context(call)}
    actions, resources = call.input["ActionNames"], call.input.get("ResourceArns") or ["*"]
    if any("*" in action or "?" in action for action in actions):
        raise InvalidParameter("ActionNames are names of operations, without wildcards.")
    begin = _read_marker(call.input.get("Marker"))
    # IAM may return fewer than MaxItems: a page is also bounded by how much there is to decide.
    size = min(call.input.get("MaxItems", _DEFAULT_RESULTS), max(1, _MOST_DECISIONS // len(resources)))
    sources = [*sources, *boundaries]
    results = [
        _result(policies, sources, action, resources, context) for action in islice(actions, begin, begin + size)
    ]
    if begin + size >= len(actions):
        return {"EvaluationResults": results, "IsTruncated": False}
    marker = urlsafe_b64encode(str(begin + size).encode()).decode()
    return {"EvaluationResults": results, "IsTruncated": True, "Marker": marker}


def _result(
    policies: Policies,
    sources: Sequence[Source],
    action: str,
    resources: Sequence[str],
    context: Mapping[str, tuple[str, ...]],
) -> dict[str, Any]:
    """An action's: what is true of all resources together, and of each where they are named (IAM: EvaluationResult)."""
    each = [_judged(policies, sources, Asked(action=action, resource=arn, context=context)) for arn in resources]
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": "*",
        "EvalDecision": max((found["EvalResourceDecision"] for found in each), key=_STRICTNESS.index),
        "MatchedStatements": _union(found["MatchedStatements"] for found in each),
        "MissingContextValues": sorted({key for found in each for key in found["MissingContextValues"]}),
    }
    if policies.boundary is not None:
        within = all(found[_WITHIN]["AllowedByPermissionsBoundary"] for found in each)
        result[_WITHIN] = {"AllowedByPermissionsBoundary": within}
    if list(resources) != ["*"]:
        result["ResourceSpecificResults"] = each
    return result


def _judged(policies: Policies, sources: Sequence[Source], asked: Asked) -> dict[str, Any]:
    """IAM: ResourceSpecificResult."""
    decision = decide(policies, asked)
    result: dict[str, Any] = {
        "EvalResourceName": asked.resource,
        "EvalResourceDecision": _DECISIONS.get(decision.verdict, "implicitDeny"),
        "MatchedStatements": _matched(decision, sources),
        "MissingContextValues": _missing(decision, sources, asked),
    }
    if policies.boundary is not None:
        within = decide(Policies(identity=(policies.boundary,)), asked).allowed
        result[_WITHIN] = {"AllowedByPermissionsBoundary": within}
    return result


def _union(lists: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Each once, in the order in which they are met."""
    return list({repr(each): each for found in lists for each in found}.values())


def _matched(decision: Decision, sources: Sequence[Source]) -> list[dict[str, Any]]:
    """The statement that decided; a refusal by silence has none."""
    if decision.statement is None:
        return []
    source = next(source for source in sources if source.policy is decision.policy)
    matched: dict[str, Any] = {"SourcePolicyId": source.policy.name, "SourcePolicyType": source.kind}
    if source.text is not None:
        matched |= position_of(source.text, decision.statement.index)
    return [matched]


def _missing(decision: Decision, sources: Sequence[Source], asked: Asked) -> list[str]:
    """What the statements about this action read and nobody said."""
    read = {
        key
        for source in sources
        for statement in source.policy.statements
        if any(glob.matches(asked.action.lower()) for glob in statement.actions) is not statement.not_action
        for key in statement.keys
    }
    return sorted({*read, *decision.missing_keys} - {key for key, values in asked.context.items() if values})


def _context(call: Call) -> dict[str, tuple[str, ...]]:
    entries = call.input.get("ContextEntries", ())
    found = {
        entry["ContextKeyName"].lower(): tuple(entry.get("ContextKeyValues", ()))
        for entry in entries
        if entry.get("ContextKeyName")
    }
    if len(found) < len(entries):
        raise InvalidParameter("ContextEntries have a name each, and name nothing twice.")
    return found


def _read_marker(marker: str | None) -> int:
    if marker is None:
        return 0
    try:
        position = b64decode(marker.encode("ascii"), altchars=b"-_", validate=True).decode("ascii")
    except ValueError as error:
        raise AwsError(INVALID, "Invalid Marker.") from error
    if not _POSITION.fullmatch(position):
        raise AwsError(INVALID, "Invalid Marker.")
    return int(position)
