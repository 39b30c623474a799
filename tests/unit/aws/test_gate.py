"""Who is let in where: with keys, without, and in development (contract, section 3)."""

import pytest

from app.aws.errors import AwsError
from app.aws.gate import Admitted, Gate
from app.core.kernel.sealing import Sealer
from app.core.kernel.secret import Secret
from app.core.principals.authority import Authority
from app.core.principals.model import AccessKey
from app.core.principals.temporary import SessionTokenInvalid
from tests.support.aws_signing import received, sign
from tests.support.world import MASTER_KEY

NOW = 1_900_000_000
URL = "http://localhost:8000/"
POOL = "arn:aws:cognito-idp:us-east-1:111111111111:userpool/us-east-1_abcdefghi"
OURS = AccessKey(
    access_key_id="AKIA" + "OURS" * 4, account_id="111111111111", name="ci", secret=Secret("s" * 40), created_at=0
)
REMOVED = "AKIA" + "GONE" * 4
AWS_OWN = "AKIAIOSFODNN7EXAMPLE"


def open_none(access_key_id, token):
    raise SessionTokenInvalid


def gate(*, local=False):
    return Gate(
        find_key=lambda key_id: OURS if key_id == OURS.access_key_id else None,
        was_issued=lambda key_id: key_id in {OURS.access_key_id, REMOVED},
        real_time=lambda: NOW,
        is_local=lambda: local,
        open_temporary=open_none,
        authority=Authority(find_role=lambda arn: None, sealer=Sealer((MASTER_KEY,))),
        context_of=lambda region: {"aws:requestedregion": (region,)},
        account_id="123456789012",
        region="us-east-1",
    )


def admit(key_id=None, secret="s" * 40, *, local=False, header=None, **more):
    headers = {} if key_id is None else sign(URL, {}, b"", (key_id, secret), at=NOW, **more)
    if header is not None:
        headers["Authorization"] = header
    return gate(local=local).admit(received(URL, headers, b""), service="cognito-idp")


def refusal(*arguments, **more):
    with pytest.raises(AwsError) as caught:
        admit(*arguments, **more)
    assert caught.value.status == 400
    return caught.value.code


@pytest.mark.parametrize("local", [True, False])
def test_a_key_that_signs_rightly_is_its_accounts(local):
    admitted = admit(OURS.access_key_id, region="eu-central-1", local=local)
    assert admitted.principal.arn == "arn:aws:iam::111111111111:user/ci"
    assert (admitted.principal.account_id, admitted.region) == ("111111111111", "eu-central-1")


@pytest.mark.parametrize("local", [True, False])
def test_an_issued_key_is_verified_in_every_mode(local):
    assert refusal(OURS.access_key_id, "wrong", local=local) == "InvalidSignatureException"
    assert refusal(REMOVED, local=local) == "UnrecognizedClientException"
    half = f"AWS4-HMAC-SHA256 Credential={OURS.access_key_id}/20300317/us-east-1/cognito-idp/aws4_request"
    assert refusal(header=half, local=local) == "IncompleteSignatureException"


@pytest.mark.parametrize("local", [True, False])
def test_a_lasting_key_comes_without_a_session_token(local):
    assert refusal(OURS.access_key_id, token="t", local=local) == "UnrecognizedClientException"


def test_outside_development_nobody_comes_in_without_a_key():
    assert refusal() == "MissingAuthenticationTokenException"
    assert refusal(header="Bearer abc") == "IncompleteSignatureException"
    assert refusal("test", "test") == "UnrecognizedClientException"
    assert refusal(AWS_OWN, "x") == "UnrecognizedClientException"


@pytest.mark.parametrize("key_id", [None, "test", AWS_OWN, "ASIAIOSFODNN7EXAMPLE", "AKIA" + "A" * 16])
def test_in_development_a_stranger_is_the_administrator(key_id):
    admitted = admit(key_id, "anything", local=True)
    assert (admitted.principal.account_id, admitted.principal.access_key_id) == ("123456789012", None)
    assert admitted.principal.policy is None


def test_in_development_the_region_is_the_scopes():
    assert admit("test", "x", local=True, region="eu-west-3").region == "eu-west-3"
    assert admit("test", "x", local=True, region="nowhere!").region == "us-east-1"
    assert admit(local=True).region == "us-east-1"


@pytest.mark.parametrize("header", ["Bearer abc", "AWS4-HMAC-SHA256 Credential=test", "Basic dGVzdA=="])
def test_in_development_a_header_that_names_no_issued_key_is_none(header):
    assert admit(header=header, local=True).principal.access_key_id is None


@pytest.mark.parametrize("key_id", [OURS.access_key_id, REMOVED])
@pytest.mark.parametrize(
    "header",
    [
        "AWS4-HMAC-SHA256 Credential = {}/20300317/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0",
        'AWS4-HMAC-SHA256 credential="{}"',
        "AWS4-HMAC-SHA256 Credential=test, Credential={}",
        "AWS {}:signature",
        "AKIA{}",
    ],
)
def test_in_development_an_issued_key_in_a_header_that_cannot_be_read_is_no_strangers(header, key_id):
    assert refusal(header=header.format(key_id), local=True) == "IncompleteSignatureException"


def test_a_strangers_session_token_is_not_asked_about_in_development():
    assert admit(AWS_OWN, "x", token="t", local=True).principal.access_key_id is None


ALLOW = {"Effect": "Allow", "Action": "cognito-idp:GetGroup", "Resource": POOL}
HERE = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}


def limited(*statements, region="us-east-1"):
    principal = admit(OURS.access_key_id).principal
    made = type(principal)(
        arn=principal.arn,
        account_id=principal.account_id,
        access_key_id=principal.access_key_id,
        policy={"Version": "2012-10-17", "Statement": list(statements)},
    )
    return Admitted(principal=made, region=region)


def test_who_is_allowed_is_told_nothing():
    gate().check_allowed(limited({**ALLOW, "Condition": HERE}), "cognito-idp:GetGroup", POOL)


@pytest.mark.parametrize(
    ("statement", "region", "why"),
    [
        ({**ALLOW, "Resource": POOL + "x"}, "us-east-1", "because no identity-based policy allows the cognito-idp:GetGroup action"),
        ({**ALLOW, "Effect": "Deny"}, "us-east-1", "with an explicit deny in an identity-based policy"),
        ({**ALLOW, "Condition": HERE}, "eu-west-3", "because no identity-based policy allows the cognito-idp:GetGroup action"),
    ],
)  # fmt: skip
def test_who_is_not_allowed_is_told_what_in_awss_words_and_then_why(statement, region, why):
    with pytest.raises(AwsError) as caught:
        gate().check_allowed(limited(statement, region=region), "cognito-idp:GetGroup", POOL)
    assert caught.value.code == "AccessDeniedException"
    assert caught.value.message.startswith(
        f"User: arn:aws:iam::111111111111:user/ci is not authorized to perform: cognito-idp:GetGroup on resource: {POOL} {why}. "
    )
    assert 'tatement 1 of policy "access key"' in caught.value.message


def test_where_no_statement_comes_near_awss_words_are_all_there_is_to_say():
    with pytest.raises(AwsError) as caught:
        gate().check_allowed(limited({**ALLOW, "Action": "s3:GetObject"}), "cognito-idp:GetGroup", POOL)
    assert caught.value.message.endswith(" because no identity-based policy allows the cognito-idp:GetGroup action")
