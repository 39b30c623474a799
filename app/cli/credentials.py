from typing import TYPE_CHECKING

import click

from app.cli.opening import Mistaken, installation, role_arn, show
from app.core.kernel.errors import Fact

if TYPE_CHECKING:
    from app.installation import Installation


@click.group()
def command() -> None:
    """Temporary credentials that are under way."""


@command.command()
@click.option("--identity", metavar="ID", help="Those of one identity.")
@click.option("--role", metavar="NAME|ARN", help="Those of every session of a role.")
@click.option("--identity-pool", metavar="ID", help="Those of every identity of a pool.")
def revoke(identity: str | None, role: str | None, identity_pool: str | None) -> None:
    """End credentials that were issued until now; the gateway and the APIs refuse them within a quarter of a second."""
    named = {"identity": identity, "role": role, "identity-pool": identity_pool}
    given = {scope: name for scope, name in named.items() if name}
    if len(given) != 1:
        raise Mistaken("name one of --identity, --role and --identity-pool")
    [(scope, name)] = given.items()
    with installation() as opened:
        if scope == "role":
            # Sessions know their role by its ARN: cutting off a bare name would end nothing and look as if it had.
            name = role_arn(opened, name)
        opened.services.temporary_keys.revoke(scope, name)
        if not _is_known(opened, scope, name):
            # What was deleted may have left credentials behind, hence no refusal; a slip of the pen must not look like success.
            click.echo(f"Warning: there is no such {scope.replace('-', ' ')} (any more): {name}", err=True)
    show({"Scope": scope, "Name": name, "Revoked": True})


def _is_known(opened: "Installation", scope: str, name: str) -> bool:
    rooms = opened.services
    if scope == "role":
        return rooms.roles.find_by_arn(name) is not None
    if scope == "identity-pool":
        return rooms.identity_pools.find(name) is not None
    try:
        rooms.identities.locate(name)
    except Fact:
        return False
    return True
