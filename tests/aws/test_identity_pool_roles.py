"""Roles, role mappings, principal tags and tags of identity pools through a stock boto3."""

from dataclasses import replace
from typing import Any

import pytest

from app.core.principals.model import RoleSession
from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused
from tests.support.identities import NOWHERE, PROVIDER, identity_pool

READER, WRITER = (f"arn:aws:iam::123456789012:role/app/{name}" for name in ("reader", "writer"))
RULE = {"Claim": "custom:plan", "MatchType": "Equals", "Value": "paid", "RoleARN": WRITER}
RULES = {
    "Type": "Rules",
    "AmbiguousRoleResolution": "Deny",
    "RulesConfiguration": {"Rules": [RULE, {**RULE, "MatchType": "NotEqual"}]},
}
TOKEN = {"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}


@pytest.fixture
def pool_id(house) -> str:
    return str(identity_pool(house)["IdentityPoolId"])


def roles(house, pool_id: str) -> tuple[Any, Any]:
    answer = house.identity.get_identity_pool_roles(IdentityPoolId=pool_id)
    assert answer["IdentityPoolId"] == pool_id
    return answer["Roles"], answer.get("RoleMappings")


@pytest.mark.identity_operation("SetIdentityPoolRoles")
@pytest.mark.identity_operation("GetIdentityPoolRoles")
def test_roles_and_mappings_come_back_as_they_were_given(house, pool_id):
    assert roles(house, pool_id) == ({}, None)
    given = {"authenticated": READER, "unauthenticated": WRITER}
    mappings = {f"{PROVIDER}:abc": TOKEN, "graph.facebook.com": RULES}
    house.identity.set_identity_pool_roles(IdentityPoolId=pool_id, Roles=given, RoleMappings=mappings)
    assert roles(house, pool_id) == (given, mappings)


def test_setting_roles_replaces_all_of_them(house, pool_id):
    house.identity.set_identity_pool_roles(
        IdentityPoolId=pool_id, Roles={"authenticated": READER}, RoleMappings={"graph.facebook.com": TOKEN}
    )
    house.identity.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={"unauthenticated": WRITER})
    assert roles(house, pool_id) == ({"unauthenticated": WRITER}, None)


def test_a_provider_written_as_amplify_does_is_the_same_and_is_shown_as_written(house, pool_id):
    host = house.url.removeprefix("http://")
    written = f"{host}/us-east-1_AAAAAAAAA:abc"
    house.identity.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={}, RoleMappings={written: TOKEN})
    assert roles(house, pool_id)[1] == {written: TOKEN}
    assert list(house.services.identity_pools.get(pool_id).role_mappings) == [f"{PROVIDER}:abc"]
    with refused("InvalidParameterException", "mapped twice"):
        house.identity.set_identity_pool_roles(
            IdentityPoolId=pool_id, Roles={}, RoleMappings={written: TOKEN, f"{PROVIDER}:abc": TOKEN}
        )


WRONG_MAPPINGS = {
    "unresolved token": {"Type": "Token"},
    "unresolved rules": {member: value for member, value in RULES.items() if member != "AmbiguousRoleResolution"},
    "rules without rules": {"Type": "Rules", "AmbiguousRoleResolution": "Deny"},
    "token with rules": {**RULES, "Type": "Token"},
    "26 rules": {**RULES, "RulesConfiguration": {"Rules": [RULE] * 26}},
    "a rule for a user": {
        **RULES,
        "RulesConfiguration": {"Rules": [{**RULE, "RoleARN": "arn:aws:iam::123456789012:user/anna"}]},
    },
    "a rule for another account": {
        **RULES,
        "RulesConfiguration": {"Rules": [{**RULE, "RoleARN": "arn:aws:iam::999999999999:role/reader"}]},
    },
}


@pytest.mark.identity_operation("SetIdentityPoolRoles", "InvalidParameterException")
@pytest.mark.parametrize("wrong", WRONG_MAPPINGS.values(), ids=WRONG_MAPPINGS)
def test_a_mapping_that_decides_nothing_is_refused(house, pool_id, wrong):
    with refused("InvalidParameterException"):
        house.identity.set_identity_pool_roles(
            IdentityPoolId=pool_id, Roles={"authenticated": READER}, RoleMappings={"graph.facebook.com": wrong}
        )
    assert roles(house, pool_id) == ({}, None)


def test_twenty_five_rules_are_not_too_many(house, pool_id):
    most = {**RULES, "RulesConfiguration": {"Rules": [RULE] * 25}}
    house.identity.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={}, RoleMappings={"graph.facebook.com": most})
    assert roles(house, pool_id)[1] == {"graph.facebook.com": most}


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::999999999999:role/reader",
        "arn:aws-cn:iam::123456789012:role/reader",
        "arn:aws:iam::123456789012:user/anna-bell",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/a b",
        "x" * 20,
    ],
)
def test_what_is_no_role_of_the_account_is_refused(house, pool_id, arn):
    with refused("InvalidParameterException", "is not the ARN of a role of this account"):
        house.identity.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={"authenticated": arn})


