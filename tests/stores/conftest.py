"""The same tests over every store: each asks for ``world`` or ``ephemeral`` and runs once for each implementation."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.adapters.ephemeral.redis import RedisEphemeral
from app.adapters.ephemeral.sql import SqlEphemeral
from app.core.kernel.ephemeral import Ephemeral
from tests.support.world import MovedClock, World, fresh_sqlite


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database."""
    if request.param == "sqlite":
        return fresh_sqlite(tmp_path)
    return request.getfixturevalue("emptied_postgres").url()


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    yield world
    world.close()


@dataclass
class Short:
    """An ephemeral store and the clock it looks at."""

    store: Ephemeral
    clock: MovedClock

    def soon(self, seconds: int = 60) -> int:
        return self.clock.now() + seconds


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def short(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Short]:
    """An empty ephemeral store of each kind."""
    clock = MovedClock()
    if request.param == "redis":
        redis = RedisEphemeral(request.getfixturevalue("redis_url"), clock)
        yield Short(redis, clock)
        redis.close()
        return
    url = fresh_sqlite(tmp_path) if request.param == "sqlite" else request.getfixturevalue("emptied_postgres").url()
    world = World(url, clock=clock)
    yield Short(SqlEphemeral(world.database, clock), clock)
    world.close()
