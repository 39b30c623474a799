import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "wire" / "node"


class NodeMissingError(Exception):
    """Why JavaScript clients cannot run on this machine."""


@dataclass(frozen=True, slots=True)
class Node:
    """Node.js with the packages of tests/wire/node; scripts live in that folder."""

    program: str
    flags: tuple[str, ...] = ()

    def run(self, script: str, *arguments: str, env: dict[str, str] | None = None, seconds: float = 60) -> Any:
        """What the script prints as its last line, read as JSON; its failure is an AssertionError with all it said."""
        done = subprocess.run(
            [self.program, *self.flags, script, *arguments],
            cwd=FOLDER,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{script} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        lines = done.stdout.strip().splitlines()
        return json.loads(lines[-1]) if lines else None

    def package_file(self, path: str) -> str:
        """The text of one file of an installed package, such as `axe-core/axe.min.js`."""
        return (FOLDER / "node_modules" / path).read_text()


def prepared() -> Node:
    """Node with its packages installed as the lock file says; raises NodeMissingError with the reason."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if not program or not npm:
        raise NodeMissingError("node and npm are not on the PATH")
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    modules = FOLDER / "node_modules"
    stamp = modules / ".installed"
    with (FOLDER / "package.json").open() as gate:
        # Test processes side by side share one folder of packages.
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            done = subprocess.run([npm, "ci"], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=300)
            if done.returncode:
                raise NodeMissingError(f"`npm ci` failed: {done.stderr.strip()[-500:]}")
            stamp.write_text(wanted)
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    # Debian 12 has Node 18, where the Web Crypto that the clients use must be asked for.
    return Node(program, ("--experimental-global-webcrypto",) if version.startswith("v18.") else ())
