"""``explain``: the reason of a decision in a sentence or two."""

from app.core.policy.model import Asked, Decision, Verdict

_SILENT = {
    Verdict.NO_IDENTITY_ALLOW: "No identity-based policy allows",
    Verdict.NOT_IN_BOUNDARY: "The permissions boundary does not allow",
    Verdict.NOT_IN_SESSION: "No session policy allows",
    Verdict.NO_TRUST: "The role's trust policy does not allow",
}


def explain(decision: Decision, asked: Asked) -> str:
    """Names the statement that decided, or the nearest miss with its resource and failed condition as they were resolved."""
    what = f"{asked.action} on {asked.resource}"
    if decision.statement is not None and decision.policy is not None:
        verb = "allows" if decision.allowed else "explicitly denies"
        said = f"{decision.statement.label} of {decision.policy.label} {verb} {what}."
        return said[0].upper() + said[1:]
    said = f"{_SILENT[decision.verdict]} {what}."
    if decision.near:
        said += f" Nearest is {decision.near[0].text}."
    return said
