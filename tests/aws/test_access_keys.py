"""Access keys as stock clients use them: limited ones, the settings' own, and what the audit tells of them."""

import json

import pytest
from sqlalchemy import select

from app.adapters.sql.tables import access_keys, audit
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

AWS_OWN = "AKIAIOSFODNN7EXAMPLE"
ACCOUNT = "123456789012"


def client_for(house, *statements):
    made = [dict(zip(("Effect", "Action", "Resource"), statement, strict=True)) for statement in statements]
    key = house.services.access_keys.create(ACCOUNT, "limited", {"Version": "2012-10-17", "Statement": made})
    return house.client(key.access_key_id, key.secret.reveal())


def arn_of(pool):
    return f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{pool.pool_id}"


def test_a_limited_key_does_what_its_policy_names_and_nothing_else(house):
    mine, theirs = house.pool("mine"), house.pool("theirs")
    reader = client_for(house, ("Allow", ["cognito-idp:Describe*", "cognito-idp:ListGroups"], arn_of(mine)))
    assert reader.describe_user_pool(UserPoolId=mine.pool_id)["UserPool"]["Name"] == "mine"
    assert reader.list_groups(UserPoolId=mine.pool_id)["Groups"] == []
    with refused("AccessDeniedException", "cognito-idp:DescribeUserPool", arn_of(theirs), "no identity-based policy"):
        reader.describe_user_pool(UserPoolId=theirs.pool_id)
    with refused("AccessDeniedException", "cognito-idp:CreateGroup"):
        reader.create_group(UserPoolId=mine.pool_id, GroupName="g")
    with refused("AccessDeniedException", "on resource: *"):
        reader.list_user_pools(MaxResults=1)
    assert house.idp.list_groups(UserPoolId=mine.pool_id)["Groups"] == []


def test_who_is_not_allowed_does_not_learn_what_exists(house):
    reader = client_for(house, ("Allow", "cognito-idp:ListGroups", "*"))
    told = []
    for pool_id in (house.pool().pool_id, "us-east-1_nothing00"):
        with pytest.raises(reader.exceptions.ClientError) as caught:
            reader.describe_user_pool(UserPoolId=pool_id)
        told.append(caught.value.response["Error"]["Message"].replace(pool_id, "ID"))
    assert told[0] == told[1]


def test_no_partition_gets_around_a_deny(house):
    pool = house.pool()
    denied = client_for(house, ("Allow", "*", "*"), ("Deny", "cognito-idp:TagResource", arn_of(pool)))
    for partition in ("aws", "aws-cn", "aws-us-gov", "awsx"):
        with refused("AccessDeniedException", "explicit deny"):
            denied.tag_resource(ResourceArn=arn_of(pool).replace("arn:aws:", f"arn:{partition}:"), Tags={"a": "b"})
    assert house.idp.list_tags_for_resource(ResourceArn=arn_of(pool)).get("Tags", {}) == {}


def test_the_key_of_the_settings_signs_and_is_verified(tmp_path):
    house = AwsHouse(tmp_path, root_access_key_id="root-key", root_secret_access_key="s" * 40)
    try:
        assert house.client("root-key", "s" * 40).list_user_pools(MaxResults=1)["UserPools"] == []
        with refused("InvalidSignatureException"):
            house.client("root-key", "t" * 40).list_user_pools(MaxResults=1)
    finally:
        house.close()


def test_without_development_strangers_are_nobody(tmp_path):
    house = AwsHouse(tmp_path, dev=False)
    try:
        assert house.idp.list_user_pools(MaxResults=1)["UserPools"] == []
        for key_id in (AWS_OWN, "test"):
            with refused("UnrecognizedClientException", "The security token included in the request is invalid."):
                house.client(key_id, "x").list_user_pools(MaxResults=1)
        with refused("MissingAuthenticationTokenException"):
            house.unsigned.list_user_pools(MaxResults=1)
    finally:
        house.close()


def test_in_development_anybodys_credentials_will_do(house):
    """As with every local AWS endpoint: whoever has real credentials in the environment is not locked out."""
    pool = house.pool()
    assert (
        house.client(AWS_OWN, "x", token="t").describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Id"]
        == pool.pool_id
    )


