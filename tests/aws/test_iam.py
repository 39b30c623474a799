"""IAM through stock boto3: roles, providers, and the simulator."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refused

ACCOUNT = "123456789012"
OWN = "cognito-identity.amazonaws.com"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": OWN},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{OWN}:aud": "us-east-1:6f0b2a4e-0000-4000-8000-000000000000"}},
            }
        ],
    }
)
OWN_FOLDER = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Action": ["s3:ListBucket"],
            "Effect": "Allow",
            "Resource": ["arn:aws:s3:::mybucket"],
            "Condition": {"StringLike": {"s3:prefix": ["${cognito-identity.amazonaws.com:sub}/*"]}},
        },
        {
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Effect": "Allow",
            "Resource": ["arn:aws:s3:::mybucket/${cognito-identity.amazonaws.com:sub}/*"],
        },
    ],
}
THUMBPRINT = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"
METADATA_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:metadata"
METADATA = (
    f'<md:EntityDescriptor xmlns:md="{METADATA_NAMESPACE}" entityID="https://idp.example.com/saml">'
    '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
    '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/>'
    f"</md:IDPSSODescriptor><!-- {'x' * 800} --></md:EntityDescriptor>"
)


@pytest.fixture
def role(house: AwsHouse, request: pytest.FixtureRequest) -> str:
    """The name of a role of this test's own."""
    name = f"role-{abs(hash(request.node.nodeid))}"
    house.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    return name


def allowing(action="s3:GetObject", resource="arn:aws:s3:::b/*", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]})  # fmt: skip


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


# -- OpenID Connect providers ------------------------------------------------------------------------------------------


def test_a_provider_is_found_by_its_arn(house):
    arn = house.iam.create_open_id_connect_provider(
        Url="https://idp.example.com/tenant", ClientIDList=["app", "app"], ThumbprintList=[THUMBPRINT], Tags=[]
    )["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.com/tenant"
    house.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="other")
    house.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="app")
    house.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["a" * 40])
    house.iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    told = house.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (told["Url"], told["ClientIDList"], told["ThumbprintList"]) == (
        "idp.example.com/tenant",
        ["other"],
        ["a" * 40],
    )
    assert told["Tags"] == [{"Key": "a", "Value": "b"}]
    assert {"Arn": arn} in house.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert house.services.oidc_providers.find(arn).url == "https://idp.example.com/tenant"
    for _ in range(2):
        house.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert house.services.oidc_providers.find(arn) is None
    with refused("NoSuchEntity"):
        house.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)


@pytest.mark.parametrize(
    "url",
    ["http://idp.example.com", "ftp://x", "https://", "https://u:p@idp.example.com", "https://idp.example.com?a=b", "https://idp.example.com#f", "https://idp.example.com/a b", "idp.example.com", "http://localhost.evil.example", "https://idp.example.com:x"],
)  # fmt: skip
def test_a_provider_that_could_be_anybodys_is_refused(house, url):
    with refused("InvalidInput", "URL"):
        house.iam.create_open_id_connect_provider(Url=url)


def test_an_issuer_is_registered_once(house):
    house.iam.create_open_id_connect_provider(Url="https://once.example.com")
    with refused("EntityAlreadyExists"):
        house.iam.create_open_id_connect_provider(Url="https://once.example.com/")


@pytest.mark.parametrize(
    ("lists", "code"),
    [
        ({"ClientIDList": [f"c{number}" for number in range(101)]}, "LimitExceeded"),
        ({"ThumbprintList": [THUMBPRINT] * 6}, "InvalidInput"),
        ({"ThumbprintList": ["z" * 40]}, "InvalidInput"),
        ({"ThumbprintList": ["a" * 41]}, "ValidationError"),
    ],
    ids=["clients", "thumbprints", "no hex", "long"],
)
def test_a_providers_lists_have_their_limits(house, lists, code):
    with refused(code):
        house.iam.create_open_id_connect_provider(Url="https://limits.example.com", **lists)


# -- SAML providers ----------------------------------------------------------------------------------------------------


