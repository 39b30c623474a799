from collections.abc import Iterator

import pytest

from tests.conftest import FreshUrl
from tests.support.databases import migrated
from tests.support.house import House, house, settings_for


@pytest.fixture(scope="session", params=["sqlite", "postgres-redis"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with two workers on each pair of stores, shared by the tests of this folder; each test makes its own pools."""
    urls: tuple[str, ...] = ()
    if request.param != "sqlite":
        postgres: FreshUrl = request.getfixturevalue("fresh_postgres")
        redis: FreshUrl = request.getfixturevalue("fresh_redis")
        urls = (migrated(postgres()), redis())
    with house(tmp_path_factory.mktemp("home"), settings_for(request.param, *urls)) as found:
        yield found