def test_the_audit_names_who_signed(house):
    pool = house.pool()
    house.idp.create_group(UserPoolId=pool.pool_id, GroupName="g")
    house.idp.admin_create_user(UserPoolId=pool.pool_id, Username="ada", MessageAction="SUPPRESS")
    house.client(AWS_OWN, "x").delete_group(UserPoolId=pool.pool_id, GroupName="g")
    with house.installation.database.connection() as connection:
        rows = connection.execute(select(audit).where(audit.c.pool_id == pool.pool_id).order_by(audit.c.at)).all()
    told = {row.event: row for row in rows}
    assert told["group.create"].detail["operator"] == f"arn:aws:iam::{ACCOUNT}:user/tests"
    assert told["group.create"].detail["access_key"] == house.key_id
    assert told["group.create"].address == "127.0.0.1"
    assert told["group.create"].request_id
    assert told["directory.create"].detail["operator"] == f"arn:aws:iam::{ACCOUNT}:user/tests"
    assert told["group.remove"].detail["operator"] == f"arn:aws:iam::{ACCOUNT}:user/development"
    assert "access_key" not in told["group.remove"].detail
    assert house.secret not in json.dumps([dict(row.detail) for row in rows])


def test_the_audit_tells_of_refused_signatures_and_never_of_what_they_carried(house):
    key = house.services.access_keys.create(ACCOUNT, "gone")
    for service, code in (("cognito-idp", "InvalidSignatureException"), ("sts", "SignatureDoesNotMatch")):
        client = house.client(key.access_key_id, "n" * 40, service=service)
        with refused(code):
            client.list_user_pools(MaxResults=1) if service == "cognito-idp" else client.get_caller_identity()
    house.services.access_keys.remove(key.access_key_id)
    house.clock.advance(seconds=1)
    with refused("UnrecognizedClientException"):
        house.client(key.access_key_id, key.secret.reveal()).list_user_pools(MaxResults=1)
    house.idp.list_user_pools(MaxResults=1)
    with house.installation.database.connection() as connection:
        rows = connection.execute(select(audit).where(audit.c.event == "signature").order_by(audit.c.at)).all()
    mine = [row for row in rows if row.detail.get("access_key") == key.access_key_id]
    assert {(row.outcome, row.detail["service"]) for row in mine} == {
        ("InvalidSignatureException", "cognito-idp"),
        ("InvalidSignatureException", "sts"),
        ("UnrecognizedClientException", "cognito-idp"),
    }
    assert all(row.address == "127.0.0.1" and row.request_id for row in mine)
    assert house.key_id not in str(rows)
    assert {name for row in rows for name in row.detail} == {"service", "access_key"}


def test_what_a_user_does_themselves_names_no_operator(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.unsigned.sign_up(
        ClientId=client.client_id,
        Username="ada",
        Password="Correct-horse-7",
        UserAttributes=[{"Name": "email", "Value": "a@example.com"}],
    )
    with house.installation.database.connection() as connection:
        rows = connection.execute(select(audit).where(audit.c.client_id == client.client_id)).all()
    signed_up = [row for row in rows if row.event.startswith("sign_up")]
    assert signed_up
    assert all("operator" not in row.detail for row in signed_up)


def test_a_keys_secret_is_sealed_in_the_database(house):
    with house.installation.database.connection() as connection:
        row = connection.execute(select(access_keys).where(access_keys.c.access_key_id == house.key_id)).one()
    assert house.secret not in str(row)
    assert row.sealed.startswith("s1.")


@pytest.mark.parametrize("operation", ["create_group", "update_group"])
def test_who_may_manage_groups_may_not_hand_out_every_role(house, operation):
    """A group's role is its members' where an identity pool goes by their tokens."""
    pool, roles = house.pool(), f"arn:aws:iam::{ACCOUNT}:role/"
    manager = client_for(house, ("Allow", "cognito-idp:*", "*"), ("Allow", ["iam:PassRole"], f"{roles}readers/*"))
    if operation == "update_group":
        manager.create_group(UserPoolId=pool.pool_id, GroupName="g")
    call = getattr(manager, operation)
    for arn in (f"{roles}admin", "arn:aws-cn:iam::999999999999:role/admin"):
        with refused("AccessDeniedException", "iam:PassRole on resource: arn:aws:iam::"):
            call(UserPoolId=pool.pool_id, GroupName="g", RoleArn=arn)
    answer = call(UserPoolId=pool.pool_id, GroupName="g", RoleArn=f"{roles}readers/one")
    assert answer["Group"]["RoleArn"] == f"{roles}readers/one"
