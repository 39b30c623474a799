"""What an identity pool's roles, role mappings and principal tags may say. Pure.

(Cognito: SetIdentityPoolRoles, SetPrincipalTagAttributeMap)
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.core.identity_pools.model import DEFAULT_TAGS
from app.core.identity_pools.provider_names import ProviderNames
from app.core.kernel.errors import InvalidParameter

AS_GIVEN = "given"
"""A member of ours: how the caller wrote a provider's name, where that is not its canonical name."""
_ROLE = re.compile(r"arn:aws:iam::([0-9]{12}):role/[\x21-\x7e]{1,576}", re.ASCII)
_MOST_RULES = 25
_MOST_TAG_MAPS = 100
_TAG_KEY = re.compile(r"[\w .:/=+\-@]{1,128}")
"""What a session tag's key may be (STS: AssumeRole, Tags)."""


def checked_roles(given: Mapping[str, str], account_id: str) -> dict[str, str]:
    """The default roles. Raises ``InvalidParameter`` where one is no role of the account."""
    for arn in given.values():
        _check_role(arn, account_id)
    return dict(given)


def canonical_mappings(given: Mapping[str, Any], account_id: str, names: ProviderNames) -> dict[str, Any]:
    """Role mappings by the providers' canonical names. Raises ``InvalidParameter``."""
    mappings: dict[str, Any] = {}
    for name, mapping in given.items():
        _check_mapping(name, mapping, account_id)
        _put(mappings, name, mapping, names)
    return mappings


def changed_tags(
    before: Mapping[str, Any],
    name: str,
    tags: Mapping[str, str] | None,
    names: ProviderNames,
    *,
    use_defaults: bool | None,
) -> dict[str, Any]:
    """The pool's attribute maps with this provider's replaced, shown as it was given. Raises ``InvalidParameter``."""
    if use_defaults and tags and dict(tags) != DEFAULT_TAGS:
        raise InvalidParameter("PrincipalTags cannot be given where UseDefaults is true.")
    chosen = dict(tags or {})
    for key in chosen:
        if key.lower().startswith("aws:") or not _TAG_KEY.fullmatch(key):
            raise InvalidParameter(
                "The keys of PrincipalTags hold letters, digits, spaces and _.:/=+-@ only, and no aws: prefix."
            )
    maps = {kept: value for kept, value in before.items() if kept != canonical_name(name, names)}
    if len(maps) >= _MOST_TAG_MAPS:
        raise InvalidParameter(f"An identity pool maps the attributes of at most {_MOST_TAG_MAPS} providers.")
    _put(maps, name, {"UseDefaults": bool(use_defaults), "PrincipalTags": chosen}, names)
    return maps


def canonical_name(name: str, names: ProviderNames) -> str:
    """A provider's canonical name; a user pool's may be followed by ``:`` and a client id."""
    provider, colon, client_id = name.rpartition(":")
    if colon and names.find_user_pool(provider) is not None:
        return f"{names.canonical(provider)}:{client_id}"
    return names.canonical(name)


def as_given(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What was stored by canonical names, as the caller wrote it."""
    return {
        mapping.get(AS_GIVEN, name): {member: value for member, value in mapping.items() if member != AS_GIVEN}
        for name, mapping in stored.items()
    }


def roles_named(roles: Mapping[str, str], mappings: Mapping[str, Any]) -> list[str]:
    """Every role that SetIdentityPoolRoles hands out, once."""
    return sorted(
        {
            *roles.values(),
            *(rule["RoleARN"] for mapping in mappings.values() for rule in _rules(mapping) if "RoleARN" in rule),
        }
    )


def _put(mappings: dict[str, Any], name: str, value: Mapping[str, Any], names: ProviderNames) -> None:
    canonical = canonical_name(name, names)
    if canonical in mappings:
        raise InvalidParameter(f"{name} names a provider that is mapped twice.")
    mappings[canonical] = {**value, **({} if name == canonical else {AS_GIVEN: name})}


def _check_mapping(name: str, mapping: Mapping[str, Any], account_id: str) -> None:
    if "AmbiguousRoleResolution" not in mapping:
        raise InvalidParameter(f"AmbiguousRoleResolution is required in the role mapping of {name}.")
    has_rules = "RulesConfiguration" in mapping
    if mapping["Type"] == "Rules" and not has_rules:
        raise InvalidParameter(f"RulesConfiguration is required in the role mapping of {name}.")
    if mapping["Type"] == "Token" and has_rules:
        raise InvalidParameter(f"The role mapping of {name} has rules, but its type is Token.")
    rules = list(_rules(mapping))
    if len(rules) > _MOST_RULES:
        raise InvalidParameter(f"The role mapping of {name} has more than {_MOST_RULES} rules.")
    for rule in rules:
        _check_role(rule["RoleARN"], account_id)


def _rules(mapping: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from mapping.get("RulesConfiguration", {}).get("Rules", ())


def _check_role(arn: str, account_id: str) -> None:
    found = _ROLE.fullmatch(arn)
    if found is None or found[1] != account_id:
        raise InvalidParameter(f"{arn} is not the ARN of a role of this account.")
