"""How somebody proved who they are, as trust policies and session tags see it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.identity_pools.model import DEFAULT_TAGS, Identity, IdentityPool, VerifiedLogin
from app.core.identity_pools.provider_names import GUESTS, OWN, ProviderNames
from app.core.kernel.errors import InvalidParameter

AUTHENTICATED = "authenticated"
_MOST_TAGS = 50
_LONGEST_KEY, _LONGEST_VALUE = 128, 256
_MARKS = frozenset(" _.:/=+-@")


def methods_of(pool: IdentityPool, logins: Sequence[VerifiedLogin], names: ProviderNames) -> tuple[str, ...]:
    """``amr``: whether and where somebody signed in, each provider in every spelling, and as whom.

    A user pool's user is ``<provider>:CognitoSignIn:<sub>``; everybody else ``<provider>:<client or pool>:<subject>``.
    """
    if not logins:
        return (GUESTS,)
    found: dict[str, None] = {AUTHENTICATED: None}
    for login in logins:
        if login.own:
            found |= dict.fromkeys(login.claims["amr"])
            continue
        provider, subject = login.login.provider, login.login.subject
        audience = "CognitoSignIn" if names.find_user_pool(provider) else login.client_id or pool.identity_pool_id
        for spelling in names.spellings(provider):
            found |= {spelling: None, f"{spelling}:{audience}:{subject}": None}
    return tuple(found)


def is_still_named(identity: Identity, methods: Sequence[str], names: ProviderNames) -> bool:
    """Whether a token with this ``amr`` still speaks of the identity: one login that it names is linked; a guest is still one."""
    if GUESTS in methods:
        return identity.is_guest
    return any(
        method.startswith(f"{spelling}:") and method.endswith(f":{login.subject}")
        for login in identity.logins
        for spelling in names.spellings(login.provider)
        for method in methods
    )


def is_still_vouched(pool: IdentityPool, identity: Identity, methods: Sequence[str]) -> bool:
    """Whether a developer user that a token with this ``amr`` names is still the identity's."""
    return any(
        f"{login.provider}:{pool.identity_pool_id}:{login.subject}" in methods
        for login in identity.logins
        if login.provider == pool.developer_provider
    )


def context_of(pool: IdentityPool, identity_id: str, methods: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The condition keys that an identity's sessions carry (IAM: web identity federation)."""
    return {
        f"{OWN}:aud": (pool.identity_pool_id,),
        f"{OWN}:sub": (identity_id,),
        f"{OWN}:amr": tuple(methods),
        "aws:federatedprovider": (OWN,),
    }


def tags_of(pool: IdentityPool, logins: Sequence[VerifiedLogin]) -> dict[str, str]:
    """Principal tags by the map of the first login whose provider has one (Cognito: attributes for access control).

    A claim that is not there makes no tag; one that cannot be a tag's value, or has several, refuses the call: a policy may rely on it.
    """
    for login in logins:
        if login.own and login.tags:
            return dict(login.tags)
        mapped = next((pool.principal_tags[name] for name in _names(login) if name in pool.principal_tags), None)
        if mapped is not None:
            wanted = DEFAULT_TAGS if mapped.get("UseDefaults") else mapped.get("PrincipalTags") or {}
            read = {key: _text(key, login.claims.get(claim)) for key, claim in wanted.items()}
            return checked_tags({key: value for key, value in read.items() if value is not None})
    return {}


def checked_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags, where STS would take them (STS: PassSessionTags). Raises ``InvalidParameter``."""
    folded = {key.lower() for key in tags}
    if len(tags) > _MOST_TAGS or len(folded) < len(tags):
        raise InvalidParameter("There are too many principal tags, or two differ in their letters' case only.")
    for key, value in tags.items():
        if (
            not 1 <= len(key) <= _LONGEST_KEY
            or key.lower().startswith("aws:")
            or len(value) > _LONGEST_VALUE
            or not (_is_plain(key) and _is_plain(value))
        ):
            raise InvalidParameter(
                f"The principal tag {key[:_LONGEST_KEY]!r} has characters or a length that tags cannot have."
            )
    return dict(tags)


def _names(login: VerifiedLogin) -> tuple[str, ...]:
    provider = login.login.provider
    return (provider, f"{provider}:{login.client_id}", *((login.arn,) if login.arn else ()))


def _text(key: str, value: Any) -> str | None:
    """A claim as a tag's value, None where there is none. Raises ``InvalidParameter`` where it has several."""
    if value is None or value == []:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    raise InvalidParameter(f"The principal tag {key!r} would have several values.")


def _is_plain(text: str) -> bool:
    return all(character in _MARKS or character.isalnum() for character in text)
