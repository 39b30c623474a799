"""``decide``: explicit denials first, then identity, boundary and session policies; silence refuses (IAM: policy evaluation logic)."""

from collections.abc import Iterable

from app.core.policy.model import Asked, Decision, Policies, Policy, Statement, Trusted, Verdict
from app.core.policy.near import nearest
from app.core.policy.resources import split_arn
from app.core.policy.truth import Truth, all_of, any_of


class _Question:
    """What is asked, made ready once for all statements."""

    __slots__ = ("action", "asked", "context", "resource", "trusted")

    def __init__(self, asked: Asked, trusted: Trusted | None = None) -> None:
        self.asked = asked
        self.action = asked.action.lower()
        self.resource = split_arn(asked.resource)
        self.context = asked.context
        self.trusted = trusted

    def applies(self, statement: Statement) -> Truth:
        """Whether the statement speaks of this; None where that cannot be told, so that a Deny does and an Allow does not."""
        if any(glob.matches(self.action) for glob in statement.actions) is statement.not_action:
            return False
        meant = self.means(statement)
        if meant is False or not statement.conditions:
            return meant
        met = all_of([condition.met(self.context) for condition in statement.conditions])
        return met if meant else (None if met is not False else False)

    def means(self, statement: Statement) -> Truth:
        """Whether it is about this resource, or, of a trust policy, this caller."""
        if statement.principals is not None:
            trusted = self.trusted
            if trusted is None:
                return None
            return statement.principals.include(federated=trusted.federated, aws=trusted.aws, service=trusted.service)
        resources = statement.resources
        fits = (
            resources[0].matches(self.resource, self.context)
            if len(resources) == 1
            else any_of([resource.matches(self.resource, self.context) for resource in resources])
        )
        return fits if fits is None or not statement.not_resource else not fits

    def find_denial(self, policies: Iterable[Policy]) -> Decision | None:
        for policy in policies:
            for statement in policy.denials:
                if self.applies(statement) is not False:
                    return Decision(verdict=Verdict.EXPLICIT_DENY, statement=statement, policy=policy)
        return None

    def find_grant(self, policies: Iterable[Policy]) -> Decision | None:
        for policy in policies:
            for statement in policy.grants:
                if self.applies(statement):
                    return Decision(verdict=Verdict.ALLOWED, statement=statement, policy=policy)
        return None

    def refused(self, verdict: Verdict, policies: tuple[Policy, ...]) -> Decision:
        near, missing = nearest(policies, self.asked, self.trusted)
        return Decision(verdict=verdict, near=near, missing_keys=missing)


def decide(policies: Policies, asked: Asked) -> Decision:
    """Whether the policies together allow what is asked, and which statement says so (IAM: policy evaluation logic)."""
    question = _Question(asked)
    boundary = () if policies.boundary is None else (policies.boundary,)
    session = policies.session or ()
    denied = question.find_denial((*policies.identity, *boundary, *session))
    if denied is not None:
        return denied
    granted = question.find_grant(policies.identity)
    if granted is None:
        return question.refused(Verdict.NO_IDENTITY_ALLOW, policies.identity)
    if boundary and question.find_grant(boundary) is None:
        return question.refused(Verdict.NOT_IN_BOUNDARY, boundary)
    if policies.session is not None and question.find_grant(session) is None:
        return question.refused(Verdict.NOT_IN_SESSION, session)
    return granted


def decide_trust(trust: Policy, trusted: Trusted, asked: Asked) -> Decision:
    """Whether the role may be assumed by this caller: its trust policy alone must say so (IAM: role trust policy)."""
    question = _Question(asked, trusted)
    return (
        question.find_denial((trust,)) or question.find_grant((trust,)) or question.refused(Verdict.NO_TRUST, (trust,))
    )
