"""Whom an access token is for (RFC 8707; RFC 9068 §3). Pure."""

import re
from urllib.parse import urlsplit

from app.core.clients.model import Client
from app.core.tokens.errors import TargetInvalid

LONGEST_RESOURCE = 1024
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+")


def check_resource(resource: str) -> None:
    """Raises ``TargetInvalid`` unless the value is an absolute URI without a fragment (RFC 8707 §2)."""
    if len(resource) > LONGEST_RESOURCE or "#" in resource or not _ABSOLUTE.fullmatch(resource):
        raise TargetInvalid
    try:
        parts = urlsplit(resource)
        hollow = parts.scheme.lower() in {"http", "https"} and not parts.hostname
        _ = parts.port
    except ValueError:
        raise TargetInvalid from None
    if hollow or any(mark in resource for mark in '"<>\\^`{|}'):
        raise TargetInvalid


def check_allowed(client: Client, resource: str | None) -> None:
    """Raises ``TargetInvalid`` for a resource that the client's extension ``resources`` does not list."""
    allowed = client.extensions.resources
    if resource is not None and allowed is not None and resource not in allowed:
        raise TargetInvalid("The client may not ask for this resource.")


def narrow_resource(client: Client, granted: str | None, asked: str | None) -> str | None:
    """The resource of the next access token: the one granted with the authorization, or where none was, the one asked for now.

    Raises ``TargetInvalid`` where another one was granted (RFC 8707 §2.2), where the client may not ask for it, and where
    people are asked for their consent, and nobody was asked about this one.
    """
    if asked is None or asked == granted:
        return granted
    if granted is not None:
        raise TargetInvalid("The authorization was given for another resource.")
    if client.extensions.require_consent:
        raise TargetInvalid("The person was not asked about this resource.")
    check_allowed(client, asked)
    return asked


def choose_audience(client: Client, *, scope: tuple[str, ...], resource: str | None, issuer: str) -> str | None:
    """The ``aud`` claim. Cognito's tokens have one only where a resource was named; RFC 9068 §3 always wants one: then it is
    the resource server that all custom scopes belong to, else the issuer.
    """
    if resource is not None or not client.extensions.rfc9068:
        return resource
    servers = {name.rpartition("/")[0] for name in scope if "/" in name}
    return servers.pop() if len(servers) == 1 else issuer
