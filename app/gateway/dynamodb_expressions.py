"""DynamoDB's expressions as far as policies need them: which top-level attributes they name, and which partition key a Query asks for.

What cannot be read exactly is refused: a reader that guesses could be told one key and the store another.
"""

import re
from collections.abc import Mapping
from typing import Any

from app.gateway.refusal import Refusal

_TOKEN = re.compile(
    r"\s*(?:([A-Za-z_][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(<>|<=|>=|[=<>(),.\[\]+-])|([0-9]+))"
)
_WORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"})
_LONGEST = 4096


def tokens(expression: Any) -> list[str]:
    """Raises ``Refusal`` for anything that is no expression."""
    if not isinstance(expression, str) or len(expression) > _LONGEST:
        raise Refusal("InvalidArgument", "An expression is a text of at most 4096 characters.")
    found, at, end = [], 0, len(expression.rstrip())
    while at < end:
        match = _TOKEN.match(expression, at)
        if match is None:
            raise Refusal("InvalidArgument", "An expression holds a character that is not part of the syntax.")
        found.append(match[match.lastindex or 0])
        at = match.end()
    return found


def attributes_of(expression: Any, names: Mapping[str, Any]) -> set[str]:
    """The top-level attributes that any expression names (Condition-, Filter-, Projection-, UpdateExpression)."""
    return _attributes(tokens(expression), names)


def _attributes(parts: list[str], names: Mapping[str, Any]) -> set[str]:
    found = set()
    for at, part in enumerate(parts):
        follows = parts[at + 1] if at + 1 < len(parts) else ""
        if at and parts[at - 1] == ".":
            continue
        if part.startswith("#"):
            found.add(resolved(part, names))
        elif (part[0].isalpha() or part[0] == "_") and follows != "(" and part.upper() not in _WORDS:
            found.add(part)
    return found


def resolved(name: str, names: Mapping[str, Any]) -> str:
    """A placeholder's attribute. Raises ``Refusal`` where it stands for nothing."""
    if not name.startswith("#"):
        return name
    attribute = names.get(name)
    if not isinstance(attribute, str):
        raise Refusal(
            "InvalidArgument", f"An expression attribute name used in an expression is not defined: {name[:80]}"
        )
    return attribute


def partition_value(document: Mapping[str, Any], key: str) -> Any:
    """The attribute value that a Query's key condition fixes for the partition key. Raises ``Refusal`` where that is not plain."""
    expression, conditions = document.get("KeyConditionExpression"), document.get("KeyConditions")
    if (expression is None) == (conditions is None):
        raise _unreadable()
    if conditions is not None:
        return _from_conditions(conditions, key)
    names = document.get("ExpressionAttributeNames") or {}
    values = document.get("ExpressionAttributeValues") or {}
    fixed = []
    for part in _conjuncts(tokens(expression)):
        found = _equality(part, names)
        if found is not None and found[0] == key:
            fixed.append(found[1])
        elif found is None and key in _attributes(part, names):
            raise _unreadable()
    if len(fixed) != 1 or not isinstance(values, Mapping) or fixed[0] not in values:
        raise _unreadable()
    return values[fixed[0]]


def _from_conditions(conditions: Any, key: str) -> Any:
    """The older form of the same (DynamoDB: Legacy conditional parameters)."""
    condition = conditions.get(key) if isinstance(conditions, Mapping) else None
    if not isinstance(condition, Mapping) or condition.get("ComparisonOperator") != "EQ":
        raise _unreadable()
    values = condition.get("AttributeValueList")
    if not isinstance(values, list) or len(values) != 1:
        raise _unreadable()
    return values[0]


def _conjuncts(parts: list[str]) -> list[list[str]]:
    """One or two comparisons around one AND, each perhaps in brackets; the AND of a BETWEEN is not that one."""
    parts = _unwrapped(parts)
    found: list[list[str]] = [[]]
    depth, between = 0, False
    for part in parts:
        upper = part.upper()
        depth += (part == "(") - (part == ")")
        if upper in {"OR", "NOT", "IN"} or part == "<>" or depth < 0:
            raise _unreadable()
        if upper == "BETWEEN" and not depth:
            between = True
        if upper == "AND" and not depth and not between:
            found.append([])
            continue
        if upper == "AND":
            between = False
        found[-1].append(part)
    if depth or len(found) > 2 or not all(found):
        raise _unreadable()
    return [_unwrapped(each) for each in found]


def _equality(parts: list[str], names: Mapping[str, Any]) -> tuple[str, str] | None:
    """Attribute and value placeholder of ``name = :value``; None for the other comparisons of a sort key."""
    if len(parts) != 3 or parts[1] != "=":
        if "=" in parts:
            raise _unreadable()
        return None
    left, right = parts[0], parts[2]
    if left.startswith(":"):
        left, right = right, left
    if left.startswith(":") or not right.startswith(":"):
        raise _unreadable()
    return resolved(left, names), right


def _unwrapped(parts: list[str]) -> list[str]:
    """Without the brackets around all of it."""
    while len(parts) > 2 and parts[0] == "(" and parts[-1] == ")":
        depth = 0
        for at, part in enumerate(parts):
            depth += (part == "(") - (part == ")")
            if not depth and at < len(parts) - 1:
                return parts
        parts = parts[1:-1]
    return parts


def _unreadable() -> Refusal:
    return Refusal(
        "AccessDenied",
        "The Query is refused: its key condition does not plainly fix the partition key, and without that it cannot be judged. "
        "Write partition = :value, perhaps AND a condition on the sort key.",
    )
