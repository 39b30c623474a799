"""``explain``: the reason of a decision in a sentence or two."""

from app.core.policy.conditions import one_line, shown
from app.core.policy.decision import Decision
from app.core.policy.matching import Question
from app.core.policy.model import Asked, Policy, PolicyKind, Statement, Verdict
from app.core.policy.near import carried, compared, unresolved_text

# The longest key of S3 has 1,024 bytes; its ARN is shown whole.
_MOST_CHARACTERS_OF_A_RESOURCE = 1_200
_SILENT = {
    Verdict.NO_IDENTITY_ALLOW: "No identity-based policy allows",
    Verdict.NOT_IN_BOUNDARY: "The permissions boundary does not allow",
    Verdict.NOT_IN_SESSION: "No session policy allows",
    Verdict.NO_TRUST: "The role's trust policy does not allow",
}

_SILENT_KINDS = {
    Verdict.NO_IDENTITY_ALLOW: PolicyKind.IDENTITY,
    Verdict.NOT_IN_BOUNDARY: PolicyKind.BOUNDARY,
    Verdict.NOT_IN_SESSION: PolicyKind.SESSION,
    Verdict.NO_TRUST: PolicyKind.TRUST,
}


def explain(decision: Decision, asked: Asked) -> str:
    """Names the statement that decided, or the nearest miss, with its resource and conditions as they were resolved."""
    what = f"{asked.action} on {one_line(asked.resource, _MOST_CHARACTERS_OF_A_RESOURCE)}"
    if decision.statement is not None and decision.policy is not None:
        return _decided(decision.policy, decision.statement, Question(asked), what)
    said = f"{_SILENT[decision.verdict]} {what}."
    near = decision.near
    return f"{said} Nearest is {near[0].text}." if near else said


def because(decision: Decision, action: str) -> str:
    """AWS's own words for the kind of a refusal, which go on from "is not authorized to perform" (IAM: access denied errors)."""
    if decision.verdict is Verdict.EXPLICIT_DENY and decision.policy is not None:
        kind = decision.policy.kind
        return f"with an explicit deny in {'an' if kind is PolicyKind.IDENTITY else 'a'} {kind.value}"
    return f"because no {_SILENT_KINDS[decision.verdict].value} allows the {action} action"


def _decided(policy: Policy, statement: Statement, question: Question, what: str) -> str:
    verb = "allows" if statement.allow else "explicitly denies"
    said = f"{statement.label} of {policy.label} {verb} {what}"
    because = [_resources(statement, question)] if statement.resources else []
    for condition in statement.conditions:
        unknown = condition.met(question.context) is None
        because.append(
            f"its Condition {compared(condition, question)} "
            + (f"cannot be told: {carried(condition, question)}" if unknown else "is met")
        )
    said = said[0].upper() + said[1:]
    return f"{said}: {'; '.join(because)}." if because else f"{said}."


def _resources(statement: Statement, question: Question) -> str:
    """The one that fits, else those that could not be resolved."""
    if statement.not_resource:
        member, fitting = "NotResource", list(statement.resources)
    else:
        member = "Resource"
        fitting = [each for each in statement.resources if each.matches(question.resource, question.context)]
    unresolved = unresolved_text(statement, question)
    if member == "Resource" and fitting:
        return f"its Resource {shown(fitting[0].shown(question.context))} matches"
    texts = ", ".join(shown(each.shown(question.context)) for each in statement.resources[:3])
    return f"its {member} {texts} {unresolved or 'does not name it'}"
