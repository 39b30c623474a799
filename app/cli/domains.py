import click

from app.cli.opening import services, show
from app.core.kernel.ids import PoolId

_POOL = click.option("--pool", "pool_id", required=True, metavar="ID", help="The domain's pool.")


@click.group()
def command() -> None:
    """Hosts on which a pool answers."""


@command.command()
@_POOL
@click.argument("domain")
def add(pool_id: str, domain: str) -> None:
    """Add a prefix (auth-demo), or a whole host name of your own (login.example.com)."""
    with services() as rooms:
        pool = rooms.pools.get(PoolId(pool_id))
        record = rooms.pools.add_domain(pool.pool_id, domain)
        show({"Host": rooms.pools.hostname_of(pool, record)})


@command.command()
@_POOL
@click.argument("domain")
def remove(pool_id: str, domain: str) -> None:
    """Take a domain away from its pool."""
    with services() as rooms:
        rooms.pools.remove_domain(PoolId(pool_id), domain)
