"""Debian's nginx in the foreground, in one process, with every file it writes below a folder of the test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.leash import Leashed
from tests.support.listening import listens
from tests.support.waiting import wait_until

# Run by whoever runs the tests: a master process would give up rights that it does not have.
FRAME = """daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  log_format told '$request_method $uri $status $upstream_addr';
  access_log {folder}/access.log told;
  {http}
}}
"""


def program() -> str | None:
    # Debian keeps it where only root's PATH looks.
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def running(path: str, folder: Path, http: str, *, port: int) -> Iterator[Path]:
    """nginx with this inside its `http` block, until the block ends; its folder, with `access.log` in it."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nginx.conf"
    config.write_text(FRAME.format(folder=folder, http=http))
    command = [path, "-p", folder, "-e", folder / "error.log", "-c", config]
    with Leashed(command, log=folder / "output.log") as process:
        wait_until(lambda: listens(port, process), seconds=60, what="nginx to listen")
        yield folder
