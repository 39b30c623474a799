"""``poolhouse run``: one parent that prepares everything and ends everything, and workers that serve."""

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from app.cli.opening import Mistaken, installation
from app.cli.serving import PATIENCE, check_port, end_process, serve

if TYPE_CHECKING:
    from app.installation import Installation

THREADS = 8
"""Blocking threads a worker. Password hashing has its own, narrower gate."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", type=click.IntRange(1, 64), help="Processes; by default one a core, four at most.")
@click.option("--data", metavar="DIR", help="Where the embedded database lives; the same as POOLHOUSE_DATA_DIR.")
@click.option(
    "--demo", is_flag=True, help="Seed a demo pool, user and application, and serve the application on the next port."
)
def command(host: str, port: int, workers: int | None, data: str | None, *, demo: bool) -> None:
    """Start the server. Ctrl-C or SIGTERM ends it and all it started."""
    # Workers read the same environment, so what the command line says is written into it.
    os.environ.setdefault("POOLHOUSE_PUBLIC_URL", f"http://localhost:{port}")
    if data:
        os.environ["POOLHOUSE_DATA_DIR"] = data
    # Until the workers are there, a SIGTERM must still close what is open here.
    signal.signal(signal.SIGTERM, end_process)
    check_port(host, port)
    told: dict[str, Any] | None = None
    with installation(make=True) as opened:
        for warning in opened.messaging.warnings:
            click.echo(f"Warning: {warning}", err=True)
        if demo:
            told = _seed(opened, port)
        public_url = opened.settings.public_url
    click.echo(f"Poolhouse on {public_url}")
    application = _start_application(told, port) if told else None
    try:
        if told:
            _introduce(told, runs=application is not None)
        with _counting():
            _serve(host, port, workers)
    finally:
        if application is not None:
            _stop(application)


def _seed(opened: "Installation", port: int) -> dict[str, Any]:
    from app.cli.demo import seed_demo

    if not opened.settings.dev:
        raise Mistaken("--demo needs development mode (POOLHOUSE_DEV=1): it makes a user whose password is printed")
    return seed_demo(opened.settings, opened.services, app_url=f"http://localhost:{_application_port(port)}")


def _application_port(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


def _start_application(told: dict[str, Any], port: int) -> subprocess.Popen[bytes] | None:
    """The demo application beside us, in a process of its own."""
    if importlib.util.find_spec("app.demo") is None:
        return None
    try:
        check_port("127.0.0.1", _application_port(port))
    except click.ClickException as taken:
        click.echo(f"Warning: the demo application is not started: {taken.message}", err=True)
        return None
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POOLHOUSE_")}
    environment |= {
        "DEMO_ISSUER": told["issuer"],
        "DEMO_CLIENT_ID": told["client_id"],
        "DEMO_PORT": str(_application_port(port)),
    }
    return subprocess.Popen([sys.executable, "-m", "app.demo"], env=environment)  # noqa: S603 - our own module


def _introduce(told: dict[str, Any], *, runs: bool) -> None:
    if runs:
        click.echo(f"  open       {told['app_url']}   (the demo application)")
    if told["password"]:
        click.echo(f"  sign in    {told['username']} / {told['password']}   or sign up with any address")
    click.echo(f"  outbox     {told['outbox_url']}   (mails and texts land here)")


def _serve(host: str, port: int, workers: int | None) -> None:
    from granian.constants import Interfaces

    import app.factory  # noqa: F401 - imported before the fork

    serve(
        "app.cli.worker:application",
        host=host,
        port=port,
        workers=workers,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
    )


@contextmanager
def _counting() -> Iterator[None]:
    """A folder where the workers share what they count, for as long as they live."""
    if os.environ.get("POOLHOUSE_METRICS_DIR"):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="poolhouse-metrics-") as folder:
        os.environ["POOLHOUSE_METRICS_DIR"] = folder
        yield


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