@pytest.mark.parametrize(
    "wrong",
    [
        {"Roles": {"administrator": READER}},
        {"Roles": {"authenticated": READER + "x" * 2048}},
        {"Roles": {}, "RoleMappings": {f"p{n}": TOKEN for n in range(11)}},
        {"Roles": {}, "RoleMappings": {"p": {**TOKEN, "Type": "Magic"}}},
        {"Roles": {}, "RoleMappings": {"p": {**RULES, "RulesConfiguration": {"Rules": [{**RULE, "Claim": "a b"}]}}}},
    ],
    ids=["kind", "length", "eleven providers", "type", "claim"],
)
def test_what_the_model_forbids_is_a_validation_exception(house, pool_id, wrong):
    with refused("ValidationException"):
        house.identity.set_identity_pool_roles(IdentityPoolId=pool_id, **wrong)


def assumed(house: AwsHouse, policy: dict[str, Any]) -> Any:
    """A client with temporary credentials of a role that may just this."""
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    }
    roles = house.services.roles
    role = roles.put_policy("123456789012", roles.create("123456789012", "delegate", trust).name, "own", policy)
    now = house.clock.now()
    session = RoleSession(
        role_arn=role.arn,
        role_id=role.role_id,
        session_name="tests",
        account_id=role.account_id,
        issued_at=now,
        expires_at=now + 3600,
        source="tests",
    )
    given = house.services.temporary_keys.issue(session)
    return house.client(
        given.access_key_id, given.secret.reveal(), token=given.session_token.reveal(), service="cognito-identity"
    )


