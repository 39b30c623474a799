import click

from app.cli.opening import Mistaken, services


@click.command()
@click.option("--identity-pool", required=True, metavar="ID")
def command(identity_pool: str) -> None:
    """Try everything that one identity may do on another's namespace, with every role of the pool.

    Two identities are made up for it and nothing is stored. The exit code is 1 where one reaches what is the other's, and 2 where
    no role could be tried.
    """
    from app.core.identity_pools.inspection.isolation import Isolation
    from app.core.identity_pools.sessions.roles import role_arns
    from app.core.principals.findings import findings_of, told

    with services() as rooms:
        pool = rooms.identity_pools.get(identity_pool)
        roles = {arn: rooms.roles.find_by_arn(arn) for arn in role_arns(pool)}
        report = Isolation(authority=rooms.authority, clock=rooms.clock).check(
            pool, roles, rooms.roles.list_of(pool.account_id)
        )
    for note in report.notes:
        click.echo(f"note     {note}")
    for reason in report.skipped:
        click.echo(f"skipped  {reason}")
    for arn, role in roles.items():
        for line in () if role is None else told(findings_of(role)):
            click.echo(f"trap     {arn}, {line}")
    for leak in report.leaks:
        click.echo(
            f"{click.style('LEAK', fg='red', bold=True)}     {leak.action} on {leak.resource}\n         {leak.explanation}"
        )
    tried = f"{report.attempts} attempts on another identity's data with {report.roles} roles"
    if report.leaks:
        click.echo(f"{tried}: {len(report.leaks)} succeeded.")
        raise click.exceptions.Exit(1)
    if not report.roles:
        # A pipeline must not take for proven what was never asked.
        raise Mistaken("nothing was tried: the pool has no role that its identities may assume")
    click.echo(f"{tried}: all denied.")
