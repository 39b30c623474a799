"""From a login, or none, to an identity, and from an identity to credentials of a role."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.core.identity_pools.errors import IdentityNotFound, IdentityPoolNotFound
from app.core.identity_pools.logins.verifying import Logins
from app.core.identity_pools.model import Identity, IdentityPool, Login, VendRequest, VerifiedLogin
from app.core.identity_pools.open_id import DEVELOPER_SECONDS, OPEN_ID_SECONDS, OpenIdTokens
from app.core.identity_pools.ports import CredentialBroker, IdentityStore
from app.core.identity_pools.provider_names import OWN
from app.core.identity_pools.refusals import (
    ClassicFlowOff,
    ClassicFlowWithMappings,
    ConfigurationInvalid,
    CredentialsRefused,
    IdentityForbidden,
    ProviderNotSupported,
)
from app.core.identity_pools.resolving import Resolving
from app.core.identity_pools.sessions.guests import SESSION_POLICIES
from app.core.identity_pools.sessions.proof import checked_tags, context_of, methods_of, tags_of
from app.core.identity_pools.sessions.roles import choose_role
from app.core.kernel.clock import Clock
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.secret import Secret
from app.core.limits.rates import Rates
from app.core.policy import Trusted
from app.core.principals.model import Credentials, Role
from app.core.principals.trust import WITH_TOKEN, is_trusted

SESSION_SECONDS = 3600
GUESTS_PER_HOUR = 100
"""Of one user's worth of an address (``limits/rates.py``)."""
SESSION_NAME = "CognitoIdentityCredentials"
TRUSTED = Trusted(federated=OWN)
"""Who assumes a role for an identity, as trust policies name it."""
_LONGEST_DEVELOPER_ID = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCredentials:
    """``find_pool`` and ``find_role`` answer from the worker's cache. ``wants_token``: the broker's STS asks for an OpenID token."""

    find_pool: Callable[[str], IdentityPool | None]
    find_role: Callable[[str], Role | None]
    identities: IdentityStore
    resolving: Resolving
    logins: Logins
    open_id_tokens: OpenIdTokens
    broker: CredentialBroker
    rates: Rates
    clock: Clock
    wants_token: bool = False

    def get_id(self, identity_pool_id: str, given: Mapping[str, str], *, address: str | None = None) -> Identity:
        """The identity that the logins lead to, made where they are new; without logins a new guest (Cognito: GetId).

        Raises ``TooManyRequests`` where the address made too many guests: each is a row that nobody has to answer for.
        """
        pool = self._get_pool(identity_pool_id)
        logins = self.logins.verify_all(pool, given, address=address)
        if not logins:
            self.rates.check_address("guest", identity_pool_id, address, GUESTS_PER_HOUR)
        return self.resolving.of_logins(pool, logins)

    def credentials_for(
        self,
        identity_id: str,
        given: Mapping[str, str],
        *,
        custom_role: str | None = None,
        address: str | None = None,
        surroundings: Mapping[str, tuple[str, ...]] | None = None,
    ) -> tuple[Identity, Credentials]:
        """An hour's credentials of the role that the pool gives these logins (Cognito: GetCredentialsForIdentity).

        ``surroundings`` are condition keys of the request (its time, its address) that the role's trust policy may ask for.
        The identity may be another than the one named, where a guest's was merged. Raises ``ConfigurationInvalid`` where the role
        is missing or does not trust the identity.
        """
        pool, identity, logins = self._prove(identity_id, given, address)
        role = self._get_role(pool, choose_role(pool, logins, custom_role))
        methods, tags = methods_of(pool, logins, self.logins.names), tags_of(pool, logins)
        context = context_of(pool, identity.identity_id, methods)
        known = {**(surroundings or {}), **context}
        if not is_trusted(role, TRUSTED, WITH_TOKEN, session_name=SESSION_NAME, context=known, tags=tags):
            raise ConfigurationInvalid(f"{role.arn} does not trust this identity, or its tags")
        token = None
        if self.wants_token:
            expires_at = self.clock.now() + OPEN_ID_SECONDS
            token = self.open_id_tokens.issue(pool, identity.identity_id, methods, tags=tags, expires_at=expires_at)
        asked = VendRequest(
            role=role,
            session_name=SESSION_NAME,
            seconds=SESSION_SECONDS,
            context=context,
            tags=tags,
            session_policies=() if logins else SESSION_POLICIES,
            identity_pool_id=pool.identity_pool_id,
            identity_id=identity.identity_id,
            source="GetCredentialsForIdentity",
            token=token,
        )
        try:
            return identity, self.broker.vend(asked)
        except CredentialsRefused as refused:
            raise ConfigurationInvalid(f"the STS refused credentials of {role.arn}") from refused

    def open_id_token_for(
        self, identity_id: str, given: Mapping[str, str], *, address: str | None = None
    ) -> tuple[Identity, Secret]:
        """A token for ``AssumeRoleWithWebIdentity``, good for ten minutes (Cognito: GetOpenIdToken).

        Raises ``ClassicFlowOff`` unless the pool allows the basic flow, ``ClassicFlowWithMappings`` where rules or tokens choose
        roles: whoever holds such a token chooses the role themselves.
        """
        pool = self._pool_of(identity_id)
        if not pool.allows_classic:
            raise ClassicFlowOff
        if pool.role_mappings:
            raise ClassicFlowWithMappings
        pool, identity, logins = self._prove(identity_id, given, address)
        expires_at = self.clock.now() + OPEN_ID_SECONDS
        for login in logins:
            if login.own:
                # A developer's word is good for as long as they said, however often it is exchanged.
                expires_at = min(expires_at, login.claims["exp"])
        methods, tags = methods_of(pool, logins, self.logins.names), tags_of(pool, logins)
        token = self.open_id_tokens.issue(pool, identity.identity_id, methods, tags=tags, expires_at=expires_at)
        return identity, token

    def open_id_token_for_developer(
        self,
        pool: IdentityPool,
        given: Mapping[str, str],
        *,
        identity_id: str | None = None,
        seconds: int | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> tuple[Identity, Secret]:
        """A token for a user that a developer's own backend has signed in (Cognito: GetOpenIdTokenForDeveloperIdentity).

        The caller has checked that the pool is the developer's. Raises ``ProviderNotSupported`` for another provider name,
        ``DeveloperUserRegistered``, and as ``get_id``.
        """
        developer = self._developer_login(pool, given)
        others = {name: token for name, token in given.items() if name != developer.login.provider}
        logins = (developer, *self.logins.verify_all(pool, others))
        identity = self.resolving.of_developer(pool, identity_id, logins, developer.login)
        settled = checked_tags(tags) if tags else tags_of(pool, logins)
        expires_at = self.clock.now() + (seconds or DEVELOPER_SECONDS)
        methods = methods_of(pool, logins, self.logins.names)
        token = self.open_id_tokens.issue(pool, identity.identity_id, methods, tags=settled, expires_at=expires_at)
        return identity, token

    def _developer_login(self, pool: IdentityPool, given: Mapping[str, str]) -> VerifiedLogin:
        provider = pool.developer_provider
        if provider is None or provider not in given or OWN in given:
            raise ProviderNotSupported
        subject = given[provider]
        if not 1 <= len(subject) <= _LONGEST_DEVELOPER_ID:
            raise InvalidParameter("A developer user identifier has 1 to 1024 characters.")
        claims = {"sub": subject, "aud": pool.identity_pool_id}
        return VerifiedLogin(login=Login(provider=provider, subject=subject), claims=claims)

    def _prove(
        self, identity_id: str, given: Mapping[str, str], address: str | None
    ) -> tuple[IdentityPool, Identity, Sequence[VerifiedLogin]]:
        pool = self._pool_of(identity_id)
        logins = self.logins.verify_all(pool, given, address=address)
        identity = self.resolving.of_identity(pool, identity_id, logins)
        if not identity.enabled:
            raise IdentityForbidden(identity_id)
        return pool, identity, logins

    def _pool_of(self, identity_id: str) -> IdentityPool:
        identity_pool_id = self.identities.find_pool_id(identity_id)
        pool = None if identity_pool_id is None else self.find_pool(identity_pool_id)
        if pool is None:
            raise IdentityNotFound(identity_id)
        return pool

    def _get_pool(self, identity_pool_id: str) -> IdentityPool:
        pool = self.find_pool(identity_pool_id)
        if pool is None:
            raise IdentityPoolNotFound(identity_pool_id)
        return pool

    def _get_role(self, pool: IdentityPool, arn: str) -> Role:
        """Only roles of the pool's own account: what a provider writes into a claim must not reach into another."""
        role = self.find_role(arn)
        if role is None or role.account_id != pool.account_id:
            raise ConfigurationInvalid(f"there is no role {arn} in the pool's account")
        return role
