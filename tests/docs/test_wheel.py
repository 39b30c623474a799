"""What is released works without the checkout: one wheel, installed elsewhere, run from elsewhere."""

import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support import server

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built by the hatchling of the development lock, so that nothing is fetched."""
    out = tmp_path_factory.mktemp("wheel")
    program = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", program, out], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """A Python with the wheel installed, and the dependencies of the Python that runs the tests."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, symlinks=True, with_pip=False)
    [packages] = folder.glob("lib/python*/site-packages")
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--offline",
        "--no-deps",
        "--python",
        folder / "bin" / "python",
    ]
    done = subprocess.run([*command, wheel], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # Last on the path: were this checkout found there as well, the installed package still comes first.
    theirs = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "dependencies.pth").write_text("\n".join(theirs) + "\n")
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def running(python, tmp_path_factory):
    place = tmp_path_factory.mktemp("elsewhere")
    with server.running(place / "data", demo=True, python=str(python), cwd=place) as started:
        yield started


def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def hosted_page(running):
    """A page that needs no client: the one that says why a sign-in cannot begin."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{running.url}/oauth2/authorize?response_type=code&client_id=nobody", timeout=10)
    with refused.value as answer:
        assert answer.headers.get_content_type() == "text/html"
        return answer.read().decode()


def test_the_wheel_ships_themes_and_migrations(wheel):
    inside = names(wheel)
    assert "app/_themes/default/theme.toml" in inside
    assert any(name.startswith("app/_themes/default/templates/") for name in inside)
    assert any(name.startswith("app/_themes/default/static/") for name in inside)
    assert any(re.match(r"app/adapters/sql/migrations/versions/\w+\.py", name) for name in inside)


def test_the_wheel_ships_nothing_of_the_checkout_but_the_application(wheel):
    tops = {name.partition("/")[0] for name in names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"app"}


def test_the_installed_package_is_the_one_that_runs(python, tmp_path):
    program = "import app; print(app.__file__)"
    done = subprocess.run([python, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).is_relative_to(python.parents[1])


def test_the_console_script_is_installed(python, tmp_path):
    done = subprocess.run(
        [python.with_name("poolhouse"), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "run" in done.stdout


def test_it_is_ready_away_from_the_checkout(running):
    assert running.status("/readyz") == 200


def test_the_hosted_page_has_its_stylesheet(running):
    page = hosted_page(running)
    found = re.search(r"<link[^>]+rel=\"?stylesheet\"?[^>]*>", page)
    assert found, page[:500]
    address = re.search(r"href=\"([^\"]+)\"", found[0])
    assert address
    stylesheet = urllib.parse.urljoin(running.url, address[1])
    with urllib.request.urlopen(stylesheet, timeout=10) as answer:
        assert answer.headers.get_content_type() == "text/css"
        assert answer.read()