def test_a_saml_provider_keeps_its_metadata(house):
    arn = house.iam.create_saml_provider(Name="corp", SAMLMetadataDocument=METADATA)["SAMLProviderArn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
    assert house.iam.get_saml_provider(SAMLProviderArn=arn)["SAMLMetadataDocument"] == METADATA
    other = METADATA.replace("idp.example.com/saml", "idp.example.com/other")
    house.iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=other)
    assert house.services.saml_providers.find(arn).metadata == other
    assert [found["Arn"] for found in house.iam.list_saml_providers()["SAMLProviderList"]] == [arn]
    with refused("EntityAlreadyExists"):
        house.iam.create_saml_provider(Name="corp", SAMLMetadataDocument=METADATA)
    house.iam.delete_saml_provider(SAMLProviderArn=arn)
    with refused("NoSuchEntity"):
        house.iam.delete_saml_provider(SAMLProviderArn=arn)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ("x" * 1000, "parse"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + METADATA, "document type"),
        ("<a>" + METADATA + "</a>", "not SAML"),
        (METADATA.replace("IDPSSODescriptor", "SPSSODescriptor"), "IDPSSODescriptor"),
        (METADATA.replace('entityID="https://idp.example.com/saml"', ""), "entityID"),
        (METADATA[:-5] + " " * 10, "parse"),
        (
            f'<md:EntitiesDescriptor xmlns:md="{METADATA_NAMESPACE}">{METADATA * 2}</md:EntitiesDescriptor>',
            "more than one",
        ),
        (METADATA.replace("<!--", "<a>" * 300 + "</a>" * 300 + "<!--"), "too deeply"),
    ],
    ids=["no xml", "entities", "wrapped", "service", "nameless", "cut", "two providers", "deep"],
)
def test_metadata_that_is_none_is_refused(house, metadata, words):
    with refused("InvalidInput", words):
        house.iam.create_saml_provider(Name="never", SAMLMetadataDocument=metadata)


# -- the simulator -----------------------------------------------------------------------------------------------------


def simulated(house, actions, resources, context=None, policies=(OWN_FOLDER,), **more):
    entries = [
        {"ContextKeyName": name, "ContextKeyValues": values, "ContextKeyType": "stringList"}
        for name, values in (context or {}).items()
    ]
    return house.iam.simulate_custom_policy(
        PolicyInputList=[json.dumps(policy, indent=1) for policy in policies],
        ActionNames=actions,
        ResourceArns=resources,
        ContextEntries=entries,
        **more,
    )["EvaluationResults"]


def test_the_simulator_says_what_would_be_decided(house):
    mine = {f"{OWN}:sub": ["us-east-1:ada"]}
    results = simulated(
        house,
        ["s3:GetObject", "s3:DeleteObject"],
        ["arn:aws:s3:::mybucket/us-east-1:ada/x", "arn:aws:s3:::mybucket/us-east-1:grace/x"],
        mine,
    )
    assert [(found["EvalActionName"], found["EvalResourceName"], found["EvalDecision"]) for found in results] == [
        ("s3:GetObject", "*", "implicitDeny"),
        ("s3:DeleteObject", "*", "implicitDeny"),
    ]
    assert [
        (each["EvalResourceName"][-5:], each["EvalResourceDecision"])
        for found in results
        for each in found["ResourceSpecificResults"]
    ] == [("ada/x", "allowed"), ("ace/x", "implicitDeny"), ("ada/x", "implicitDeny"), ("ace/x", "implicitDeny")]
    matched = results[0]["MatchedStatements"][0]
    assert results[0]["ResourceSpecificResults"][0]["MatchedStatements"] == [matched]
    assert results[0]["ResourceSpecificResults"][1]["MatchedStatements"] == []
    assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == ("PolicyInputList.1", "IAM Policy")
    lines = json.dumps(OWN_FOLDER, indent=1).splitlines()
    assert lines[matched["StartPosition"]["Line"] - 1] == "  {"
    assert '"s3:GetObject"' in lines[matched["StartPosition"]["Line"] + 1]


def test_what_a_policy_reads_and_nobody_said_is_named(house):
    found = simulated(house, ["s3:ListBucket"], ["arn:aws:s3:::mybucket"])[0]
    assert found["EvalDecision"] == "implicitDeny"
    assert found["MissingContextValues"] == [f"{OWN}:sub", "s3:prefix"]
    assert found["ResourceSpecificResults"][0]["MissingContextValues"] == [f"{OWN}:sub", "s3:prefix"]


@pytest.mark.parametrize(
    ("context", "missing"),
    [
        ({}, [f"{OWN}:sub", "s3:prefix"]),
        ({"S3:Prefix": ["ada/"]}, [f"{OWN}:sub"]),
        ({"s3:prefix": ["ada/"], f"{OWN}:sub": ["ada"]}, []),
        ({"s3:prefix": []}, [f"{OWN}:sub", "s3:prefix"]),
    ],
    ids=["none", "one", "both", "without a value"],
)
def test_of_every_resource_what_is_missing_stands_in_the_actions_own_result(house, context, missing):
    found = simulated(house, ["s3:ListBucket"], ["*"], context)[0]
    assert found["MissingContextValues"] == missing
    assert "ResourceSpecificResults" not in found
    assert simulated(house, ["s3:CreateBucket"], ["*"], context)[0]["MissingContextValues"] == []


