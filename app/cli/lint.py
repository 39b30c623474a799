from typing import TextIO

import click

from app.cli.opening import Mistaken, installation, refusals, role_arn


@click.command()
@click.argument("file", type=click.File("r"), required=False)
@click.option("--role", metavar="NAME|ARN", help="The documents of a role instead of a file.")
@click.option("--trust", is_flag=True, help="The file says who may assume a role.")
@click.option("--guest", is_flag=True, help="The file is given to guests.")
def command(file: TextIO | None, role: str | None, *, trust: bool, guest: bool) -> None:
    """Read a policy as the server would, and name its traps. The exit code is 1 where there are any ("-" reads standard input)."""
    if (file is None) == (role is None):
        raise Mistaken("give a file, or --role")
    lines = _of_file(file.read(), trust=trust, guest=guest) if file else _of_role(role or "")
    for line in lines:
        click.echo(line)
    if lines:
        raise click.exceptions.Exit(1)
    click.echo("nothing found")


def _of_file(text: str, *, trust: bool, guest: bool) -> list[str]:
    from app.core.policy import PolicyKind, lint, parse

    with refusals():
        policy = parse(text, PolicyKind.TRUST if trust else PolicyKind.IDENTITY)
    return [f"{finding.text} [{finding.code}]" for finding in lint(policy, guest=guest)]


def _of_role(named: str) -> list[str]:
    from app.core.principals.findings import findings_of, told

    with installation() as opened:
        arn = role_arn(opened, named)
        role = opened.services.roles.find_by_arn(arn)
        if role is None:
            raise click.ClickException(f"there is no role {arn}")
        return told(findings_of(role))
