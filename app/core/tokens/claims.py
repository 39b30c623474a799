"""What stands in a token, claim by claim (tokens.md §2, §3). Pure: the same facts make the same claims."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.clients.model import Client
from app.core.groups.model import Group
from app.core.keys.algorithms import DEFAULT_ALGORITHM, left_half
from app.core.tokens.beginning import API, DEVICE_KEY, EVENT_ID
from app.core.tokens.model import TokenSession
from app.core.tokens.resources import choose_audience
from app.core.tokens.scopes import OPENID, choose_attributes
from app.core.users.model import User

VERIFIED_FLAGS = frozenset({"email_verified", "phone_number_verified"})

RESERVED = frozenset({
    "sub", "iss", "aud", "azp", "exp", "iat", "nbf", "jti", "origin_jti", "event_id", "auth_time", "nonce", "acr", "amr", "at_hash",
    "c_hash", "s_hash", "sid", "token_use", "scope", "client_id", "username", "version", "device_key", "cnf", "act", "identities",
    "events",
})  # fmt: skip
"""Names that no attribute may ever bring into a token: they mean something to whoever verifies it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom tokens are about and on whose behalf they are made. ``scope`` may be less than the session's (a narrowed refresh).

    ``nonce`` is None at a refresh: OpenID Connect Core §12.2 wants it only where the authorize request was just answered.
    ``sub`` and ``username`` are what the client knows the user by: where subjects are pairwise, both are (§8).
    """

    issuer: str
    client: Client
    user: User
    sub: str
    username: str
    groups: Sequence[Group]
    session: TokenSession
    scope: tuple[str, ...]
    nonce: str | None
    resource: str | None = None
    now: int


def access_claims(subject: Subject, *, jti: str) -> dict[str, Any]:
    """The access token's claims; no ``aud`` without a resource, no attributes, ``version`` 2 (Cognito's OAuth endpoints)."""
    client = subject.client
    lifetime = client.settings.lifetimes.access_token
    audience = choose_audience(client, scope=subject.scope, resource=subject.resource, issuer=subject.issuer)
    names = [group.name for group in subject.groups]
    return {
        "sub": subject.sub,
        **({"cognito:groups": names} if names else {}),
        "iss": subject.issuer,
        # Cognito's API tokens have no version, and name the device they belong to.
        **({} if API in subject.session.extra else {"version": 2}),
        **({DEVICE_KEY: subject.session.extra[DEVICE_KEY]} if DEVICE_KEY in subject.session.extra else {}),
        "client_id": client.client_id,
        **({"aud": audience} if audience is not None else {}),
        **_lineage(subject),
        "token_use": "access",
        "scope": " ".join(subject.scope),
        "auth_time": subject.session.auth_time,
        "exp": subject.now + lifetime,
        "iat": subject.now,
        **({"jti": jti} if client.extensions.rfc9068 else _own_id(subject, jti)),
        "username": subject.username,
    }


def client_claims(
    client: Client, *, issuer: str, scope: tuple[str, ...], audience: str | None, now: int, jti: str
) -> dict[str, Any]:
    """What stands in a token that a client got for itself (tokens.md §4): it is its own subject, and nobody's name is in it."""
    return {
        "sub": client.client_id,
        "token_use": "access",
        "scope": " ".join(scope),
        "auth_time": now,
        "iss": issuer,
        "exp": now + client.settings.lifetimes.access_token,
        "iat": now,
        "version": 2,
        "jti": jti,
        "client_id": client.client_id,
        **({"aud": audience} if audience is not None else {}),
    }


def id_claims(subject: Subject, *, jti: str, access_hash: str | None) -> dict[str, Any]:
    """The ID token's claims. Attributes come first, so that nothing they are called can replace a claim of the protocol."""
    lifetime = subject.client.settings.lifetimes.id_token
    sid, nonce = subject.session.sid, subject.nonce
    return {
        **attribute_claims(choose_attributes(subject.client, _shown_scope(subject), subject.user.attributes)),
        **({"at_hash": access_hash} if access_hash is not None else {}),
        "sub": subject.sub,
        **group_claims(subject.groups),
        "iss": subject.issuer,
        "cognito:username": subject.username,
        **({"nonce": nonce} if nonce is not None else {}),
        **_lineage(subject),
        "aud": subject.client.client_id,
        "token_use": "id",
        "auth_time": subject.session.auth_time,
        "exp": subject.now + lifetime,
        "iat": subject.now,
        **_own_id(subject, jti),
        **({"sid": sid} if sid is not None else {}),
    }


