"""`./dev` says what it cannot do, and the locks that it installs are whole."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-store.lock")


def dev(*arguments):
    return subprocess.run(
        [sys.executable, ROOT / "dev", *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )


def pins(lock):
    return set(re.findall(r"^([a-z0-9._-]+==\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_it_is_executable_and_needs_nothing_but_the_standard_library():
    assert os.access(ROOT / "dev", os.X_OK)
    tree = ast.parse((ROOT / "dev").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize("arguments", [(), ("walk",), ("--port", "8000")])
def test_an_unknown_command_shows_the_known_ones(arguments):
    done = dev(*arguments)
    assert done.returncode == 2
    assert "./dev run" in done.stderr
    assert "./dev test" in done.stderr


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_an_impossible_port_is_refused_before_anything_is_installed(port):
    done = dev("run", f"--port={port}")
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "installing" not in done.stderr


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_an_impossible_port_of_the_gateway_is_refused_before_anything_is_installed(port):
    done = dev("run", f"--gateway={port}")
    assert done.returncode == 2
    assert "--gateway" in done.stderr
    assert "installing" not in done.stderr


def test_the_development_lock_holds_the_whole_runtime_lock():
    assert pins("requirements.lock") - pins("requirements-dev.lock") == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_host(lock):
    text = (ROOT / lock).read_text()
    assert "://" not in text
    blocks = re.findall(r"^[a-z0-9._-]+==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert blocks
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_every_dependency_of_the_project_is_in_its_lock():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=!~; ]", line)[0].lower() for line in project["dependencies"]}
    assert wanted - {pin.partition("==")[0] for pin in pins("requirements.lock")} == set()
