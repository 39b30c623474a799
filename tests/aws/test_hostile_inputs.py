"""Whatever an operation is sent, it answers in AWS's form, with an error that it models, and never with 5xx."""

import json
import re
from collections.abc import Iterator
from random import Random  # noqa: TID251 - seeded, so that a failure can be seen again
from typing import Any

import pytest

from app.blueprints.user_pools.not_yet import NOT_YET
from tests.support.aws_hostile import hostile_input
from tests.support.aws_house import AwsHouse
from tests.support.aws_inputs import MODEL
from tests.support.databases import migrated
from tests.support.house import PASSWORD
from tests.support.world import MASTER_KEY

TARGET = "AWSCognitoIdentityProviderService"
HANDLED = sorted(set(MODEL.operations) - set(NOT_YET))
ROUNDS = 6
LEAKS = re.compile(r"Traceback|File \"|sqlalchemy|werkzeug|site-packages|\.py\b|sqlite3|psycopg", re.IGNORECASE)
OF_THE_PROTOCOL = {"SerializationException"}


class Target:
    """A house where everything exists, asked without a network; what a request removed is made again."""

    def __init__(self, house: AwsHouse) -> None:
        self.house = house
        self.client = house.app.test_client()
        self.known: dict[str, Any] = {}

    def furnish(self) -> None:
        pool = self.house.pool()
        app_client = self.house.app_client(pool, EnableTokenRevocation=True)
        self.house.user(pool, email="ada@example.com")
        self.house.services.groups.create(pool.pool_id, "staff")
        self.known = {
            "UserPoolId": pool.pool_id,
            "ClientId": app_client.client_id,
            "Username": "ada",
            "GroupName": "staff",
            "Password": PASSWORD,
            "PreviousPassword": PASSWORD,
            "ResourceArn": f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool.pool_id}",
        }
        _, answer = self.send(
            "InitiateAuth",
            {
                "ClientId": app_client.client_id,
                "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": {"USERNAME": "ada", "PASSWORD": PASSWORD},
            },
        )
        self.known["AccessToken"] = answer["AuthenticationResult"]["AccessToken"]

    def send(self, operation: str, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = self.client.post(
            "/",
            base_url=self.house.url,
            data=json.dumps(document),
            headers={"X-Amz-Target": f"{TARGET}.{operation}", "Content-Type": "application/x-amz-json-1.1"},
        )
        assert answer.content_type == "application/x-amz-json-1.1"
        assert len(answer.data) < 500_000
        return answer.status_code, json.loads(answer.data)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    more: dict[str, Any] = {}
    if request.param == "postgres":
        url = migrated(request.getfixturevalue("fresh_postgres")())
        more = {"database_url": url, "master_keys": (MASTER_KEY,)}
    house = AwsHouse(tmp_path_factory.mktemp("hostile"), **more)
    yield Target(house)
    house.close()


@pytest.mark.parametrize("operation", HANDLED)
def test_no_input_is_too_odd(target, operation):
    random = Random(f"hostile {operation}")
    target.furnish()
    modelled = MODEL.operations[operation].errors | OF_THE_PROTOCOL | {"TooManyRequestsException"}
    for _ in range(ROUNDS):
        document = hostile_input(operation, target.known, random)
        status, answer = target.send(operation, document)
        assert status < 500, (operation, document)
        assert status == 200 or not LEAKS.search(answer["message"]), (operation, document, answer)
        assert status == 200 or answer["__type"] in modelled, (operation, document, answer)
        assert PASSWORD not in json.dumps(answer)