def test_what_is_not_said_is_decided_as_absent(house):
    """As in a request that does not carry it: the condition holds, and the key is named all the same."""
    unless = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}},
        },
    }
    found = simulated(house, ["s3:GetObject"], ["*"], policies=(unless,))[0]
    assert (found["EvalDecision"], found["MissingContextValues"]) == ("allowed", ["aws:sourcevpc"])


def test_an_action_is_as_allowed_as_on_the_strictest_of_its_resources(house):
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}}
    policies = (json.loads(allowing("s3:GetObject", "*")), deny)
    both = ["arn:aws:s3:::a/x", "arn:aws:s3:::b/x"]
    found = simulated(house, ["s3:GetObject"], both, policies=policies)[0]
    assert found["EvalDecision"] == "explicitDeny"
    assert [each["SourcePolicyId"] for each in found["MatchedStatements"]] == ["PolicyInputList.1", "PolicyInputList.2"]
    assert simulated(house, ["s3:GetObject"], both[:1], policies=policies)[0]["EvalDecision"] == "allowed"
    with refused("InvalidInput", "wildcards"):
        simulated(house, ["s3:Get*"], both, policies=policies)


def test_an_explicit_deny_is_told_from_silence(house):
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
    found = simulated(house, ["s3:GetObject"], ["*"], policies=(OWN_FOLDER, deny))[0]
    assert found["EvalDecision"] == "explicitDeny"
    assert found["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.2"


def test_a_boundary_narrows_what_is_simulated(house):
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    found = simulated(
        house, ["s3:GetObject"], ["*"], policies=(everything,), PermissionsBoundaryPolicyInputList=[allowing("s3:Put*")]
    )[0]
    assert found["EvalDecision"] == "implicitDeny"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_a_roles_own_policies_are_simulated(house, role):
    house.iam.put_role_policy(RoleName=role, PolicyName="folder", PolicyDocument=json.dumps(OWN_FOLDER))
    asked = {
        "ActionNames": ["s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::mybucket/ada/x"],
        "ContextEntries": [
            {"ContextKeyName": f"{OWN}:sub", "ContextKeyValues": ["ada"], "ContextKeyType": "string"},
        ],
    }
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    found = house.iam.simulate_principal_policy(PolicySourceArn=arn, **asked)["EvaluationResults"][0]
    assert found["EvalDecision"] == "allowed"
    assert found["MatchedStatements"] == [{"SourcePolicyId": "folder", "SourcePolicyType": "role"}]


def test_an_access_keys_own_policy_is_simulated(house):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}]}
    house.services.access_keys.create(ACCOUNT, "simulated", policy)
    found = house.iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/simulated", ActionNames=["iam:GetRole", "iam:CreateRole"]
    )["EvaluationResults"]
    assert [each["EvalDecision"] for each in found] == ["allowed", "implicitDeny"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "NoSuchEntity"),
        ({"PolicySourceArn": "arn:aws:iam::210987654321:user/tests"}, "NoSuchEntity"),
        ({"ResourcePolicy": allowing()}, "InvalidInput"),
        ({"PolicyInputList": ["{"]}, "InvalidInput"),
        ({"PolicyInputList": [allowing()] * 21}, "InvalidInput"),
        ({"Marker": "AAAA"}, "ValidationError"),
    ],
    ids=["nobody", "elsewhere", "resource policy", "malformed", "many", "marker"],
)
def test_a_simulation_that_cannot_be_made_is_refused(house, settings, code):
    asked = {"PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:user/tests", "ActionNames": ["s3:GetObject"], **settings}
    with refused(code):
        house.iam.simulate_principal_policy(**asked)


def test_a_large_simulation_comes_in_pages(house):
    pages = list(
        house.iam.get_paginator("simulate_custom_policy").paginate(
            PolicyInputList=[allowing("s3:*", "*")],
            ActionNames=["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
            ResourceArns=["arn:aws:s3:::a", "arn:aws:s3:::b"],
            PaginationConfig={"PageSize": 2},
        )
    )
    assert [len(page["EvaluationResults"]) for page in pages] == [2, 1]
    assert all(len(found["ResourceSpecificResults"]) == 2 for page in pages for found in page["EvaluationResults"])


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


# -- the wire ----------------------------------------------------------------------------------------------------------


def post(house, body, **headers):
    given = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **headers}
    return requests.post(f"{house.url}/", data=body, headers=given, timeout=10)


