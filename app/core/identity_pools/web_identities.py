"""The tokens that roles are assumed with: our own of identity pools, those of user pools, and of issuers elsewhere."""

import binascii
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.core.identity_pools.logins.web_tokens import WebTokens
from app.core.identity_pools.model import Identity, IdentityPool
from app.core.identity_pools.open_id import LARGEST_TOKEN, OpenIdTokenExpired, OpenIdTokenInvalid, OpenIdTokens
from app.core.identity_pools.provider_names import OWN, ProviderNames
from app.core.identity_pools.refusals import (
    ClassicFlowOff,
    ClassicFlowWithMappings,
    LoginRefused,
    ProviderUnavailable,
)
from app.core.identity_pools.sessions.proof import context_of, is_still_named
from app.core.identity_pools.sessions.roles import is_mapped
from app.core.kernel.clock import Clock
from app.core.kernel.errors import TokenInvalid
from app.core.kernel.ids import PoolId
from app.core.keys.model import KeyPurpose
from app.core.principals.model import OidcProvider
from app.core.principals.web_identity import (
    AssumptionRefused,
    IdentityProviderSilent,
    IdentityTokenExpired,
    IdentityTokenInvalid,
    WebIdentity,
    read_tags,
)
from app.core.tokens.ports import FindPool, SigningKeys
from app.core.tokens.verification import read_unverified, verify

_LONGEST_ISSUER = 255


class FindIdentity(Protocol):
    def __call__(self, identity_pool_id: str, identity_id: str, /) -> Identity | None: ...


class FindProvider(Protocol):
    def __call__(self, account_id: str, issuer: str, /) -> OidcProvider | None:
        """The account's IAM OpenID Connect provider for this issuer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentities:
    """The ``WebIdentityTokens`` of this server. ``public_url`` is the origin of every user pool's issuer."""

    names: ProviderNames
    open_id_tokens: OpenIdTokens
    web_tokens: WebTokens
    find_identity_pool: Callable[[str], IdentityPool | None]
    find_identity: FindIdentity
    find_provider: FindProvider
    find_pool: FindPool
    keys: SigningKeys
    clock: Clock
    public_url: str

    def verify(self, token: str, account_id: str) -> WebIdentity:
        issuer, expires = _peek(token)
        if issuer == self.open_id_tokens.issuer:
            return self._of_identity_pool(token, account_id)
        provider = self.find_provider(account_id, issuer)
        if provider is None:
            raise IdentityTokenInvalid(f"No OpenIDConnect provider found in your account for {issuer}")
        pool_id = self._find_own_pool(provider)
        now = self.clock.real() if pool_id is None else self.clock.now()
        if expires is not None and now >= expires:
            # A token that says so of itself need not be proven first.
            raise IdentityTokenExpired(f"Token expired: current date/time {now} must be before {expires}")
        proven = (
            self._of_elsewhere(token, provider) if pool_id is None else self._of_user_pool(token, pool_id, provider)
        )
        audience, claims = proven
        return _identity(provider, issuer, audience, claims)

    def _of_identity_pool(self, token: str, account_id: str) -> WebIdentity:
        """The basic flow. A pool that has it off gives its roles to nobody who chooses them."""
        try:
            found = self.open_id_tokens.verify(token)
        except OpenIdTokenExpired as expired:
            raise IdentityTokenExpired(expired.text) from expired
        except OpenIdTokenInvalid as invalid:
            raise IdentityTokenInvalid(invalid.text) from invalid
        pool = self.find_identity_pool(found.identity_pool_id)
        identity = None if pool is None else self.find_identity(pool.identity_pool_id, found.identity_id)
        if pool is None or identity is None or not identity.enabled:
            raise IdentityTokenInvalid("The identity of this token does not exist any more.")
        if not is_still_named(identity, found.amr, self.names) or (identity.is_guest and not pool.allows_guests):
            raise IdentityTokenInvalid("The identity of this token is not its holder's any more.")
        if not pool.allows_classic:
            raise AssumptionRefused(ClassicFlowOff.message)
        if is_mapped(pool, found.amr):
            # A developer's token is given whatever the flow; the role that the mapping gives is not its holder's to choose.
            raise AssumptionRefused(ClassicFlowWithMappings.message)
        if pool.account_id != account_id:
            raise AssumptionRefused
        return WebIdentity(
            federated=OWN,
            provider=OWN,
            subject=found.identity_id,
            audience=found.identity_pool_id,
            context=context_of(pool, found.identity_id, found.amr),
            tags=found.tags,
            identity_pool_id=found.identity_pool_id,
            identity_id=found.identity_id,
        )

    def _find_own_pool(self, provider: OidcProvider) -> PoolId | None:
        """The user pool of this server that the provider is, None for others."""
        pool_id = self.names.find_user_pool(provider.name)
        return None if pool_id is None or provider.url != f"{self.public_url}/{pool_id}" else PoolId(pool_id)

    def _of_elsewhere(self, token: str, provider: OidcProvider) -> tuple[str, Mapping[str, Any]]:
        try:
            return self.web_tokens.verify(
                token,
                source=provider.url,
                # IAM takes an issuer's last slash off its URL, and the issuer does not.
                issuers=(provider.url, f"{provider.url}/"),
                audiences=provider.client_ids,
            )
        except LoginRefused as refused:
            raise IdentityTokenInvalid(refused.text) from refused
        except ProviderUnavailable as silent:
            raise IdentityProviderSilent from silent

    def _of_user_pool(self, token: str, pool_id: PoolId, provider: OidcProvider) -> tuple[str, Mapping[str, Any]]:
        """An ID token of a user pool that lives here: nobody need be asked for its keys."""
        pool = self.find_pool(pool_id)
        if pool is None or not pool.extensions.enabled:
            raise IdentityTokenInvalid
        try:
            unverified = read_unverified(token, largest=LARGEST_TOKEN)
            claims = verify(unverified, self.keys.find_verifier(pool_id, KeyPurpose.ID, unverified.kid))
        except TokenInvalid as refused:
            raise IdentityTokenInvalid("Couldn't verify the token's signature.") from refused
        audience = claims.get("aud")
        if claims.get("token_use") != "id" or not isinstance(audience, str) or audience not in provider.client_ids:
            raise IdentityTokenInvalid("Incorrect token audience")
        if self.clock.now() >= claims["exp"]:
            raise IdentityTokenExpired
        return audience, claims


