"""Every entry of ``Logins`` proves who somebody is at one provider, or the whole call is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.core.identity_pools.logins.user_pools import UserPoolLogins
from app.core.identity_pools.logins.web_tokens import WebTokens
from app.core.identity_pools.model import IdentityPool, Login, VerifiedLogin
from app.core.identity_pools.open_id import OpenIdTokenExpired, OpenIdTokenInvalid, OpenIdTokens
from app.core.identity_pools.provider_names import OWN, ProviderNames
from app.core.identity_pools.refusals import LoginRefused, ProviderNotSupported
from app.core.kernel.clock import Clock
from app.core.kernel.errors import InvalidParameter
from app.core.limits.rates import HOUR, Rates

GOOGLE, APPLE = "accounts.google.com", "appleid.apple.com"
FACEBOOK, AMAZON = "graph.facebook.com", "www.amazon.com"
_DISCONTINUED = frozenset({"api.twitter.com", "www.digits.com"})
_ASKED = frozenset({FACEBOOK, AMAZON})
_ISSUERS = {GOOGLE: (f"https://{GOOGLE}", GOOGLE), APPLE: (f"https://{APPLE}",)}
"""Google's tokens name it either way."""
_LONGEST_SUBJECT = 255
REFUSED_PER_HOUR = 10
"""Tokens of one user's worth of an address (``limits/rates.py``) that a provider was asked about in vain: each is a call of ours to it."""


class FindOidcProvider(Protocol):
    def __call__(self, arn: str, /) -> tuple[str, tuple[str, ...]] | None:
        """The URL and the client ids of an IAM OpenID Connect provider, None where there is none of this ARN."""


class FindSamlProvider(Protocol):
    def __call__(self, arn: str, /) -> str | None:
        """The metadata document of an IAM SAML provider, None where there is none of this ARN."""


class SocialTokens(Protocol):
    """Access tokens of providers that are asked whose they are."""

    def find_facebook(self, token: str) -> Mapping[str, Any] | None:
        """What the provider says of a token that counts: ``app_id``, ``user_id``, ``expires_at``. Raises ``ProviderUnavailable``."""

    def find_amazon(self, token: str) -> Mapping[str, Any] | None:
        """As above: ``aud``, ``user_id``, ``exp`` (seconds from now)."""


