"""Who may assume a role: its trust policy alone says so."""

import pytest

from app.core.policy import Verdict
from tests.unit.policy.asking import AMR, AUD, POOLS, assumed, trust

POOL = "us-east-1:pool"
OF_POOL = {
    "Principal": {"Federated": POOLS},
    "Condition": {
        "StringEquals": {AUD: POOL},
        "ForAnyValue:StringLike": {AMR: "authenticated"},
    },
}
ROLE = "arn:aws:iam::111111111111:role/path/Admin"
SESSION = "arn:aws:sts::111111111111:assumed-role/Admin/session"
USER = "arn:aws:iam::111111111111:user/ci"
PROVIDER = "arn:aws:iam::111111111111:oidc-provider/idp.example/pool"


def visit(aud=POOL, amr=("authenticated", "cognito-idp.us-east-1.amazonaws.com/us-east-1_x"), **who):
    context = {AUD.replace(":", "__"): aud, AMR.replace(":", "__"): amr}
    return assumed(trust(OF_POOL), **{"federated": POOLS, **who}, **context).verdict


def test_identities_of_the_pool_who_signed_in_may_assume_its_role():
    assert visit() is Verdict.ALLOWED


@pytest.mark.parametrize(
    "other",
    [
        {"aud": "us-east-1:another"},
        {"aud": ()},
        {"aud": (POOL, "us-east-1:another")},
        {"aud": POOL + "*"},
        {"amr": ("unauthenticated",)},
        {"amr": ()},
        {"federated": None},
        {"federated": "accounts.google.com"},
        {"federated": POOLS + ".example"},
        {"federated": None, "aws": ROLE},
        {"federated": None, "service": POOLS},
        {"federated": None, "aws": POOLS},
    ],
    ids=str,
)
def test_nobody_else_may(other):
    assert visit(**other) is Verdict.NO_TRUST


@pytest.mark.parametrize(
    ("principal", "caller", "meant"),
    [
        ("*", {"federated": POOLS}, True),
        ("*", {"aws": USER}, True),
        ({"Federated": "*"}, {"federated": POOLS}, True),
        ({"Federated": "*"}, {"aws": USER}, False),
        ({"Federated": PROVIDER}, {"federated": PROVIDER}, True),
        ({"Federated": PROVIDER}, {"federated": "idp.example/pool"}, False),
        ({"AWS": "*"}, {"aws": USER}, True),
        ({"AWS": "111111111111"}, {"aws": USER}, True),
        ({"AWS": "111111111111"}, {"aws": SESSION}, True),
        ({"AWS": "arn:aws:iam::111111111111:root"}, {"aws": USER}, True),
        ({"AWS": "arn:aws:iam::222222222222:root"}, {"aws": USER}, False),
        ({"AWS": "222222222222"}, {"aws": USER}, False),
        ({"AWS": USER}, {"aws": USER}, True),
        ({"AWS": USER}, {"aws": USER + "2"}, False),
        ({"AWS": ROLE}, {"aws": SESSION}, True),
        ({"AWS": ROLE}, {"aws": SESSION.replace("Admin", "admin")}, False),
        ({"AWS": ROLE}, {"aws": SESSION.replace("111", "222")}, False),
        ({"AWS": SESSION}, {"aws": SESSION}, True),
        ({"AWS": SESSION}, {"aws": SESSION + "2"}, False),
        ({"AWS": "arn:aws:sts::111111111111:assumed-role/Admin"}, {"aws": SESSION}, False),
        ({"AWS": [ROLE, USER]}, {"aws": USER}, True),
        ({"Service": "lambda.amazonaws.com"}, {"service": "lambda.amazonaws.com"}, True),
        ({"Service": "lambda.amazonaws.com"}, {"service": "ec2.amazonaws.com"}, False),
        ({"Service": "lambda.amazonaws.com"}, {"federated": "lambda.amazonaws.com"}, False),
        ({"CanonicalUser": "0" * 64}, {"aws": USER}, False),
        ({"AWS": USER, "Federated": POOLS}, {"federated": POOLS}, True),
    ],
    ids=str,
)
def test_a_principal_means_exactly_whom_it_names(principal, caller, meant):
    assert assumed(trust({"Principal": principal}), **caller).allowed is meant
    denied = trust({"Principal": "*"}, {"Effect": "Deny", "Principal": principal})
    assert assumed(denied, **caller).allowed is not meant
    all_but = trust({"Principal": "*"}, {"Effect": "Deny", "NotPrincipal": principal})
    assert assumed(all_but, **caller).allowed is meant


@pytest.mark.parametrize("caller", [{"federated": POOLS}, {"service": "lambda.amazonaws.com"}])
def test_every_aws_principal_is_not_everybody_and_yet_a_denial_of_them_is(caller):
    assert not assumed(trust({"Principal": {"AWS": "*"}}), **caller).allowed
    assert not assumed(trust({"Principal": "*"}, {"Effect": "Deny", "Principal": {"AWS": "*"}}), **caller).allowed


def test_a_denial_wins_over_trust():
    denied = trust({"Principal": {"Federated": POOLS}}, {"Effect": "Deny", "Principal": "*", "Action": "*"})
    assert assumed(denied, federated=POOLS).verdict is Verdict.EXPLICIT_DENY


def test_another_action_is_not_trusted():
    tagging = trust({"Principal": {"Federated": POOLS}, "Action": ["sts:TagSession", "sts:AssumeRole"]})
    assert assumed(tagging, federated=POOLS).verdict is Verdict.NO_TRUST
    assert assumed(trust({"Principal": {"Federated": POOLS}, "Action": "sts:*"}), federated=POOLS).allowed
