"""What every process that listens shares: a port of its own, workers behind it, and an end that can be asked for."""

import os
import signal
import socket
from typing import Any

import click

PATIENCE = 5
"""Seconds that whoever is told to end has for what it is doing."""
_MOST_WORKERS = 4


def end_process(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def end_when_told() -> None:
    """For a worker, before it opens anything: until its server listens for signals itself, one ends it at once.

    The parent's handlers, which a fork inherits, would swallow the signal, and the parent would wait ``PATIENCE`` for nothing.
    """
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, signal.SIG_DFL)


def check_port(host: str, port: int) -> None:
    """Says so at once where somebody else listens: workers share their port and would quietly share it with a stranger."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"cannot listen on {host} port {port}: {error.strerror}; choose another port"
            ) from error


def serve(factory: str, *, host: str, port: int, workers: int | None, **protocol: Any) -> None:
    """Until a signal comes. Workers are forked where the system can, so they start with everything that is imported by now.

    One a core, four at most, unless ``workers`` says otherwise; one that dies is replaced.
    """
    from granian import Granian
    from granian.log import LogLevels

    Granian(
        factory,
        address=host,
        port=port,
        workers=workers or min(os.cpu_count() or 1, _MOST_WORKERS),
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=PATIENCE,
        respawn_failed_workers=True,
        factory=True,
        **protocol,
    ).serve()
