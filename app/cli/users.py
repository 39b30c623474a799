import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from app.cli.opening import Mistaken, services, show
from app.core.kernel.ids import PoolId
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.model import User
from app.core.users.service import Directory

_POOL = click.option("--pool", "pool_id", required=True, metavar="ID", help="The user's pool.")


@click.group()
def command() -> None:
    """Users of a pool. USERNAME is any name the user is found by."""


@contextmanager
def _directory(pool_id: str) -> Iterator[tuple[Directory, Pool]]:
    with services() as rooms:
        yield rooms.users, rooms.pools.get(PoolId(pool_id))


def _shown(user: User) -> dict[str, Any]:
    return {
        "Username": user.username,
        "UserStatus": user.status.value,
        "Enabled": user.enabled,
        "Attributes": {"sub": user.sub, **user.attributes},
    }


def _password(typed: str | None) -> Secret:
    """Asked for where it was not given, so that it need not stand in the shell's history; ``-`` reads a line of standard input."""
    if typed is None:
        return Secret(str(click.prompt("Password", hide_input=True, confirmation_prompt=True)))
    if typed == "-":
        return Secret(sys.stdin.readline().rstrip("\n"))
    return Secret(typed)


@command.command()
@_POOL
@click.argument("username")
@click.option(
    "--attribute", "pairs", multiple=True, metavar="NAME=VALUE", help="Such as email=ada@example.com; repeat for more."
)
@click.option("--password", metavar="TEXT", help="The permanent password; - reads it from standard input.")
@click.option("--temporary-password", metavar="TEXT", help="To be changed at the first sign-in.")
@click.option("--invite", is_flag=True, help="Send an invitation with the temporary password.")
def create(  # noqa: PLR0917 - click passes what the command line has
    pool_id: str,
    username: str,
    pairs: tuple[str, ...],
    password: str | None,
    temporary_password: str | None,
    invite: bool,  # noqa: FBT001 - as above
) -> None:
    """Make a user."""
    attributes = dict(_attribute(pair) for pair in pairs)
    with _directory(pool_id) as (users, pool):
        user = users.create(
            pool,
            username,
            attributes,
            temporary_password=None if temporary_password is None else _password(temporary_password),
            permanent_password=None if password is None else _password(password),
            send_invitation=invite,
        )
        show(_shown(user))


def _attribute(pair: str) -> tuple[str, str]:
    name, sign, value = pair.partition("=")
    if not sign:
        raise Mistaken(f"{pair}: write NAME=VALUE")
    return name, value


@command.command("show")
@_POOL
@click.argument("username")
def show_(pool_id: str, username: str) -> None:
    """One user with all attributes."""
    with _directory(pool_id) as (users, pool):
        user = users.find(pool, username)
        if user is None:
            raise click.ClickException("User does not exist.")
        show(_shown(user))


@command.command("set-password")
@_POOL
@click.argument("username")
@click.option("--password", metavar="TEXT", help="- reads it from standard input; asked for where it is not given.")
@click.option("--temporary", is_flag=True, help="To be changed at the next sign-in.")
def set_password(pool_id: str, username: str, password: str | None, *, temporary: bool) -> None:
    """Set a user's password, under the pool's rules."""
    secret = _password(password)
    with _directory(pool_id) as (users, pool):
        users.set_password(pool, username, secret, permanent=not temporary)


def _plain(name: str, summary: str, act: Callable[[Directory, Pool, str], object]) -> None:
    @command.command(name, help=summary)
    @_POOL
    @click.argument("username")
    def run(pool_id: str, username: str) -> None:
        with _directory(pool_id) as (users, pool):
            act(users, pool, username)


_plain("enable", "Let a user sign in again.", lambda users, pool, name: users.enable(pool, name))
_plain(
    "disable",
    "Sign a user out everywhere and let nobody sign in as them.",
    lambda users, pool, name: users.disable(pool, name),
)
_plain("confirm", "Confirm a sign-up without its code.", lambda users, pool, name: users.confirm(pool, name))
_plain("delete", "Remove a user.", lambda users, pool, name: users.delete(pool, name))
