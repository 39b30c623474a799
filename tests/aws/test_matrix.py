"""Every operation, every wrong caller: nothing leaks, nothing answers 5xx. The inputs come from the model, so a new operation is in it."""

import hashlib
import json
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from app.blueprints.user_pools.blueprint import user_pools_api
from app.blueprints.user_pools.not_yet import NOT_YET
from tests.support.aws_house import AwsHouse
from tests.support.aws_inputs import MODEL, least_input, members_of, required_of
from tests.support.house import PASSWORD

TARGET = "AWSCognitoIdentityProviderService"
NOWHERE = "us-east-1_nothing00"
SIGNED = sorted(name for name, operation in MODEL.operations.items() if not operation.unsigned)
UNSIGNED = sorted(name for name, operation in MODEL.operations.items() if operation.unsigned)
OF_A_POOL = [name for name in SIGNED if "UserPoolId" in required_of(name) and name not in NOT_YET]
OF_A_CLIENT = [name for name in UNSIGNED if "ClientId" in required_of(name) and name not in NOT_YET]
OF_A_TOKEN = [name for name in UNSIGNED if "AccessToken" in members_of(name) and name not in NOT_YET]
CONSTRAINED = sorted(name for name in MODEL.operations if required_of(name) and name not in NOT_YET)


def held() -> set[tuple[str, str]]:
    """The operations and errors that this file proves, for the reference."""
    found = {(name, "ResourceNotFoundException") for name in (*OF_A_POOL, *OF_A_CLIENT)}
    found |= {(name, "NotAuthorizedException") for name in OF_A_TOKEN}
    found |= {(name, "InvalidParameterException") for name in CONSTRAINED}
    return {(name, error) for name, error in found if error in MODEL.operations[name].errors}


class Wire:
    """Requests written by hand, with known inputs of a house where everything exists."""

    def __init__(self, house: AwsHouse) -> None:
        self.house = house
        self.pool = house.pool()
        self.client = house.app_client(self.pool)
        house.user(self.pool)
        self.known = {
            "UserPoolId": self.pool.pool_id,
            "ClientId": self.client.client_id,
            "Username": "ada",
            "AccessToken": "x",
        }
        limited = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}
        self.limited = house.services.access_keys.create("123456789012", "limited", limited)
        self.foreign = house.services.access_keys.create("999999999999", "foreign")

    def tokens(self) -> dict[str, str]:
        return self.house.unsigned.initiate_auth(
            ClientId=self.client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
        )["AuthenticationResult"]

    def send(
        self, operation: str, document: dict[str, Any], key: tuple[str, str] | None = None, **more: str
    ) -> tuple[int, str, str]:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGET}.{operation}"}
        body = json.dumps(document)
        if key is not None:
            signed = AWSRequest("POST", f"{self.house.url}/", data=body, headers=headers)
            SigV4Auth(Credentials(*key), "cognito-idp", "us-east-1").add_auth(signed)
            headers = dict(signed.headers)
        answer = requests.post(f"{self.house.url}/", data=body, headers={**headers, **more}, timeout=10)
        told = answer.json()
        assert answer.status_code < 500, (operation, told)
        assert self.house.secret not in answer.text
        assert PASSWORD not in answer.text
        return answer.status_code, str(told.get("__type")), str(told.get("message"))

    @property
    def own(self) -> tuple[str, str]:
        return self.house.key_id, self.house.secret


@pytest.fixture(scope="module")
def wire(house: AwsHouse) -> Wire:
    return Wire(house)


def test_every_operation_of_the_model_is_answered(house):
    """A botocore that brings new operations must fail here."""
    handled = set(user_pools_api(house.services).handlers)
    assert handled | set(NOT_YET) == set(MODEL.operations)
    assert handled & set(NOT_YET) == set()
    assert len(MODEL.operations) == 141
    assert len(NOT_YET) == 41
    assert {name for name, error in NOT_YET.items() if error not in MODEL.operations[name].errors} == set()


@pytest.mark.parametrize("operation", SIGNED)
def test_a_signed_operation_knows_its_caller(wire, operation):
    document = least_input(operation, wire.known)
    key_id, secret = wire.own
    foreign_page = {"Origin": "https://evil.example"}
    assert wire.send(operation, document, **foreign_page)[1] == "MissingAuthenticationTokenException"
    assert wire.send(operation, document, (key_id, "x" * 40))[1] == "InvalidSignatureException"
    assert wire.send(operation, document, ("AKIA" + "A" * 16, secret))[1] == "UnrecognizedClientException"
    _, code, message = wire.send(operation, document, (wire.limited.access_key_id, wire.limited.secret.reveal()))
    assert code == "AccessDeniedException"
    assert f"cognito-idp:{operation}" in message


@pytest.mark.parametrize("operation", OF_A_POOL)
def test_a_pool_of_nobody_and_a_pool_of_others_are_not_found(wire, operation):
    document = least_input(operation, wire.known)
    foreign = (wire.foreign.access_key_id, wire.foreign.secret.reveal())
    for arguments in (({**document, "UserPoolId": NOWHERE}, wire.own), (document, foreign)):
        assert wire.send(operation, *arguments)[1] == "ResourceNotFoundException"


@pytest.mark.parametrize("operation", OF_A_CLIENT)
def test_a_client_of_nobody_is_not_found(wire, operation):
    document = {**least_input(operation, wire.known), "ClientId": "nobody"}
    modelled = "ResourceNotFoundException" in MODEL.operations[operation].errors
    assert wire.send(operation, document)[1] == ("ResourceNotFoundException" if modelled else "UnauthorizedException")


@pytest.mark.parametrize("operation", OF_A_TOKEN)
def test_a_token_that_is_no_access_token_of_a_living_session_is_refused(wire, operation):
    tokens = wire.tokens()
    header, body, _ = tokens["AccessToken"].split(".")
    forged = f"{header}.{body}.{hashlib.sha256(b'x').hexdigest()}"
    revoked = wire.tokens()["AccessToken"]
    wire.house.unsigned.global_sign_out(AccessToken=revoked)
    document = least_input(operation, wire.known)
    for token in ("x", tokens["IdToken"], tokens["RefreshToken"], forged, revoked):
        status, code, message = wire.send(operation, {**document, "AccessToken": token})
        assert (status, code) == (400, "NotAuthorizedException")
        assert token not in message


@pytest.mark.parametrize("operation", CONSTRAINED)
def test_a_missing_member_is_named(wire, operation):
    given = least_input(operation, wire.known)
    for name in required_of(operation):
        document = {member: value for member, value in given.items() if member != name}
        key = None if MODEL.operations[operation].unsigned else wire.own
        _, code, message = wire.send(operation, document, key)
        assert code == "InvalidParameterException"
        assert f"'{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must not be null" in message


@pytest.mark.parametrize("operation", sorted(NOT_YET))
def test_what_is_not_there_yet_says_so(wire, operation):
    key = None if MODEL.operations[operation].unsigned else wire.own
    _, code, message = wire.send(operation, least_input(operation, wire.known), key)
    assert code == NOT_YET[operation]
    assert message == f"{operation} is not available on this server yet."
