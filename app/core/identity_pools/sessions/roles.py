"""Which role do credentials stand for? Pure (Cognito: role-based access control, "using rules" and "using tokens")."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.identity_pools.model import IdentityPool, VerifiedLogin
from app.core.identity_pools.provider_names import OWN
from app.core.identity_pools.refusals import ConfigurationInvalid, RoleRefused

ROLES, PREFERRED = "cognito:roles", "cognito:preferred_role"


def choose_role(pool: IdentityPool, logins: Sequence[VerifiedLogin], custom: str | None = None) -> str:
    """The ARN of the role for these logins, a guest's where there are none.

    Of several logins the first whose provider has a mapping decides. Raises ``RoleRefused``; ``ConfigurationInvalid`` where the
    pool names no role for them.
    """
    if not logins:
        if custom is not None:
            raise RoleRefused
        return _default(pool, "unauthenticated")
    for login in logins:
        mapping = find_mapping(pool, login)
        if mapping is not None:
            return _mapped(pool, mapping, login.claims, custom)
    if custom is not None:
        raise RoleRefused
    return _default(pool, "authenticated")


def role_arns(pool: IdentityPool) -> tuple[str, ...]:
    """Every role that the pool itself names: the defaults and those of rules. Those that tokens name are the user pool's."""
    rules = (
        rule["RoleARN"]
        for mapping in pool.role_mappings.values()
        for rule in mapping.get("RulesConfiguration", {}).get("Rules", ())
    )
    return tuple(dict.fromkeys((*pool.roles.values(), *rules)))


def find_mapping(pool: IdentityPool, login: VerifiedLogin) -> Mapping[str, Any] | None:
    """The mapping of a login's provider. A user pool's is that of one of its clients: ``<provider>:<client id>``."""
    provider = login.login.provider
    names = (f"{provider}:{login.client_id}", provider, *((login.arn,) if login.arn else ()))
    return next((pool.role_mappings[name] for name in names if name in pool.role_mappings), None)


def is_mapped(pool: IdentityPool, methods: Sequence[str]) -> bool:
    """Whether rules or tokens choose the role of somebody who signed in by one of these ``amr``."""
    named = {OWN, *methods} if pool.developer_provider in methods else set(methods)
    return any(
        key in named or key.partition(":oidc-provider/")[2] in named or key.rpartition(":")[0] in named
        for key in pool.role_mappings
    )


def _mapped(pool: IdentityPool, mapping: Mapping[str, Any], claims: Mapping[str, Any], custom: str | None) -> str:
    chosen = _by_token(claims, custom) if mapping.get("Type") == "Token" else _by_rules(mapping, claims, custom)
    if chosen is not None:
        return chosen
    if mapping.get("AmbiguousRoleResolution") == "AuthenticatedRole":
        return _default(pool, "authenticated")
    raise RoleRefused


def _by_token(claims: Mapping[str, Any], custom: str | None) -> str | None:
    granted = _texts(claims.get(ROLES))
    if custom is not None:
        if custom not in granted:
            raise RoleRefused
        return custom
    preferred = claims.get(PREFERRED)
    if isinstance(preferred, str) and preferred:
        return preferred
    return granted[0] if len(granted) == 1 else None


def _by_rules(mapping: Mapping[str, Any], claims: Mapping[str, Any], custom: str | None) -> str | None:
    rules = mapping.get("RulesConfiguration", {}).get("Rules", ())
    matching = [rule["RoleARN"] for rule in rules if rule_matches(rule, claims)]
    if custom is not None:
        if custom not in matching:
            raise RoleRefused
        return custom
    return matching[0] if matching else None


def rule_matches(rule: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    """Whether one rule holds. A claim that is not there matches nothing, ``NotEqual`` neither.

    Of a claim with several values, ``Equals`` and ``StartsWith`` ask for the only one; ``Contains`` finds a whole value among
    them, so that ``admin`` is not found in ``not-admin``; ``NotEqual`` holds where none is equal.
    """
    found, wanted = claims.get(rule["Claim"]), rule["Value"]
    values = _texts(found)
    if not values:
        return False
    kind = rule["MatchType"]
    if kind == "NotEqual":
        return wanted not in values
    if kind == "Contains":
        return wanted in values if isinstance(found, list | tuple) else wanted in values[0]
    if len(values) != 1:
        return False
    return values[0] == wanted if kind == "Equals" else kind == "StartsWith" and values[0].startswith(wanted)


def _texts(value: Any) -> tuple[str, ...]:
    """A claim's values as texts; structured ones match nothing."""
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, str | int | float):
        return (str(value),)
    if isinstance(value, list | tuple):
        return tuple(text for item in value if not isinstance(item, list | tuple) for text in _texts(item))
    return ()


def _default(pool: IdentityPool, kind: str) -> str:
    role = pool.roles.get(kind)
    if not role:
        raise ConfigurationInvalid(f"the pool has no {kind} role")
    return role
