from collections.abc import Iterator

import pytest

from tests.support.house import House, house_on


@pytest.fixture(scope="session", params=["sqlite", "postgres-redis"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with two workers on each pair of stores, shared by the tests of this folder; each test makes its own pools."""
    with house_on(request.param, request, tmp_path_factory.mktemp("home")) as found:
        yield found
