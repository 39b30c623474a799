"""Who a user is to a client: everybody's ``sub``, or one that only the client's own sector knows (OpenID Connect Core §8). Pure."""

import hmac
import uuid
from urllib.parse import urlsplit

from app.core.clients.model import Client

PAIRWISE = "pairwise subject"
"""The purpose under which the key of pairwise subjects is derived."""


def subject_of(client: Client, sub: str, key: bytes) -> str:
    """The ``sub`` that the client knows the user by: deterministic, not to be turned back, a UUID like any other ``sub``."""
    if not client.extensions.pairwise:
        return sub
    # No part can hold a NUL, so no two sectors and users ever make the same message (§8.1).
    message = "\0".join((client.pool_id, sector_of(client), sub)).encode()
    return str(uuid.UUID(bytes=hmac.digest(key, message, "sha256")[:16], version=4))


def sector_of(client: Client) -> str:
    """The sector identifier: as set, else the one host of all callback URLs, else the client alone (OpenID Connect Core §8.1).

    An app's own scheme counts as its host: what stands behind ``myapp://`` is no name that anybody owns.
    """
    if client.extensions.sector_identifier is not None:
        return client.extensions.sector_identifier
    hosts = {_host(url) for url in client.settings.callback_urls}
    return hosts.pop() if len(hosts) == 1 else f"client:{client.client_id}"


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.hostname or "" if parts.scheme in {"https", "http"} else f"scheme:{parts.scheme}"
