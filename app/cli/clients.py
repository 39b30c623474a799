from typing import Any

import click

from app.cli.opening import assignments, document, services, show
from app.core.clients.model import Client
from app.core.kernel.ids import ClientId, PoolId

_POOL = click.option("--pool", "pool_id", required=True, metavar="ID", help="The client's pool.")


@click.group()
def command() -> None:
    """App clients of a pool."""


def _shown(client: Client) -> dict[str, Any]:
    return {
        "ClientId": client.client_id,
        "ClientName": client.name,
        "UserPoolId": client.pool_id,
        "Secrets": len(client.secrets),
        "Settings": dict(client.settings.document),
        "Extensions": dict(client.extensions.document),
    }


@command.command()
@_POOL
@click.argument("name")
@click.option("--callback", "callbacks", multiple=True, metavar="URL", help="Where a sign-in may end; repeat for more.")
@click.option("--logout", "logouts", multiple=True, metavar="URL", help="Where a sign-out may end.")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="By default openid, email and profile.")
@click.option("--confidential", is_flag=True, help="With a secret, which is shown now and never again.")
@click.option(
    "--client-credentials", "machine", is_flag=True, help="A confidential client that asks for itself, with --scope."
)
@click.option("--settings", metavar="JSON|@FILE", help="CreateUserPoolClient's input, laid over the other options.")
def create(  # noqa: PLR0917 - click passes what the command line has
    pool_id: str,
    name: str,
    callbacks: tuple[str, ...],
    logouts: tuple[str, ...],
    scopes: tuple[str, ...],
    confidential: bool,  # noqa: FBT001 - as above
    machine: bool,  # noqa: FBT001 - as above
    settings: str | None,
) -> None:
    """Make a client for the authorization code flow, or with --client-credentials for a program without a person."""
    given = (machine_flow(scopes) if machine else code_flow(callbacks, logouts, scopes)) | document(settings)
    with services() as rooms:
        pool = rooms.pools.get(PoolId(pool_id))
        client = rooms.clients.create(pool, name, given, confidential=confidential or machine)
        secret = {"ClientSecret": client.secrets[0].reveal()} if client.secrets else {}
        show({**_shown(client), **secret})


def code_flow(callbacks: tuple[str, ...], logouts: tuple[str, ...], scopes: tuple[str, ...] = ()) -> dict[str, Any]:
    """CreateUserPoolClient's input for the code flow; without callbacks, for the APIs only."""
    given: dict[str, Any] = {
        "SupportedIdentityProviders": ["COGNITO"],
        "PreventUserExistenceErrors": "ENABLED",
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    }
    if callbacks:
        given |= {
            "CallbackURLs": list(callbacks),
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": list(scopes) or ["openid", "email", "profile"],
        }
    return given | ({"LogoutURLs": list(logouts)} if logouts else {})


def machine_flow(scopes: tuple[str, ...]) -> dict[str, Any]:
    """CreateUserPoolClient's input for the client credentials grant."""
    return {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": list(scopes),
    }


@command.command("list")
@_POOL
def list_(pool_id: str) -> None:
    """All clients of a pool."""
    with services() as rooms:
        pool = rooms.pools.get(PoolId(pool_id))
        show(
            [
                {"ClientId": client.client_id, "ClientName": client.name}
                for client in rooms.clients.list_of(pool.pool_id)
            ]
        )


@command.command("show")
@_POOL
@click.argument("client_id")
def show_(pool_id: str, client_id: str) -> None:
    """One client with its settings; never its secrets."""
    with services() as rooms:
        show(_shown(rooms.clients.get(PoolId(pool_id), ClientId(client_id))))


@command.command("set")
@click.argument("client_id")
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE...")
def set_(client_id: str, pairs: tuple[str, ...]) -> None:
    """Change settings that are ours (docs/reference/extensions.md); KEY= restores the default."""
    changes = assignments(pairs)
    with services() as rooms:
        client = rooms.clients.find(ClientId(client_id))
        if client is None:
            raise click.ClickException(f"User pool client {client_id} does not exist.")
        for key, value in changes:
            client = rooms.clients.set_extension(client.pool_id, client.client_id, key, value)
        show(dict(client.extensions.document))


@command.command()
@_POOL
@click.argument("client_id")
def delete(pool_id: str, client_id: str) -> None:
    """Remove a client."""
    with services() as rooms:
        rooms.clients.remove(PoolId(pool_id), ClientId(client_id))


@command.command("add-secret")
@_POOL
@click.argument("client_id")
def add_secret(pool_id: str, client_id: str) -> None:
    """Add a second secret, shown now and never again; both count until the old one is removed."""
    with services() as rooms:
        secret = rooms.clients.add_secret(PoolId(pool_id), ClientId(client_id))
        show({"ClientSecret": secret.reveal()})


@command.command("remove-secret")
@_POOL
@click.argument("client_id")
def remove_secret(pool_id: str, client_id: str) -> None:
    """Remove the older of two secrets."""
    with services() as rooms:
        rooms.clients.remove_secret(PoolId(pool_id), ClientId(client_id))
