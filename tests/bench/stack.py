"""PostgreSQL, Redis and the server under measurement, as an operator in production would run them."""

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.config import Settings
from app.installation import Installation, open_installation
from tests.bench import meters
from tests.support import postgres, redis_server
from tests.support.free_port import free_port
from tests.support.leash import Leashed
from tests.support.listening import listens
from tests.support.server import ROOT, Server, running
from tests.support.server import environment as clean_environment
from tests.support.waiting import wait_until

DURABLE = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
}
"""PostgreSQL's own defaults: every commit waits for the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """``*_pid`` None: not ours (given by TEST_DATABASE_URL or TEST_REDIS_URL) or not there, so nothing is measured of it."""

    database_url: str | None
    database_pid: int | None
    redis_url: str | None
    redis_pid: int | None


@contextmanager
def stores(*, sqlite: bool = False) -> Iterator[Stores]:
    """Each from its test variable, else from its wheel. Without either: no Redis, or SQLite."""
    with ExitStack() as stack:
        database_url = database_pid = redis_url = redis_pid = None
        if not sqlite:
            database_url, database_pid = _database(stack)
        if given := os.environ.get("TEST_REDIS_URL"):
            redis_url = given
        elif program := redis_server.wheel():
            redis_url = stack.enter_context(redis_server.embedded(program))
            redis_pid = _pid_of("redis-server", redis_url)
        yield Stores(database_url=database_url, database_pid=database_pid, redis_url=redis_url, redis_pid=redis_pid)


def _database(stack: ExitStack) -> tuple[str | None, int | None]:
    if given := os.environ.get("TEST_DATABASE_URL"):
        admin, pid = given, None
    elif programs := postgres.wheel():
        admin = stack.enter_context(postgres.embedded(programs, options=DURABLE))
        pid = _pid_of("postgres", admin)
    else:
        return None, None
    databases = postgres.Postgres(admin)
    stack.callback(databases.clear)
    return databases.fresh(), pid


def _pid_of(program: str, url: str) -> int | None:
    """Our descendant of that name that was started with the port of the URL; not the guard that started it."""
    port = url.rpartition(":")[2].partition("/")[0]
    for pid in meters.tree(os.getpid()):
        words = " ".join(meters.command(pid)).split(" ")
        if words[0].endswith(program) and any(word.endswith(port) for word in words):
            return pid
    return None


def environment(stores: Stores, port: int, master_key: str, *, redis: bool) -> dict[str, str]:
    """Production defaults: nothing is switched on or off beyond where things are."""
    env = {
        "POOLHOUSE_DEV": "0",
        "POOLHOUSE_PUBLIC_URL": f"http://localhost:{port}",
        "POOLHOUSE_MASTER_KEY": master_key,
    }
    if stores.database_url:
        env["POOLHOUSE_DATABASE_URL"] = stores.database_url
    if redis and stores.redis_url:
        env["POOLHOUSE_REDIS_URL"] = stores.redis_url
    return env


def new_master_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def migrate(env: Mapping[str, str], data: Path) -> None:
    """As the operator does before the first start."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POOLHOUSE_")}
    command = [sys.executable, "-m", "app.cli", "--data", str(data), "db", "upgrade"]
    subprocess.run(command, env={**clean, **env}, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def opened(env: Mapping[str, str], data: Path) -> Iterator[Installation]:
    """The same installation in this process, to seed it and to mint what requests need."""
    installation = open_installation(Settings.from_env({**env, "POOLHOUSE_DATA_DIR": str(data)}))
    try:
        yield installation
    finally:
        installation.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A running server and what its start cost."""

    server: Server
    start_seconds: float
    start_cpu_ms: float

    @property
    def workers(self) -> list[int]:
        """The processes that serve: descendants with threads, so neither the parent nor a resource tracker."""
        below = [pid for pid in meters.tree(self.server.pid) if pid != self.server.pid]
        return [pid for pid in below if len(list(Path(f"/proc/{pid}/task").iterdir())) > 1]


@contextmanager
def served(env: Mapping[str, str], port: int, data: Path, *, workers: int = 2) -> Iterator[Measured]:
    with running(data, workers=workers, env=env, port=port) as server:
        yield Measured(
            server=server,
            start_seconds=meters.age_seconds(server.pid),
            start_cpu_ms=meters.cpu_ms(server.pid),
        )


@contextmanager
def gateway(env: Mapping[str, str], data: Path, *, workers: int) -> Iterator[tuple[int, int]]:
    """A gateway of the same installation before a store that costs nothing: its port and its pid."""
    with dumb_store(data) as store:
        port = free_port()
        service = {
            "POOLHOUSE_DATA_DIR": str(data),
            "POOLHOUSE_UPSTREAM_S3": store,
            "POOLHOUSE_UPSTREAM_DYNAMODB": store,
            "POOLHOUSE_UPSTREAM_ACCESS_KEY_ID": "service",
            "POOLHOUSE_UPSTREAM_SECRET_ACCESS_KEY": "service-secret",
        }
        command = [sys.executable, "-m", "app.cli", "gateway", "--port", str(port), "--workers", str(workers)]
        whole = clean_environment(port, {**env, **service})
        with Leashed(command, log=data / "gateway.log", env=whole, cwd=ROOT) as process:
            wait_until(lambda: listens(port, process), seconds=30, what="the gateway to listen")
            yield port, process.pid


@contextmanager
def dumb_store(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.dumb_store", str(port)]
    with Leashed(command, log=folder / "store.log", cwd=ROOT) as process:
        wait_until(lambda: listens(port, process), seconds=30, what="the store to listen")
        yield f"http://127.0.0.1:{port}"


def metadata(port: int, pool_id: str) -> dict[str, Any]:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", f"/{pool_id}/.well-known/openid-configuration", headers={"Host": f"localhost:{port}"})
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return found
