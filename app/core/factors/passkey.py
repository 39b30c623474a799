"""What a passkey is, whose site it is for, and what a ceremony asks and proves (WebAuthn Level 3)."""

import ipaddress
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core.factors.errors import PasskeysNotConfigured
from app.core.kernel.errors import AttributeViolation
from app.core.kernel.ids import PoolId, Sub
from app.core.pools.model import Domain, Pool
from app.core.users.identifiers import is_storable
from app.core.users.rules import AttributeRule

NAME = "WEB_AUTHN"
"""The factor's name in AWS's lists."""
MAX_NAME = 64
"""Characters of a name that a person gives a passkey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One credential of one user. ``credential_id`` is base64url without padding, ``public_key`` a COSE key.

    ``backed_up``: it may be copied to other devices (its ``BE`` flag).
    """

    pool_id: PoolId
    credential_id: str
    sub: Sub
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...] = ()
    attachment: str | None = None
    user_verified: bool = False
    backed_up: bool = False
    name: str
    aaguid: str
    rp_id: str
    created_at: int

    @property
    def amr(self) -> str:
        """``swk`` for a key in the user's own platform, ``hwk`` for a device of its own (RFC 8176 §2)."""
        own = self.attachment == "platform" or self.backed_up or "internal" in self.transports
        return "swk" if own else "hwk"


def read_name(typed: str) -> str:
    """A name that a person gives a passkey, without space around it: 1 to 64 characters, none of them unseen controls. Raises
    ``AttributeViolation``.
    """
    name = unicodedata.normalize("NFC", typed[: 4 * MAX_NAME]).strip()
    if not name:
        raise AttributeViolation("passkey_name", AttributeRule.REQUIRED, "A passkey's name has at least one character.")
    if len(name) > MAX_NAME:
        message = f"A passkey's name has at most {MAX_NAME} characters."
        raise AttributeViolation("passkey_name", AttributeRule.TOO_LONG, message, bound=MAX_NAME)
    if not is_storable(name):
        message = "A passkey's name has no control characters."
        raise AttributeViolation("passkey_name", AttributeRule.CHARACTERS, message)
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """The domain that passkeys belong to, and origins that count besides https on that domain and below it."""

    rp_id: str
    origins: tuple[str, ...] = ()

    def allows(self, origin: str) -> bool:
        """Whether a ceremony on this origin is for this site; browsers hold pages to the same rule (WebAuthn §5.1.3)."""
        if origin in self.origins:
            return True
        try:
            parts = urlsplit(origin)
            host = parts.hostname or ""
        except ValueError:
            return False
        if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
            return False
        # Browsers treat localhost as secure, and a developer's own port is not known.
        if parts.scheme == "http":
            return host == self.rp_id == "localhost"
        return parts.scheme == "https" and (host == self.rp_id or host.endswith("." + self.rp_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRequest:
    """``options`` is the JSON for ``navigator.credentials.get``; ``state`` names the request, once, and tells nothing."""

    options: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyProven:
    sub: Sub
    user_verified: bool
    amr: str


def relying_party_of(pool: Pool, domains: Sequence[Domain], public_url: str) -> RelyingParty:
    """The pool's own ``RelyingPartyId``, else its custom domain, else its prefix domain, else the host of PUBLIC_URL.

    Raises ``PasskeysNotConfigured`` where that is an address: a relying party has a name (WebAuthn §4, RP ID).
    """
    site = urlsplit(public_url)
    public_host = site.hostname or ""
    named = {domain.custom: _host(pool, domain, public_host) for domain in domains}
    rp_id = pool.settings.mfa.webauthn.rp_id or named.get(True) or named.get(False) or public_host
    if not rp_id or _is_address(rp_id):
        raise PasskeysNotConfigured
    hosts = [host for host in (public_host, *named.values()) if host == rp_id or host.endswith("." + rp_id)]
    port = "" if site.port is None else f":{site.port}"
    return RelyingParty(rp_id=rp_id, origins=tuple(f"{site.scheme}://{host}{port}" for host in hosts))


def _host(pool: Pool, domain: Domain, public_host: str) -> str:
    return domain.domain if domain.custom else f"{domain.domain}.auth.{pool.region}.{public_host}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
