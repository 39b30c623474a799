"""May this principal do that? Exact names and ``*`` in actions and resources; an explicit Deny wins, and silence refuses."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from app.core.kernel.errors import InvalidParameter
from app.core.principals.model import Principal

_KNOWN = {"Sid", "Effect", "Action", "Resource"}


class Verdict(Enum):
    """What a principal's policy says of one action on one resource."""

    ALLOWED = auto()
    DENIED = auto()
    UNMENTIONED = auto()


def allows(principal: Principal, action: str, resource: str) -> bool:
    """As ``judge``, as a question."""
    return judge(principal, action, resource) is Verdict.ALLOWED


def judge(principal: Principal, action: str, resource: str) -> Verdict:
    """``action`` is ``cognito-idp:CreateUserPool``, ``resource`` an ARN or ``*``. A principal without a policy is an administrator."""
    if principal.policy is None:
        return Verdict.ALLOWED
    verdict = Verdict.UNMENTIONED
    for statement in _listed(principal.policy["Statement"]):
        if not any(matches(pattern.lower(), action.lower()) for pattern in _listed(statement["Action"])):
            continue
        if not any(matches(pattern, resource) for pattern in _listed(statement["Resource"])):
            continue
        if statement["Effect"] == "Deny":
            return Verdict.DENIED
        verdict = Verdict.ALLOWED
    return verdict


def matches(pattern: str, text: str) -> bool:
    """Whether the text fits a pattern in which ``*`` stands for anything. Linear in time: no regular expression from input."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    last = rest.pop()
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in rest:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def check_policy(document: Any) -> None:
    """Raises ``InvalidParameter`` for anything this server would not enforce as it is written."""
    if not isinstance(document, Mapping) or not isinstance(document.get("Statement"), list | Mapping):
        raise InvalidParameter("A policy is a JSON object with a Statement.")
    if set(document) - {"Version", "Id", "Statement"}:
        raise InvalidParameter("A policy has Version, Id and Statement, and nothing else.")
    for statement in _listed(document["Statement"]):
        if not isinstance(statement, Mapping) or set(statement) - _KNOWN or not set(statement) >= _KNOWN - {"Sid"}:
            raise InvalidParameter(
                "A statement of an access key's policy has Effect, Action and Resource, and nothing else."
            )
        if statement["Effect"] not in {"Allow", "Deny"}:
            raise InvalidParameter("Effect is Allow or Deny.")
        for member in ("Action", "Resource"):
            patterns = _listed(statement[member])
            if not patterns or not all(isinstance(pattern, str) and "?" not in pattern for pattern in patterns):
                raise InvalidParameter(f"{member} is a name or a list of names, in which * stands for anything.")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
