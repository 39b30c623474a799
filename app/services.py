"""The rooms that a blueprint may call, in one typed object. ``factory.py`` fills it; nothing else makes one."""

from dataclasses import dataclass

from app.core.account.service import Account
from app.core.audit.ports import AuditLog
from app.core.branding.customization import Customizations
from app.core.clients.service import Clients
from app.core.devices.service import Devices
from app.core.factors.passkeys import Passkeys
from app.core.factors.preferences import Preferences
from app.core.factors.recovery_codes import RecoveryCodes
from app.core.factors.totp import Totp
from app.core.groups.service import Groups
from app.core.identity_pools.administration.identities import Identities
from app.core.identity_pools.administration.pools import IdentityPools
from app.core.identity_pools.open_id import OpenIdTokens
from app.core.identity_pools.service import IdentityCredentials
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.sealing import Hasher
from app.core.keys.service import Keys
from app.core.messages.service import Messages
from app.core.pools.service import Pools
from app.core.principals.authority import Authority
from app.core.principals.providers import OidcProviders, SamlProviders
from app.core.principals.roles import Roles
from app.core.principals.service import AccessKeys
from app.core.principals.temporary import TemporaryKeys
from app.core.principals.web_identity import AssumedRoles
from app.core.recovery.service import Recovery
from app.core.resource_servers.service import ResourceServers
from app.core.sessions.consent import Consents
from app.core.sessions.logout import Logouts
from app.core.sessions.service import Sessions
from app.core.sign_in.service import SignIn
from app.core.sign_up.service import SignUp
from app.core.tokens.hint import Hints
from app.core.tokens.introspection import Introspection
from app.core.tokens.service import Tokens
from app.core.tokens.tracking import UserSessions
from app.core.users.service import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One field a room. ``clock``, ``hasher`` and ``ephemeral`` are here for what the web side seals and counts itself."""

    clock: Clock
    hasher: Hasher
    ephemeral: Ephemeral
    audit: AuditLog
    access_keys: AccessKeys
    roles: Roles
    temporary_keys: TemporaryKeys
    authority: Authority
    oidc_providers: OidcProviders
    saml_providers: SamlProviders
    identity_credentials: IdentityCredentials
    open_id_tokens: OpenIdTokens
    issuer_keys: Keys
    assumed_roles: AssumedRoles
    pools: Pools
    clients: Clients
    customizations: Customizations
    groups: Groups
    resource_servers: ResourceServers
    keys: Keys
    sessions: Sessions
    consents: Consents
    logouts: Logouts
    tokens: Tokens
    user_sessions: UserSessions
    introspection: Introspection
    hints: Hints
    messages: Messages
    users: Directory
    sign_in: SignIn
    sign_up: SignUp
    recovery: Recovery
    account: Account
    totp: Totp
    preferences: Preferences
    passkeys: Passkeys
    recovery_codes: RecoveryCodes
    devices: Devices
    identity_pools: IdentityPools
    identities: Identities
