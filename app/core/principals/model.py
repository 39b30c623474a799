from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.kernel.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """``AKIA…`` and its secret. ``policy`` is an IAM policy document that limits it; None: an administrator of the account."""

    access_key_id: str
    account_id: str
    name: str
    secret: Secret
    policy: Mapping[str, Any] | None = None
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role. ``trust`` says who may assume it, ``policies`` (inline ones, by name) what they may then do; all are documents."""

    name: str
    account_id: str
    role_id: str
    path: str = "/"
    description: str = ""
    trust: Mapping[str, Any]
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    max_session_seconds: int = 3600
    tags: Mapping[str, str] = field(default_factory=dict)
    created_at: int

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:role{self.path}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSession:
    """An assumed role: what temporary credentials carry sealed inside them.

    ``context`` holds the condition keys that were settled when the role was assumed, in lower case
    (``cognito-identity.amazonaws.com:sub``, ``:aud``, ``:amr``). ``session_policies`` are JSON texts; the session may do what the
    role may and one of them allows. ``source`` names the operation that made it. Times are Unix seconds.
    """

    role_arn: str
    role_id: str
    session_name: str
    account_id: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    session_policies: tuple[str, ...] = ()
    issued_at: int
    expires_at: int
    identity_pool_id: str | None = None
    identity_id: str | None = None
    source: str

    @property
    def arn(self) -> str:
        """As STS names who calls."""
        return f"arn:aws:sts::{self.account_id}:assumed-role/{self.role_arn.rpartition('/')[2]}/{self.session_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Temporary credentials as their holder gets them. ``expires_at`` in Unix seconds."""

    access_key_id: str
    secret: Secret
    session_token: Secret
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryKey:
    """Opened temporary credentials: the secret that their signatures are checked with, and the session they stand for."""

    access_key_id: str
    secret: Secret
    session: RoleSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who signed a request. ``access_key_id`` is None where development mode let somebody in; ``session`` is that of temporary keys,
    whose policies are the role's, never ``policy``.
    """

    arn: str
    account_id: str
    access_key_id: str | None
    policy: Mapping[str, Any] | None = field(default=None)
    session: RoleSession | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcProvider:
    """An OpenID Connect issuer that is trusted. ``url`` is the issuer with its scheme; ``client_ids`` are the audiences accepted."""

    arn: str
    account_id: str
    url: str
    client_ids: tuple[str, ...] = ()
    thumbprints: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    created_at: int

    @property
    def name(self) -> str:
        """Host and path: what IAM shows as the URL, and what condition keys begin with."""
        return self.url.partition("://")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlProvider:
    """A SAML identity provider. ``metadata`` is its document as it was given."""

    arn: str
    account_id: str
    name: str
    provider_id: str
    metadata: str
    tags: Mapping[str, str] = field(default_factory=dict)
    created_at: int
