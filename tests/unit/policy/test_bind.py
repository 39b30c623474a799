"""A policy bound to one session means the same to somebody who does not know the session, or less."""

import json

import pytest

from app.core.policy import PolicyKind, bind, compact, parse
from tests.unit.policy.asking import AUD, ME, OWN_FOLDER, SUB, asked, judged, keys, policy, statement, trust

MINE = {SUB: (ME,)}


def bound(*statements, version="2012-10-17", **context):
    made = bind(policy(*statements, version=version), {**MINE, **keys(context)})
    parse(compact(made), PolicyKind.SESSION)
    return made["Statement"]


def resource_of(resource, **context):
    return bound(statement(resource=f"arn:aws:s3:::b/{resource}"), **context)["Resource"].removeprefix(
        "arn:aws:s3:::b/"
    )


def test_the_reference_policy_is_bound_compactly():
    assert compact(bind(parse(OWN_FOLDER, PolicyKind.IDENTITY), MINE)) == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::mybucket",'
        f'"Condition":{{"StringLike":{{"s3:prefix":"{ME}/*"}}}}}},'
        f'{{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::mybucket/{ME}/*"}}]}}'
    )


@pytest.mark.parametrize(
    ("resource", "context", "result"),
    [
        (f"${{{SUB}}}/*", {}, f"{ME}/*"),
        ("${aws:PrincipalTag/team}/?", {"aws__principaltag/team": "x"}, "x/?"),
        ("${aws:userid}", {"aws__userid": "AROA1:s"}, "AROA1:s"),
        ("${idp.example/pool:sub}", {"idp.example/pool__sub": "x"}, "x"),
        ("${localhost:9229/pool:sub}", {"localhost__9229/pool:sub": "x"}, "x"),
        ("${aws:PrincipalTag/team}/*", {"aws__principaltag/team": "*?$"}, "${*}${?}${$}/*"),
        ("${aws:PrincipalTag/team}/*", {"aws__principaltag/team": "${aws:userid}"}, "${$}{aws:userid}/*"),
        ("${aws:PrincipalTag/team, 'none'}/*", {}, "none/*"),
        ("${aws:PrincipalTag/team, '*'}/*", {}, "${*}/*"),
        ("${*}${?}${$}/*?", {}, "${*}${?}${$}/*?"),
        ("${s3:prefix}/${aws:SourceIp}", {"aws__sourceip": "10.0.0.1"}, "${s3:prefix}/${aws:SourceIp}"),
        ("${aws:RequestTag/a.b, 'd'}", {}, "${aws:RequestTag/a.b, 'd'}"),
    ],
)
def test_what_the_session_fixes_is_written_in_and_what_a_request_brings_is_left(resource, context, result):
    assert resource_of(resource, **context) == result


def test_what_outsiders_do_not_need_is_left_out():
    made = bound(statement(action=["s3:GetObject"], resource=["*"], Sid="Long"))
    assert made == {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def test_before_2012_nothing_is_replaced():
    text = f"arn:aws:s3:::b/${{{SUB}}}/$*"
    made = bind(policy(statement(resource=text), version="2008-10-17"), MINE)
    assert made == {"Version": "2008-10-17", "Statement": statement(resource=text)}


@pytest.mark.parametrize(
    ("value", "operator", "result"),
    [
        ("${aws:userid}*", "StringLike", "x${*}*"),
        ("${aws:userid}*", "StringEquals", "x**"),
        ("arn:aws:s3:::${aws:userid}*", "ArnLike", "arn:aws:s3:::x${*}*"),
        ("$", "StringEquals", "${$}"),
    ],
)
def test_values_of_conditions_are_bound_as_their_operator_reads_them(value, operator, result):
    made = bound(statement(Condition={operator: {"s3:prefix": value}}), aws__userid="x*")
    assert made["Condition"] == {operator: {"s3:prefix": result}}


@pytest.mark.parametrize("condition", [{"StringEquals": {AUD: "p"}}, {"Null": {AUD: "false"}}, {"StringLike": {SUB: "${aws:PrincipalTag/id}*"}}], ids=str)  # fmt: skip
def test_a_condition_on_the_session_is_decided_and_falls_away(condition):
    met = {AUD.replace(":", "__"): "p", "aws__principaltag/id": ME}
    unmet = {"aws__principaltag/id": "x"}
    for effect in ("Allow", "Deny"):
        both = [statement(), statement(effect, "s3:PutObject", Condition=condition)]
        assert bound(*both, **met) == [statement(), statement(effect, "s3:PutObject")]
        assert bound(*both, **unmet) == statement()


NOTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}
UNKNOWN = "arn:aws:s3:::b/${aws:PrincipalTag/x}"


