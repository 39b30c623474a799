from collections.abc import Iterator

import pytest

from tests.support import ceph as ceph_support
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


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Ceph with its object gateway: S3, STS and IAM."""
    programs = ceph_support.programs()
    if programs is None:
        lack("ceph", "neither PATH nor a folder that TEST_CEPH names has Ceph's programs (tests/support/ceph.py)")
    with ceph_support.running(programs, tmp_path_factory.mktemp("ceph")) as url:
        yield url