def test_who_may_not_pass_a_role_cannot_hand_it_out(house, pool_id):
    """Else whoever may set a pool's roles would be whatever role they like."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "cognito-identity:*", "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": READER,
                "Condition": {"StringEquals": {"iam:PassedToService": "cognito-identity.amazonaws.com"}},
            },
        ],
    }
    client = assumed(house, policy)
    client.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={"authenticated": READER})
    with refused("AccessDeniedException", "iam:PassRole", WRITER):
        client.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={"authenticated": WRITER})
    with refused("AccessDeniedException", "iam:PassRole", WRITER):
        client.set_identity_pool_roles(
            IdentityPoolId=pool_id, Roles={"authenticated": READER}, RoleMappings={"graph.facebook.com": RULES}
        )
    assert roles(house, pool_id) == ({"authenticated": READER}, None)


@pytest.mark.identity_operation("SetPrincipalTagAttributeMap")
@pytest.mark.identity_operation("GetPrincipalTagAttributeMap")
def test_claims_become_tags_as_they_were_mapped(house, pool_id):
    named = {"IdentityPoolId": pool_id, "IdentityProviderName": PROVIDER}
    nothing = house.identity.get_principal_tag_attribute_map(**named)
    assert (nothing["UseDefaults"], nothing["PrincipalTags"]) == (False, {})
    own = {"UseDefaults": False, "PrincipalTags": {"tenant": "custom:tenant"}}
    for answer in (
        house.identity.set_principal_tag_attribute_map(**named, **own),
        house.identity.get_principal_tag_attribute_map(**named),
    ):
        assert {**named, **own}.items() <= answer.items()
    # What was given, and nothing else: whoever compares it with what they gave (Terraform) finds no difference.
    for tags in ({}, {"username": "sub", "client": "aud"}):
        house.identity.set_principal_tag_attribute_map(**named, UseDefaults=True, PrincipalTags=tags)
        defaults = house.identity.get_principal_tag_attribute_map(**named)
        assert (defaults["UseDefaults"], defaults["PrincipalTags"]) == (True, tags)


def test_a_map_is_found_under_both_spellings_of_its_provider(house, pool_id):
    other = f"{house.url.removeprefix('http://')}/us-east-1_AAAAAAAAA"
    house.identity.set_principal_tag_attribute_map(
        IdentityPoolId=pool_id, IdentityProviderName=other, PrincipalTags={"tenant": "custom:tenant"}
    )
    house.identity.set_principal_tag_attribute_map(
        IdentityPoolId=pool_id, IdentityProviderName="graph.facebook.com", PrincipalTags={"x": "y"}
    )
    found = house.identity.get_principal_tag_attribute_map(IdentityPoolId=pool_id, IdentityProviderName=PROVIDER)
    assert found["PrincipalTags"] == {"tenant": "custom:tenant"}


@pytest.mark.identity_operation("SetPrincipalTagAttributeMap", "InvalidParameterException")
@pytest.mark.parametrize(
    "wrong",
    [
        {"UseDefaults": True, "PrincipalTags": {"tenant": "custom:tenant"}},
        {"PrincipalTags": {"aws:tenant": "custom:tenant"}},
        {"PrincipalTags": {"ten*nt": "custom:tenant"}},
    ],
    ids=["defaults and own", "reserved", "wildcard"],
)
def test_tags_that_no_session_could_carry_are_refused(house, pool_id, wrong):
    named = {"IdentityPoolId": pool_id, "IdentityProviderName": PROVIDER}
    with refused("InvalidParameterException", "PrincipalTags"):
        house.identity.set_principal_tag_attribute_map(**named, **wrong)
    assert house.identity.get_principal_tag_attribute_map(**named)["PrincipalTags"] == {}


def test_a_pool_maps_so_many_providers_and_no_more(house, pool_id):
    pools = house.services.identity_pools
    full = {f"provider{number}": {"UseDefaults": True, "PrincipalTags": {}} for number in range(100)}
    pools.store.save(replace(pools.get(pool_id), principal_tags=full))
    with refused("InvalidParameterException", "at most 100"):
        house.identity.set_principal_tag_attribute_map(IdentityPoolId=pool_id, IdentityProviderName="one more")
    house.identity.set_principal_tag_attribute_map(IdentityPoolId=pool_id, IdentityProviderName="provider7")


@pytest.mark.identity_operation("SetIdentityPoolRoles", "ResourceNotFoundException")
@pytest.mark.identity_operation("GetIdentityPoolRoles", "ResourceNotFoundException")
@pytest.mark.identity_operation("SetPrincipalTagAttributeMap", "ResourceNotFoundException")
@pytest.mark.identity_operation("GetPrincipalTagAttributeMap", "ResourceNotFoundException")
def test_nobodys_pool_and_a_strangers_are_not_found(house, pool_id, strangers):
    for client, name in ((house.identity, NOWHERE), *((stranger, pool_id) for stranger in strangers)):
        tagged = {"IdentityPoolId": name, "IdentityProviderName": PROVIDER}
        with refused("ResourceNotFoundException"):
            client.get_identity_pool_roles(IdentityPoolId=name)
        with refused("ResourceNotFoundException"):
            client.set_identity_pool_roles(IdentityPoolId=name, Roles={"authenticated": READER})
        with refused("ResourceNotFoundException"):
            client.set_principal_tag_attribute_map(**tagged, UseDefaults=True)
        with refused("ResourceNotFoundException"):
            client.get_principal_tag_attribute_map(**tagged)
    assert roles(house, pool_id) == ({}, None)


def arn_of(pool_id: str) -> str:
    return f"arn:aws:cognito-identity:us-east-1:123456789012:identitypool/{pool_id}"


@pytest.mark.identity_operation("TagResource")
@pytest.mark.identity_operation("UntagResource")
@pytest.mark.identity_operation("ListTagsForResource")
def test_tags_come_and_go(house, pool_id):
    house.identity.tag_resource(ResourceArn=arn_of(pool_id), Tags={"team": "a", "stage": "test"})
    house.identity.tag_resource(ResourceArn=arn_of(pool_id), Tags={"stage": "live"})
    assert house.identity.list_tags_for_resource(ResourceArn=arn_of(pool_id))["Tags"] == {"team": "a", "stage": "live"}
    house.identity.untag_resource(ResourceArn=arn_of(pool_id), TagKeys=["team", "unknown"])
    assert house.identity.describe_identity_pool(IdentityPoolId=pool_id)["IdentityPoolTags"] == {"stage": "live"}


@pytest.mark.identity_operation("TagResource", "InvalidParameterException")
@pytest.mark.parametrize("given", [{"aws:x": "y"}, {"a*b": "c"}, {str(number): "x" for number in range(51)}])
def test_tags_that_cannot_be_are_refused(house, pool_id, given):
    with refused("InvalidParameterException"):
        house.identity.tag_resource(ResourceArn=arn_of(pool_id), Tags=given)
    assert house.identity.list_tags_for_resource(ResourceArn=arn_of(pool_id))["Tags"] == {}


@pytest.mark.identity_operation("UntagResource", "InvalidParameterException")
@pytest.mark.identity_operation("ListTagsForResource", "InvalidParameterException")
@pytest.mark.parametrize(
    "wrong", ["arn:aws:s3:::a-bucket/of/mine", "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_A"]
)
def test_another_kind_of_arn_is_refused(house, wrong):
    with refused("InvalidParameterException"):
        house.identity.list_tags_for_resource(ResourceArn=wrong)
    with refused("InvalidParameterException"):
        house.identity.untag_resource(ResourceArn=wrong, TagKeys=["a"])


@pytest.mark.identity_operation("TagResource", "ResourceNotFoundException")
@pytest.mark.identity_operation("UntagResource", "ResourceNotFoundException")
@pytest.mark.identity_operation("ListTagsForResource", "ResourceNotFoundException")
def test_tags_of_nobodys_pool_and_a_strangers_are_not_found(house, pool_id, strangers):
    mine = arn_of(pool_id)
    foreign = [(stranger, mine) for stranger in strangers]
    renamed = (house.identity, mine.replace("123456789012", "999999999999"))
    for client, arn in ((house.identity, arn_of(NOWHERE)), renamed, *foreign):
        with refused("ResourceNotFoundException"):
            client.list_tags_for_resource(ResourceArn=arn)
        with refused("ResourceNotFoundException"):
            client.tag_resource(ResourceArn=arn, Tags={"a": "b"})
        with refused("ResourceNotFoundException"):
            client.untag_resource(ResourceArn=arn, TagKeys=["a"])
