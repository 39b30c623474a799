from collections.abc import Iterator

import pytest

from tests.support.aws_house import AwsHouse


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsHouse]:
    """One server for the tests of a file; each test makes its own pools."""
    found = AwsHouse(tmp_path_factory.mktemp("aws"))
    yield found
    found.close()
