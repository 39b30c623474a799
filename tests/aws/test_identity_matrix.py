"""Every operation of ``cognito-identity``, every wrong caller, every odd input: nothing leaks, nothing answers 5xx."""

import json
import re
from random import Random  # noqa: TID251 - seeded, so that a failure can be seen again
from typing import Any

import pytest

from app.aws.models import load_model
from app.blueprints.identity_pools.blueprint import identity_pools_api
from tests.support.aws_hostile import hostile_input
from tests.support.aws_house import AwsHouse
from tests.support.aws_inputs import least_input, required_of
from tests.support.aws_signing import real_time, sign
from tests.support.identities import DEVELOPER, NOWHERE, PROVIDER, identity_pool, stored_identity

MODEL = load_model("cognito-identity")
SIGNED = sorted(name for name, operation in MODEL.operations.items() if not operation.unsigned)
OF_A_POOL = [name for name in SIGNED if "IdentityPoolId" in required_of(name, MODEL)]
CONSTRAINED = sorted(name for name in MODEL.operations if required_of(name, MODEL))
FOREIGN_PAGE = {"Origin": "https://evil.example"}
"""Development mode lets nobody in without a key who comes from one."""
ROUNDS = 5
LEAKS = re.compile(r"Traceback|File \"|sqlalchemy|werkzeug|site-packages|\.py\b|sqlite3|psycopg", re.IGNORECASE)
OF_THE_PROTOCOL = {"SerializationException", "ValidationException"}


def held() -> set[tuple[str, str]]:
    """The operations and errors that this file proves, for the reference."""
    return {(name, "ResourceNotFoundException") for name in OF_A_POOL}


class Wire:
    """Requests written by hand, without a network, with known inputs of a house where everything exists."""

    def __init__(self, house: AwsHouse) -> None:
        self.house = house
        self.client = house.app.test_client()
        limited = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}
        self.limited = house.services.access_keys.create("123456789012", "limited", limited)
        self.known: dict[str, Any] = {}
        self.furnish()

    def furnish(self) -> None:
        """What a request removed is made again."""
        pool_id = str(identity_pool(self.house, DeveloperProviderName=DEVELOPER)["IdentityPoolId"])
        self.known = {
            "IdentityPoolId": pool_id,
            "IdentityId": stored_identity(self.house, pool_id, facebook=pool_id, developer=pool_id).identity_id,
            "ResourceArn": f"arn:aws:cognito-identity:us-east-1:123456789012:identitypool/{pool_id}",
            "DeveloperProviderName": DEVELOPER,
            "DeveloperUserIdentifier": pool_id,
            "IdentityProviderName": PROVIDER,
            "Roles": {"authenticated": "arn:aws:iam::123456789012:role/reader"},
        }

    def send(
        self, operation: str, document: Any, key: tuple[str, str] | None = None, **more: Any
    ) -> tuple[int, str, str]:
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AWSCognitoIdentityService.{operation}",
        }
        body = json.dumps(document).encode()
        if key is not None:
            service = more.pop("service", "cognito-identity")
            headers = sign(f"{self.house.url}/", headers, body, key, at=real_time(), service=service)
        answer = self.client.post("/", base_url=self.house.url, data=body, headers={**headers, **more})
        told = json.loads(answer.data)
        assert answer.status_code < 500, (operation, document, told)
        assert answer.headers["x-amzn-RequestId"]
        assert self.house.secret not in answer.text
        return answer.status_code, str(told.get("__type")), str(told.get("message"))


@pytest.fixture(scope="module")
def wire(house: AwsHouse) -> Wire:
    return Wire(house)


def test_every_operation_of_the_model_is_answered(house):
    """A botocore that brings new operations must fail here."""
    api = identity_pools_api(house.services, lambda _region: {})
    assert set(api.handlers) == set(MODEL.operations)
    assert len(MODEL.operations) == 23
    assert api.not_yet == {}


def test_what_a_browser_calls_needs_no_signature():
    assert set(MODEL.operations) - set(SIGNED) == {
        "GetCredentialsForIdentity",
        "GetId",
        "GetOpenIdToken",
        "UnlinkIdentity",
    }


@pytest.mark.parametrize("operation", SIGNED)
def test_a_signed_operation_knows_its_caller(wire, operation):
    document = least_input(operation, wire.known, MODEL)
    key_id, secret = wire.house.key_id, wire.house.secret
    assert wire.send(operation, document, **FOREIGN_PAGE)[1] == "MissingAuthenticationTokenException"
    assert wire.send(operation, document, (key_id, "x" * 40))[1] == "InvalidSignatureException"
    assert (
        wire.send(operation, document, ("AKIA" + "A" * 16, secret), **FOREIGN_PAGE)[1] == "UnrecognizedClientException"
    )
    # A signature for user pools is none for identity pools.
    assert wire.send(operation, document, (key_id, secret), service="cognito-idp")[1] == "InvalidSignatureException"
    _, code, message = wire.send(operation, document, (wire.limited.access_key_id, wire.limited.secret.reveal()))
    assert code == "AccessDeniedException"
    assert f"cognito-identity:{operation}" in message


@pytest.mark.parametrize("operation", OF_A_POOL)
def test_a_pool_of_nobody_is_not_found(wire, operation):
    document = {**least_input(operation, wire.known, MODEL), "IdentityPoolId": NOWHERE}
    key = (wire.house.key_id, wire.house.secret)
    assert wire.send(operation, document, key)[1:] == (
        "ResourceNotFoundException",
        f"IdentityPool '{NOWHERE}' not found.",
    )


@pytest.mark.parametrize("operation", CONSTRAINED)
def test_a_missing_member_is_named(wire, operation):
    given = least_input(operation, wire.known, MODEL)
    for name in required_of(operation, MODEL):
        document = {member: value for member, value in given.items() if member != name}
        key = None if MODEL.operations[operation].unsigned else (wire.house.key_id, wire.house.secret)
        _, code, message = wire.send(operation, document, key)
        assert code == "ValidationException"
        assert f"'{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must not be null" in message


@pytest.mark.parametrize("operation", sorted(MODEL.operations))
def test_no_input_is_too_odd(wire, operation):
    random = Random(f"hostile {operation}")
    wire.furnish()
    modelled = MODEL.operations[operation].errors | OF_THE_PROTOCOL
    for _ in range(ROUNDS):
        document = hostile_input(operation, wire.known, random, MODEL)
        status, code, message = wire.send(operation, document)
        assert status == 200 or code in modelled, (operation, document, code, message)
        assert not LEAKS.search(message), (operation, document, message)
