"""Why a refusal is one: the statements that would have allowed but for one part, the nearest first."""

from collections.abc import Iterable, Sequence

from app.core.policy.conditions import Condition, Quantifier, shown
from app.core.policy.matching import Question
from app.core.policy.model import Failing, NearMiss, Policy, Statement
from app.core.policy.resources import ResourcePattern
from app.core.policy.variables import UNKNOWN

_MOST_MISSES = 3
_MOST_VALUES = 3


def nearest(policies: tuple[Policy, ...], question: Question) -> tuple[NearMiss, ...]:
    """The few nearest misses. A failed condition is nearer than another resource, and that nearer than another action."""
    found = []
    for policy in policies:
        for statement in policy.grants:
            failing = _failing(statement, question)
            if failing is not None:
                likeness = _likeness(statement, question) if failing is Failing.RESOURCE else 0
                found.append((-failing.value, -likeness, statement.index, policy, statement, failing))
    found.sort(key=lambda each: each[:3])
    return tuple(
        NearMiss(policy=policy, statement=statement, failing=failing, text=_text(policy, statement, failing, question))
        for _, _, _, policy, statement, failing in found[:_MOST_MISSES]
    )


def missing_keys(policies: tuple[Policy, ...], question: Question) -> tuple[str, ...]:
    """The context keys that statements about this action read and the request does not carry, in lower case."""
    read = {key for policy in policies for each in policy.statements if question.acts(each) for key in each.keys}
    return tuple(sorted(key for key in read if not question.context.get(key)))


def _failing(statement: Statement, question: Question) -> Failing | None:
    """The one part that does not fit; None where the statement is about something else altogether."""
    meant = question.means(statement)
    if not question.acts(statement):
        vendors = {name.lower().partition(":")[0] for name in statement.action_names}
        about = not statement.not_action and question.action.partition(":")[0] in vendors
        return Failing.ACTION if about and meant else None
    if meant:
        return Failing.CONDITION
    return Failing.RESOURCE if statement.principals is None else Failing.PRINCIPAL


def _likeness(statement: Statement, question: Question) -> int:
    return max(_alike(resource, question) for resource in statement.resources)


def _alike(resource: ResourcePattern, question: Question) -> int:
    """How many characters at the beginning are the same."""
    one, other = resource.shown(question.context), question.asked.resource
    return next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other))
    )


def _text(policy: Policy, statement: Statement, failing: Failing, question: Question) -> str:
    about = f"{statement.label} of {policy.label}"
    if failing is Failing.ACTION:
        return f"{about}, whose Action {_listed(statement.action_names)} does not include {question.asked.action}"
    if failing is Failing.PRINCIPAL and statement.principals is not None:
        member = "NotPrincipal" if statement.principals.negated else "Principal"
        return f"{about}, whose {member} {shown(statement.principals.text)} does not mean {_caller(question)}"
    if failing is Failing.RESOURCE:
        return f"{about}, {resource_text(statement, question)}"
    return f"{about}, {condition_text(statement, question)}"


def resource_text(statement: Statement, question: Question) -> str:
    """What its Resource or NotResource says, resolved, and why it does not fit."""
    unresolved = unresolved_text(statement, question)
    resources = sorted(statement.resources, key=lambda each: -_alike(each, question))
    texts = [resource.shown(question.context) for resource in resources]
    if statement.not_resource:
        return f"whose NotResource {_listed(texts)} {unresolved or 'leaves this resource out'}"
    return f"whose Resource {_listed(texts)} {unresolved or 'does not match'}"


def unresolved_text(statement: Statement, question: Question) -> str:
    """The variables of its resources that this request does not resolve, or nothing."""
    written = dict.fromkeys(each for resource in statement.resources for each in resource.unresolved(question.context))
    return f"holds {', '.join(written)}, which this request does not resolve" if written else ""


def condition_text(statement: Statement, question: Question) -> str:
    """The first condition that is not met, with its values resolved and what the request has instead."""
    failed = next(each for each in statement.conditions if not each.met(question.context))
    return f"whose Condition {compared(failed, question)} is not met: {carried(failed, question)}"


def compared(condition: Condition, question: Question) -> str:
    values = [operand.shown(question.context) for operand in condition.operands]
    return f"{condition.name} {condition.written_key} {_listed(values)}"


def carried(condition: Condition, question: Question) -> str:
    """What the request has for the condition's key, and what stands in the way of comparing it."""
    given = question.context.get(condition.key) or ()
    if question.context.get(condition.key) is UNKNOWN:
        return f"{condition.written_key} is not looked up here"
    if not given:
        return f"the request has no {condition.written_key}"
    has = f"the request has {condition.written_key} {_listed(given)}"
    if condition.met(question.context) is not None:
        return has
    absent = sorted(
        key for operand in condition.operands for key in operand.keys if len(question.context.get(key) or ()) != 1
    )
    if absent:
        return f"{has}, and not one value of {', '.join(absent)}"
    if len(given) > 1 and condition.quantifier is Quantifier.NONE:
        return f"{has}, and for several values the condition needs ForAnyValue or ForAllValues"
    return f"{has}, which is of another kind"


def _listed(values: Sequence[str]) -> str:
    more = len(values) - _MOST_VALUES
    named = ", ".join(shown(value) for value in values[:_MOST_VALUES])
    return f"{named} and {more} more" if more > 0 else named


def _caller(question: Question) -> str:
    trusted = question.trusted
    if trusted is None:
        return "the caller"
    kinds: Iterable[tuple[str, str | None]] = (
        ("Federated", trusted.federated),
        ("AWS", trusted.aws),
        ("Service", trusted.service),
    )
    return " or ".join(f"{kind} {shown(name)}" for kind, name in kinds if name is not None) or "the caller"