class Assertions(Protocol):
    def read(self, document: str, metadata: str, *, now: int) -> Mapping[str, Any]:
        """The attributes of a SAML assertion that the provider of the metadata signed for us, ``sub`` its NameID and ``iss`` its
        issuer. Raises ``LoginRefused``.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """``verify_all`` is the one way from a token to a ``VerifiedLogin``. Times that others wrote are compared with the machine's own."""

    names: ProviderNames
    user_pools: UserPoolLogins
    open_id_tokens: OpenIdTokens
    web_tokens: WebTokens
    social: SocialTokens
    assertions: Assertions
    find_oidc_provider: FindOidcProvider
    find_saml_provider: FindSamlProvider
    rates: Rates
    clock: Clock

    def verify_all(
        self, pool: IdentityPool, given: Mapping[str, str], *, address: str | None = None
    ) -> tuple[VerifiedLogin, ...]:
        """In the order given. Raises ``LoginRefused`` for the first that proves nothing, ``ProviderUnavailable``,
        ``InvalidParameter`` where one provider is named twice, in two spellings, and ``TooManyRequests`` where the address has had
        providers asked in vain too often.
        """
        canonical = [(self.names.canonical(name), token) for name, token in given.items()]
        if len({name for name, _ in canonical}) < len(canonical):
            raise InvalidParameter("A provider may stand in Logins once only.")
        return tuple(self._verify(pool, name, token, address) for name, token in canonical)

    def _verify(self, pool: IdentityPool, provider: str, token: str, address: str | None) -> VerifiedLogin:
        if provider == OWN:
            return self._own(pool, token)
        if self.names.find_user_pool(provider) is not None:
            return self.user_pools.verify(pool, provider, token)
        if provider in _DISCONTINUED:
            raise ProviderNotSupported(f"Logins with {provider} are discontinued: the provider no longer exists.")
        app_id = (pool.settings.get("SupportedLoginProviders") or {}).get(provider)
        if app_id is not None and provider in _ASKED:
            return self._asked(pool, provider, app_id, token, address)
        if app_id is not None:
            return self._public(provider, app_id, token)
        for arn in pool.settings.get("OpenIdConnectProviderARNs") or ():
            if arn.partition(":oidc-provider/")[2] == provider:
                return self._open_id(provider, arn, token)
        if provider in (pool.settings.get("SamlProviderARNs") or ()):
            return self._saml(provider, token)
        raise ProviderNotSupported

    def _own(self, pool: IdentityPool, token: str) -> VerifiedLogin:
        """A token that a developer's backend got for one of this pool's identities.

        One of a guest proves nothing, and neither does one that came from another login: its role is chosen by that login.
        """
        try:
            found = self.open_id_tokens.verify(token)
        except OpenIdTokenExpired as expired:
            raise LoginRefused(
                f"Invalid login token. Token expired: {self.clock.now()} >= {expired.expired_at}"
            ) from expired
        except OpenIdTokenInvalid as refused:
            raise LoginRefused from refused
        if found.identity_pool_id != pool.identity_pool_id:
            raise LoginRefused("Invalid login token. Incorrect token audience.")
        if pool.developer_provider is None or pool.developer_provider not in found.amr:
            raise ProviderNotSupported
        return VerifiedLogin(
            login=Login(provider=OWN, subject=found.identity_id),
            own=True,
            tags=found.tags,
            claims={
                "amr": list(found.amr),
                "exp": found.expires_at,
                "aud": pool.identity_pool_id,
                "sub": found.identity_id,
            },
        )

    def _public(self, provider: str, app_id: str, token: str) -> VerifiedLogin:
        issuers = _ISSUERS.get(provider)
        if issuers is None:
            raise ProviderNotSupported
        _, claims = self.web_tokens.verify(token, source=issuers[0], issuers=issuers, audiences=(app_id,))
        return VerifiedLogin(login=Login(provider=provider, subject=claims["sub"]), client_id=app_id, claims=claims)

    def _asked(  # noqa: PLR0917 - a login, part by part
        self, pool: IdentityPool, provider: str, app_id: str, token: str, address: str | None
    ) -> VerifiedLogin:
        """A token that only its provider can read. Whoever invents such tokens has us call it for each."""
        pool_id = pool.identity_pool_id
        self.rates.check_failures("asked login", pool_id, address, REFUSED_PER_HOUR)
        try:
            claims = self._facebook(app_id, token) if provider == FACEBOOK else self._amazon(app_id, token)
        except LoginRefused:
            self.rates.count_failure("asked login", pool_id, address, HOUR)
            raise
        return VerifiedLogin(login=Login(provider=provider, subject=claims["sub"]), client_id=app_id, claims=claims)

    def _facebook(self, app_id: str, token: str) -> Mapping[str, Any]:
        found = self.social.find_facebook(token)
        if found is None:
            raise LoginRefused("Invalid login token. Not a valid access token.")
        if found.get("app_id") != app_id:
            raise LoginRefused("Invalid login token. Incorrect token audience.")
        now, expires = self.clock.real(), found.get("expires_at")
        # Facebook's word for a token that never expires is 0.
        if not isinstance(expires, int) or (expires and now >= expires):
            raise LoginRefused(f"Invalid login token. Token expired: {now} >= {expires}")
        return {"iss": FACEBOOK, "aud": app_id, "sub": _subject(found.get("user_id"))}

    def _amazon(self, app_id: str, token: str) -> Mapping[str, Any]:
        found = self.social.find_amazon(token)
        if found is None:
            raise LoginRefused("Invalid login token. Not a valid access token.")
        if found.get("aud") != app_id:
            # A token made for another application would sign its user in here (the confused deputy).
            raise LoginRefused("Invalid login token. Incorrect token audience.")
        remaining = found.get("exp")
        if not isinstance(remaining, int) or remaining <= 0:
            raise LoginRefused("Invalid login token. Token expired.")
        return {"iss": AMAZON, "aud": app_id, "sub": _subject(found.get("user_id"))}

    def _open_id(self, provider: str, arn: str, token: str) -> VerifiedLogin:
        found = self.find_oidc_provider(arn)
        if found is None:
            raise ProviderNotSupported
        url, client_ids = found
        # IAM keeps no slash at the end; some issuers write one.
        issuers = (url, f"{url}/")
        audience, claims = self.web_tokens.verify(token, source=url, issuers=issuers, audiences=client_ids)
        return VerifiedLogin(
            login=Login(provider=provider, subject=claims["sub"]), client_id=audience, arn=arn, claims=claims
        )

    def _saml(self, arn: str, document: str) -> VerifiedLogin:
        metadata = self.find_saml_provider(arn)
        if metadata is None:
            raise ProviderNotSupported
        claims = self.assertions.read(document, metadata, now=self.clock.real())
        return VerifiedLogin(login=Login(provider=arn, subject=_subject(claims["sub"])), arn=arn, claims=claims)


def _subject(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_SUBJECT or not value.isprintable():
        raise LoginRefused
    return value