def code_of(answer):
    assert answer.headers["Content-Type"] == "text/xml"
    assert answer.headers["x-amzn-RequestId"] in answer.text
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


LIST = "Action=ListRoles&Version=2010-05-08"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Action=ListRoles", (400, "InvalidAction")),
        ("Action=Nothing&Version=2010-05-08", (400, "InvalidAction")),
        ("Action=ListUsers&Version=2010-05-08", (400, "InvalidAction")),
        ("Action=ListRoles&Version=2011-06-15", (400, "InvalidAction")),
        (f"{LIST}&MaxItems=x", (400, "MalformedInput")),
        (f"{LIST}&MaxItems=1&MaxItems=2", (400, "MalformedInput")),
        (f"{LIST}&MaxItems=1001", (400, "ValidationError")),
        (f"{LIST}&PathPrefix.member.1=x", (400, "MalformedInput")),
        (f"{LIST}&PathPrefix=%00", (400, "MalformedInput")),
        (f"{LIST}&PathPrefix=%ff", (400, "MalformedInput")),
        (b"Action=ListRoles&Version=\xff", (400, "MalformedInput")),
        (LIST + "&a=b" * 6000, (413, "RequestEntityTooLarge")),
        ("x=" + "y" * 4_000_000 + f"&{LIST}", (413, "RequestEntityTooLarge")),
        ("Action=TagRole&Version=2010-05-08&RoleName=a&Tags.member.x.Key=a", (400, "MalformedInput")),
        ("Action=TagRole&Version=2010-05-08&RoleName=a&Tags.member.1=a&Tags.member.1.Key=a", (400, "MalformedInput")),
        ("Action=TagRole&Version=2010-05-08&RoleName=a&Tags=a", (400, "MalformedInput")),
        ("Action=GetRole&Version=2010-05-08", (400, "ValidationError")),
        (f"{LIST}&{'a.' * 200}b=1", (200, "")),
        (f"{LIST}&Surprise=1", (200, "")),
    ],
)  # fmt: skip
def test_whatever_a_form_says_it_is_answered_in_awss_form(house, body, expected):
    assert code_of(post(house, body)) == expected


def test_an_operation_of_iam_that_is_not_here_is_not_called_unknown(house):
    with refused("InvalidAction", "AttachRolePolicy is not available on this server."):
        house.iam.attach_role_policy(RoleName="readers", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")


def test_what_a_message_repeats_cannot_break_out_of_it(house):
    answer = post(house, "Action=%3C%2FMessage%3E%3Cx%3E%01%EF%BF%BF&Version=2010-05-08")
    assert code_of(answer) == (400, "InvalidAction")
    assert "&lt;/Message&gt;&lt;x&gt;&#65533;&#65533; for" in answer.text


def test_a_strange_host_is_refused_in_the_querys_form(house):
    assert code_of(post(house, LIST, Host="evil.example")) == (421, "SerializationException")


def test_a_form_without_an_action_is_no_query(house):
    answer = post(house, "Version=2010-05-08")
    assert (answer.status_code, answer.json()["__type"]) == (400, "UnknownOperationException")


def test_a_page_of_another_origin_manages_no_roles(house):
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert code_of(post(house, LIST, **headers)) == (403, "MissingAuthenticationToken")


def test_signatures_are_checked_in_the_querys_words(house):
    with refused("SignatureDoesNotMatch"):
        house.client(house.key_id, "wrong" * 8, service="iam").list_roles()
    key = house.services.access_keys.create(ACCOUNT, "gone")
    house.services.access_keys.remove(key.access_key_id)
    with refused("InvalidClientTokenId"):
        house.client(key.access_key_id, key.secret.reveal(), service="iam").list_roles()


def test_a_signature_for_another_service_is_refused(house):
    client = house.client(house.key_id, house.secret, service="sts")
    client.meta.events.register(
        "before-sign.sts", lambda request, **_: request.data.update(Action="ListRoles", Version="2010-05-08")
    )
    with refused("SignatureDoesNotMatch", "iam"):
        client.get_caller_identity()


def test_a_body_changed_after_it_was_signed_is_refused(house):
    client = house.client(house.key_id, house.secret, service="iam")

    def change(request, **_):
        request.body = request.body.replace("RoleName=any", "RoleName=one")

    client.meta.events.register("before-send.iam", change)
    with refused("SignatureDoesNotMatch"):
        client.get_role(RoleName="any")


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
