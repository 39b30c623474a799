"""What an access key's policy allows: exact names and ``*``; an explicit Deny wins, and silence refuses."""

from time import perf_counter

import pytest

from app.core.kernel.errors import InvalidParameter
from app.core.principals.model import Principal
from app.core.principals.policy import Verdict, allows, check_policy, judge, matches

POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abcdefghi"
OTHER = POOL[:-1] + "x"


def limited(*statements):
    made = [dict(zip(("Effect", "Action", "Resource"), statement, strict=True)) for statement in statements]
    policy = {"Version": "2012-10-17", "Statement": made}
    check_policy(policy)
    return Principal(arn="arn", account_id="123456789012", access_key_id="AKIA", policy=policy)


@pytest.mark.parametrize(
    ("statement", "action", "resource"),
    [
        (("Allow", "cognito-idp:GetGroup", POOL), "cognito-idp:GetGroup", POOL),
        (("Allow", "cognito-idp:Get*", "*"), "cognito-idp:GetGroup", POOL),
        (("Allow", "COGNITO-IDP:getgroup", "*"), "cognito-idp:GetGroup", POOL),
        (("Allow", "*", "arn:aws:cognito-idp:*:123456789012:userpool/*"), "cognito-idp:GetGroup", POOL),
        (("Allow", ["sts:*", "cognito-idp:*"], ["x", POOL]), "cognito-idp:GetGroup", POOL),
        (("Allow", "cognito-idp:ListUserPools", "*"), "cognito-idp:ListUserPools", "*"),
    ],
)
def test_what_a_statement_names_is_allowed(statement, action, resource):
    assert allows(limited(statement), action, resource)


@pytest.mark.parametrize(
    ("statement", "action", "resource"),
    [
        (("Allow", "cognito-idp:GetGroup", POOL), "cognito-idp:GetGroup", OTHER),
        (("Allow", "cognito-idp:GetGroup", POOL), "cognito-idp:DeleteGroup", POOL),
        (("Allow", "cognito-idp:Get", "*"), "cognito-idp:GetGroup", POOL),
        (("Allow", "cognito-idp:Group*", "*"), "cognito-idp:GetGroup", POOL),
        (("Allow", "*", POOL.upper()), "cognito-idp:GetGroup", POOL),
        (("Allow", "*", POOL), "cognito-idp:ListUserPools", "*"),
        (("Allow", "*", POOL), "cognito-idp:GetGroup", POOL + "/x"),
        (("Allow", "[a-z].*", "*"), "cognito-idp:GetGroup", POOL),
    ],
)
def test_what_no_statement_names_is_refused(statement, action, resource):
    assert judge(limited(statement), action, resource) is Verdict.UNMENTIONED


@pytest.mark.parametrize("order", [1, -1])
def test_a_deny_wins_wherever_it_stands(order):
    statements = [("Allow", "*", "*"), ("Deny", "cognito-idp:Delete*", POOL)][::order]
    key = limited(*statements)
    assert judge(key, "cognito-idp:DeleteGroup", POOL) is Verdict.DENIED
    assert judge(key, "cognito-idp:DeleteGroup", OTHER) is Verdict.ALLOWED


def test_a_policy_without_statements_allows_nothing():
    assert not allows(limited(), "cognito-idp:GetGroup", POOL)


def test_without_a_policy_the_key_is_an_administrators():
    assert allows(Principal(arn="arn", account_id="1", access_key_id="AKIA"), "cognito-idp:DeleteUserPool", POOL)


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "*"},
        {"Effect": "Allow", "Resource": "*"},
        {"Effect": "allow", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "NotResource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"},
        {"Effect": "Allow", "Action": [], "Resource": "*"},
        {"Effect": "Allow", "Action": "cognito-idp:Get?roup", "Resource": "*"},
        {"Effect": "Allow", "Action": [1], "Resource": "*"},
        "Allow",
    ],
    ids=str,
)
def test_a_policy_that_would_not_be_enforced_as_written_is_refused(statement):
    with pytest.raises(InvalidParameter):
        check_policy({"Statement": [statement]})


@pytest.mark.parametrize(
    "document", [None, [], "{}", {}, {"Statement": None}, {"Statement": [], "Surprise": 1}], ids=str
)
def test_what_is_no_policy_is_refused(document):
    with pytest.raises(InvalidParameter):
        check_policy(document)


def test_no_pattern_keeps_the_server_busy():
    began = perf_counter()
    assert not matches("*a" * 2_000 + "b", "a" * 20_000)
    assert perf_counter() - began < 1


@pytest.mark.parametrize(("pattern", "text", "fits"), [("a*a", "a", False), ("a*a", "aa", True), ("*", "", True), ("**", "x", True), ("a*b*c", "a-b-b-c", True), ("a*b*c", "a-c-b", False)])  # fmt: skip
def test_a_star_stands_for_anything(pattern, text, fits):
    assert matches(pattern, text) is fits
