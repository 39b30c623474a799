"""`isolation-check`: which policies keep two identities apart, and which only look as if they did."""

import pytest

from app.core.identity_pools.inspection.isolation import Isolation
from app.core.identity_pools.model import IdentityPool
from app.core.kernel.sealing import Sealer
from app.core.principals.authority import Authority
from app.core.principals.model import Role
from tests.support.world import MASTER_KEY, NOON, MovedClock

OWN = "${cognito-identity.amazonaws.com:sub}"
POOL_ID = "us-east-1:0b0b0b0b-0000-4000-8000-000000000000"
BUCKET = "arn:aws:s3:::mybucket"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/carts"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": POOL_ID}},
    },
}


def checked(*statements, trust=TRUST, guest=False, version="2012-10-17", others=(), classic=False, **of_pool):
    role = Role(
        name="users",
        account_id="123456789012",
        role_id="AROA",
        trust=trust,
        policies={"store": {"Version": version, "Statement": list(statements)}},
        created_at=NOON,
    )
    pool = IdentityPool(
        identity_pool_id=POOL_ID,
        account_id="123456789012",
        region="us-east-1",
        name="shop",
        settings={"AllowClassicFlow": classic},
        roles={"unauthenticated" if guest else "authenticated": role.arn},
        created_at=NOON,
        updated_at=NOON,
        **of_pool,
    )
    there = {each.arn: each for each in (role, *others)}
    authority = Authority(find_role=there.get, sealer=Sealer((MASTER_KEY,)))
    return Isolation(authority=authority, clock=MovedClock()).check(pool, {role.arn: role}, others)


def allow(actions, resources, condition=None):
    made = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return made if condition is None else {**made, "Condition": condition}


LIST_OWN = allow(["s3:ListBucket"], [BUCKET], {"StringLike": {"s3:prefix": [f"{OWN}/*"]}})
OWN_OBJECTS = allow(["s3:GetObject", "s3:PutObject"], [f"{BUCKET}/{OWN}/*"])
LEADING = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [OWN]}}
GUARD = {"Null": {"dynamodb:LeadingKeys": "false"}}


@pytest.mark.parametrize(
    "statements",
    [
        [LIST_OWN, OWN_OBJECTS],
        [allow("s3:GetObject", f"{BUCKET}/assets/*"), OWN_OBJECTS],
        [allow("s3:GetObject", [f"{BUCKET}/assets/*", f"{BUCKET}/{OWN}/*"])],
        [allow("s3:*", f"{BUCKET}/{OWN}/*")],
        [allow("dynamodb:*", TABLE, LEADING | GUARD)],
        [allow(["dynamodb:GetItem", "dynamodb:Query"], TABLE, LEADING | GUARD), allow("dynamodb:DescribeTable", TABLE)],
        [allow("s3:*", "*"), {"Effect": "Deny", "Action": "*", "NotResource": f"{BUCKET}/{OWN}/*"}],
        [allow("s3:GetObject", "*")],
    ],
)
def test_what_keeps_them_apart_is_found_so(statements):
    report = checked(*statements)
    assert report.leaks == ()
    assert report.skipped == ()


def test_what_is_one_s_own_was_really_tried():
    assert checked(LIST_OWN, OWN_OBJECTS).attempts > 10


@pytest.mark.parametrize(
    ("statements", "action"),
    [
        # Everybody's objects are everybody's to write.
        ([allow("s3:PutObject", f"{BUCKET}/*")], "s3:PutObject"),
        # Read by everybody, written by one.
        ([OWN_OBJECTS, allow("s3:GetObject", f"{BUCKET}/*")], "s3:GetObject"),
        # Lists without a prefix list all.
        ([OWN_OBJECTS, LIST_OWN, allow("s3:ListBucket", BUCKET)], "s3:ListBucket"),
        # No guard: a Scan names no key, and ForAllValues holds for none.
        ([allow(["dynamodb:Query", "dynamodb:Scan"], TABLE, LEADING)], "dynamodb:Scan"),
        ([allow("dynamodb:*", TABLE, LEADING)], "dynamodb:Scan"),
        # IfExists is no condition where the key may be left out.
        ([allow("s3:ListBucket", BUCKET, {"StringLikeIfExists": {"s3:prefix": f"{OWN}/*"}})], "s3:ListBucket"),
        # The policy of before variables: the text is no variable, and a wildcard beside it is everybody's.
        ([OWN_OBJECTS, allow("s3:*", "*")], "s3:DeleteObject"),
    ],
)
def test_what_does_not_is_a_leak_that_names_its_statement(statements, action):
    report = checked(*statements)
    assert action in {leak.action for leak in report.leaks}
    assert all("statement" in leak.explanation.lower() for leak in report.leaks)


def test_guests_are_held_to_what_guests_may_do():
    assert checked(allow("s3:PutObject", f"{BUCKET}/*"), guest=True).leaks
    assert not checked(allow("iam:PutRolePolicy", "*"), guest=True).leaks


def test_a_role_that_trusts_nobody_is_skipped_and_said():
    refusing = {**TRUST, "Statement": {**TRUST["Statement"], "Effect": "Deny"}}
    report = checked(OWN_OBJECTS, trust=refusing)
    assert report.attempts == 0
    assert "trust policy" in report.skipped[0]


TAGGING = {**TRUST, "Statement": {**TRUST["Statement"], "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]}}
TENANT = "${aws:PrincipalTag/tenant}"
MAPPED = {"principal_tags": {"accounts.example": {"UseDefaults": False, "PrincipalTags": {"tenant": "custom:tenant"}}}}


def test_what_tags_keep_apart_is_tried_with_different_tags():
    report = checked(allow("s3:*", f"{BUCKET}/{TENANT}/*"), trust=TAGGING, **MAPPED)
    assert report.leaks == ()
    assert report.attempts > 10
    assert "tenant" in report.notes[0]


@pytest.mark.parametrize(
    "statement",
    [
        # A tenant whose name begins with another's.
        allow("s3:GetObject", f"{BUCKET}/{TENANT}*"),
        allow("s3:PutObject", f"{BUCKET}/*", {"StringLike": {"aws:PrincipalTag/tenant": "*"}}),
    ],
)
def test_what_tags_do_not_keep_apart_is_a_leak(statement):
    assert checked(statement, trust=TAGGING, **MAPPED).leaks
    assert not checked(statement, trust=TAGGING).leaks


def another(name, trust=TRUST):
    return Role(
        name=name,
        account_id="123456789012",
        role_id="AROB",
        trust=trust,
        policies={"all": {"Version": "2012-10-17", "Statement": allow("s3:PutObject", f"{BUCKET}/*")}},
        created_at=NOON,
    )


TOKENS = {"role_mappings": {"accounts.example": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}}}


@pytest.mark.parametrize("chosen", [TOKENS, {"classic": True}])
def test_where_the_pool_does_not_choose_every_role_that_trusts_it_is_tried(chosen):
    strange = {**TRUST, "Statement": {**TRUST["Statement"], "Effect": "Deny"}}
    others = (another("leaky"), another("strange", strange))
    report = checked(OWN_OBJECTS, others=others, **chosen)
    assert {leak.role_arn for leak in report.leaks} == {others[0].arn}
    assert report.roles == 2
    assert report.skipped == ()
    assert "every role" in report.notes[0]


def test_where_the_pool_chooses_no_other_role_is_tried():
    report = checked(OWN_OBJECTS, others=(another("leaky"),))
    assert (report.leaks, report.roles, report.notes) == ((), 1, ())
