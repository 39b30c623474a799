from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.adapters.ephemeral.redis import RedisEphemeral
from app.core.kernel.ephemeral import Ephemeral
from tests.races.workers import Workers
from tests.support.databases import EmptiedDatabase
from tests.support.world import World, fresh_sqlite


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    workers = Workers()
    yield workers
    workers.close()


@dataclass
class Race:
    """Two worker processes over the stores of ``world``."""

    workers: Workers
    world: World
    ephemeral: Ephemeral
    given: dict[str, Any]

    def run(self, task: str, *, threads: int, **given: Any) -> list[Any]:
        return self.workers.run(task, threads=threads, **self.given, **given)


def _race(workers: Workers, url: str, folder: Path, redis_url: str | None = None) -> Iterator[Race]:
    from app.adapters.system.clock import MovableClock

    clock = folder / "clock"
    world = World(url, clock=MovableClock(clock))  # type: ignore[arg-type]
    redis = RedisEphemeral(redis_url, world.clock) if redis_url else None
    given = {"database_url": url, "redis_url": redis_url, "clock": str(clock)}
    yield Race(workers, world, redis or world.ephemeral, given)
    if redis:
        redis.close()
    world.close()


@pytest.fixture(params=["sqlite", "postgres"])
def race(request: pytest.FixtureRequest, workers: Workers, tmp_path: Path) -> Iterator[Race]:
    """Over each SQL database."""
    if request.param == "sqlite":
        yield from _race(workers, fresh_sqlite(tmp_path), tmp_path)
    else:
        emptied: EmptiedDatabase = request.getfixturevalue("emptied_postgres")
        yield from _race(workers, emptied.url(), tmp_path)


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def short_race(request: pytest.FixtureRequest, workers: Workers, tmp_path: Path) -> Iterator[Race]:
    """Over each ephemeral store."""
    if request.param == "redis":
        yield from _race(workers, fresh_sqlite(tmp_path), tmp_path, request.getfixturevalue("redis_url"))
    elif request.param == "sqlite":
        yield from _race(workers, fresh_sqlite(tmp_path), tmp_path)
    else:
        yield from _race(workers, request.getfixturevalue("emptied_postgres").url(), tmp_path)


@pytest.fixture
def sqlite_race(workers: Workers, tmp_path: Path) -> Iterator[Race]:
    yield from _race(workers, fresh_sqlite(tmp_path), tmp_path)
