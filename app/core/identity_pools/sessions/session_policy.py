"""What an STS elsewhere is told that a session may do: the role's own policies, with the session's values written into them.

No other server knows Cognito's condition keys, so a policy that speaks of them would deny everything there.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from app.core.identity_pools.refusals import DoesNotFit
from app.core.identity_pools.sessions.ceph_policy import escape_for_ceph, write_for_ceph
from app.core.kernel.errors import InvalidParameter
from app.core.policy import Policy, PolicyKind, bind, compact, parse
from app.core.policy.binding import is_fixed
from app.core.policy.globs import Glob
from app.core.principals.model import Role

MOST_CHARACTERS = 2048
"""STS: ``sessionPolicyDocumentType``."""
_VERSION = "2012-10-17"
_LONGEST_IDENTITY = 55
"""Characters of an identity's or an identity pool's id (Cognito: IdentityId)."""
_LONGEST_VALUE = 256
"""Characters of a tag's value (STS: tagValueType); a token's subject has one less."""
_DENY_ALL: Mapping[str, Any] = {"Version": _VERSION, "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}


class Dialect(StrEnum):
    """Whose reading of policies an STS has."""

    AWS = "aws"
    CEPH = "ceph"


def write_session_policy(
    role: Role,
    context: Mapping[str, tuple[str, ...]],
    tags: Mapping[str, str],
    *,
    within: Sequence[str] = (),
    dialect: Dialect = Dialect.AWS,
) -> str:
    """The role's policies as one session policy. ``within``: policies of which one must allow, too (guests). Raises ``DoesNotFit``."""
    known = {**context, **{f"aws:principaltag/{key.lower()}": (value,) for key, value in tags.items()}}
    text = _written(_merged(role), known, within, dialect)
    if len(text) > MOST_CHARACTERS:
        raise DoesNotFit(_too_large(role, len(text)))
    return text


def check_fits(role: Role, dialect: Dialect) -> None:
    """Raises ``InvalidParameter`` with the number where a session with the longest values could not be written."""
    try:
        document = _merged(role)
        if document is None:
            return
        keys = {key for statement in parse(document, PolicyKind.IDENTITY).statements for key in statement.keys}
        longest = {key: (_longest(key),) for key in keys if is_fixed(key)}
        size = len(_written(_without_fixed(document), longest, (), dialect))
    except DoesNotFit as refused:
        raise InvalidParameter(refused.text) from refused
    if size > MOST_CHARACTERS:
        raise InvalidParameter(_too_large(role, size))


def _too_large(role: Role, size: int) -> str:
    return (
        f"The policies of {role.name} take up to {size:,} characters as a session policy, and the STS that credentials come from "
        f"takes {MOST_CHARACTERS:,}."
    )


def _written(
    document: Mapping[str, Any] | None,
    context: Mapping[str, tuple[str, ...]],
    within: Sequence[str],
    dialect: Dialect,
) -> str:
    if document is None:
        return compact(_DENY_ALL)
    bound = bind(parse(document, PolicyKind.IDENTITY), context)
    statements = _listed(bound["Statement"])
    if within:
        statements = _narrowed(statements, _actions_of(within))
    if dialect is Dialect.CEPH:
        statements = write_for_ceph(statements)
    text = compact({"Version": _VERSION, "Statement": statements} if statements else _DENY_ALL)
    return escape_for_ceph(text) if dialect is Dialect.CEPH else text


def _merged(role: Role) -> dict[str, Any] | None:
    """All policies of the role as one; None where it has none."""
    policies = [
        (parse(document, PolicyKind.IDENTITY, name=name), document) for name, document in sorted(role.policies.items())
    ]
    if not policies:
        return None
    if not all(policy.has_variables or _is_plain(policy, document) for policy, document in policies):
        raise DoesNotFit("A policy of Version 2008-10-17 with the characters ${ cannot be part of a session policy.")
    return {
        "Version": _VERSION,
        "Statement": [statement for _, document in policies for statement in _listed(document["Statement"])],
    }


def _is_plain(policy: Policy, document: Mapping[str, Any]) -> bool:
    """Whether the policy says the same in either version of the language."""
    return policy.has_variables or "${" not in compact(document)


def _without_fixed(document: Mapping[str, Any]) -> dict[str, Any]:
    """Without the conditions that binding decides: in the largest session all of them are met, and fall away."""
    statements = []
    for statement in document["Statement"]:
        conditions = {
            operator: {key: value for key, value in keys.items() if not is_fixed(key.lower())}
            for operator, keys in statement.get("Condition", {}).items()
        }
        kept = {operator: keys for operator, keys in conditions.items() if keys}
        rest = {name: value for name, value in statement.items() if name != "Condition"}
        statements.append({**rest, **({"Condition": kept} if kept else {})})
    return {**document, "Statement": statements}


def _longest(key: str) -> str:
    if key.startswith("cognito-identity.amazonaws.com:"):
        return "x" * _LONGEST_IDENTITY
    if key == "aws:userid":
        # The role's id, a colon, the session's name (IAM: unique identifiers); Ceph minds the colon.
        return f"{'x' * _LONGEST_VALUE}:"
    return "x" * _LONGEST_VALUE


def _actions_of(within: Sequence[str]) -> list[str]:
    """The actions that such policies allow together. Only what allows actions on everything can be folded into another policy."""
    actions: list[str] = []
    for text in within:
        document = parse(text, PolicyKind.SESSION)
        for statement in document.statements:
            everywhere = [resource.text for resource in statement.resources] == ["*"] and not statement.not_resource
            if not statement.allow or statement.not_action or statement.conditions or not everywhere:
                raise DoesNotFit("The session's policies cannot be written into one.")
            actions.extend(statement.action_names)
    return actions


def _narrowed(statements: Sequence[dict[str, Any]], allowed: Sequence[str]) -> list[dict[str, Any]]:
    """What is allowed, only as far as these actions go. What is denied stays denied."""
    narrowed = []
    for statement in statements:
        if statement["Effect"] == "Deny":
            narrowed.append(statement)
            continue
        if "Action" not in statement:
            # "All but" cannot be cut down by a list; nothing is less than anything.
            continue
        kept = [action for asked in _listed(statement["Action"]) for action in _both(asked, allowed)]
        if kept:
            narrowed.append({**statement, "Action": list(dict.fromkeys(kept))})
    return narrowed


def _both(asked: str, allowed: Sequence[str]) -> list[str]:
    """Actions that both patterns mean: the narrower of the two, where one holds the other."""
    if any(_holds(pattern, asked) for pattern in allowed):
        return [asked]
    return [pattern for pattern in allowed if _holds(asked, pattern)]


def _holds(pattern: str, other: str) -> bool:
    """Whether the pattern means all that the other one does. The star of the other fits a star only, never a question mark."""
    if "?" in pattern and "*" in other:
        return False
    return Glob.from_text(pattern.lower()).matches(other.lower())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
