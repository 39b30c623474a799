"""What an access key's policy allows: a document of the same language as a role's, and nothing without one is a limit."""

import pytest

from app.core.kernel.sealing import Sealer
from app.core.policy import Asked, MalformedPolicy, Verdict
from app.core.principals.authority import Authority
from app.core.principals.model import Principal
from app.core.principals.policy import read_policy
from tests.support.world import MASTER_KEY

POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abcdefghi"
OTHER = POOL[:-1] + "x"


def key(policy):
    return Principal(
        arn="arn:aws:iam::123456789012:user/ci", account_id="123456789012", access_key_id="AKIA", policy=policy
    )


def verdict(policy, action, resource, **context):
    asked = Asked(
        action=action, resource=resource, context={name.replace("__", ":"): (value,) for name, value in context.items()}
    )
    return Authority(find_role=lambda arn: None, sealer=Sealer((MASTER_KEY,))).decide(key(policy), asked).verdict


def limited(*statements):
    return read_policy({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action="*", resource="*", **members):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **members}


@pytest.mark.parametrize(
    ("statement", "action", "resource"),
    [
        (allow("cognito-idp:GetGroup", POOL), "cognito-idp:GetGroup", POOL),
        (allow("cognito-idp:Get*"), "cognito-idp:GetGroup", POOL),
        (allow("COGNITO-IDP:getgroup"), "cognito-idp:GetGroup", POOL),
        (allow("*", "arn:aws:cognito-idp:*:123456789012:userpool/*"), "cognito-idp:GetGroup", POOL),
        (allow(["sts:*", "cognito-idp:*"], [OTHER, POOL]), "cognito-idp:GetGroup", POOL),
        (allow("cognito-idp:ListUserPools"), "cognito-idp:ListUserPools", "*"),
        (allow("cognito-idp:Get?roup", POOL), "cognito-idp:GetGroup", POOL),
        ({"Effect": "Allow", "NotAction": "cognito-idp:Delete*", "NotResource": OTHER}, "cognito-idp:GetGroup", POOL),
        (allow(Condition={"StringEquals": {"aws:username": "ci"}}), "cognito-idp:GetGroup", POOL),
    ],
)
def test_what_a_statement_names_is_allowed(statement, action, resource):
    assert verdict(limited(statement), action, resource) is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("statement", "action", "resource"),
    [
        (allow("cognito-idp:GetGroup", POOL), "cognito-idp:GetGroup", OTHER),
        (allow("cognito-idp:GetGroup", POOL), "cognito-idp:DeleteGroup", POOL),
        (allow("cognito-idp:Get"), "cognito-idp:GetGroup", POOL),
        (allow("cognito-idp:Group*"), "cognito-idp:GetGroup", POOL),
        (allow("*", POOL.replace("userpool", "UserPool")), "cognito-idp:GetGroup", POOL),
        (allow("*", POOL), "cognito-idp:ListUserPools", "*"),
        (allow("*", POOL), "cognito-idp:GetGroup", POOL + "/x"),
        ({"Effect": "Allow", "NotAction": "cognito-idp:Get*", "Resource": "*"}, "cognito-idp:GetGroup", POOL),
        ({"Effect": "Allow", "Action": "*", "NotResource": POOL}, "cognito-idp:GetGroup", POOL),
        (allow(Condition={"StringEquals": {"aws:username": "other"}}), "cognito-idp:GetGroup", POOL),
        (allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "cognito-idp:GetGroup", POOL),
    ],
)
def test_what_no_statement_names_is_refused(statement, action, resource):
    assert verdict(limited(statement), action, resource) is Verdict.NO_IDENTITY_ALLOW


def test_a_request_does_not_say_who_signed_it():
    only_root = limited(allow(Condition={"StringEquals": {"aws:username": "root"}}))
    assert verdict(only_root, "cognito-idp:GetGroup", POOL, aws__username="root") is Verdict.NO_IDENTITY_ALLOW


@pytest.mark.parametrize("order", [1, -1])
def test_a_deny_wins_wherever_it_stands(order):
    policy = limited(*[allow(), {"Effect": "Deny", "Action": "cognito-idp:Delete*", "Resource": POOL}][::order])
    assert verdict(policy, "cognito-idp:DeleteGroup", POOL) is Verdict.EXPLICIT_DENY
    assert verdict(policy, "cognito-idp:DeleteGroup", OTHER) is Verdict.ALLOWED


def test_without_a_policy_the_key_is_an_administrators():
    assert verdict(None, "cognito-idp:DeleteUserPool", POOL) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "*"},
        {"Effect": "Allow", "Resource": "*"},
        allow() | {"Effect": "allow"},
        allow(NotAction="*"),
        allow(Principal="*"),
        allow(Condition={"StringMatches": {"aws:username": "ci"}}),
        allow(action=[]),
        allow(action="GetGroup"),
        allow(action=[1]),
        allow(resource="us-east-1_abcdefghi"),
        "Allow",
    ],
    ids=str,
)
def test_a_policy_that_would_not_be_enforced_as_written_is_refused(statement):
    with pytest.raises(MalformedPolicy, match=r"^Statement 1 "):
        read_policy({"Statement": [statement]})


@pytest.mark.parametrize(
    "document",
    [None, [], "{}", {}, {"Statement": None}, {"Statement": []}, {"Statement": [allow()], "Surprise": 1}],
    ids=str,
)
def test_what_is_no_policy_is_refused(document):
    with pytest.raises(MalformedPolicy):
        read_policy(document)


def test_a_text_is_kept_as_the_document_it_is_and_not_if_it_could_be_two():
    assert read_policy('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}') == {"Statement": allow()}
    with pytest.raises(MalformedPolicy, match='the member "Effect" twice'):
        read_policy('{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}')


def test_a_key_kept_with_what_is_no_policy_today_may_nothing():
    kept = {"Statement": [allow(), allow(resource="mybucket")]}
    assert verdict(kept, "cognito-idp:GetGroup", POOL) is Verdict.NO_IDENTITY_ALLOW
