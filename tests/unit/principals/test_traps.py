"""What a role's documents rarely mean is found beside the document in which it stands."""

import pytest

from app.core.principals.model import Role
from app.core.principals.traps import TRUST, find_traps
from tests.support.world import NOON

POOLS = "cognito-identity.amazonaws.com"


def role(*, condition, version="2012-10-17", action="s3:GetObject"):
    trust = {"Effect": "Allow", "Principal": {"Federated": POOLS}, "Action": "sts:AssumeRoleWithWebIdentity"}
    allowed = {"Effect": "Allow", "Action": action, "Resource": f"arn:aws:s3:::mybucket/${{{POOLS}:sub}}/*"}
    return Role(
        name="users",
        account_id="123456789012",
        role_id="AROA",
        trust={"Version": "2012-10-17", "Statement": {**trust, "Condition": condition}},
        policies={"store": {"Version": version, "Statement": allowed}},
        created_at=NOON,
    )


SOUND = {"StringEquals": {f"{POOLS}:aud": "us-east-1:p"}, "ForAnyValue:StringLike": {f"{POOLS}:amr": "authenticated"}}


@pytest.mark.parametrize(
    ("made", "guest", "found"),
    [
        (role(condition=SOUND), False, []),
        (role(condition={}), False, [(TRUST, "trust-without-aud"), (TRUST, "trust-without-amr")]),
        (role(condition=SOUND, version="2008-10-17"), False, [("store", "old-version"), ("store", "variable-in-2008")]),
        (role(condition=SOUND, action="s3:PutObject"), False, []),
        (role(condition=SOUND, action="s3:PutObject"), True, [("store", "guest-write")]),
    ],
    ids=["sound", "trust", "version", "users write", "guests write"],
)
def test_each_trap_is_found_where_it_stands(made, guest, found):
    assert [(trap.policy, trap.code) for trap in find_traps(made, guest=guest)] == found
