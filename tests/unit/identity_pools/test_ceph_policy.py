"""What Ceph's object gateway is told: nothing that it would read as more than it is meant (tests/gateway/test_ceph.py asks Ceph itself)."""

import json

import pytest

from app.core.identity_pools.refusals import DoesNotFit
from app.core.identity_pools.sessions.ceph_policy import ACTIONS, escape_for_ceph, write_for_ceph

ADA = "us-east-1:0f0e0d0c-1111-4222-8333-abcdefabcdef"


def allow(action="s3:GetObject", resource="arn:aws:s3:::b/*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action="s3:GetObject", resource="arn:aws:s3:::b/*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


def denying_all_but(*resources):
    return {"Effect": "Deny", "Action": "s3:*", "NotResource": list(resources)}


def allowing_all_but(*resources):
    return {"Effect": "Allow", "Action": "s3:*", "NotResource": list(resources)}


def actions(asked):
    return [name for statement in write_for_ceph([allow(asked)]) for name in statement["Action"]]


def resources(statement):
    [made] = write_for_ceph([statement])
    return made.get("Resource") or {"NotResource": made["NotResource"]}


def conditions(asked, effect=allow):
    [made] = write_for_ceph([effect(Condition=asked)])
    return made.get("Condition")


# -- actions -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("s3:GetObject", ["s3:GetObject"]),
        ("S3:getobject", ["s3:GetObject"]),
        ("s3:*", ["s3:*"]),
        ("*", ["*"]),
        ("s3:Get*", ["s3:Get*"]),
        ("s3:GetObjec?", ["s3:GetObject"]),
        ("s3:Put*Acl", ["s3:PutBucketAcl", "s3:PutObjectAcl", "s3:PutObjectVersionAcl"]),
        ("*:DeleteObject", ["s3:DeleteObject"]),
        (["s3:GetObject", "dynamodb:*", "mobileanalytics:PutEvents"], ["s3:GetObject"]),
    ],
)
def test_actions_are_those_that_ceph_knows(asked, told):
    assert actions(asked) == told


@pytest.mark.parametrize("asked", ["s3:GetObjectAttributes", "s3:Nothing*", "s3:"])
@pytest.mark.parametrize("effect", [allow, deny])
def test_an_action_of_s3_that_ceph_does_not_know_is_refused(asked, effect):
    with pytest.raises(DoesNotFit, match="no action"):
        write_for_ceph([effect(asked)])


def test_a_statement_on_another_service_says_nothing_there():
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/carts"
    assert write_for_ceph([allow("dynamodb:GetItem", table), allow("s3:GetObject", table), deny("iam:*", "*")]) == []
    assert resources(allow(resource=[table, "arn:aws:s3:::b/*"])) == ["arn:aws:s3:::b/*"]
    assert resources(allowing_all_but(table)) == ["*"]


def test_all_but_an_action_is_refused():
    for effect in ("Allow", "Deny"):
        with pytest.raises(DoesNotFit, match="NotAction"):
            write_for_ceph([{"Effect": effect, "NotAction": "s3:GetObject", "Resource": "*"}])


def test_no_action_is_listed_twice():
    assert len(set(ACTIONS)) == len(ACTIONS)


# -- resources ---------------------------------------------------------------------------------------------------------


def test_the_colon_of_an_identity_is_marked():
    assert resources(allow(resource=f"arn:aws:s3:::b/{ADA}/*")) == [f"arn:aws:s3:::b/{ADA.replace(':', '?')}/*"]


@pytest.mark.parametrize("path", ["b/a:b/*", f"b/{ADA}/a:b", "b/us-east-1:ada/*", "b/:*", f"b/x:{ADA}"])
def test_another_colon_is_refused(path):
    with pytest.raises(DoesNotFit, match="colon"):
        write_for_ceph([allow(resource=f"arn:aws:s3:::{path}")])


@pytest.mark.parametrize("path", ["b/${aws:SourceIp}/*", "b/star${*}/*", "b/${$}"])
def test_what_stands_for_something_else_is_refused(path):
    with pytest.raises(DoesNotFit, match="no policy variables"):
        write_for_ceph([allow(resource=f"arn:aws:s3:::{path}")])
    with pytest.raises(DoesNotFit, match="no policy variables"):
        conditions({"StringEquals": {"s3:prefix": path}})


@pytest.mark.parametrize("statement", [deny(resource="arn:aws:s3:::b/*secret"), allowing_all_but("arn:aws:s3:::b/a*c")])
def test_a_pattern_that_keeps_out_must_be_one_that_ceph_finds(statement):
    with pytest.raises(DoesNotFit, match="last character"):
        write_for_ceph([statement])


@pytest.mark.parametrize(
    "statement",
    [
        deny(),
        allow(resource="arn:aws:s3:::b/a*c"),
        denying_all_but("arn:aws:s3:::b/a*c"),
        deny(resource="arn:aws:s3:::b/?"),
    ],
)
def test_other_patterns_are_told(statement):
    assert write_for_ceph([statement])


# -- conditions --------------------------------------------------------------------------------------------------------


def test_not_holds_for_what_is_absent():
    absent = {"StringNotEquals": {"s3:x-amz-acl": "private"}, "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    assert set(conditions(absent, deny)) == {"StringNotEqualsIfExists", "NotIpAddressIfExists"}
    assert set(conditions({"StringEquals": {"s3:prefix": "a"}})) == {"StringEquals"}


def test_a_key_is_spelled_as_ceph_looks_for_it():
    assert conditions({"IpAddress": {"AWS:SOURCEIP": "10.0.0.0/8"}}) == {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}


@pytest.mark.parametrize(
    "asked",
    [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"StringEquals": {"s3:ExistingObjectTag/a": "b"}},
        {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
        {"NumericGreaterThan": {"aws:EpochTime": "1"}},
        {"Null": {"s3:prefix": "false"}},
        {"Null": {"s3:prefix": ["true", "false"]}},
        {"ForAllValues:StringEquals": {"s3:prefix": "a"}},
        {"ForAnyValue:StringEquals": {"s3:prefix": "a"}},
        {"ArnLike": {"aws:UserAgent": "arn:aws:s3:::b"}},
        {"StringNotEquals": {"s3:prefix": "a"}, "StringNotEqualsIfExists": {"s3:prefix": "b"}},
    ],
)
@pytest.mark.parametrize("effect", [allow, deny])
def test_a_condition_that_ceph_would_not_decide_as_it_is_meant_is_refused(asked, effect):
    with pytest.raises(DoesNotFit):
        conditions(asked, effect)


def test_a_condition_that_keeps_out_must_be_one_that_ceph_finds():
    for operator, effect, other in (("StringLike", deny, allow), ("StringNotLike", allow, deny)):
        asked = {operator: {"s3:prefix": ["a/*", "*secret"]}}
        with pytest.raises(DoesNotFit, match="last character"):
            conditions(asked, effect)
        assert conditions(asked, other)


def test_no_space_is_left_in_the_text():
    text = json.dumps({"a b": "c d"})
    assert " " not in escape_for_ceph(json.dumps({"a b": "c d"}, separators=(",", ":")))
    assert json.loads(escape_for_ceph(text.replace('": "', '":"'))) == {"a b": "c d"}
