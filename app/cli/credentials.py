from collections.abc import Callable, Mapping

import click

from app.cli.opening import Mistaken, services, show


@click.group()
def command() -> None:
    """Temporary credentials that are under way."""


@command.command()
@click.option("--identity", metavar="ID", help="Those of one identity.")
@click.option("--role", metavar="ARN", help="Those of every session of a role.")
@click.option("--identity-pool", metavar="ID", help="Those of every identity of a pool.")
def revoke(identity: str | None, role: str | None, identity_pool: str | None) -> None:
    """End credentials that were issued until now; the gateway and the APIs refuse them within a quarter of a second."""
    named = {"identity": identity, "role": role, "identity-pool": identity_pool}
    given = {scope: name for scope, name in named.items() if name}
    if len(given) != 1:
        raise Mistaken("name one of --identity, --role and --identity-pool")
    [(scope, name)] = given.items()
    with services() as rooms:
        rooms.temporary_keys.revoke(scope, name)
        found: Mapping[str, Callable[[str], object]] = {
            "identity": rooms.identities.store.find_pool_id,
            "role": rooms.roles.find_by_arn,
            "identity-pool": rooms.identity_pools.find,
        }
        if found[scope](name) is None:
            click.echo(f"There is no {scope} of this name; if it is misspelt, nobody was cut off.", err=True)
    show({"Scope": scope, "Name": name, "Revoked": True})
