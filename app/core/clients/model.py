from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.kernel.ids import ClientId, PoolId
from app.core.kernel.secret import Secret
from app.core.pools.schema import STANDARD_STRINGS, VERIFIABLE

READABLE_BY_DEFAULT = frozenset({*STANDARD_STRINGS, "updated_at", *VERIFIABLE.values()})
"""What a client without ``ReadAttributes`` may read: everything standard, nothing custom or developer-only (Cognito: ReadAttributes)."""

DEFAULT_AUTH_FLOWS = ("ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")
"""What a client may do that names no flows (Cognito: ExplicitAuthFlows)."""

_LEGACY_FLOWS = {
    "ADMIN_NO_SRP_AUTH": {"ADMIN_USER_PASSWORD_AUTH", "USER_SRP_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH"},
    "USER_PASSWORD_AUTH": {"USER_PASSWORD_AUTH", "USER_SRP_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN_AUTH"},
    "CUSTOM_AUTH_FLOW_ONLY": {"CUSTOM_AUTH", "REFRESH_TOKEN_AUTH"},
}
"""What the names without ``ALLOW_`` stand for: they only add to what clients of their day could do anyway."""

_UNIT_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """Token lifetimes in seconds."""

    access_token: int = 3600
    id_token: int = 3600
    refresh_token: int = 30 * 86400

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Lifetimes":
        """``AccessTokenValidity`` and friends with ``TokenValidityUnits``: hours for access and ID, days for refresh by default."""
        units = document.get("TokenValidityUnits", {})

        def seconds(member: str, unit: str, default_unit: str, default: int) -> int:
            value = document.get(member)
            return int(value) * _UNIT_SECONDS[units.get(unit, default_unit)] if value else default

        return cls(
            access_token=seconds("AccessTokenValidity", "AccessToken", "hours", 3600),
            id_token=seconds("IdTokenValidity", "IdToken", "hours", 3600),
            refresh_token=seconds("RefreshTokenValidity", "RefreshToken", "days", 30 * 86400),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """``UserPoolClientType`` as stored (``document``) with the parts decisions read."""

    document: Mapping[str, Any]
    callback_urls: tuple[str, ...]
    logout_urls: tuple[str, ...]
    default_redirect_uri: str | None
    oauth_flows: frozenset[str]
    oauth_scopes: tuple[str, ...]
    oauth_enabled: bool
    identity_providers: tuple[str, ...]
    explicit_auth_flows: frozenset[str]
    auth_flows: frozenset[str]
    """The flows allowed, without ``ALLOW_``: ``USER_SRP_AUTH``, ``REFRESH_TOKEN_AUTH``, …"""
    sso_minutes: int | None
    """For how long the client may reuse a browser's session without asking, where the pool tracks sessions; None: never set."""
    lifetimes: Lifetimes
    read_attributes: frozenset[str]
    write_attributes: frozenset[str] | None
    token_revocation: bool
    rotation_enabled: bool
    rotation_grace_seconds: int
    conceal_existence: bool
    auth_session_minutes: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "ClientSettings":
        """Reads a document that was validated when written; absent members take AWS's defaults."""
        rotation = document.get("RefreshTokenRotation", {})
        read = document.get("ReadAttributes")
        write = document.get("WriteAttributes")
        return cls(
            document=document,
            callback_urls=tuple(document.get("CallbackURLs", ())),
            logout_urls=tuple(document.get("LogoutURLs", ())),
            default_redirect_uri=document.get("DefaultRedirectURI"),
            oauth_flows=frozenset(document.get("AllowedOAuthFlows", ())),
            oauth_scopes=tuple(document.get("AllowedOAuthScopes", ())),
            oauth_enabled=bool(document.get("AllowedOAuthFlowsUserPoolClient", False)),
            identity_providers=tuple(document.get("SupportedIdentityProviders", ())),
            explicit_auth_flows=frozenset(document.get("ExplicitAuthFlows", ())),
            auth_flows=_read_flows(document.get("ExplicitAuthFlows") or DEFAULT_AUTH_FLOWS),
            sso_minutes=document.get("SSOSession", {}).get("MaxValidityMinutes"),
            lifetimes=Lifetimes.read(document),
            read_attributes=READABLE_BY_DEFAULT if read is None else frozenset(read),
            write_attributes=None if write is None else frozenset(write),
            token_revocation=bool(document.get("EnableTokenRevocation", True)),
            rotation_enabled=rotation.get("Feature") == "ENABLED",
            rotation_grace_seconds=int(rotation.get("RetryGracePeriodSeconds", 0)),
            conceal_existence=document.get("PreventUserExistenceErrors") == "ENABLED",
            auth_session_minutes=int(document.get("AuthSessionValidity", 3)),
        )

    def allows(self, flow: str) -> bool:
        """Whether the client may use the flow, named without its ``ALLOW_`` prefix or with it."""
        return flow.removeprefix("ALLOW_") in self.auth_flows


def _read_flows(explicit: Collection[str]) -> frozenset[str]:
    allowed: set[str] = set()
    for name in explicit:
        allowed |= _LEGACY_FLOWS.get(name, {name.removeprefix("ALLOW_")})
    if "CUSTOM_AUTH_FLOW_ONLY" in explicit:
        allowed.discard("USER_SRP_AUTH")
    return frozenset(allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientExtensions:
    """What is ours and not AWS's; ``document`` is the stored JSON, set by ``poolhouse client set``."""

    document: Mapping[str, Any]
    require_pkce: bool | None = None
    """None: required for public clients only (contract section 6)."""
    string_booleans_at_userinfo: bool = False
    rfc9068: bool = False
    """Whether access tokens take the form of RFC 9068."""
    pairwise: bool = False
    """Whether users have a ``sub`` of their own in this client's sector (OpenID Connect Core §8)."""
    sector_identifier: str | None = None
    require_consent: bool = False
    resources: tuple[str, ...] | None = None
    """Which resources (RFC 8707) it may ask for; None: any, as in Cognito."""
    frontchannel_logout_uri: str | None = None
    frontchannel_logout_session_required: bool = False
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False

    @property
    def wants_logout(self) -> bool:
        """Whether the client wants to hear that a session ended."""
        return self.frontchannel_logout_uri is not None or self.backchannel_logout_uri is not None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "ClientExtensions":
        require, resources = document.get("require_pkce"), document.get("resources")
        return cls(
            document=document,
            require_pkce=None if require is None else bool(require),
            string_booleans_at_userinfo=bool(document.get("string_booleans_at_userinfo", False)),
            rfc9068=document.get("access_token_format") == "rfc9068",
            pairwise=document.get("subject_type") == "pairwise",
            sector_identifier=document.get("sector_identifier"),
            require_consent=bool(document.get("require_consent", False)),
            resources=None if resources is None else tuple(resources),
            frontchannel_logout_uri=document.get("frontchannel_logout_uri"),
            frontchannel_logout_session_required=bool(document.get("frontchannel_logout_session_required", False)),
            backchannel_logout_uri=document.get("backchannel_logout_uri"),
            backchannel_logout_session_required=bool(document.get("backchannel_logout_session_required", False)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretName:
    """What the API calls a client secret, without its value (Cognito: ClientSecretDescriptorType)."""

    secret_id: str
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientName:
    """A client as a list shows it."""

    client_id: ClientId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One app client of a pool. ``secrets`` holds none (public), one or two active secrets, newest first."""

    client_id: ClientId
    pool_id: PoolId
    name: str
    settings: ClientSettings
    extensions: ClientExtensions
    secrets: tuple[Secret, ...]
    created_at: int
    updated_at: int

    @property
    def is_public(self) -> bool:
        return not self.secrets

    @property
    def requires_pkce(self) -> bool:
        """Public clients by default (RFC 9700 §2.1.1); the extension switches it either way."""
        asked = self.extensions.require_pkce
        return self.is_public if asked is None else asked

    def accepts_secret(self, presented: Secret) -> bool:
        """Compares with every active secret in constant time, without stopping at the first match."""
        return sum(presented == secret for secret in self.secrets) > 0

    def allows(self, flow: str) -> bool:
        """Whether the client may use the flow, named without its ``ALLOW_`` prefix or with it."""
        return self.settings.allows(flow)
