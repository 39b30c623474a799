"""A denied caller is told why: the statement, the resolved resource, the failed condition."""

import json

import pytest

from app.core.policy import Asked, Failing, Policies, PolicyKind, because, decide, explain, parse
from tests.unit.policy.asking import (
    AMR,
    AUD,
    ME,
    OTHER,
    OWN_FOLDER,
    POOLS,
    asked,
    assumed,
    judged,
    policy,
    statement,
    trust,
)

SUB = {"cognito-identity.amazonaws.com__sub": ME}


def told(document, question, **others):
    return explain(judged(document, question, **others), question)


def own(action, resource, **context):
    return told(parse(OWN_FOLDER, PolicyKind.IDENTITY, name="auth"), asked(action, resource, **{**SUB, **context}))


def test_another_ones_folder_is_explained_by_ones_own():
    assert own("s3:GetObject", f"arn:aws:s3:::mybucket/{OTHER}/a") == (
        f"No identity-based policy allows s3:GetObject on arn:aws:s3:::mybucket/{OTHER}/a."
        f' Nearest is statement 2 of policy "auth", whose Resource "arn:aws:s3:::mybucket/{ME}/*" does not match.'
    )


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"s3__prefix": f"{OTHER}/"}, f'is not met: the request has s3:prefix "{OTHER}/".'),
        ({}, "is not met: the request has no s3:prefix."),
        ({"s3__prefix": (f"{ME}/", "x")}, f'the request has s3:prefix "{ME}/", "x", and for several values'),
    ],
    ids=str,
)
def test_a_failed_condition_is_told_with_what_the_request_has_instead(context, said):
    text = own("s3:ListBucket", "arn:aws:s3:::mybucket", **context)
    assert f'Nearest is statement 1 of policy "auth", whose Condition StringLike s3:prefix "{ME}/*" ' in text
    assert said in text


def test_another_action_is_told_with_those_that_are_named():
    assert (
        'statement 2 of policy "auth", whose Action "s3:GetObject", "s3:PutObject" does not include s3:DeleteObject.'
        in own("s3:DeleteObject", f"arn:aws:s3:::mybucket/{ME}/a")
    )


def test_what_no_statement_comes_near_is_said_alone():
    assert own("iam:CreateRole", "*") == "No identity-based policy allows iam:CreateRole on *."


def test_a_variable_without_a_value_is_named():
    made = policy(statement(resource="arn:aws:s3:::b/${aws:PrincipalTag/team}/*", Sid="Team"))
    assert (
        'Nearest is statement "Team" of policy "p", whose Resource "arn:aws:s3:::b/${aws:PrincipalTag/team}/*"'
        " holds ${aws:PrincipalTag/team}, which this request does not resolve." in told(made, asked())
    )
    condition = {"StringEquals": {"s3:prefix": "${aws:PrincipalTag/team}"}}
    text = told(policy(statement(Condition=condition)), asked(s3__prefix="x"))
    assert 'the request has s3:prefix "x", and not one value of aws:principaltag/team' in text
    denied = policy(statement(), statement("Deny", resource="arn:aws:s3:::b/${aws:PrincipalTag/team}/*"))
    assert "which this request does not resolve" in told(denied, asked())


def test_a_value_of_another_kind_is_named():
    text = told(
        policy(statement(Condition={"NumericLessThan": {"s3:max-keys": "10"}})), asked(**{"s3__max-keys": "many"})
    )
    assert 'the request has s3:max-keys "many", which is of another kind' in text


def test_a_denial_is_told_with_what_it_says():
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    made = policy(statement(), statement("Deny", "s3:*", "arn:aws:s3:::b/*", Sid="TlsOnly", Condition=condition))
    assert told(made, asked(aws__securetransport="false")) == (
        'Statement "TlsOnly" of policy "p" explicitly denies s3:GetObject on arn:aws:s3:::b/k:'
        ' its Resource "arn:aws:s3:::b/*" matches; its Condition Bool aws:SecureTransport "false" is met.'
    )


def test_what_is_allowed_is_told_too():
    made = policy(statement(NotResource=["arn:aws:s3:::c/*"]))
    assert told(made, asked()) == (
        'Statement 1 of policy "p" allows s3:GetObject on arn:aws:s3:::b/k: its NotResource "arn:aws:s3:::c/*" does not name it.'
    )


