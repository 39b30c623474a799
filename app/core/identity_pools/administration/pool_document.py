"""What an identity pool's document may say: its providers (Cognito: CreateIdentityPool, UpdateIdentityPool). Pure."""

import re
from collections.abc import Mapping
from typing import Any

from app.core.identity_pools.provider_names import GUESTS, OWN, ProviderNames
from app.core.kernel.errors import InvalidParameter, QuotaExceeded
from app.core.pools.tags import check_tags

PUBLIC_PROVIDERS = frozenset(
    {
        "accounts.google.com",
        "api.twitter.com",
        "appleid.apple.com",
        "graph.facebook.com",
        "www.amazon.com",
        "www.digits.com",
    }
)
_MOST_PROVIDERS = 50
"""User pools of an identity pool (Cognito: quotas); here also OpenID Connect and SAML providers."""
_OPENID_CONNECT = re.compile(r"arn:aws:iam::([0-9]{12}):oidc-provider/[\x21-\x7e]{1,255}", re.ASCII)
_SAML = re.compile(r"arn:aws:iam::([0-9]{12}):saml-provider/[\w.-]{1,128}", re.ASCII)
_OURS = frozenset({OWN, GUESTS, "authenticated"})
"""Names that mean something of their own in a login or in a trust policy's ``amr`` condition."""


def first_settings(given: Mapping[str, Any], account_id: str, names: ProviderNames) -> dict[str, Any]:
    """What CreateIdentityPool stores: the members given, defaults added, without name and tags.

    Raises ``InvalidParameter``, ``QuotaExceeded``.
    """
    settings = {member: value for member, value in given.items() if member not in _ELSEWHERE}
    _check_public(settings.get("SupportedLoginProviders", {}))
    user_pools = settings.get("CognitoIdentityProviders", [])
    _check_count(user_pools, "user pools")
    if user_pools:
        settings["CognitoIdentityProviders"] = _user_pools(user_pools, names)
    hosts = _openid_hosts(settings.get("OpenIdConnectProviderARNs", []), account_id)
    _check_arns(settings.get("SamlProviderARNs", []), _SAML, account_id, "SAML provider")
    _check_developer(settings.get("DeveloperProviderName"), hosts)
    check_tags(given.get("IdentityPoolTags", {}))
    return settings


def next_settings(
    before: Mapping[str, Any], given: Mapping[str, Any], account_id: str, names: ProviderNames
) -> dict[str, Any]:
    """What UpdateIdentityPool stores: everything is replaced but the developer's provider name, which stays.

    Raises ``InvalidParameter``, ``QuotaExceeded``.
    """
    own = before.get("DeveloperProviderName")
    if own is None:
        return first_settings(given, account_id, names)
    if given.get("DeveloperProviderName", own) != own:
        raise InvalidParameter("The developer provider name of an identity pool cannot be changed once it is set.")
    return first_settings({**given, "DeveloperProviderName": own}, account_id, names)


_ELSEWHERE = frozenset({"IdentityPoolId", "IdentityPoolName", "IdentityPoolTags"})


def _check_public(providers: Mapping[str, str]) -> None:
    for name in providers:
        if name not in PUBLIC_PROVIDERS:
            raise InvalidParameter(
                f"{name} is not a public login provider; others are OpenID Connect or SAML providers."
            )


def _user_pools(given: list[Mapping[str, Any]], names: ProviderNames) -> list[dict[str, Any]]:
    """Each names a user pool and one of its clients; ``ServerSideTokenCheck`` is off unless it is on."""
    seen: set[tuple[str, str]] = set()
    for provider in given:
        name, client_id = provider.get("ProviderName"), provider.get("ClientId")
        if name is None or client_id is None or names.find_user_pool(name) is None:
            raise InvalidParameter(
                "Invalid Cognito Identity Provider: it has a ProviderName cognito-idp.<region>.amazonaws.com/<user pool id> "
                "and a ClientId."
            )
        known = (names.canonical(name), client_id)
        if known in seen:
            raise InvalidParameter("Invalid Cognito Identity Provider: a user pool's client is given once.")
        seen.add(known)
    return [{"ServerSideTokenCheck": False, **provider} for provider in given]


def _openid_hosts(arns: list[str], account_id: str) -> set[str]:
    """The providers' names: what follows ``oidc-provider/``."""
    _check_arns(arns, _OPENID_CONNECT, account_id, "OpenID Connect provider")
    hosts = {arn.partition(":oidc-provider/")[2] for arn in arns}
    for name in sorted(hosts & _OURS):
        raise InvalidParameter(f"{name} cannot be the name of an OpenID Connect provider.")
    return hosts


def _check_arns(arns: list[str], pattern: re.Pattern[str], account_id: str, kind: str) -> None:
    _check_count(arns, f"{kind}s")
    if len(set(arns)) != len(arns):
        raise InvalidParameter(f"Each {kind} is given once.")
    for arn in arns:
        found = pattern.fullmatch(arn)
        if found is None or found[1] != account_id:
            raise InvalidParameter(f"{arn} is not the ARN of an {kind} of this account.")


def _check_count(given: list[Any], kind: str) -> None:
    if len(given) > _MOST_PROVIDERS:
        raise QuotaExceeded(f"An identity pool has at most {_MOST_PROVIDERS} {kind}.")


def _check_developer(name: str | None, openid_hosts: set[str]) -> None:
    """One provider's subjects must never be taken for another's."""
    if name is not None and name in PUBLIC_PROVIDERS | _OURS | openid_hosts:
        raise InvalidParameter(f"{name} cannot be the name of a developer provider: it means another provider.")
