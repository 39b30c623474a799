"""``decide``: explicit denials first, then identity, boundary and session policies; silence refuses (IAM: policy evaluation logic)."""

from collections.abc import Iterable

from app.core.policy.decision import Decision
from app.core.policy.matching import Question
from app.core.policy.model import Asked, Policies, Policy, Trusted, Verdict


def decide(policies: Policies, asked: Asked) -> Decision:
    """Whether the policies together allow what is asked, and which statement says so (IAM: policy evaluation logic)."""
    question = Question(asked)
    boundary = () if policies.boundary is None else (policies.boundary,)
    session = policies.session or ()
    denied = _find_denial((*policies.identity, *boundary, *session), question)
    if denied is not None:
        return denied
    granted = _find_grant(policies.identity, question)
    if granted is None:
        return _refused(Verdict.NO_IDENTITY_ALLOW, policies.identity, question)
    if boundary and _find_grant(boundary, question) is None:
        return _refused(Verdict.NOT_IN_BOUNDARY, boundary, question)
    if policies.session is not None and _find_grant(session, question) is None:
        return _refused(Verdict.NOT_IN_SESSION, session, question)
    return granted


def decide_trust(trust: Policy, trusted: Trusted, asked: Asked) -> Decision:
    """Whether the role may be assumed by this caller: its trust policy alone must say so (IAM: role trust policy)."""
    question = Question(asked, trusted)
    return (
        _find_denial((trust,), question)
        or _find_grant((trust,), question)
        or _refused(Verdict.NO_TRUST, (trust,), question)
    )


def _find_denial(policies: Iterable[Policy], question: Question) -> Decision | None:
    for policy in policies:
        for statement in policy.denials:
            if question.applies(statement) is not False:
                return Decision(verdict=Verdict.EXPLICIT_DENY, statement=statement, policy=policy)
    return None


def _find_grant(policies: Iterable[Policy], question: Question) -> Decision | None:
    for policy in policies:
        for statement in policy.grants:
            if question.applies(statement):
                return Decision(verdict=Verdict.ALLOWED, statement=statement, policy=policy)
    return None


def _refused(verdict: Verdict, policies: tuple[Policy, ...], question: Question) -> Decision:
    return Decision(verdict=verdict, considered=policies, question=question)
