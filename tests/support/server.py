import http.client
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.free_port import free_port
from tests.support.leash import Leashed
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running `poolhouse run`: the real processes behind the real socket."""

    port: int
    data: Path
    process: Leashed

    @property
    def url(self) -> str:
        """The origin in every issuer and link, without a trailing slash."""
        return f"http://localhost:{self.port}"

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def demo(self) -> dict[str, Any]:
        """What the seeded demo consists of, as `demo.json` tells it."""
        return dict(json.loads((self.data / "demo.json").read_text()))

    def output(self) -> str:
        return self.process.output()

    def terminate(self) -> int:
        """End it as an operator would, by SIGTERM to its pid; the exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self.process.wait()

    def status(self, path: str) -> int:
        """The status of a plain GET; 0 where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()


def environment(port: int, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a server in development mode, with none of the settings of whoever runs the tests."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("POOLHOUSE_")}
    env |= {"POOLHOUSE_DEV": "1", "POOLHOUSE_PUBLIC_URL": f"http://localhost:{port}", "PYTHONUNBUFFERED": "1"}
    return env | dict(extra or {})


@contextmanager
def running(
    data: Path,
    *,
    workers: int = 1,
    demo: bool = False,
    env: Mapping[str, str] | None = None,
    port: int | None = None,
    python: str = sys.executable,
    cwd: Path = ROOT,
) -> Iterator[Server]:
    """A server that is ready, until the block ends.

    `data` is its DATA_DIR, `env` adds settings by their full names (`POOLHOUSE_DATABASE_URL`). A server that ends
    before it is ready, or is not ready in time, is an error that shows what it wrote.
    """
    port = port or free_port()
    data.mkdir(parents=True, exist_ok=True)
    command = [python, "-m", "app.cli", "run", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--data", str(data), *(["--demo"] if demo else [])]
    with Leashed(command, log=data / "server.log", env=environment(port, env), cwd=cwd) as process:
        server = Server(port=port, data=data, process=process)
        try:
            wait_until(lambda: ready(server), seconds=START_SECONDS, what=f"{server.url}/readyz")
        except TimeoutError as late:
            raise RuntimeError(f"{late}; the server wrote:\n{server.output()}") from None
        yield server


def ready(server: Server) -> bool:
    if (code := server.process.ended()) is not None:
        raise RuntimeError(f"the server ended with {code} before it was ready:\n{server.output()}")
    return server.status("/readyz") == 200
