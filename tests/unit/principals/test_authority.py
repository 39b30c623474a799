"""What is known of a caller in every request, and what of a request nobody here can know."""

import pytest

from app.core.kernel.sealing import Sealer
from app.core.policy import Asked, Verdict, explain
from app.core.principals.authority import Authority
from app.core.principals.model import Principal, Role, RoleSession
from tests.support.world import MASTER_KEY, NOON

ARN = "arn:aws:s3:::b/k"
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def decided(*statements, **context):
    """What a session of a role with these statements is told about an object, and the decision's explanation."""
    role = Role(
        name="reader",
        account_id="123456789012",
        role_id="AROA",
        trust={},
        policies={"p": {"Version": "2012-10-17", "Statement": list(statements)}},
        created_at=NOON,
    )
    session = RoleSession(
        role_arn=role.arn,
        role_id="AROA",
        session_name="s",
        account_id="123456789012",
        tags={"team": "blue"},
        issued_at=NOON,
        expires_at=NOON + 3600,
        source="test",
    )
    principal = Principal(arn=session.arn, account_id="123456789012", access_key_id=None, session=session)
    authority = Authority(find_role={role.arn: role}.get, sealer=Sealer((MASTER_KEY,)))
    given = {key.replace("__", ":").lower(): (value,) for key, value in context.items()}
    asked = Asked(action="s3:GetObject", resource=ARN, context=given)
    decision = authority.decide(principal, asked)
    return decision.verdict, explain(decision, authority.completed(principal, asked))


def deny(condition):
    return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


ELSEWHERE = {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}


@pytest.mark.parametrize(
    "condition",
    [
        # AWS's own examples: by address, by service, without a second factor, and its button that ends older sessions.
        {**ELSEWHERE, "Bool": {"aws:ViaAWSService": "false"}},
        {**ELSEWHERE, "Bool": {"aws:PrincipalIsAWSService": "false"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
        {"DateLessThan": {"aws:TokenIssueTime": "2999-01-01T00:00:00Z"}},
    ],
)
def test_the_usual_denials_apply(condition):
    assert decided(ALLOW, deny(condition), aws__SourceIp="203.0.113.9")[0] is Verdict.EXPLICIT_DENY


@pytest.mark.parametrize(
    "condition",
    [
        {**ELSEWHERE, "Bool": {"aws:ViaAWSService": "true"}},
        {"DateLessThan": {"aws:TokenIssueTime": "2001-01-01T00:00:00Z"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    ],
)
def test_what_they_do_not_mean_stays_allowed(condition):
    assert decided(ALLOW, deny(condition), aws__SourceIp="203.0.113.9")[0] is Verdict.ALLOWED


SECRET = {"s3:ExistingObjectTag/class": "secret"}


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": SECRET},
        {"StringNotEquals": SECRET},
        {"StringEqualsIfExists": SECRET},
        {"ForAnyValue:StringEquals": SECRET},
        {"ForAllValues:StringEquals": SECRET},
        {"Null": {"s3:ExistingObjectTag/class": "false"}},
        {"Null": {"s3:ExistingObjectTag/class": "true"}},
        {"StringEquals": {"aws:ResourceTag/owner": "eve"}},
        {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        {"StringEquals": {"aws:PrincipalTag/team": "${s3:ExistingObjectTag/team, 'blue'}"}},
    ],
)
def test_a_key_that_is_not_looked_up_neither_grants_nor_lifts_a_denial(condition):
    verdict, told = decided(ALLOW, deny(condition))
    assert verdict is Verdict.EXPLICIT_DENY
    assert "cannot be told" in told
    verdict, told = decided({**ALLOW, "Condition": condition})
    assert verdict is Verdict.NO_IDENTITY_ALLOW
    assert "Nearest is statement 1" in told


def test_what_is_certain_beside_it_still_counts():
    somebody_else = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    assert decided(ALLOW, deny({"StringLike": SECRET, **somebody_else}))[0] is Verdict.ALLOWED


def test_a_key_that_the_question_brings_along_is_known():
    assert (
        decided(ALLOW, deny({"StringEquals": SECRET}), **{"s3__ExistingObjectTag/class": "open"})[0] is Verdict.ALLOWED
    )
    told = decided({**ALLOW, "Condition": {"StringEquals": SECRET}})[1]
    assert "s3:ExistingObjectTag/class is not looked up here" in told
