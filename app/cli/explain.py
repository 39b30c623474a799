import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from app.cli.opening import Mistaken, installation, show

if TYPE_CHECKING:
    from app.core.identity_pools.inspection.walk import Walk
    from app.core.identity_pools.model import IdentityPool
    from app.installation import Installation


@click.command()
@click.option("--token", help="An ID token, or what else the provider gives. Without one: a guest.")
@click.option("--provider", metavar="NAME", help="Whose token it is; by default the token's issuer.")
@click.option("--identity-pool", metavar="ID", help="By default the one pool that takes this token.")
@click.option("--action", required=True, metavar="NAME", help="For example s3:GetObject.")
@click.option("--resource", required=True, metavar="ARN", help="For example arn:aws:s3:::mybucket/notes.txt.")
@click.option(
    "--context", multiple=True, metavar="KEY=VALUE", help="A condition key of the request, for example s3:prefix=a/."
)
@click.option("--role", metavar="ARN", help="CustomRoleArn, where the pool grants it.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def command(
    *,
    token: str | None,
    provider: str | None,
    identity_pool: str | None,
    action: str,
    resource: str,
    context: tuple[str, ...],
    role: str | None,
    as_json: bool,
) -> None:
    """Walk from a login to a verdict: identity, mapping rules, role, trust, policies. The exit code is 1 where it is denied."""
    from app.core.identity_pools.inspection.walk import Walking
    from app.core.policy import Asked

    _check_asked(action, resource)
    with installation() as opened:
        given = {} if token is None else {provider or _provider(opened, token): token}
        pool = _pool(opened, identity_pool, given)
        asked = Asked(action=action, resource=resource, context=_context(context))
        rooms = opened.services
        walking = Walking(credentials=rooms.identity_credentials, authority=rooms.authority)
        walk = walking.walk(pool, given, asked, custom_role=role)
    if as_json:
        steps = [{"Title": step.title, "Passed": step.passed, "Lines": list(step.lines)} for step in walk.steps]
        show({"Allowed": walk.allowed, "Steps": steps})
    else:
        _draw(walk)
    if not walk.allowed:
        raise click.exceptions.Exit(1)


def _draw(walk: "Walk") -> None:
    width = max(len(step.title) for step in walk.steps)
    for step in walk.steps:
        first, *rest = step.lines
        mark = click.style("ok", fg="green") if step.passed else click.style("no", fg="red", bold=True)
        click.echo(f"{mark} {step.title:<{width}}  {_plain(first)}")
        for line in rest:
            click.echo(f"   {'':<{width}}  {_plain(line)}")


def _plain(line: str) -> str:
    """Claims and keys are whatever somebody wrote into them: nothing of it may move a terminal's cursor or forge another line."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)


def _check_asked(action: str, resource: str) -> None:
    """What no policy can mean would be denied, for a reason that is not the policies'."""
    if not all(action.partition(":")[::2]):
        raise Mistaken(f"{action}: an action is written service:Name, for example s3:GetObject")
    if resource != "*" and not resource.startswith("arn:"):
        raise Mistaken(
            f"{resource}: a resource is written as an ARN, for example arn:aws:s3:::mybucket/notes.txt, or *"
        )


def _provider(opened: "Installation", token: str) -> str:
    """The provider's name as the token tells it. Raises ``Mistaken`` for our own token from what we do not take for our address."""
    from app.core.kernel.ids import PoolId

    issuer = _issuer(token)
    host, _, pool_id = issuer.partition("/")
    if host != opened.settings.public_host and opened.services.pools.find(PoolId(pool_id)) is not None:
        raise Mistaken(
            f"the token was issued at {host}, and this command takes the server to be at {opened.settings.public_host}: "
            "set POOLHOUSE_PUBLIC_URL as the server has it"
        )
    return issuer


def _issuer(token: str) -> str:
    """Host and path of the token's issuer, unverified."""
    try:
        payload = token.split(".")[1]
        issuer = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iss"]
        parsed = urlsplit(issuer)
    except (IndexError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Mistaken("the token does not say who issued it; name the provider with --provider") from error
    return f"{parsed.netloc}{parsed.path}"


def _pool(opened: "Installation", identity_pool: str | None, given: Mapping[str, str]) -> "IdentityPool":
    from app.core.kernel.errors import Fact

    rooms = opened.services
    if identity_pool is not None:
        return rooms.identity_pools.get(identity_pool)
    settings = opened.settings
    found, refusals, after = [], [], None
    while page := rooms.identity_pools.list_page(settings.account_id, settings.region, after=after, limit=60):
        after = page[-1].identity_pool_id
        for pool in page:
            try:
                rooms.identity_credentials.logins.verify_all(pool, given)
            except Fact as refused:
                refusals.append(f"{pool.identity_pool_id}: {refused.text}")
            else:
                found.append(pool)
    if len(found) == 1:
        return found[0]
    if not found:
        raise click.ClickException("\n  ".join(["no identity pool takes this token:", *refusals]))
    raise Mistaken("several identity pools fit; name one with --identity-pool")


def _context(pairs: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise Mistaken(f"{pair}: write key=value")
        found[key.lower()] = (*found.get(key.lower(), ()), value)
    return found