def _identity(provider: OidcProvider, issuer: str, audience: str, claims: Mapping[str, Any]) -> WebIdentity:
    name, methods = provider.name.lower(), claims.get("amr")
    context = {
        f"{name}:aud": (audience,),
        f"{name}:sub": (claims["sub"],),
        "aws:federatedprovider": (provider.arn,),
    }
    if isinstance(methods, list) and all(isinstance(method, str) for method in methods):
        context[f"{name}:amr"] = tuple(methods)
    return WebIdentity(
        federated=provider.arn,
        provider=issuer,
        subject=claims["sub"],
        audience=audience,
        context=context,
        tags=read_tags(claims),
    )


def _peek(token: str) -> tuple[str, float | None]:
    """Issuer and expiry as the token itself says them: good for finding out whom to ask. Raises ``IdentityTokenInvalid``."""
    if len(token) > LARGEST_TOKEN or not token.isascii() or token.count(".") != 2:
        raise IdentityTokenInvalid
    body = token.split(".")[1]
    try:
        claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise IdentityTokenInvalid from error
    issuer, expires = (claims.get("iss"), claims.get("exp")) if isinstance(claims, dict) else (None, None)
    if not isinstance(issuer, str) or not issuer.isascii() or not issuer.isprintable() or len(issuer) > _LONGEST_ISSUER:
        raise IdentityTokenInvalid("The token names no issuer.")
    is_number = isinstance(expires, int | float) and not isinstance(expires, bool) and abs(expires) < 1 << 53
    return issuer, expires if is_number else None
