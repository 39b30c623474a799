"""What a scope stands for: which attributes it shows, and what a client may be granted (tokens.md §5). Pure."""

from collections.abc import Mapping

from app.core.clients.model import Client
from app.core.kernel.errors import GrantInvalid

OPENID = "openid"

IGNORED = frozenset({"offline_access"})
"""Accepted and ignored: a refresh token is issued as Cognito does, whether or not it is asked for."""

_EMAIL = frozenset({"email", "email_verified"})
_PHONE = frozenset({"phone_number", "phone_number_verified"})
_PROFILE = frozenset({
    "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
    "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
})  # fmt: skip
_SHOWN = {"email": _EMAIL, "phone": _PHONE, "profile": _PROFILE}


def choose_scope(client: Client, requested: str | None) -> tuple[str, ...] | None:
    """What a request for ``requested`` (None or empty: everything the client may have) is granted; None: ``invalid_scope``.

    One unknown name refuses the whole request, so that a client never works with less than it believes to have (RFC 6749 §3.3).
    """
    allowed = client.settings.oauth_scopes
    if not requested:
        return tuple(allowed) or None
    names = dict.fromkeys(name for name in requested.split(" ") if name and name not in IGNORED)
    if not names or not names.keys() <= set(allowed):
        return None
    return tuple(names)


def narrow_scope(granted: tuple[str, ...], requested: str | None) -> tuple[str, ...] | None:
    """What a refresh with ``requested`` continues with: everything granted or less, never more; None: ``invalid_scope`` (RFC 6749 §6)."""
    if not requested:
        return granted
    names = {name for name in requested.split(" ") if name and name not in IGNORED}
    if not names or not names <= set(granted):
        return None
    return tuple(name for name in granted if name in names)


def check_readable(client: Client, scope: tuple[str, ...]) -> None:
    """Raises ``GrantInvalid`` where a scope stands for an attribute that the client may not read (Cognito: token endpoint, ``invalid_grant``)."""
    if OPENID not in scope:
        return
    readable = client.settings.read_attributes
    for name in scope:
        hidden = sorted(_SHOWN.get(name, frozenset()) - readable)
        if hidden:
            raise GrantInvalid(f"The client may not read the attribute {hidden[0]} of the scope {name}.")


def choose_attributes(client: Client, scope: tuple[str, ...], attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes that ID token and userInfo show: readable by the client, and within the scopes.

    Bare ``openid`` shows all; each of email, phone and profile narrows to its own. ``profile`` includes custom attributes.
    """
    if OPENID not in scope:
        return {}
    narrowing = [name for name in scope if name in _SHOWN]
    within = frozenset().union(*(_SHOWN[name] for name in narrowing))
    readable = client.settings.read_attributes

    def is_shown(name: str) -> bool:
        if name not in readable:
            return False
        return not narrowing or name in within or ("profile" in narrowing and name.startswith(("custom:", "dev:")))

    return {name: value for name, value in attributes.items() if is_shown(name)}
