import click

from app.cli.opening import Mistaken, services, show
from app.core.kernel.ids import PoolId
from app.core.resource_servers.model import ResourceServer

_POOL = click.option("--pool", "pool_id", required=True, metavar="ID", help="The resource server's pool.")


@click.group()
def command() -> None:
    """Resource servers of a pool: APIs and their scopes."""


def _shown(server: ResourceServer) -> dict[str, object]:
    return {
        "Identifier": server.identifier,
        "Name": server.name,
        "Scopes": [{"ScopeName": scope.name, "ScopeDescription": scope.description} for scope in server.scopes],
        "AllowedOAuthScopes": [f"{server.identifier}/{scope.name}" for scope in server.scopes],
    }


@command.command()
@_POOL
@click.argument("identifier")
@click.option("--name", help="By default the identifier.")
@click.option("--scope", "scopes", multiple=True, metavar="NAME[=DESCRIPTION]", help="A scope; repeat for more.")
def create(pool_id: str, identifier: str, name: str | None, scopes: tuple[str, ...]) -> None:
    """Make a resource server, such as `https://api.example.com --scope read="Read everything"`."""
    described: dict[str, str] = {}
    for scope in scopes:
        key, _, description = scope.partition("=")
        if key in described:
            raise Mistaken(f"--scope {key} stands twice")
        described[key] = description or key
    with services() as rooms:
        pool = rooms.pools.get(PoolId(pool_id))
        server = rooms.resource_servers.create(pool.pool_id, identifier, name=name or identifier, scopes=described)
        show(_shown(server))


@command.command("list")
@_POOL
def list_(pool_id: str) -> None:
    """All resource servers of a pool."""
    with services() as rooms:
        pool = rooms.pools.get(PoolId(pool_id))
        show([_shown(server) for server in rooms.resource_servers.list_of(pool.pool_id)])


@command.command()
@_POOL
@click.argument("identifier")
def delete(pool_id: str, identifier: str) -> None:
    """Remove a resource server; its scopes are granted no more."""
    with services() as rooms:
        rooms.resource_servers.remove(PoolId(pool_id), identifier)