def test_the_part_that_kept_silent_is_named():
    open_, shut = policy(statement()), policy(statement("Allow", "s3:PutObject"), name="")
    assert told(open_, asked(), boundary=shut) == (
        "The permissions boundary does not allow s3:GetObject on arn:aws:s3:::b/k."
        ' Nearest is statement 1 of the identity-based policy, whose Action "s3:PutObject" does not include s3:GetObject.'
    )
    assert told(open_, asked(), session=(shut,)).startswith("No session policy allows s3:GetObject")


def test_trust_is_explained_by_principal_and_condition():
    question = Asked(action="sts:AssumeRoleWithWebIdentity", resource="arn:aws:iam::111111111111:role/r")
    made = trust({"Principal": {"Federated": POOLS}, "Condition": {"StringEquals": {AUD: "p"}}})
    text = explain(assumed(made, federated="accounts.google.com"), question)
    assert text.startswith("The role's trust policy does not allow sts:AssumeRoleWithWebIdentity on arn:aws:iam::")
    assert f'whose Principal "Federated {POOLS}" does not mean Federated "accounts.google.com".' in text
    assert f"is not met: the request has no {AUD}." in explain(assumed(made, federated=POOLS), question)


def test_the_nearest_of_several_comes_first():
    made = policy(
        statement(action="s3:PutObject"),
        statement(resource="arn:aws:s3:::other/*"),
        statement(resource="arn:aws:s3:::b/other"),
        statement(resource="arn:aws:s3:::b/k", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        statement(action="iam:*"),
    )
    near = judged(made, asked()).near
    assert [each.statement.index for each in near] == [4, 3, 2]
    assert [each.failing for each in near] == [Failing.CONDITION, Failing.RESOURCE, Failing.RESOURCE]


def test_missing_keys_are_those_that_statements_about_the_action_read():
    made = policy(
        statement(resource="arn:aws:s3:::b/${aws:userid}/${aws:PrincipalTag/Team}"),
        statement(Condition={"StringEquals": {"s3:Prefix": "${a:b}"}}),
        statement(action="iam:*", Condition={"Bool": {"a:c": "true"}}),
    )
    assert judged(made, asked(aws__userid="x")).missing_keys == ("a:b", "aws:principaltag/team", "s3:prefix")
    amr = trust({"Principal": {"Federated": POOLS}, "Condition": {"ForAnyValue:StringLike": {AMR: "x"}}})
    assert assumed(amr, federated=POOLS).missing_keys == (AMR,)


def test_an_explanation_is_one_line_of_bounded_length():
    values = [f"{number}" + "x" * 400 for number in range(20)]
    made = policy(statement(Condition={"StringEquals": {"s3:prefix": values}}))
    text = told(made, asked(resource="arn:aws:s3:::b/\r\n\ud800" + "z" * 5_000, s3__prefix="\n\x1b[31m" + "y" * 5_000))
    assert "and 17 more" in text
    assert text.isprintable()
    assert len(text) < 2_700
    assert json.loads(json.dumps(text)) == text


def test_what_is_decided_has_no_misses_and_yet_missing_keys():
    made = policy(statement(), statement("Deny", Condition={"StringEquals": {"a:b": "x"}}))
    decision = decide(Policies(identity=(made,)), asked())
    assert decision.allowed
    assert (decision.near, decision.missing_keys) == ((), ("a:b",))
    assert made.keys == {"a:b"}


EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
NO_GET = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}}
NO_GRANT = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}


@pytest.mark.parametrize(
    ("document", "kind", "said"),
    [
        (NO_GET, "IDENTITY", "with an explicit deny in an identity-based policy"),
        (NO_GET, "SESSION", "with an explicit deny in a session policy"),
        (NO_GET, "BOUNDARY", "with an explicit deny in a permissions boundary"),
        (NO_GRANT, "IDENTITY", "because no identity-based policy allows the s3:GetObject action"),
        (NO_GRANT, "SESSION", "because no session policy allows the s3:GetObject action"),
        (NO_GRANT, "BOUNDARY", "because no permissions boundary allows the s3:GetObject action"),
    ],
)
def test_awss_own_words_name_the_kind_of_policy_that_refuses(document, kind, said):
    given = {
        each: parse(document if each == kind else EVERYTHING, PolicyKind[each])
        for each in ("IDENTITY", "SESSION", "BOUNDARY")
    }
    policies = Policies(identity=(given["IDENTITY"],), boundary=given["BOUNDARY"], session=(given["SESSION"],))
    decision = decide(policies, asked("s3:GetObject", "arn:aws:s3:::mybucket/a"))
    assert because(decision, "s3:GetObject") == said
