"""Debian's Apache with mod_auth_openidc in the foreground, with every file it writes below a folder of the test."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.leash import Leashed
from tests.support.listening import listens
from tests.support.waiting import wait_until

FOLDERS = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules")
MODULES = (
    "mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "headers", "proxy", "proxy_http", "unixd",
)  # fmt: skip


@dataclass(frozen=True)
class Apache:
    program: str
    modules: Path

    @contextmanager
    def running(self, folder: Path, config: str, *, port: int) -> Iterator[Path]:
        """Apache with this configuration, until the block ends; its folder, with `error.log` in it."""
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            f"ServerRoot {folder}",
            "ServerName localhost",
            f"Listen 127.0.0.1:{port}",
            f"PidFile {folder}/apache.pid",
            f"DefaultRuntimeDir {folder}",
            f"ErrorLog {folder}/error.log",
            "LogLevel warn auth_openidc:info",
            # A module that has no file is built in.
            *(
                f"LoadModule {name}_module {path}"
                for name in MODULES
                if (path := self.modules / f"mod_{name}.so").exists()
            ),
            # As root the workers must be somebody else, who may read what they need.
            *(["User www-data", "Group www-data"] if os.geteuid() == 0 else []),
            "StartServers 1",
            "ThreadsPerChild 8",
            "ServerLimit 2",
            "MaxRequestWorkers 16",
            config,
        ]
        file = folder / "apache.conf"
        file.write_text("\n".join(lines) + "\n")
        command = [self.program, "-f", file, "-DFOREGROUND"]
        with Leashed(command, log=folder / "output.log", stop=signal.SIGTERM) as process:
            wait_until(lambda: listens(port, process), seconds=60, what="Apache to listen")
            yield folder


def installed() -> Apache | None:
    names = ("apache2", "httpd")
    program = next(
        (path for name in names if (path := shutil.which(name) or shutil.which(name, path="/usr/sbin"))), None
    )
    modules = next((Path(path) for path in FOLDERS if (Path(path) / "mod_auth_openidc.so").exists()), None)
    return Apache(program, modules) if program and modules else None
