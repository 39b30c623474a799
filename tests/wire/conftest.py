from collections.abc import Iterator

import pytest

from tests.support.house import House, house_on


@pytest.fixture(scope="session", params=["sqlite", "postgres-redis"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with two workers on each pair of stores, shared by the tests of this folder; each test makes its own pools."""
    with house_on(request.param, request, tmp_path_factory.mktemp("home")) as found:
        yield found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A client that takes its time goes its way on the stores that its test is marked with; all of them meet both pairs."""
    left_out = [item for item in items if not _is_on_its_stores(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _is_on_its_stores(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("stores")
    return mark is None or not isinstance(item, pytest.Function) or item.callspec.params.get("home") in mark.args
