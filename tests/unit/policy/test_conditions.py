"""Condition operators: what each compares, and what each says where the key is absent, has several values, or is of another kind."""

import pytest

from app.core.policy.conditions import OPERATORS
from tests.unit.policy.asking import asked, holds, judged, policy, statement

# operator, value written, values that meet it, values that do not
OPERATIONS = [
    ("StringEquals", "a*", ["a*"], ["ab", "A*", "", "a* "]),
    ("StringNotEquals", "a", ["b", "A", ""], ["a"]),
    ("StringEqualsIgnoreCase", "Ab", ["ab", "AB"], ["abc", "strasse"]),
    ("StringEqualsIgnoreCase", "straße", ["STRAßE"], ["strasse", "STRASSE"]),
    ("StringNotEqualsIgnoreCase", "Ab", ["b"], ["aB"]),
    ("StringLike", "a*c?", ["acd", "abbbc/"], ["ac", "Acd", "xacd"]),
    ("StringLike", "[ab].*", ["[ab].x"], ["a.x", "bx"]),
    ("StringNotLike", "a*", ["b", "A"], ["a", "abc"]),
    ("NumericEquals", "10", ["10", "10.0", "+10", "010"], ["11", "1"]),
    ("NumericNotEquals", "10", ["11"], ["10.00"]),
    ("NumericLessThan", "10", ["9.99", "-10"], ["10", "11", "100"]),
    ("NumericLessThanEquals", "10", ["10", "9"], ["10.01"]),
    ("NumericGreaterThan", "9", ["10", "9.1"], ["9", "-10"]),
    ("NumericGreaterThanEquals", "9", ["9", "10"], ["8.9"]),
    ("DateEquals", "2023-01-01T00:00:00Z", ["1672531200", "2023-01-01", "2023-01-01T01:00+01:00"], ["2023-01-02"]),
    ("DateNotEquals", "2023-01-01", ["2023-01-02"], ["1672531200", "2023"]),
    ("DateLessThan", "2023-01-01T00:00:00Z", ["2022-12-31T23:59:59.9Z", "0"], ["2023-01-01", "2030-01-01"]),
    ("DateLessThanEquals", "1672531200", ["2023-01-01T00:00:00Z"], ["2023-01-01T00:00:00.001Z"]),
    ("DateGreaterThan", "2023-01-01T00:00:00Z", ["2023-01-01T00:00:01Z"], ["2023-01-01T00:00:00+00:00"]),
    ("DateGreaterThanEquals", "2023-01-01", ["2023-01-01T00:00:00-01:00"], ["2022"]),
    ("Bool", "true", ["true", "True"], ["false"]),
    ("Bool", False, ["false"], ["true"]),
    ("BinaryEquals", "QQ==", ["QQ=="], ["Qg=="]),
    ("IpAddress", "10.1.0.0/16", ["10.1.2.3", "::ffff:10.1.2.3"], ["10.2.0.1", "2001:db8::1"]),
    ("IpAddress", "10.1.2.3/16", ["10.1.9.9"], ["10.2.2.3"]),
    ("IpAddress", "2001:db8::/32", ["2001:db8::1", "2001:0DB8:0::1"], ["2001:db9::1", "10.1.2.3"]),
    ("IpAddress", "::ffff:10.0.0.0/104", ["10.1.2.3"], ["11.1.2.3"]),
    ("NotIpAddress", "10.1.2.3", ["10.1.2.4", "::1"], ["10.1.2.3", "::ffff:a01:203"]),
    ("ArnEquals", "arn:aws:sns:*:1:t*", ["arn:aws:sns:us:1:t:x/y"], ["arn:aws:sns:us:2:t", "arn:aws:sns:us:1:x"]),
    ("ArnLike", "arn:aws:s3:::b/*", ["arn:aws:s3:::b/k"], ["arn:aws:s3:::c/k", "arn:aws:s3:a::b/k"]),
    ("ArnLike", "arn:aws:*:x", [], []),
    ("ArnNotEquals", "arn:aws:s3:::b", ["arn:aws:s3:::c"], ["arn:aws:s3:::b"]),
    ("ArnNotLike", "arn:aws:s3:::*", ["arn:aws:sns:::x"], ["arn:aws:s3:::b"]),
]  # fmt: skip
OPERATIONS = [each for each in OPERATIONS if each[2] or each[3]]
NEGATED = {name for name, operator in OPERATORS.items() if operator.negated}


def test_every_operator_of_the_language_is_here():
    assert set(OPERATORS) - {"Null"} == {name for name, *_ in OPERATIONS}
    assert {name for name in OPERATORS if "Not" in name} == NEGATED


@pytest.mark.parametrize(("operator", "written", "met", "unmet"), OPERATIONS)
def test_an_operator_compares_as_its_kind_does(operator, written, met, unmet):
    for suffix in ("", "IfExists"):
        condition = {operator + suffix: {"a:B": written}}
        assert [holds(condition, a__b=value) for value in met] == [True] * len(met)
        assert [holds(condition, a__b=value) for value in unmet] == [False] * len(unmet)
        assert [holds(condition, "Deny", a__b=value) for value in met] == [True] * len(met)
        assert [holds(condition, "Deny", a__b=value) for value in unmet] == [False] * len(unmet)