def _shown_scope(subject: Subject) -> tuple[str, ...]:
    """Tokens of the API show whatever the client may read, as bare ``openid`` does."""
    return (OPENID,) if API in subject.session.extra else subject.scope


def attribute_claims(attributes: Mapping[str, str]) -> dict[str, Any]:
    """Attributes in their JSON types: flags booleans, ``updated_at`` a number, ``address`` an object (OpenID Connect Core §5.1), else strings."""
    return {name: _typed(name, value) for name, value in attributes.items() if not _is_reserved(name)}


def userinfo_claims(client: Client, user: User, scope: tuple[str, ...], *, sub: str, username: str) -> dict[str, Any]:
    """What userInfo answers (OpenID Connect Core §5.3.2): the ID token's attributes, and ``sub`` and ``username`` as the access token has them.

    Where the client's extension asks for Cognito's dialect, every value is a string.
    """
    shown = choose_attributes(client, scope, user.attributes)
    if client.extensions.string_booleans_at_userinfo:
        attributes: dict[str, Any] = {name: value for name, value in shown.items() if not _is_reserved(name)}
    else:
        attributes = attribute_claims(shown)
    return {"sub": sub, **attributes, "username": username}


def _is_reserved(name: str) -> bool:
    return name in RESERVED or name.startswith("cognito:")


def _typed(name: str, value: str) -> Any:
    if name in VERIFIED_FLAGS:
        return value.lower() == "true"
    if name == "updated_at" and value.isascii() and value.isdecimal():
        return int(value)
    if name == "address":
        return {"formatted": value}
    return value


def group_claims(groups: Sequence[Group]) -> dict[str, Any]:
    """``cognito:groups``, ``cognito:roles`` and ``cognito:preferred_role``; each left out where it would be empty (Cognito: groups)."""
    claims: dict[str, Any] = {}
    if groups:
        claims["cognito:groups"] = [group.name for group in groups]
    roles = list(dict.fromkeys(group.role_arn for group in groups if group.role_arn))
    if roles:
        claims["cognito:roles"] = roles
    preferred = choose_preferred_role(groups)
    if preferred:
        claims["cognito:preferred_role"] = preferred
    return claims


def choose_preferred_role(groups: Sequence[Group]) -> str | None:
    """The role of the group with the lowest precedence; None where equals differ in their roles (Cognito: PreferredRole).

    A group without precedence comes last, and one without a role takes no part.
    """
    ranked = [(_rank(group), group.role_arn) for group in groups if group.role_arn]
    if not ranked:
        return None
    best = min(precedence for precedence, _ in ranked)
    roles = {role for precedence, role in ranked if precedence == best}
    return roles.pop() if len(roles) == 1 else None


def _rank(group: Group) -> float:
    return float("inf") if group.precedence is None else group.precedence


def at_hash(access_token: str, algorithm: str = DEFAULT_ALGORITHM) -> str:
    """The left half of the hash that goes with the ID token's algorithm, in base64url (OpenID Connect Core §3.1.3.6)."""
    return urlsafe_b64encode(left_half(algorithm, access_token)).decode().rstrip("=")


def names_its_session(client: Client) -> bool:
    """Whether tokens of the client carry ``jti`` and ``origin_jti``: where somebody could revoke by them, and where nothing else
    in the token leads back to the user.
    """
    settings = client.settings
    return settings.token_revocation or settings.rotation_enabled or client.extensions.pairwise


def _lineage(subject: Subject) -> dict[str, str]:
    session = subject.session
    event = {EVENT_ID: session.extra[EVENT_ID]} if EVENT_ID in session.extra else {}
    return {**event, "origin_jti": session.origin_jti} if names_its_session(subject.client) else event


def _own_id(subject: Subject, jti: str) -> dict[str, str]:
    return {"jti": jti} if names_its_session(subject.client) else {}
