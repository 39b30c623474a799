"""The guides do what they say: their commands are run as they stand, in a folder that looks like a newcomer's."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import CALLBACK, House, house, signed_in
from tests.support.oauth_app import challenge_of
from tests.support.server import ROOT

GUIDES = ROOT / "docs" / "guide"
VERIFIER = "v" * 43


def blocks(guide: str, language: str) -> list[str]:
    text = (GUIDES / guide).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("guides"), workers=1, demo=True) as found:
        yield found


@pytest.fixture
def checkout(home: House, tmp_path: Path) -> Path:
    """A folder with what `./dev run` leaves in one: an environment in `.venv`, and the server's state in `instance`."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, arguments in (("python", '"$@"'), ("poolhouse", '-m app.cli "$@"')):
        program = programs / name
        program.write_text(f"#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} {arguments}\n")
        program.chmod(0o755)
    (tmp_path / "instance").symlink_to(home.server.data)
    return tmp_path


def run(commands: list[str], folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", "\n".join(commands)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_quickstart_ends_in_a_verified_id_token(home, checkout):
    printed = run(blocks("quickstart.md", "sh"), checkout)
    claims = json.loads(printed[printed.rindex("\n{\n") :])
    assert claims["iss"] == home.server.demo["issuer"]
    assert claims["aud"] == home.server.demo["client_id"]
    assert claims["email"].startswith("ada.")
    assert claims["email_verified"] is True
    assert re.search(r"^303 .*/confirm\?", printed, re.MULTILINE)
    assert not (checkout / "verify.py").exists()


def test_the_commands_of_the_application_guide_register_a_client_that_the_server_knows(home, checkout):
    [commands] = blocks("your-application.md", "sh")
    printed = json.loads(run([commands], checkout))
    assert "ClientSecret" not in printed
    with home.visitor() as visitor:
        query = f"client_id={printed['ClientId']}&response_type=code&redirect_uri=http://localhost:3000/callback"
        page = visitor.open(f"/oauth2/authorize?{query}&code_challenge={'c' * 43}&code_challenge_method=S256")
        assert page.path == "/login"
        assert page.form("sign_in")


@pytest.fixture(scope="module")
def gateway() -> dict:
    [_, code] = blocks("your-application.md", "python")
    scope: dict = {}
    exec(compile(code, "your-application.md", "exec"), scope)  # noqa: S102 - the guide's own words are what is tested
    return scope


def tokens_of(home, tenant) -> dict:
    import requests

    query = (
        f"/oauth2/authorize?response_type=code&client_id={tenant.public.client_id}&redirect_uri={CALLBACK}"
        f"&scope=openid+email&code_challenge={challenge_of(VERIFIER)}&code_challenge_method=S256"
    )
    with home.visitor() as visitor:
        code = signed_in(visitor, query, tenant.username).query["code"]
    form = {"grant_type": "authorization_code", "client_id": tenant.public.client_id, "code": code}
    form |= {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return requests.post(f"{home.url}/oauth2/token", data=form, timeout=10).json()


def test_the_gateways_check_lets_access_tokens_pass_and_nothing_else(home, gateway):
    tenant, other = home.tenant("gate"), home.tenant("other")
    issuer, mine = home.issuer(tenant), {tenant.public.client_id}
    tokens, foreign = tokens_of(home, tenant), tokens_of(home, other)
    check = gateway["check_access_token"]

    assert check(tokens["access_token"], issuer=issuer, client_ids=mine, scope="email")["token_use"] == "access"
    with pytest.raises(PermissionError):
        check(tokens["access_token"], issuer=issuer, client_ids=mine, scope="profile")
    for token, clients in (
        (tokens["id_token"], mine),
        (tokens["access_token"], {other.public.client_id}),
        (foreign["access_token"], mine | {other.public.client_id}),
        (tokens["access_token"][:-5] + "AAAAA", mine),
    ):
        with pytest.raises(Exception, match=r"claim|kid|signature"):
            check(token, issuer=issuer, client_ids=clients, scope="email")
    # Keys that changed at once are fetched anew.
    home.command("key", "rotate", "--now", "--pool", tenant.pool.pool_id)
    renewed = tokens_of(home, tenant)["access_token"]
    assert check(renewed, issuer=issuer, client_ids=mine, scope="email")


@pytest.mark.parametrize("guide", sorted(path.name for path in GUIDES.glob("*.md")))
def test_every_link_of_a_guide_leads_somewhere(guide):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", (GUIDES / guide).read_text()):
        if not target.startswith(("http://", "https://")):
            assert (GUIDES / target).exists() or target.startswith("../reference/"), target


def at(home: House, commands: str) -> str:
    """The guide's commands, for the server that runs here."""
    return commands.replace("http://localhost:8000", home.url)


def test_the_boto3_program_signs_a_user_in(home, capsys):
    [program] = blocks("aws-sdks.md", "python")
    exec(compile(at(home, program), "aws-sdks.md", "exec"), {})  # noqa: S102 - as above
    assert "'email': 'ada@example.com'" in capsys.readouterr().out


def test_the_commands_of_the_aws_cli_run(home, checkout, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    [commands] = blocks("aws-sdks.md", "sh")
    printed = run([at(home, commands)], checkout)
    assert '"UserPools": [' in printed
    assert '"GroupName": "editors"' in printed
    assert printed.rstrip().endswith('[\n    "editors"\n]')


def test_a_role_is_made_and_simulated_from_the_command_line(home, checkout, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    [commands] = blocks("iam-and-sts.md", "sh")
    printed = run([at(home, commands)], checkout)
    assert '"Arn": "arn:aws:iam::123456789012:role/readers"' in printed
    assert '"EvalDecision": "allowed"' in printed
    assert '"Arn": "arn:aws:iam::123456789012:user/development"' in printed
