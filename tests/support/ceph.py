"""A throw-away Ceph: one monitor, one store in memory, and the object gateway with its STS, for a test that needs the real thing.

The programs are Debian's, installed (`ceph-mon ceph-osd radosgw`), or unpacked into a folder that TEST_CEPH names:

    apt-get install --no-install-recommends --print-uris ceph-mon ceph-osd radosgw | grep -o "^'[^']*'" | xargs -n 1 wget -q
    for package in *.deb; do dpkg -x "$package" folder; done
    TEST_CEPH=folder .venv/bin/pytest tests/gateway/test_ceph.py
"""

import base64
import os
import secrets
import shutil
import struct
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.free_port import free_port
from tests.support.leash import Leashed
from tests.support.listening import listens
from tests.support.waiting import wait_until

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "osdmaptool")
ACCOUNT = "123456789012"
"""The tenant of all users: Ceph reads an ARN's account as the tenant."""
KEY, SECRET = "service", "service-secret"

# Nothing is kept and nobody waits: changes of the map, of which each pool makes several, are proposed at once.
CONFIG = """[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = {folder}/keyring
run dir = {folder}
crash dir = {folder}
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
admin socket =
pid file =
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 2000
mon data = {folder}/monitor
mon data avail crit = 1
paxos propose interval = 0.02
paxos min wait = 0.01
osd data = {folder}/store
osd objectstore = memstore
memstore device bytes = 1073741824
{places}
[client]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw sts key = {sts_key}
rgw s3 auth use sts = true
rgw thread pool size = 16
"""
ENTITIES = {
    "mon.": "mon = allow *",
    "osd.0": "mon = allow profile osd\n caps osd = allow *",
    "client.admin": "mon = allow *\n caps osd = allow *",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Where Ceph's programs are; ``root`` where they are unpacked and not installed."""

    folder: Path
    root: Path | None

    def command(self, name: str, *arguments: str | Path) -> list[str | Path]:
        """Through `env`: the libraries are for Ceph, and not for whoever starts it."""
        libraries = [] if self.root is None else [f"LD_LIBRARY_PATH={':'.join(map(str, self._libraries()))}"]
        return ["/usr/bin/env", *libraries, self.folder / name, *arguments]

    def places(self) -> str:
        """The settings that say where Ceph finds its plugins."""
        if self.root is None:
            return ""
        [rados] = self.root.glob("usr/lib/*/rados-classes")
        ceph = rados.with_name("ceph")
        return f"plugin dir = {ceph}\nerasure code dir = {ceph}/erasure-code\nosd class dir = {rados}"

    def _libraries(self) -> list[Path]:
        assert self.root is not None
        return [
            found
            for pattern in ("usr/lib/*-linux-*", "lib/*-linux-*", "usr/lib/*/ceph")
            for found in self.root.glob(pattern)
        ]


def programs() -> Programs | None:
    """Those of the folder that TEST_CEPH names, or else those on PATH; None where one of them is missing."""
    if named := os.environ.get("TEST_CEPH"):
        root = Path(named).resolve()
        found = Programs(folder=root / "usr/bin", root=root)
    else:
        found = Programs(folder=Path(shutil.which("radosgw") or "/usr/bin/radosgw").parent, root=None)
    return found if all((found.folder / name).exists() for name in PROGRAMS) else None


@contextmanager
def running(found: Programs, folder: Path) -> Iterator[str]:
    """The URL of the object gateway, which is S3, STS and IAM, until the block ends."""
    port, monitor, fsid = free_port(), free_port(), str(uuid.uuid4())
    config = folder / "ceph.conf"
    config.write_text(
        CONFIG.format(
            fsid=fsid, folder=folder, monitor=monitor, port=port, places=found.places(), sts_key=secrets.token_hex(8)
        )
    )
    (folder / "keyring").write_text(
        "\n".join(f"[{name}]\n key = {_key()}\n caps {caps}" for name, caps in ENTITIES.items()) + "\n"
    )
    for name in ("monitor", "store"):
        (folder / name).mkdir()

    def once(name: str, *arguments: str | Path) -> None:
        _once(found.command(name, *arguments))

    def started(name: str, identity: Sequence[str]) -> Leashed:
        return Leashed(found.command(name, "-c", config, *identity, "-f"), log=folder / f"{name}.log")

    once("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v2:127.0.0.1:{monitor}]", folder / "monmap")
    once("osdmaptool", "--createsimple", "1", folder / "osdmap")
    made_of = ("--monmap", folder / "monmap", "--osdmap", folder / "osdmap", "--keyring", folder / "keyring")
    once("ceph-mon", "-c", config, "-i", "a", "--mkfs", *made_of)
    with ExitStack() as stack:
        process = stack.enter_context(started("ceph-mon", ("-i", "a")))
        wait_until(lambda: listens(monitor, process), seconds=60, what="Ceph's monitor to listen")
        once("ceph-osd", "-c", config, "-i", "0", "--mkfs", "--osd-uuid", str(uuid.uuid4()))
        stack.enter_context(started("ceph-osd", ("-i", "0")))
        names = ("--tenant", ACCOUNT, "--uid", "service", "--display-name", "service")
        keys = ("--access-key", KEY, "--secret", SECRET, "--caps", "roles=*;oidc-provider=*")
        once("radosgw-admin", "-c", config, "user", "create", *names, *keys)
        gateway = stack.enter_context(started("radosgw", ()))
        wait_until(lambda: listens(port, gateway), seconds=60, what="Ceph's object gateway to listen")
        yield f"http://127.0.0.1:{port}"


def _once(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _key() -> str:
    """A secret of 128 bits as Ceph writes it: kind, time, length, bytes."""
    return base64.b64encode(struct.pack("<HIIH", 1, 0, 0, 16) + secrets.token_bytes(16)).decode()
