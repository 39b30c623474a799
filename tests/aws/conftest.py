from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.aws_house import AwsHouse
from tests.support.iam_documents import TRUST


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsHouse]:
    """One server for the tests of a file; each test makes its own pools."""
    found = AwsHouse(tmp_path_factory.mktemp("aws"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def strangers(house: AwsHouse) -> Iterator[list[Any]]:
    """Clients of ``cognito-identity``: of another account's administrator, and of this one's in another region."""
    key = house.services.access_keys.create("999999999999", "another")
    found = [
        house.client(key.access_key_id, key.secret.reveal(), service="cognito-identity"),
        house.client(house.key_id, house.secret, region="eu-west-1", service="cognito-identity"),
    ]
    yield found
    for client in found:
        client.close()


@pytest.fixture
def role(house: AwsHouse, request: pytest.FixtureRequest) -> str:
    """The name of a role of this test's own."""
    name = f"role-{abs(hash(request.node.nodeid))}"
    house.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    return name
