from typing import Any

import click

from app.cli.opening import assignments, document, installation, services, show
from app.core.kernel.ids import PoolId
from app.core.pools.model import Pool


@click.group()
def command() -> None:
    """User pools."""


def _shown(pool: Pool) -> dict[str, Any]:
    return {
        "Id": pool.pool_id,
        "Name": pool.name,
        "Arn": pool.arn,
        "Settings": dict(pool.settings.document),
        "Extensions": dict(pool.extensions.document),
    }


@command.command()
@click.argument("name")
@click.option(
    "--settings", metavar="JSON|@FILE", help="CreateUserPool's input without the name; by default e-mail sign-up."
)
@click.option("--region", help="By default POOLHOUSE_REGION.")
def create(name: str, settings: str | None, region: str | None) -> None:
    """Make a pool. Without --settings, people sign up with a verified e-mail address."""
    given = document(settings) if settings is not None else email_sign_up()
    with installation(make=True) as opened:
        pool = opened.services.pools.create(
            account_id=opened.settings.account_id,
            region=region or opened.settings.region,
            name=name,
            settings=given,
            extensions={"refuse_common_passwords": True},
        )
        show(_shown(pool))


def email_sign_up() -> dict[str, Any]:
    """Sign-up and sign-in with an e-mail address, case aside, verified by a code."""
    return {
        "UsernameAttributes": ["email"],
        "AutoVerifiedAttributes": ["email"],
        "UsernameConfiguration": {"CaseSensitive": False},
        "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    }


@command.command("list")
def list_() -> None:
    """All pools, oldest first."""
    with services() as rooms:
        show([{"Id": pool.pool_id, "Name": pool.name, "Region": pool.region} for pool in rooms.pools.list_all()])


@command.command("show")
@click.argument("pool_id")
def show_(pool_id: str) -> None:
    """One pool with its settings and domains."""
    with services() as rooms:
        pool = rooms.pools.get(PoolId(pool_id))
        domains = [rooms.pools.hostname_of(pool, domain) for domain in rooms.pools.list_domains(pool.pool_id)]
        show({**_shown(pool), "Domains": domains})


@command.command("set")
@click.argument("pool_id")
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE...")
def set_(pool_id: str, pairs: tuple[str, ...]) -> None:
    """Change settings that are ours (docs/reference/extensions.md); KEY= restores the default."""
    changes = assignments(pairs)
    with services() as rooms:
        for key, value in changes:
            pool = rooms.pools.set_extension(PoolId(pool_id), key, value)
        show(dict(pool.extensions.document))


@command.command()
@click.argument("pool_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(pool_id: str, *, yes: bool) -> None:
    """Remove a pool with its users, clients and keys."""
    if not yes:
        click.confirm(f"Remove {pool_id} with everything in it?", abort=True)
    with services() as rooms:
        rooms.pools.remove(PoolId(pool_id))
