"""The linter names the known traps, and is silent about what is meant."""

import pytest

from app.core.policy import PolicyKind, lint, parse
from tests.unit.policy.asking import AMR, AUD, GUEST, OWN_FOLDER, POOLS, policy, statement, trust

TABLE = "arn:aws:dynamodb:us-east-1:111111111111:table/t"
SUB = "${cognito-identity.amazonaws.com:sub}"
LEADING = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [SUB]}}
GUARDED = {**LEADING, "Null": {"dynamodb:LeadingKeys": "false"}}
BY_AUD = {"StringEquals": {AUD: "us-east-1:p"}}
BY_AMR = {"ForAnyValue:StringLike": {AMR: "authenticated"}}


def codes(document, **others):
    return [finding.code for finding in lint(document, **others)]


@pytest.mark.parametrize("text", [GUEST, OWN_FOLDER])
def test_the_reference_policies_are_fine(text):
    assert codes(parse(text, PolicyKind.IDENTITY)) == []


def test_the_guests_reference_policy_is_fine_for_guests():
    assert codes(parse(GUEST, PolicyKind.IDENTITY), guest=True) == []


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"action": "dynamodb:*", "resource": TABLE, "Condition": LEADING}, ["leading-keys-unguarded"]),
        ({"action": ["dynamodb:Query", "dynamodb:Scan"], "resource": TABLE, "Condition": LEADING}, ["leading-keys-unguarded"]),
        ({"action": "dynamodb:PartiQLSelect", "resource": TABLE, "Condition": {"StringEqualsIfExists": {"DYNAMODB:LeadingKeys": SUB}}}, ["leading-keys-unguarded"]),
        ({"NotAction": "s3:*", "resource": TABLE, "Condition": {**LEADING, "Null": {"dynamodb:LeadingKeys": "true"}}}, ["leading-keys-unguarded"]),
        ({"action": "dynamodb:*", "resource": TABLE, "Condition": GUARDED}, []),
        ({"action": ["dynamodb:GetItem", "dynamodb:Query"], "resource": TABLE, "Condition": LEADING}, []),
        ({"action": "dynamodb:*", "resource": TABLE, "Condition": {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": SUB}}}, []),
        ({"effect": "Deny", "action": "dynamodb:*", "resource": TABLE, "Condition": LEADING}, []),
        ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::b"}, ["list-without-prefix"]),
        ({"action": "s3:*", "resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}, ["list-without-prefix"]),
        ({"action": "*"}, ["list-without-prefix"]),
        ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::b", "Condition": {"StringLike": {"s3:prefix": "*"}}}, ["list-without-prefix"]),
        ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::b", "Condition": {"StringEquals": {"s3:prefix": ["", "home/"]}}}, ["list-without-prefix"]),
        ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::b", "Condition": {"StringLikeIfExists": {"s3:prefix": "home/*"}}}, ["list-without-prefix"]),
        ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::b", "Condition": {"StringNotLike": {"s3:prefix": "x/*"}}}, ["list-without-prefix"]),
        ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::b", "Condition": {"StringEquals": {"s3:prefix": ["", "home/"], "s3:delimiter": "/"}}}, []),
        ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::b", "Condition": {"StringLike": {"s3:prefix": "home/*"}}}, []),
        ({"action": "s3:*", "resource": "arn:aws:s3:::b/*"}, []),
        ({"effect": "Deny", "action": "s3:ListBucket", "resource": "arn:aws:s3:::b"}, []),
        ({"resource": f"arn:aws:s3:::b/{SUB}*"}, ["prefix-without-slash"]),
        ({"resource": f"arn:aws:dynamodb:us-east-1:111111111111:table/{SUB}*"}, ["prefix-without-slash"]),
        ({"resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}*/x"}, ["prefix-without-slash"]),
        ({"resource": "arn:aws:s3:::b/reports*"}, ["prefix-without-slash"]),
        ({"resource": "arn:aws:s3:::b*"}, ["prefix-without-slash"]),
        ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::b", "Condition": {"StringLike": {"s3:prefix": f"{SUB}*"}}}, ["prefix-without-slash"]),
        ({"action": "s3:ListBucket", "resource": "arn:aws:s3:::b", "Condition": {"StringLike": {"s3:prefix": "home*"}}}, ["prefix-without-slash"]),
        ({"resource": [f"arn:aws:s3:::b/{SUB}/*", "arn:aws:s3:::b/*", "arn:aws:s3:::*", "arn:aws:s3:::b/x"]}, []),
        ({"effect": "Deny", "resource": "arn:aws:s3:::b/reports*"}, []),
        ({"Condition": {"StringEquals": {"s3:ExistingObjectTag/class": "open"}}}, ["key-not-looked-up"]),
        ({"effect": "Deny", "resource": "arn:aws:s3:::b/${aws:ResourceTag/owner, 'x'}/*"}, ["key-not-looked-up"]),
        ({"Condition": {"StringEquals": {"s3:RequestObjectTag/class": "open"}}}, []),
        ({"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}}}, ["for-all-values-unguarded"]),
        ({"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}, "Null": {"aws:TagKeys": "false"}}}, []),
    ],
    ids=str,
)  # fmt: skip
def test_a_trap_is_named_and_nothing_else(members, found):
    assert codes(policy(statement(**members))) == found


def test_variables_of_before_2012_are_named():
    old = policy(statement(resource=f"arn:aws:s3:::b/{SUB}/*", Sid="Own"), version="2008-10-17")
    findings = lint(old)
    assert [finding.code for finding in findings] == ["old-version", "variable-in-2008"]
    assert [finding.statement for finding in findings] == [None, old.statements[0]]
    assert findings[1].text.startswith('Statement "Own" has "arn:aws:s3:::b/${')
    assert codes(parse({"Statement": statement()}, PolicyKind.IDENTITY)) == ["old-version"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({**BY_AUD, **BY_AMR}, []),
        (BY_AMR, ["trust-without-aud"]),
        (BY_AUD, ["trust-without-amr"]),
        ({}, ["trust-without-aud", "trust-without-amr"]),
        ({**BY_AMR, "StringLike": {AUD: "*"}}, ["trust-without-aud"]),
        ({**BY_AMR, "StringEqualsIfExists": {AUD: "p"}}, ["trust-without-aud"]),
        ({**BY_AMR, "ForAllValues:StringEquals": {AUD: "p"}}, ["trust-without-aud"]),
        ({**BY_AMR, "StringNotEquals": {AUD: "p"}}, ["trust-without-aud"]),
        ({**BY_AMR, "Null": {AUD: "false"}}, ["trust-without-aud"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("principal", [POOLS, "*"])
def test_trust_in_every_identity_pool_is_named(condition, found, principal):
    assert codes(trust({"Principal": {"Federated": principal}, "Condition": condition})) == found


def test_trust_in_anybody_is_named_and_in_others_is_not():
    assert codes(trust({"Principal": "*"})) == ["trust-anybody"]
    assert codes(trust({"Principal": {"AWS": "*"}})) == ["trust-anybody"]
    assert codes(trust({"Principal": {"Federated": "accounts.google.com"}})) == []
    assert codes(trust({"Effect": "Deny", "Principal": "*"})) == []


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"action": ["s3:GetObject", "s3:PutObject"], "resource": "arn:aws:s3:::b/*"}, ["guest-write"]),
        ({"action": "s3:PutObjectTagging", "resource": "arn:aws:s3:::b/*"}, ["guest-write"]),
        ({"action": "s3:*Object", "resource": "arn:aws:s3:::b/*"}, ["guest-write"]),
        ({"NotAction": "iam:*", "resource": "arn:aws:s3:::b/*"}, ["guest-write"]),
        ({"action": "dynamodb:*Item", "resource": TABLE}, ["guest-write"]),
        ({"action": ["s3:Get*", "dynamodb:Query", "rum:PutRumEvents"], "resource": "arn:aws:s3:::b/*"}, []),
        ({"effect": "Deny", "action": "s3:*"}, []),
    ],
    ids=str,
)
def test_a_guest_who_may_write_is_named(members, found):
    assert codes(policy(statement(**members)), guest=True) == found
    assert "guest-write" not in codes(policy(statement(**members)))
