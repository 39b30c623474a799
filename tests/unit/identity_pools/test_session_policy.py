"""What an STS elsewhere is told: never more than the role's own policies would allow here."""

import json

import pytest

from app.core.identity_pools.refusals import DoesNotFit
from app.core.identity_pools.sessions.guests import SESSION_POLICIES
from app.core.identity_pools.sessions.session_policy import Dialect, check_fits, write_session_policy
from app.core.kernel.errors import InvalidParameter
from app.core.policy import Asked, Policies, PolicyKind, decide, parse
from app.core.principals.model import Role
from tests.support.iam_documents import OWN_FOLDER

OWN = "cognito-identity.amazonaws.com"
ADA = "us-east-1:0f0e0d0c-1111-4222-8333-abcdefabcdef"
CONTEXT = {f"{OWN}:sub": (ADA,), f"{OWN}:aud": ("us-east-1:pool",), f"{OWN}:amr": ("authenticated",)}


def role(**policies):
    return Role(
        name="reader",
        account_id="123456789012",
        role_id="AROAXXXXXXXXXXXXXXXXX",
        trust={},
        policies=policies,
        created_at=0,
    )


def allow(action="s3:GetObject", resource="arn:aws:s3:::b/*", version="2012-10-17", **more):
    return {"Version": version, "Statement": {"Effect": "Allow", "Action": action, "Resource": resource, **more}}


def written(*documents, context=CONTEXT, **more):
    policies = {f"p{number}": document for number, document in enumerate(documents)}
    return write_session_policy(role(**policies), context, more.pop("tags", {}), **more)


def allows(text, action, resource, **context):
    policy = parse(text, PolicyKind.SESSION)
    asked = Asked(action=action, resource=resource, context={key: (value,) for key, value in context.items()})
    return decide(Policies(identity=(policy,)), asked).allowed


def test_the_reference_policy_is_bound_to_its_identity():
    text = written(OWN_FOLDER)
    assert len(text) < 400
    assert "${" not in text
    assert " " not in text
    assert allows(text, "s3:GetObject", f"arn:aws:s3:::mybucket/{ADA}/x")
    assert not allows(text, "s3:GetObject", "arn:aws:s3:::mybucket/us-east-1:grace/x")
    assert allows(text, "s3:ListBucket", "arn:aws:s3:::mybucket", **{"s3:prefix": f"{ADA}/"})
    assert not allows(text, "s3:ListBucket", "arn:aws:s3:::mybucket", **{"s3:prefix": "us-east-1:grace/"})


def test_policies_of_a_role_become_one():
    text = written(allow("s3:GetObject"), allow("s3:PutObject"))
    assert allows(text, "s3:GetObject", "arn:aws:s3:::b/k")
    assert allows(text, "s3:PutObject", "arn:aws:s3:::b/k")


def test_a_policy_that_means_nothing_in_a_session_does_not_deny_the_others():
    nobody = allow("s3:PutObject", Condition={"StringEquals": {f"{OWN}:sub": "somebody-else"}})
    text = written(nobody, allow("s3:GetObject"))
    assert allows(text, "s3:GetObject", "arn:aws:s3:::b/k")
    assert not allows(text, "s3:PutObject", "arn:aws:s3:::b/k")


@pytest.mark.parametrize(
    "documents",
    [(), (allow(Condition={"StringEquals": {f"{OWN}:sub": "somebody-else"}}),)],
    ids=["no policies", "none that applies"],
)
def test_a_session_that_may_nothing_is_told_so_in_words(documents):
    assert not allows(written(*documents), "s3:GetObject", "arn:aws:s3:::b/k")


def test_a_tags_value_is_literal():
    document = allow(resource="arn:aws:s3:::b/${aws:PrincipalTag/team}/*")
    text = written(document, tags={"team": "*"})
    assert allows(text, "s3:GetObject", "arn:aws:s3:::b/*/k")
    assert not allows(text, "s3:GetObject", "arn:aws:s3:::b/red/k")


