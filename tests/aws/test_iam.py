"""IAM through stock boto3: roles, their policies and tags, and who may manage them."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.iam_documents import ACCOUNT, OWN, OWN_FOLDER, TRUST, allowing


def policy_of(characters):
    """An inline policy of exactly this many characters, as IAM counts them."""
    empty = json.dumps(json.loads(allowing(resource="arn:aws:s3:::")), separators=(",", ":"))
    return allowing(resource="arn:aws:s3:::" + "k" * (characters - len(empty)))


# -- roles -------------------------------------------------------------------------------------------------------------


def test_a_role_is_told_as_it_was_made(house):
    made = house.iam.create_role(
        RoleName="Readers",
        Path="/apps/shop/",
        AssumeRolePolicyDocument=TRUST,
        Description="reads 50% & more <äöü>",
        MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "shop"}, {"Key": "Cost", "Value": ""}],
    )["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/apps/shop/Readers"
    assert made["RoleId"].startswith("AROA")
    assert len(made["RoleId"]) == 21
    assert made["AssumeRolePolicyDocument"] == json.loads(TRUST)
    told = house.iam.get_role(RoleName="readers")["Role"]
    assert {key: value for key, value in told.items() if key != "RoleLastUsed"} == made
    assert (told["Description"], told["MaxSessionDuration"]) == ("reads 50% & more <äöü>", 7200)
    assert told["Tags"] == [{"Key": "Cost", "Value": ""}, {"Key": "team", "Value": "shop"}]
    assert told["CreateDate"].timestamp() == house.clock.now()


def test_documents_are_percent_encoded_on_the_wire(house, role):
    told = []
    house.iam.meta.events.register("after-call.iam.GetRole", lambda http_response, **_: told.append(http_response.text))
    house.iam.get_role(RoleName=role)
    assert "<AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22" in told[0]
    assert told[0].startswith('<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult>')


def test_a_name_is_taken_in_whatever_case(house, role):
    with refused("EntityAlreadyExists", "already exists"):
        house.iam.create_role(RoleName=role.upper(), AssumeRolePolicyDocument=TRUST)


def test_of_twenty_that_make_one_role_at_once_one_does(house):
    def make(_):
        try:
            house.iam.create_role(RoleName="contested", AssumeRolePolicyDocument=TRUST)
        except house.iam.exceptions.EntityAlreadyExistsException:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(make, range(20))) == 1


@pytest.mark.parametrize(
    "call",
    ["get_role", "delete_role", "update_role", "list_role_policies", "list_attached_role_policies", "list_instance_profiles_for_role", "list_role_tags"],
)  # fmt: skip
def test_a_role_that_is_not_there_is_no_such_entity(house, call):
    with refused("NoSuchEntity", "nobody cannot be found"):
        getattr(house.iam, call)(RoleName="nobody")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "not JSON"),
        ("[]", ""),
        ('{"Version": "2012-10-17"}', "Statement"),
        ('{"Version": "2013-01-01", "Statement": []}', "Version"),
        (allowing(), "trust policy"),
        (TRUST.replace("StringEquals", "StringEqual"), "StringEqual"),
        (TRUST.replace('"Effect": "Allow"', '"Effect": "Permit"'), "Effect"),
        (TRUST[:-1] + ', "Version": "2012-10-17"}', "twice"),
    ],
    ids=["cut", "list", "empty", "version", "no principal", "operator", "effect", "twice"],
)
def test_a_trust_policy_that_could_not_be_enforced_is_refused_where_it_is_written(house, role, document, words):
    with refused("MalformedPolicyDocument", words):
        house.iam.create_role(RoleName="never", AssumeRolePolicyDocument=document)
    with refused("MalformedPolicyDocument", words):
        house.iam.update_assume_role_policy(RoleName=role, PolicyDocument=document)
    assert house.iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"RoleName": "a b"}, "roleName"),
        ({"RoleName": "a\n"}, "roleName"),
        ({"RoleName": "a" * 65}, "length less than or equal to 64"),
        ({"Path": "apps/"}, "path"),
        ({"MaxSessionDuration": 43201}, "less than or equal to 43200"),
        ({"Tags": [{"Key": "k" * 129, "Value": "v"}]}, "tags.1.member.key"),
    ],
    ids=["space", "newline", "long", "path", "long session", "tag"],
)
def test_what_the_model_forbids_is_a_validation_error(house, settings, words):
    with refused("ValidationError", words):
        house.iam.create_role(**{"RoleName": "never", "AssumeRolePolicyDocument": TRUST, **settings})


def test_a_permissions_boundary_is_refused_not_ignored(house):
    with refused("InvalidInput", "PermissionsBoundary is not supported"):
        house.iam.create_role(
            RoleName="never", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/x"
        )


def test_a_role_with_policies_is_not_deleted(house, role):
    house.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=allowing())
    with refused("DeleteConflict", "must delete policies first"):
        house.iam.delete_role(RoleName=role)
    house.iam.delete_role_policy(RoleName=role, PolicyName="p")
    house.iam.delete_role(RoleName=role)
    with refused("NoSuchEntity"):
        house.iam.get_role(RoleName=role)


def test_an_update_changes_what_it_names(house, role):
    house.iam.update_role(RoleName=role, Description="new", MaxSessionDuration=3600)
    house.iam.update_role(RoleName=role, MaxSessionDuration=4000)
    told = house.iam.update_role_description(RoleName=role, Description="newer")["Role"]
    assert (told["Description"], told["MaxSessionDuration"]) == ("newer", 4000)


def test_every_page_of_a_list_is_told_once(house):
    names = ["P-age", "P_age", "Page", "Page.", "page-Z"]
    for name in names:
        house.iam.create_role(RoleName=name, Path="/paged/", AssumeRolePolicyDocument=TRUST)
    pages = list(house.iam.get_paginator("list_roles").paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 2}))
    assert [len(page["Roles"]) for page in pages] == [2, 2, 1]
    assert sorted(role["RoleName"] for page in pages for role in page["Roles"]) == names
    assert all("Tags" not in role for page in pages for role in page["Roles"])


@pytest.mark.parametrize("marker", ["%%%", "AAA", "gA==", "ÿÿ"])
def test_a_marker_that_no_page_gave_is_refused(house, marker):
    with refused("ValidationError", "Marker"):
        house.iam.list_roles(Marker=marker)


# -- inline policies ---------------------------------------------------------------------------------------------------


def test_the_reference_policy_comes_back_as_it_stands(house, role):
    house.iam.put_role_policy(RoleName=role, PolicyName="folder", PolicyDocument=json.dumps(OWN_FOLDER, indent=4))
    told = house.iam.get_role_policy(RoleName=role.upper(), PolicyName="folder")
    assert (told["RoleName"], told["PolicyDocument"]) == (role, OWN_FOLDER)
    assert house.iam.list_role_policies(RoleName=role)["PolicyNames"] == ["folder"]
    assert house.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    assert house.iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"] == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("nothing", "not JSON"),
        (TRUST, "Resource"),
        (allowing(Condition={"StringSame": {"aws:username": "a"}}), "StringSame"),
        (allowing(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.300"}}), "10.0.0.300"),
        (allowing(action="GetObject"), "GetObject"),
        (allowing(Sid="a", NotAction="s3:*"), "NotAction"),
    ],
    ids=["no json", "principal", "operator", "address", "action", "both actions"],
)
def test_a_policy_that_could_not_be_enforced_is_refused_where_it_is_written(house, role, document, words):
    with refused("MalformedPolicyDocument", words):
        house.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document)
    assert house.iam.list_role_policies(RoleName=role)["PolicyNames"] == []


def test_a_roles_policies_have_room_together(house, role):
    house.iam.put_role_policy(RoleName=role, PolicyName="a", PolicyDocument=policy_of(6000))
    with refused("LimitExceeded", "10240"):
        house.iam.put_role_policy(RoleName=role, PolicyName="b", PolicyDocument=policy_of(4241))
    house.iam.put_role_policy(RoleName=role, PolicyName="b", PolicyDocument=policy_of(4240))
    assert house.iam.list_role_policies(RoleName=role)["PolicyNames"] == ["a", "b"]


def test_a_single_policy_may_be_too_large(house, role):
    with refused("LimitExceeded", "10,241"):
        house.iam.put_role_policy(RoleName=role, PolicyName="a", PolicyDocument=policy_of(10_241))


@pytest.mark.parametrize("call", ["get_role_policy", "delete_role_policy"])
def test_a_policy_that_is_not_there_is_no_such_entity(house, role, call):
    with refused("NoSuchEntity", "role policy with name p cannot be found"):
        getattr(house.iam, call)(RoleName=role, PolicyName="p")


# -- tags --------------------------------------------------------------------------------------------------------------


def test_tags_come_and_go(house, role):
    house.iam.tag_role(RoleName=role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    house.iam.tag_role(RoleName=role, Tags=[{"Key": "B", "Value": "3"}])
    house.iam.untag_role(RoleName=role, TagKeys=["a", "nothing"])
    assert house.iam.list_role_tags(RoleName=role)["Tags"] == [{"Key": "B", "Value": "3"}]


@pytest.mark.parametrize(
    "tags",
    [[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}], [{"Key": "aws:x", "Value": "1"}]],
    ids=["twice", "reserved"],
)
def test_tags_that_aws_would_refuse_are_refused(house, role, tags):
    with refused("InvalidInput"):
        house.iam.tag_role(RoleName=role, Tags=tags)


def test_the_fifty_first_tag_is_too_many(house, role):
    house.iam.tag_role(RoleName=role, Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(50)])
    with refused("LimitExceeded", "maximum"):
        house.iam.tag_role(RoleName=role, Tags=[{"Key": "more", "Value": "v"}])


# -- who may -----------------------------------------------------------------------------------------------------------


def limited(house, *statements):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    key = house.services.access_keys.create(ACCOUNT, "limited", document)
    return house.client(key.access_key_id, key.secret.reveal(), service="iam")


def test_a_limited_key_manages_the_roles_that_its_policy_names(house):
    mine = f"arn:aws:iam::{ACCOUNT}:role/team/*"
    client = limited(house, {"Effect": "Allow", "Action": "iam:*", "Resource": mine})
    client.create_role(RoleName="of-team", Path="/team/", AssumeRolePolicyDocument=TRUST)
    client.put_role_policy(RoleName="of-team", PolicyName="p", PolicyDocument=allowing())
    with refused("AccessDenied", f"iam:CreateRole on resource: arn:aws:iam::{ACCOUNT}:role/of-nobody"):
        client.create_role(RoleName="of-nobody", AssumeRolePolicyDocument=TRUST)
    with refused("AccessDenied", "iam:ListRoles"):
        client.list_roles()


def test_who_may_not_look_does_not_learn_what_exists(house, role):
    client = limited(house, {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"})
    told = []
    for name in (role, "no-such-role"):
        with pytest.raises(client.exceptions.ClientError) as caught:
            client.get_role(RoleName=name)
        told.append(str(caught.value).replace(name, "NAME"))
    assert told[0] == told[1]


def test_another_accounts_roles_are_nobodys(house, role):
    key = house.services.access_keys.create("210987654321", "elsewhere")
    client = house.client(key.access_key_id, key.secret.reveal(), service="iam")
    with refused("NoSuchEntity"):
        client.get_role(RoleName=role)
    assert client.list_roles()["Roles"] == []


def test_a_change_of_a_policy_leaves_a_row_of_the_audit(house, role):
    before = time.perf_counter()
    house.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=allowing())
    assert time.perf_counter() - before < 5
    from sqlalchemy import select

    from app.adapters.sql.tables import audit

    with house.installation.database.connection() as connection:
        rows = connection.execute(select(audit).where(audit.c.event == "role.policy")).all()
    mine = [row for row in rows if row.detail["role"].endswith(role)]
    assert [row.detail["operator"] for row in mine] == [f"arn:aws:iam::{ACCOUNT}:user/tests"]


# -- what is rarely meant -----------------------------------------------------------------------------------------------


def test_what_is_rarely_meant_is_saved_and_said(house: AwsHouse, role: str):
    listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::mybucket"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [listing]})
    saved = house.iam.put_role_policy(RoleName=role, PolicyName="store", PolicyDocument=document)
    said = saved["ResponseMetadata"]["HTTPHeaders"]["x-poolhouse-findings"]
    assert "store: Statement 1 allows s3:ListBucket without a condition on s3:prefix" in said
    assert "[list-without-prefix]" in said


def test_of_a_role_without_traps_nothing_is_said(house: AwsHouse):
    trust = json.loads(TRUST)
    trust["Statement"][0]["Condition"]["ForAnyValue:StringLike"] = {f"{OWN}:amr": "authenticated"}
    made = house.iam.create_role(RoleName="without-traps", AssumeRolePolicyDocument=json.dumps(trust))
    policy = json.dumps(OWN_FOLDER)
    saved = house.iam.put_role_policy(RoleName="without-traps", PolicyName="own", PolicyDocument=policy)
    for answer in (made, saved):
        assert "x-poolhouse-findings" not in answer["ResponseMetadata"]["HTTPHeaders"]


def test_what_is_said_of_odd_letters_stands_on_one_line(house: AwsHouse, role: str):
    guarded = {"ForAllValues:StringLike": {"aws:PrincipalTag/üb": "x"}}
    odd = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b\r\nX-Injected: 1/re*",
        "Condition": guarded,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": odd})
    headers = house.iam.put_role_policy(RoleName=role, PolicyName="odd", PolicyDocument=document)["ResponseMetadata"]
    said = headers["HTTPHeaders"]["x-poolhouse-findings"]
    assert "[prefix-without-slash]" in said
    assert "[for-all-values-unguarded]" in said
    assert all(" " <= letter <= "~" for letter in said)
    assert "x-injected" not in headers["HTTPHeaders"]
