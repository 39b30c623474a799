"""``poolhouse …``: the commands. Each is imported when it is called, so that ``--help`` answers at once."""

import importlib
import os

import click

_COMMANDS = {
    "run": ("app.cli.run", "Start the server."),
    "gateway": ("app.cli.gateway", "Start the gateway that enforces policies before a store."),
    "db": ("app.cli.database", "The database's schema and seals."),
    "key": ("app.cli.keys", "Signing keys."),
    "pool": ("app.cli.pools", "User pools."),
    "client": ("app.cli.clients", "App clients of a pool."),
    "user": ("app.cli.users", "Users of a pool."),
    "group": ("app.cli.groups", "Groups of a pool."),
    "resource-server": ("app.cli.resource_servers", "APIs of a pool and their scopes."),
    "access-key": ("app.cli.access_keys", "Keys that sign requests to the AWS APIs."),
    "credentials": ("app.cli.credentials", "Temporary credentials: end them early."),
    "explain": ("app.cli.explain", "Why may a login do something, or not?"),
    "lint": ("app.cli.lint", "What in a policy is rarely meant?"),
    "isolation-check": ("app.cli.isolation_check", "Does one identity reach another's data?"),
    "domain": ("app.cli.domains", "Hosts on which a pool answers."),
}


class _Lazy(click.Group):
    """Knows its commands' names and first lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in _COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", metavar="DIR", help="Where the embedded database lives; the same as POOLHOUSE_DATA_DIR.")
def main(data: str | None) -> None:
    """Poolhouse: a self-hosted OAuth 2.0 and OpenID Connect server with Amazon Cognito's model."""
    if data:
        os.environ["POOLHOUSE_DATA_DIR"] = data