@pytest.mark.parametrize(("operator", "written"), {each[0]: each[1] for each in OPERATIONS}.items())
def test_an_absent_key_meets_negations_and_if_exists_and_for_all_values(operator, written):
    for effect in ("Allow", "Deny"):
        assert holds({operator: {"a:b": written}}, effect) is (operator in NEGATED)
        assert holds({operator + "IfExists": {"a:b": written}}, effect)
        assert holds({"ForAllValues:" + operator: {"a:b": written}}, effect)
        assert not holds({"ForAnyValue:" + operator: {"a:b": written}}, effect)
        # The prefix says no and the suffix yes: it cannot be told, so a Deny does and an Allow does not.
        assert holds({"ForAnyValue:" + operator + "IfExists": {"a:b": written}}, effect) is (effect == "Deny")


def test_a_key_without_values_is_absent():
    assert not holds({"StringEquals": {"a:b": ""}}, a__b=())
    assert holds({"Null": {"a:b": "true"}}, a__b=())
    assert holds({"StringEquals": {"a:b": ""}}, a__b="")


@pytest.mark.parametrize(
    ("operator", "written", "given"),
    [
        ("NumericLessThan", "10", "many"),
        ("NumericNotEquals", "10", ""),
        ("NumericLessThan", "10", "-1e9"),
        ("DateNotEquals", "2023-01-01", "tomorrow"),
        ("DateLessThan", "2023-01-01", "2022-02-30"),
        ("Bool", "true", "yes"),
        ("BinaryEquals", "QQ==", "?"),
        ("IpAddress", "0.0.0.0/0", "example.com"),
        ("NotIpAddress", "10.0.0.0/8", "10.0.0.1, 1.2.3.4"),
        ("NotIpAddress", "10.0.0.0/8", "fe80::1%eth0"),
        ("ArnNotLike", "arn:aws:s3:::b", "mybucket"),
        ("ArnLike", "arn:*:*:*:*:*", ""),
    ],
)
def test_a_value_of_another_kind_never_allows_and_always_denies(operator, written, given):
    assert not holds({operator: {"a:b": written}}, a__b=given)
    assert holds({operator: {"a:b": written}}, "Deny", a__b=given)
    assert not holds({"ForAllValues:" + operator: {"a:b": written}}, a__b=(given, given))
    assert holds({"ForAnyValue:" + operator: {"a:b": written}}, "Deny", a__b=(given, given))


@pytest.mark.parametrize(
    ("operator", "given", "met"),
    [
        ("ForAllValues:StringEquals", ("x", "y"), True),
        ("ForAllValues:StringEquals", ("x", "z"), False),
        ("ForAllValues:StringEquals", ("x",), True),
        ("ForAllValues:StringEquals", ("",), False),
        ("ForAllValues:StringNotEquals", ("z", "w"), True),
        ("ForAllValues:StringNotEquals", ("z", "x"), False),
        ("ForAnyValue:StringEquals", ("z", "y"), True),
        ("ForAnyValue:StringEquals", ("z", "w"), False),
        ("ForAnyValue:StringNotEquals", ("x", "z"), True),
        ("ForAnyValue:StringNotEquals", ("x", "y"), False),
        ("ForAnyValue:StringLike", ("a", "y"), True),
    ],
)
def test_set_operators_take_several_values_together(operator, given, met):
    assert holds({operator: {"a:b": ["x", "y"]}}, a__b=given) is met
    assert holds({operator: {"a:b": ["x", "y"]}}, "Deny", a__b=given) is met


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals"])
def test_without_a_set_operator_several_values_must_agree(operator):
    condition = {operator: {"a:b": ["x", "y"]}}
    agreed = operator == "StringEquals"
    assert holds(condition, a__b=("x", "y")) is agreed
    assert holds(condition, a__b=("z", "w")) is not agreed
    assert not holds(condition, a__b=("x", "z"))
    assert holds(condition, "Deny", a__b=("x", "z"))


def test_values_are_alternatives_and_keys_and_operators_are_not():
    either = {"StringEquals": {"a:b": ["x", "y"]}}
    neither = {"StringNotEquals": {"a:b": ["x", "y"]}}
    assert [holds(either, a__b=value) for value in "xyz"] == [True, True, False]
    assert [holds(neither, a__b=value) for value in "xyz"] == [False, False, True]
    both = {"StringEquals": {"a:b": "x", "a:c": "y"}, "Bool": {"a:d": "true"}}
    assert holds(both, a__b="x", a__c="y", a__d="true")
    assert not holds(both, a__b="x", a__c="y", a__d="false")
    assert not holds(both, a__b="x", a__c="z", a__d="true")
    assert not holds(both, a__b="x", a__d="true")


@pytest.mark.parametrize(("written", "absent", "present"), [("true", True, False), (False, False, True), (["true", "false"], True, True)])  # fmt: skip
def test_null_asks_whether_the_key_is_absent(written, absent, present):
    assert holds({"Null": {"a:b": written}}) is absent
    assert holds({"Null": {"a:b": written}}, a__b="x") is present


def test_leading_keys_are_guarded_only_together_with_null():
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:userid}"]}}
    guard = {"Null": {"dynamodb:LeadingKeys": "false"}}
    scan = asked("dynamodb:Scan", "arn:aws:dynamodb:us-east-1:1:table/t", aws__userid="me")
    assert judged(policy(statement(action="dynamodb:*", Condition=own)), scan).allowed
    assert not judged(policy(statement(action="dynamodb:*", Condition={**own, **guard})), scan).allowed


def test_a_denial_whose_condition_is_not_met_denies_nothing():
    unmet = statement("Deny", "s3:*", Condition={"StringEquals": {"a:b": "x"}})
    assert judged(policy(statement(), unmet), asked(a__b="y")).allowed


def test_keys_are_compared_without_regard_to_case():
    assert holds({"StringEquals": {"AWS:PrincipalTag/Team": "x"}}, **{"aws__principaltag/TEAM": "x"})
