import click

from app.cli.opening import services, show
from app.core.groups.model import Group
from app.core.kernel.ids import PoolId

_POOL = click.option("--pool", "pool_id", required=True, metavar="ID", help="The group's pool.")


@click.group()
def command() -> None:
    """Groups of a pool."""


def _shown(group: Group) -> dict[str, object]:
    return {
        "GroupName": group.name,
        "Description": group.description,
        "RoleArn": group.role_arn,
        "Precedence": group.precedence,
    }


@command.command()
@_POOL
@click.argument("name")
@click.option("--description")
@click.option("--role-arn")
@click.option("--precedence", type=int, help="The lower one wins.")
def create(pool_id: str, name: str, description: str | None, role_arn: str | None, precedence: int | None) -> None:
    """Make a group."""
    with services() as rooms:
        pool = rooms.pools.get(PoolId(pool_id))
        group = rooms.groups.create(
            pool.pool_id, name, description=description, role_arn=role_arn, precedence=precedence
        )
        show(_shown(group))


@command.command("list")
@_POOL
def list_(pool_id: str) -> None:
    """All groups of a pool, by precedence."""
    with services() as rooms:
        show([_shown(group) for group in rooms.groups.list_of(PoolId(pool_id))])


@command.command()
@_POOL
@click.argument("name")
def delete(pool_id: str, name: str) -> None:
    """Remove a group; its members stay users."""
    with services() as rooms:
        rooms.groups.remove(PoolId(pool_id), name)
