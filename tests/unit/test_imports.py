"""The layout of the house, held by machines: which way imports go, what the core may know, how large a file may be."""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
MOST_LINES = 400
DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc"}

# Written in halves, so that this file is not its own first finding.
REGISTRY = re.compile(
    r"\b(?:pypi"
    r"\.org|pythonhosted"
    r"\.org|registry\."
    r"(?:npmjs\.org|yarnpkg\.com)|npmjs"
    r"\.(?:org|com))"
    r"|--(?:extra-)?index-url|--find-links|\"resolved\":"
)
MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:root|home|Users|work|workspace|builds)/[\w.]")


def tracked():
    """Every text file of the repository, as git lists it; of an unpacked archive, every file."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listing.stdout.split("\0")):
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue


def findings(pattern):
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in tracked()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line) and name not in {"tests/unit/test_imports.py", "dev"}
    ]


def test_imports_go_downwards():
    """pyproject.toml lists the contracts; `./dev lint` shows the same report in colour."""
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=clean(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


# A small house with one fault each: (the contract's id, the file, the import that it must refuse).
FAULTS = [
    ("layers", "web/__init__.py", "app.config"),
    ("layers", "blueprints/hosted_ui/__init__.py", "app.adapters.sql"),
    ("layers", "core/tokens/__init__.py", "app.web"),
    ("layers", "newcomer.py", None),
    ("adapters", "adapters/sql/__init__.py", "app.web"),
    ("settings", "config.py", "app.services"),
    ("demo", "demo.py", "app.core.kernel"),
    ("rooms", "core/kernel/__init__.py", "app.core.pools"),
    ("rooms", "core/sign_up/__init__.py", "app.core.sign_in"),
    ("rooms", "core/attic/__init__.py", None),
    ("cycles", "core/pools/__init__.py", "app.core.clients"),
    ("protocols", "blueprints/hosted_ui/__init__.py", "app.blueprints.oauth2"),
    ("core", "core/kernel/__init__.py", "socket"),
    ("core", "core/tokens/__init__.py", "sqlalchemy.orm"),
    ("authlib", "web/__init__.py", "authlib.oauth2"),
]
HOUSE = {
    "cli/__init__.py": "import app.factory",
    "factory.py": "import app.config, app.services, app.adapters.sql, app.blueprints.oauth2.server, app.blueprints.hosted_ui",
    "config.py": "import app.core.kernel",
    "services.py": "import app.core.sign_in, app.core.tokens",
    "demo.py": "import authlib.integrations.requests_client",
    "web/__init__.py": "import app.services",
    "blueprints/__init__.py": "",
    "blueprints/oauth2/__init__.py": "",
    "blueprints/oauth2/server.py": "import authlib.oauth2, app.web",
    "blueprints/hosted_ui/__init__.py": "import app.web",
    "adapters/__init__.py": "",
    "adapters/sql/__init__.py": "import sqlalchemy, app.core.pools",
    "core/__init__.py": "",
    "core/sign_in/__init__.py": "import app.core.tokens",
    "core/sign_up/__init__.py": "import app.core.tokens",
    "core/tokens/__init__.py": "import app.core.pools, app.core.clients",
    "core/pools/__init__.py": "import app.core.kernel",
    "core/clients/__init__.py": "import app.core.pools",
    "core/kernel/__init__.py": "import hashlib",
}


def check_house(folder, contract, changes):
    for name, text in {"__init__.py": "", **HOUSE, **changes}.items():
        path = folder / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    program = (
        "import sys; from importlinter.cli import lint_imports;"
        f"raise SystemExit(lint_imports(config_filename={str(ROOT / 'pyproject.toml')!r},"
        f" limit_to_contracts={(contract,) if contract else ()!r}, no_cache=True))"
    )
    # From the folder, with `app` found there first.
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=clean(), capture_output=True, text=True, check=False
    )


def test_the_contracts_accept_the_house_as_planned(tmp_path):
    done = check_house(tmp_path, None, {})
    assert f"{len({contract for contract, _, _ in FAULTS})} kept, 0 broken" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(("contract", "name", "imported"), FAULTS)
def test_each_contract_refuses_what_it_is_there_to_refuse(tmp_path, contract, name, imported):
    fault = f"{HOUSE.get(name, '')}\nimport {imported}" if imported else ""
    done = check_house(tmp_path, contract, {name: fault})
    assert done.returncode == 1
    assert "0 kept, 1 broken" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    "outsider", ["flask", "werkzeug", "jinja2", "authlib", "sqlalchemy", "redis", "botocore", "requests"]
)
def test_importing_the_core_loads_no_framework(outsider):
    assert outsider not in loaded_by_core()


def test_importing_the_package_alone_loads_nothing_of_it():
    assert {name for name in loaded("import app") if name.startswith("app")} == {"app"}


@cache
def loaded_by_core():
    modules = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (APP / "core").rglob("*.py")
    )
    assert modules, "there is a core"
    return loaded("import " + ", ".join(modules))


def loaded(statement):
    program = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=clean(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def clean():
    return {name: value for name, value in os.environ.items() if not name.startswith("POOLHOUSE_")}


def sources():
    return [path for path in APP.rglob("*.py") if "__pycache__" not in path.parts]


def test_no_file_is_too_long_to_read():
    counted = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert {name: lines for name, lines in counted.items() if lines >= MOST_LINES} == {}


def test_no_module_is_a_drawer():
    assert [
        str(path.relative_to(ROOT)) for path in sources() if DRAWERS & set(path.relative_to(APP).with_suffix("").parts)
    ] == []


def test_no_tracked_file_names_a_package_registry():
    assert findings(REGISTRY) == []


def test_no_tracked_file_names_a_place_on_one_machine():
    assert findings(MACHINE_PATH) == []
