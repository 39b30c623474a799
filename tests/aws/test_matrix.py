"""Every operation, every wrong caller: nothing leaks, nothing answers 5xx. The inputs come from the model, so a new operation is in it."""

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
import requests

from app.blueprints.user_pools.blueprint import user_pools_api
from app.blueprints.user_pools.not_yet import NOT_YET
from tests.support.aws_house import AwsHouse
from tests.support.aws_inputs import MODEL, least_input, members_of, required_of
from tests.support.aws_signing import real_time, sign
from tests.support.house import PASSWORD

TARGET = "AWSCognitoIdentityProviderService"
UNRECOGNIZED = "UnrecognizedClientException"
NO_ALGORITHM = urlsafe_b64encode(b'{"alg":"none"}').decode()
NOWHERE = "us-east-1_nothing00"
SIGNED = sorted(name for name, operation in MODEL.operations.items() if not operation.unsigned)
UNSIGNED = sorted(name for name, operation in MODEL.operations.items() if operation.unsigned)
OF_A_POOL = [name for name in SIGNED if "UserPoolId" in required_of(name) and name not in NOT_YET]
OF_A_CLIENT = [name for name in UNSIGNED if "ClientId" in required_of(name) and name not in NOT_YET]
OF_A_CLIENT_IN_A_POOL = [name for name in OF_A_POOL if "ClientId" in required_of(name)]
OF_A_USER = [name for name in OF_A_POOL if "Username" in required_of(name) and name != "AdminCreateUser"]
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
        here = {"Effect": "Allow", "Action": "*", "Resource": f"arn:aws:cognito-idp:*:*:userpool/{self.pool.pool_id}"}
        self.narrow = house.services.access_keys.create("123456789012", "narrow", {"Statement": [here]})
        self.gone = house.services.access_keys.create("123456789012", "gone")
        house.services.access_keys.remove(self.gone.access_key_id)
        self.other_pool = house.pool("other")
        self.other_client = house.app_client(self.other_pool)
        house.user(self.other_pool, "grace")
        self.expired = self.tokens()["AccessToken"]
        house.clock.advance(days=2)
        self.foreign = house.services.access_keys.create("999999999999", "foreign")

    def tokens(self, username: str = "ada") -> dict[str, str]:
        client = self.client if username == "ada" else self.other_client
        return self.house.unsigned.initiate_auth(
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]

    def send(
        self,
        operation: str,
        document: dict[str, Any],
        key: tuple[str, str] | None = None,
        *,
        at: int | None = None,
        token: str | None = None,
        **more: str,
    ) -> tuple[int, str, str]:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGET}.{operation}"}
        body = json.dumps(document).encode()
        if key is not None:
            headers = sign(f"{self.house.url}/", headers, body, key, at=at or real_time(), token=token)
        answer = requests.post(f"{self.house.url}/", data=body, headers={**headers, **more}, timeout=10)
        told = answer.json()
        assert answer.status_code < 500, (operation, told)
        assert answer.headers["x-amzn-RequestId"]
        assert self.house.secret not in answer.text
        assert "Traceback" not in answer.text
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
    assert wire.send(operation, document, (wire.gone.access_key_id, wire.gone.secret.reveal()))[1] == UNRECOGNIZED
    assert wire.send(operation, document, ("AKIA" + "A" * 16, secret), **foreign_page)[1] == UNRECOGNIZED
    assert wire.send(operation, document, wire.own, token="t")[1] == UNRECOGNIZED
    assert wire.send(operation, document, wire.own, at=real_time() - 600)[1] == "InvalidSignatureException"
    assert wire.send(operation, document, Authorization="nonsense", **foreign_page)[1] == "IncompleteSignatureException"
    _, code, message = wire.send(operation, document, (wire.limited.access_key_id, wire.limited.secret.reveal()))
    assert code == "AccessDeniedException"
    assert f"cognito-idp:{operation}" in message


@pytest.mark.parametrize("operation", OF_A_POOL)
def test_a_key_for_one_pool_is_no_key_for_another(wire, operation):
    document = {**least_input(operation, wire.known), "UserPoolId": wire.other_pool.pool_id}
    _, code, message = wire.send(operation, document, (wire.narrow.access_key_id, wire.narrow.secret.reveal()))
    assert code == "AccessDeniedException"
    assert f"userpool/{wire.other_pool.pool_id} because no identity-based policy allows" in message


@pytest.mark.parametrize("operation", OF_A_CLIENT_IN_A_POOL)
def test_another_pools_client_is_not_found(wire, operation):
    document = {**least_input(operation, wire.known), "ClientId": wire.other_client.client_id}
    assert wire.send(operation, document, wire.own)[1] == "ResourceNotFoundException"


@pytest.mark.parametrize("operation", OF_A_USER)
def test_another_pools_user_is_not_found(wire, operation):
    code = wire.send(operation, {**least_input(operation, wire.known), "Username": "grace"}, wire.own)[1]
    assert code in {"UserNotFoundException", "ResourceNotFoundException"}


@pytest.mark.parametrize("operation", UNSIGNED)
def test_what_needs_no_signature_ignores_one(wire, operation):
    document = least_input(operation, wire.known)
    plain = wire.send(operation, document)
    assert wire.send(operation, document, ("AKIA" + "A" * 16, "x"))[1] == plain[1]
    assert wire.send(operation, document, Authorization="nonsense")[1] == plain[1]


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
    # Another pool's token says who signed it in its header: under this pool's name it is nobody's.
    theirs = ".".join((header, *wire.tokens("grace")["AccessToken"].split(".")[1:]))
    unsigned = NO_ALGORITHM + f".{body}."
    document = least_input(operation, wire.known)
    assert wire.send(operation, {**document, "AccessToken": wire.expired})[2] == "Access Token has expired"
    for token in ("x", tokens["IdToken"], tokens["RefreshToken"], forged, theirs, unsigned, revoked, wire.expired):
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
