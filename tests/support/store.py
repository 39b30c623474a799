"""An in-memory S3 and DynamoDB in a process of its own: moto's server, with its own checks off, from an environment of its own."""

import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.free_port import free_port
from tests.support.leash import Leashed
from tests.support.listening import listens
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


def program() -> Path | None:
    """``moto_server`` of ``.venv-store`` (made by ``./dev``), or of the environment that TEST_STORE names."""
    folder = Path(os.environ.get("TEST_STORE") or ROOT / ".venv-store")
    found = folder / "bin" / "moto_server"
    return found if found.exists() else None


@contextmanager
def running(path: Path, folder: Path) -> Iterator[str]:
    """Its URL, until the block ends."""
    port = free_port()
    command = [path, "-H", "127.0.0.1", "-p", str(port)]
    with Leashed(command, log=folder / "store.log") as process:
        wait_until(lambda: listens(port, process), seconds=30, what="the store to listen")
        yield f"http://127.0.0.1:{port}"


def empty(url: str) -> None:
    """Forgets all buckets and tables."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", "/moto-api/reset")
        assert connection.getresponse().read() is not None
    finally:
        connection.close()
