"""``decide``: explicit denials first, then identity, boundary and session policies; silence refuses (IAM: policy evaluation logic)."""

from collections.abc import Iterable

from app.core.policy.decision import Decision
from app.core.policy.matching import Question
from app.core.policy.model import Asked, Policies, Policy, Statement, Trusted, Verdict


def decide(policies: Policies, asked: Asked) -> Decision:
    """Whether the policies together allow what is asked, and which statement says so (IAM: policy evaluation logic)."""
    boundary = () if policies.boundary is None else (policies.boundary,)
    session = policies.session or ()
    stages = [(policies.identity, Verdict.NO_IDENTITY_ALLOW)]
    if boundary:
        stages.append((boundary, Verdict.NOT_IN_BOUNDARY))
    if policies.session is not None:
        stages.append((session, Verdict.NOT_IN_SESSION))
    return _decided((*policies.identity, *boundary, *session), stages, Question(asked))


def decide_trust(trust: Policy, trusted: Trusted, asked: Asked) -> Decision:
    """Whether the role may be assumed by this caller: its trust policy alone must say so (IAM: role trust policy)."""
    return _decided((trust,), [((trust,), Verdict.NO_TRUST)], Question(asked, trusted))


def _decided(
    considered: tuple[Policy, ...], stages: list[tuple[tuple[Policy, ...], Verdict]], question: Question
) -> Decision:
    """The first denial of any policy; else the first stage that keeps silent; else what the first stage allows by."""
    for policy in considered:
        for statement in policy.denials:
            if question.applies(statement) is not False:
                return Decision(
                    verdict=Verdict.EXPLICIT_DENY,
                    statement=statement,
                    policy=policy,
                    considered=considered,
                    question=question,
                )
    grants = []
    for policies, verdict in stages:
        grant = _find_grant(policies, question)
        if grant is None:
            return Decision(verdict=verdict, silent=policies, considered=considered, question=question)
        grants.append(grant)
    policy, statement = grants[0]
    return Decision(
        verdict=Verdict.ALLOWED, statement=statement, policy=policy, considered=considered, question=question
    )


def _find_grant(policies: Iterable[Policy], question: Question) -> tuple[Policy, Statement] | None:
    for policy in policies:
        for statement in policy.grants:
            if question.applies(statement):
                return policy, statement
    return None
