"""What every command does first: read the settings, open the rooms, and turn refusals into a sentence and an exit code."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.config import Settings, SettingsError
from app.core.audit.operator import Operator, operated_by
from app.core.kernel.errors import Fact

if TYPE_CHECKING:
    from app.installation import Installation
    from app.services import Services


class Mistaken(click.ClickException):
    """Settings or arguments that cannot be used: exit code 2, as for any wrong usage."""

    exit_code = 2


def read_settings() -> Settings:
    """From the environment; every mistake is printed on a line of its own."""
    try:
        return Settings.from_env()
    except SettingsError as error:
        raise Mistaken(
            "these settings cannot be used:\n" + "\n".join(f"  {line}" for line in error.mistakes)
        ) from error


@contextmanager
def installation(*, make: bool = False) -> Iterator["Installation"]:
    """Everything open, and closed at the end; a refusal of the core ends the command with its sentence.

    Only a command that may begin an installation says ``make``: looking around in the wrong folder must not leave one behind.
    """
    settings = read_settings()
    if settings.is_embedded and not make and not settings.has_database:
        raise click.ClickException(
            f"there is no installation in {settings.data_dir}; set POOLHOUSE_DATA_DIR, or begin one with "
            "`poolhouse run` or `poolhouse pool create`"
        )
    from app.installation import StartRefused, open_installation

    try:
        opened = open_installation(settings)
    except StartRefused as refused:
        raise click.ClickException(str(refused)) from refused
    try:
        with refusals(), operated_by(Operator(name="command line")):
            yield opened
    finally:
        opened.close()


@contextmanager
def services() -> Iterator["Services"]:
    """The rooms alone."""
    with installation() as opened:
        yield opened.services


def role_arn(opened: "Installation", named: str) -> str:
    """The ARN of a role that is named by it or, among those of the installation's account, by its name. Raises ``RoleNotFound``."""
    if named.startswith("arn:"):
        return named
    return opened.services.roles.get(opened.settings.account_id, named).arn


@contextmanager
def refusals() -> Iterator[None]:
    try:
        yield
    except Fact as fact:
        raise click.ClickException(fact.text) from fact


def document(text: str | None) -> dict[str, Any]:
    """A JSON object given on the command line or, after ``@``, in a file."""
    if text is None:
        return {}
    try:
        value = json.loads(written(text))
    except ValueError as error:
        raise Mistaken(f"{text}: {error}") from error
    if not isinstance(value, dict):
        raise Mistaken(f"{text}: a JSON object is expected")
    return value


def written(text: str) -> str:
    """What is given on the command line or, after ``@``, in a file, as it stands there."""
    try:
        return Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
    except (OSError, ValueError) as error:
        raise Mistaken(f"{text}: {error}") from error


def assignments(pairs: tuple[str, ...]) -> list[tuple[str, str]]:
    """``key=value`` arguments; ``key=@file`` takes the file's text, or for a picture its ``data:`` URL."""
    found = []
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise Mistaken(f"{pair}: write key=value, or key= for the default")
        found.append((key, _from_file(value[1:]) if value.startswith("@") else value))
    return found


def _from_file(name: str) -> str:
    from base64 import b64encode
    from mimetypes import guess_type

    try:
        content = Path(name).read_bytes()
    except OSError as error:
        raise Mistaken(f"{name}: {error.strerror}") from error
    kind = guess_type(name)[0] or "text/plain"
    if kind.startswith("image/"):
        return f"data:{kind};base64,{b64encode(content).decode()}"
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Mistaken(f"{name}: neither a picture nor UTF-8 text") from error


def show(value: object) -> None:
    """Output is JSON, so that scripts read it as people do."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
