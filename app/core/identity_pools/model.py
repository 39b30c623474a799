from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.kernel.secret import Secret
from app.core.principals.model import Role

DEFAULT_TAGS: Mapping[str, str] = {"username": "sub", "client": "aud"}
"""The tags of ``UseDefaults`` and the claims that they are made of (Cognito: attributes for access control)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPool:
    """``settings`` are CreateIdentityPool's members in AWS's own shape, without name and tags.

    ``roles`` has ``authenticated`` and ``unauthenticated``; ``role_mappings`` SetIdentityPoolRoles' ``RoleMappings`` and
    ``principal_tags`` the attribute maps (``{"UseDefaults": …, "PrincipalTags": …}``), both by the provider's canonical name.
    A mapping's member ``given`` is the name as the caller wrote it, where that is another spelling.
    """

    identity_pool_id: str
    account_id: str
    region: str
    name: str
    settings: Mapping[str, Any]
    roles: Mapping[str, str] = field(default_factory=dict)
    role_mappings: Mapping[str, Any] = field(default_factory=dict)
    principal_tags: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    created_at: int
    updated_at: int

    @property
    def allows_guests(self) -> bool:
        return self.settings.get("AllowUnauthenticatedIdentities") is True

    @property
    def allows_classic(self) -> bool:
        return self.settings.get("AllowClassicFlow") is True

    @property
    def developer_provider(self) -> str | None:
        return self.settings.get("DeveloperProviderName")

    @property
    def arn(self) -> str:
        return f"arn:aws:cognito-identity:{self.region}:{self.account_id}:identitypool/{self.identity_pool_id}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Login:
    """Who somebody is at a provider: its canonical name (``provider_names.py``) and the subject there."""

    provider: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLogin:
    """A login whose token was checked. ``client_id`` is the token's audience where it has one; ``claims`` are what rules and tags read.

    ``arn`` names the provider where it is one of IAM's (OpenID Connect, SAML). ``own``: it came as an OpenID token of this server's
    (developer-authenticated identities), whose ``tags`` were settled when it was issued.
    """

    login: Login
    client_id: str | None = None
    arn: str | None = None
    own: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One user of an identity pool. Without logins a guest. ``merged_into`` names the identity that took a disabled one over."""

    identity_id: str
    identity_pool_id: str
    logins: tuple[Login, ...] = ()
    enabled: bool = True
    merged_into: str | None = None
    was_authenticated: bool = False
    """An identity whose last login was taken away is nobody's, not a guest's."""
    created_at: int
    modified_at: int

    @property
    def is_guest(self) -> bool:
        return not self.logins and not self.was_authenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class VendRequest:
    """What a broker makes credentials of. ``context`` as in ``RoleSession``; ``token`` is the OpenID token for an STS that wants one."""

    role: Role
    session_name: str
    seconds: int
    context: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, str] = field(default_factory=dict)
    session_policies: tuple[str, ...] = ()
    identity_pool_id: str | None = None
    identity_id: str | None = None
    source: str
    token: Secret | None = None
