import click

from app.cli.opening import installation, services, show, written
from app.core.principals.model import AccessKey


@click.group()
def command() -> None:
    """Access keys, with which programs sign their requests."""


def _shown(key: AccessKey) -> dict[str, object]:
    return {
        "AccessKeyId": key.access_key_id,
        "Name": key.name,
        "AccountId": key.account_id,
        "Policy": None if key.policy is None else dict(key.policy),
    }


@command.command()
@click.argument("name", default="administrator")
@click.option("--account", metavar="ID", help="By default POOLHOUSE_ACCOUNT_ID.")
@click.option("--policy", metavar="JSON|@FILE", help="An IAM policy document that limits the key.")
def create(name: str, account: str | None, policy: str | None) -> None:
    """Issue a key; its secret is shown now and never again."""
    with installation() as opened:
        account_id = account or opened.settings.account_id
        key = opened.services.access_keys.create(account_id, name, written(policy) if policy else None)
        show({**_shown(key), "SecretAccessKey": key.secret.reveal()})


@command.command("list")
def list_all() -> None:
    """All keys that were issued, without their secrets."""
    with services() as rooms:
        show([_shown(key) for key in rooms.access_keys.list_all()])


@command.command()
@click.argument("access_key_id")
def delete(access_key_id: str) -> None:
    """Take a key back; it is refused within a quarter of a second."""
    with services() as rooms:
        rooms.access_keys.remove(access_key_id)
