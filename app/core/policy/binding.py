"""``bind``: a policy for an enforcer that does not know our context keys: what one session fixes is written into it.

A condition on a key of the session is decided here and falls away, or its statement does. Where something cannot be resolved the result
is never wider than the policy: an Allow loses what is unknown, a Deny takes it for met.
"""

from typing import Any

from app.core.policy.conditions import Condition
from app.core.policy.globs import Wild
from app.core.policy.model import Policy, PolicyKind, Statement
from app.core.policy.operands import Arn, Operand, Text
from app.core.policy.resources import ResourcePattern
from app.core.policy.variables import Context, Template, Variable

_FIXED = {"aws:userid", "aws:username", "aws:federatedprovider"}
_NOTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}
_ESCAPES = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})


def is_fixed(key: str) -> bool:
    """Whether the key's value is the session's, the same in all its requests: the principal, its tags, its login."""
    if key in _FIXED or key.startswith("aws:principaltag/"):
        return True
    vendor = key.partition(":")[0]
    # A login provider is named by its host; no service of AWS has a dot or a slash in its prefix.
    return "." in vendor or "/" in vendor or vendor in {"saml", "localhost"}


def bind(policy: Policy, context: Context) -> dict[str, Any]:
    """The policy with the session's own variables replaced by escaped literals; what only a request knows is left."""
    if policy.kind is PolicyKind.TRUST:
        raise ValueError("a trust policy is nobody's session policy")
    binder = _Binder(context, policy.has_variables)
    made = [bound for statement in policy.statements if (bound := binder.statement(statement)) is not None]
    return {"Version": policy.version, "Statement": _one_or_all(made or [dict(_NOTHING)])}


class _Dropped(Exception):  # noqa: N818 - not an error: the statement can no longer apply
    """The statement cannot apply in this session."""


class _Binder:
    """``escapes``: whether ``${…}`` means anything in this version of the language."""

    def __init__(self, context: Context, escapes: bool) -> None:  # noqa: FBT001 - of this file only
        self.context = context
        self.escapes = escapes

    def statement(self, statement: Statement) -> dict[str, Any] | None:
        try:
            resources = self.resources(statement)
            conditions: dict[str, dict[str, Any]] = {}
            for condition in statement.conditions:
                values = self.condition(condition, allow=statement.allow)
                if values:
                    conditions.setdefault(condition.name, {})[condition.written_key] = _one_or_all(values)
        except _Dropped:
            return None
        made: dict[str, Any] = {
            "Effect": "Allow" if statement.allow else "Deny",
            "NotAction" if statement.not_action else "Action": _one_or_all(list(statement.action_names)),
            **resources,
        }
        return {**made, "Condition": conditions} if conditions else made

    def resources(self, statement: Statement) -> dict[str, Any]:
        texts = []
        for resource in statement.resources:
            text = self.resource(resource)
            if text is not None:
                texts.append(text)
            elif statement.allow and statement.not_resource:
                raise _Dropped
            elif not statement.allow and not statement.not_resource:
                return {"Resource": "*"}
        if not texts and statement.allow:
            raise _Dropped
        if not texts:
            return {"Resource": "*"}
        return {"NotResource" if statement.not_resource else "Resource": _one_or_all(list(dict.fromkeys(texts)))}

    def condition(self, condition: Condition, *, allow: bool) -> list[str]:
        """The values to compare with; none where the condition is met for the whole session."""
        if is_fixed(condition.key):
            known = all(is_fixed(key) for operand in condition.operands for key in operand.keys)
            met = condition.met(self.context) if known else None
            if met is False or (met is None and allow):
                raise _Dropped
            return []
        values = [self.operand(operand) for operand in condition.operands]
        kept = list(dict.fromkeys(value for value in values if value is not None))
        if None not in values:
            return kept
        if allow and (condition.operator.negated or not kept):
            raise _Dropped
        return kept if allow or condition.operator.negated else []

    def resource(self, resource: ResourcePattern) -> str | None:
        if resource.parts is None or not self.escapes:
            return resource.text
        return self.joined(resource.parts)

    def operand(self, operand: Operand) -> str | None:
        if self.escapes and isinstance(operand, Text):
            return self.template(operand.template, wildcards=operand.pattern)
        if self.escapes and isinstance(operand, Arn):
            return self.joined(operand.parts)
        return operand.shown({})

    def joined(self, parts: tuple[Template, ...]) -> str | None:
        made = []
        for part in parts:
            text = self.template(part, wildcards=True)
            if text is None:
                return None
            made.append(text)
        return ":".join(made)

    def template(self, template: Template, *, wildcards: bool) -> str | None:
        """The text again, with the session's values in it; None if one of them cannot be resolved."""
        made = []
        for piece in template.pieces:
            if isinstance(piece, Wild):
                made.append(piece.value)
            elif isinstance(piece, Variable) and not is_fixed(piece.key):
                made.append(piece.written)
            else:
                value = piece.resolve(self.context) if isinstance(piece, Variable) else piece
                if value is None:
                    return None
                made.append(value.translate(_ESCAPES) if wildcards else value.replace("$", "${$}"))
        return "".join(made)


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
