"""IAM's simulator through stock boto3: what would be decided, and why."""

import json

import pytest

from tests.support.aws_refused import refused
from tests.support.iam_documents import ACCOUNT, OWN, OWN_FOLDER, allowing


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