def test_an_explicit_deny_stays():
    document = {
        "Version": "2012-10-17",
        "Statement": [
            allow("s3:*")["Statement"],
            {"Effect": "Deny", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/secret/*"},
        ],
    }
    assert not allows(written(document), "s3:GetObject", "arn:aws:s3:::b/secret/x")
    assert not allows(written(document, within=SESSION_POLICIES), "s3:GetObject", "arn:aws:s3:::b/secret/x")


def test_what_only_a_request_knows_is_left_to_the_sts():
    text = written(allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
    assert allows(text, "s3:GetObject", "arn:aws:s3:::b/k", **{"aws:sourceip": "10.1.2.3"})
    assert not allows(text, "s3:GetObject", "arn:aws:s3:::b/k", **{"aws:sourceip": "192.0.2.1"})


# -- guests ------------------------------------------------------------------------------------------------------------


def test_a_guest_is_held_to_what_guests_may():
    text = written(allow(["s3:Get*", "ec2:RunInstances", "kms:*"], "*"), within=SESSION_POLICIES)
    assert allows(text, "s3:GetObject", "arn:aws:s3:::b/k")
    assert allows(text, "kms:Decrypt", "*")
    assert not allows(text, "kms:CreateKey", "*")
    assert not allows(text, "ec2:RunInstances", "*")


def test_everything_is_for_guests_what_guests_may():
    text = written(allow("*", "*"), within=SESSION_POLICIES)
    assert allows(text, "rum:PutRumEvents", "*")
    assert allows(text, "s3:GetObject", "*")
    assert not allows(text, "iam:CreateRole", "*")


@pytest.mark.parametrize("action", ["kms:?reate*", "kms:C*", "kms:?e*", "sagemaker:*Endpoint", "textract:*Text*"])
def test_a_pattern_that_cannot_be_compared_gives_a_guest_no_more(action):
    text = written(allow(action, "*"), within=SESSION_POLICIES)
    for other in ("kms:CreateKey", "kms:DeleteKey", "sagemaker:DeleteEndpoint", "textract:StartDocumentTextDetection"):
        assert not allows(text, other, "*")


def test_all_but_something_is_nothing_for_a_guest():
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}
    assert not allows(written(document, within=SESSION_POLICIES), "ec2:RunInstances", "*")


def test_session_policies_that_cannot_be_folded_are_refused():
    narrow = json.dumps(allow("s3:*", "arn:aws:s3:::b/*"))
    with pytest.raises(DoesNotFit):
        written(allow(), within=(narrow,))


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_policy_that_is_too_large_is_refused_with_its_number():
    document = allow(resource=[f"arn:aws:s3:::bucket-{number}/*" for number in range(100)])
    with pytest.raises(DoesNotFit, match=r"2,\d{3} characters .* takes 2,048"):
        written(document)
    with pytest.raises(InvalidParameter, match=r"reader take up to 2,\d{3} characters"):
        check_fits(role(p=document), Dialect.AWS)


def test_what_fits_when_it_is_saved_fits_every_session():
    resources = ["arn:aws:s3:::b/${aws:PrincipalTag/a}/*", "arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}/*"]
    document = allow(resource=resources, Condition={"StringEquals": {"aws:PrincipalTag/kind": "x" * 300}})
    check_fits(role(p=document), Dialect.AWS)
    text = written(document, tags={"a": "v" * 256, "kind": "x" * 300})
    assert len(text) < 2048
    many = allow(resource=[f"{resources[0]}{number}" for number in range(8)])
    with pytest.raises(InvalidParameter):
        check_fits(role(p=many), Dialect.AWS)


def test_characters_outside_latin_1_are_escaped():
    text = written(allow(resource="arn:aws:s3:::b/\u0142\u00f6/*"))
    assert all(" " <= character <= "\u00ff" for character in text)
    assert allows(text, "s3:GetObject", "arn:aws:s3:::b/\u0142\u00f6/k")


def test_an_old_policys_dollar_is_no_variable():
    old = allow(resource="arn:aws:s3:::b/${aws:username}/*", version="2008-10-17")
    with pytest.raises(DoesNotFit, match="2008-10-17"):
        written(old)
    with pytest.raises(InvalidParameter, match="2008-10-17"):
        check_fits(role(p=old), Dialect.AWS)
    assert allows(written(allow(version="2008-10-17")), "s3:GetObject", "arn:aws:s3:::b/k")


def test_ceph_gets_no_colon_in_a_path():
    text = written(OWN_FOLDER, dialect=Dialect.CEPH)
    assert f"arn:aws:s3:::mybucket/{ADA.replace(':', '?')}/*" in text
    assert f"{ADA}/*" in json.loads(text)["Statement"][0]["Condition"]["StringLike"]["s3:prefix"]


def test_ceph_knows_no_variables_so_none_is_saved():
    document = allow(resource="arn:aws:s3:::b/${aws:SourceIp}/*")
    check_fits(role(p=document), Dialect.AWS)
    with pytest.raises(InvalidParameter, match="no policy variables"):
        check_fits(role(p=document), Dialect.CEPH)
