"""Roles assumed by who signs: their policy and the role's trust must both allow it."""

import json
from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identity_house import IdentityHouse
from tests.support.sts_calls import ACCOUNT, as_holder, assume, open_id_token, session_of


@pytest.fixture(scope="module")
def ids(house: AwsHouse) -> Any:
    found = IdentityHouse(house)
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(ids: IdentityHouse) -> Any:
    """Of a user pool with ada and grace."""
    return ids.user_client("ada", "grace")


@pytest.fixture(scope="module")
def pool(ids: IdentityHouse, client: Any) -> Any:
    return ids.pool_for(client, AllowClassicFlow=True)


@pytest.fixture(scope="module")
def role(ids: IdentityHouse, pool: Any) -> str:
    """The ARN of a role that trusts who has signed in at the pool."""
    return ids.role(pool, "authenticated")


@pytest.fixture(scope="module")
def anyone(house: AwsHouse) -> Any:
    found = house.unsigned_client("sts")
    yield found
    found.close()


@pytest.fixture
def token(ids: IdentityHouse, client: Any, pool: Any) -> str:
    """An OpenID token of ada's identity."""
    return open_id_token(ids, client, pool)


def by(principal, *, conditions=None, actions=("sts:AssumeRole",)):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions)}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{**statement, **({"Condition": conditions} if conditions else {})}]}
    )


def test_a_key_assumes_a_role_that_trusts_it(house, ids, pool):
    role = ids.role(pool, document=by(f"arn:aws:iam::{ACCOUNT}:user/tests"))
    answer = house.sts.assume_role(RoleArn=role, RoleSessionName="deploy")
    assert as_holder(house, answer).get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]


@pytest.mark.parametrize(
    "document",
    [
        by(f"arn:aws:iam::{ACCOUNT}:user/other"),
        by("arn:aws:iam::210987654321:root"),
        by(f"arn:aws:iam::{ACCOUNT}:root", conditions={"StringEquals": {"sts:ExternalId": "secret"}}),
    ],
    ids=["another user", "another account", "external id"],
)
def test_a_key_does_not_assume_a_role_that_does_not_trust_it(house, ids, pool, document):
    with refused("AccessDenied", "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::"):
        house.sts.assume_role(RoleArn=ids.role(pool, document=document), RoleSessionName="deploy", ExternalId="guess")


def test_trust_alone_is_not_enough_for_a_limited_key(house, ids, pool):
    role = ids.role(pool, document=by(f"arn:aws:iam::{ACCOUNT}:root"))
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}
    key = house.services.access_keys.create(ACCOUNT, "narrow", policy)
    client = house.client(key.access_key_id, key.secret.reveal(), service="sts")
    with refused("AccessDenied", f"sts:AssumeRole on resource: {role}"):
        client.assume_role(RoleArn=role, RoleSessionName="deploy")


def test_tags_of_a_caller_need_the_roles_leave(house, ids, pool):
    anyone_here = f"arn:aws:iam::{ACCOUNT}:root"
    tags = [{"Key": "team", "Value": "red"}]
    with refused("AccessDenied"):
        house.sts.assume_role(RoleArn=ids.role(pool, document=by(anyone_here)), RoleSessionName="xx", Tags=tags)
    taking = ids.role(pool, document=by(anyone_here, actions=("sts:AssumeRole", "sts:TagSession")))
    answer = house.sts.assume_role(RoleArn=taking, RoleSessionName="xx", Tags=tags)
    assert session_of(house, answer).tags == {"team": "red"}


def test_a_caller_must_be_allowed_to_write_tags(house, ids, pool):
    """The role's leave is not enough: a policy may be by tags, and whoever writes them writes their own rights."""
    role = ids.role(pool, document=by(f"arn:aws:iam::{ACCOUNT}:root", actions=("sts:AssumeRole", "sts:TagSession")))
    assuming = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    red = {"StringEquals": {"aws:RequestTag/team": "red"}}
    tagging = {"Effect": "Allow", "Action": "sts:TagSession", "Resource": role, "Condition": red}

    def client(*statements):
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        key = house.services.access_keys.create(ACCOUNT, "tagger", policy)
        return house.client(key.access_key_id, key.secret.reveal(), service="sts")

    def asked(team):
        return {"RoleArn": role, "RoleSessionName": "deploy", "Tags": [{"Key": "team", "Value": team}]}

    assert client(assuming).assume_role(RoleArn=role, RoleSessionName="deploy")
    with refused("AccessDenied", f"sts:TagSession on resource: {role}"):
        client(assuming).assume_role(**asked("red"))
    with refused("AccessDenied", "sts:TagSession"):
        client(assuming, tagging).assume_role(**asked("blue"))
    assert session_of(house, client(assuming, tagging).assume_role(**asked("red"))).tags == {"team": "red"}


def test_who_ends_an_identitys_sessions_ends_those_of_roles_that_they_assumed(house, ids, anyone, pool, role, token):  # noqa: PLR0917 - fixtures
    everything = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"},
    }
    name = role.rpartition("/")[2]
    house.iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(everything))
    further = ids.role(pool, document=by(f"arn:aws:iam::{ACCOUNT}:root"))
    first = assume(anyone, role, token)
    answer = as_holder(house, first).assume_role(RoleArn=further, RoleSessionName="on")
    assert session_of(house, answer).identity_id == session_of(house, first).identity_id is not None
    house.services.temporary_keys.revoke("identity", session_of(house, answer).identity_id)
    with refused("ExpiredToken"):
        as_holder(house, answer).get_caller_identity()
