import click

from app.cli.opening import services, show
from app.core.identity_pools.open_id import ALGORITHM, ISSUER_KEYS
from app.core.kernel.ids import PoolId


@click.group()
def command() -> None:
    """Signing keys."""


@command.command()
@click.option(
    "--pool",
    "pool_id",
    required=True,
    metavar="ID",
    help=f"The pool whose keys change, or {ISSUER_KEYS} for the issuer of identity pools.",
)
@click.option(
    "--now", is_flag=True, help="For a compromise: old keys stop verifying at once, and what they signed with them."
)
def rotate(pool_id: str, *, now: bool) -> None:
    """Make new signing keys for the pool's `signing_algorithm`; without --now, nothing that was signed before is refused."""
    with services() as rooms:
        if pool_id == ISSUER_KEYS:
            made = rooms.issuer_keys.rotate(ISSUER_KEYS, now=now, algorithm=ALGORITHM)
        else:
            pool = rooms.pools.get(PoolId(pool_id))
            made = rooms.keys.rotate(pool.pool_id, now=now, algorithm=pool.extensions.signing_algorithm)
        show(
            [
                {"kid": key.kid, "purpose": key.purpose.value, "algorithm": key.algorithm, "signs_from": key.signs_from}
                for key in made
            ]
        )