@pytest.mark.parametrize(
    ("members", "allow", "deny"),
    [
        ({"resource": UNKNOWN}, NOTHING, {"Resource": "*"}),
        ({"resource": [UNKNOWN, "arn:aws:s3:::c"]}, {"Resource": "arn:aws:s3:::c"}, {"Resource": "*"}),
        ({"NotResource": UNKNOWN}, NOTHING, {"Resource": "*"}),
        ({"NotResource": [UNKNOWN, "arn:aws:s3:::c"]}, NOTHING, {"NotResource": "arn:aws:s3:::c"}),
        ({"Condition": {"StringEquals": {"s3:prefix": UNKNOWN}}}, NOTHING, {"Resource": "*"}),
        ({"Condition": {"StringEquals": {"s3:prefix": [UNKNOWN, "x"]}}}, {"Resource": "*", "Condition": {"StringEquals": {"s3:prefix": "x"}}}, {"Resource": "*"}),
        ({"Condition": {"StringNotEquals": {"s3:prefix": [UNKNOWN, "x"]}}}, NOTHING, {"Resource": "*", "Condition": {"StringNotEquals": {"s3:prefix": "x"}}}),
        ({"Condition": {"StringNotEquals": {"s3:prefix": UNKNOWN}}}, NOTHING, {"Resource": "*"}),
        ({"Condition": {"ArnLike": {"s3:prefix": UNKNOWN}}}, NOTHING, {"Resource": "*"}),
        ({"Condition": {"StringEquals": {SUB: "${s3:prefix}"}}}, NOTHING, {"Resource": "*"}),
        ({"Condition": {"StringEquals": {SUB: UNKNOWN}}}, NOTHING, {"Resource": "*"}),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_resolved_narrows_an_allow_and_widens_a_denial(members, allow, deny):
    expected = allow if allow is NOTHING else {"Effect": "Allow", "Action": "s3:GetObject", **allow}
    assert bound(statement(**members)) == expected
    assert bound(statement("Deny", **members)) == {"Effect": "Deny", "Action": "s3:GetObject", **deny}


def test_a_policy_of_which_nothing_is_left_allows_nothing():
    made = {"Version": "2012-10-17", "Statement": bound(statement(resource=UNKNOWN))}
    assert not judged(parse(made, PolicyKind.IDENTITY), asked()).allowed


def test_characters_that_aws_refuses_are_escaped():
    text = compact(
        bind(policy(statement(resource="arn:aws:s3:::b/${aws:userid}")), {"aws:userid": ('é\u0107\U0001f600\n"\\',)})
    )
    assert '"arn:aws:s3:::b/é\\u0107\\ud83d\\ude00\\n\\"\\\\"' in text
    assert all(" " <= character <= "\u00ff" for character in text)
    assert json.loads(text)["Statement"]["Resource"].endswith('é\u0107\U0001f600\n"\\')
    assert parse(text, PolicyKind.SESSION).size == len(text)


def test_a_trust_policy_is_nobodys_session_policy():
    with pytest.raises(ValueError, match="session policy"):
        bind(trust({"Principal": "*"}), MINE)
