from collections.abc import Iterator

import pytest

from tests.support import store as store_support
from tests.support.gateway_house import GatewayHouse
from tests.support.requirement import lack


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an in-memory store that checks nothing."""
    path = store_support.program()
    if path is None:
        lack("store", "there is no .venv-store with moto's server (./dev test makes one)")
    with store_support.running(path, tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture(scope="module")
def house(store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayHouse]:
    """A gateway before an empty store in which there is the bucket `mybucket`."""
    store_support.empty(store)
    found = GatewayHouse(tmp_path_factory.mktemp("gateway"), store)
    found.admin.create_bucket(Bucket="mybucket")
    yield found
    found.close()
