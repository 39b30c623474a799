"""A client's AWS-shaped document when it is written: what AWS checks beyond its model, and the defaults that complete it."""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from app.core.clients.model import Lifetimes
from app.core.kernel.errors import InvalidParameter
from app.core.pools.errors import FeatureUnavailableInTier
from app.core.pools.schema import VERIFIABLE
from app.core.pools.settings import PoolSettings

STANDARD_SCOPES = frozenset({"openid", "email", "phone", "profile", "address", "aws.cognito.signin.user.admin"})
"""Cognito's, and ``address``, which OpenID Connect Core §5.4 has beside them."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_NEVER = {"javascript", "data", "vbscript", "file", "blob", "about", "view-source", "filesystem", "ws", "wss", "ftp"}
_MINUTE, _DAY = 60, 86400
_KEPT_OUT = ("UserPoolId", "ClientId", "ClientName", "GenerateSecret", "ClientSecret")


class InvalidOAuthFlow(InvalidParameter):
    """Cognito: InvalidOAuthFlowException."""


class ScopeDoesNotExist(InvalidParameter):
    """Cognito: ScopeDoesNotExistException."""


def check_redirect_url(url: str, *, member: str) -> None:
    """Raises ``InvalidParameter`` unless the URL is absolute, has no fragment, and is https, http on loopback, or of an app's own scheme.

    A browser must never be sent to a URL that runs as script or reads a file, whoever registered it.
    """
    refused = InvalidParameter(
        f"{member}: {url!r} must be an absolute URL without a fragment: https, http on localhost, 127.0.0.1 or [::1], "
        "or a scheme of the app's own."
    )
    if re.search(r"[\s\\<>\"\x00-\x20\x7f]", url) or "#" in url:
        raise refused
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise refused from None
    scheme = parts.scheme.lower()
    if not _SCHEME.fullmatch(scheme) or scheme in _NEVER or "*" in parts.netloc:
        raise refused
    if scheme in {"https", "http"}:
        if not host or parts.username is not None or parts.password is not None:
            raise refused
        if scheme == "http" and host not in _LOOPBACK:
            raise refused
    elif len(url) <= len(scheme) + 1:
        raise refused


def completed(
    given: Mapping[str, Any], pool: PoolSettings, *, has_secret: bool, custom_scopes: Collection[str] = ()
) -> dict[str, Any]:
    """The stored document. ``custom_scopes`` are those of the pool's resource servers. Raises ``InvalidParameter`` and its kinds."""
    document = {key: value for key, value in given.items() if key not in _KEPT_OUT}
    _check_urls(document)
    _check_oauth(document, has_secret=has_secret)
    _check_names(document, custom_scopes)
    _check_flows(document, pool)
    _check_lifetimes(document)
    _check_attributes(document, pool)
    # 0 stands for the default (Cognito: RefreshTokenValidity).
    document["RefreshTokenValidity"] = document.get("RefreshTokenValidity") or 30
    document.setdefault("EnableTokenRevocation", True)
    document.setdefault("EnablePropagateAdditionalUserContextData", False)
    document.setdefault("AuthSessionValidity", 3)
    document.setdefault("AllowedOAuthFlowsUserPoolClient", False)
    return document


def _check_urls(document: Mapping[str, Any]) -> None:
    for member in ("CallbackURLs", "LogoutURLs"):
        for url in document.get(member, ()):
            check_redirect_url(url, member=member)
    default = document.get("DefaultRedirectURI")
    if default is not None and default not in document.get("CallbackURLs", ()):
        raise InvalidParameter("DefaultRedirectURI must be in the list of CallbackURLs.")


def _check_oauth(document: Mapping[str, Any], *, has_secret: bool) -> None:
    flows, scopes = document.get("AllowedOAuthFlows", ()), document.get("AllowedOAuthScopes", ())
    if document.get("AllowedOAuthFlowsUserPoolClient"):
        if not flows or not scopes:
            raise InvalidOAuthFlow(
                "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."
            )
    elif flows or scopes:
        raise InvalidParameter(
            "AllowedOAuthFlows and AllowedOAuthScopes need AllowedOAuthFlowsUserPoolClient to be true."
        )
    if "client_credentials" in flows:
        if len(flows) > 1:
            raise InvalidOAuthFlow("client_credentials flow can not be selected along with code flow or implicit flow.")
        if not has_secret:
            raise InvalidOAuthFlow(
                "client_credentials flow can not be selected if client does not have a client secret."
            )
    elif flows and not document.get("CallbackURLs"):
        raise InvalidOAuthFlow("CallbackURLs are required for the code and implicit flows.")


def _check_names(document: Mapping[str, Any], custom_scopes: Collection[str]) -> None:
    for member in (
        "AllowedOAuthScopes",
        "AllowedOAuthFlows",
        "CallbackURLs",
        "LogoutURLs",
        "SupportedIdentityProviders",
    ):
        values = document.get(member, ())
        if len(set(values)) < len(values):
            raise InvalidParameter(f"{member} must not hold a value twice.")
    for scope in document.get("AllowedOAuthScopes", ()):
        if scope not in STANDARD_SCOPES and scope not in custom_scopes:
            raise ScopeDoesNotExist(f"Scope {scope} does not exist.")
    for provider in document.get("SupportedIdentityProviders", ()):
        if provider != "COGNITO":
            raise InvalidParameter(f"The provider {provider} does not exist for this user pool.")


def _check_flows(document: Mapping[str, Any], pool: PoolSettings) -> None:
    explicit = document.get("ExplicitAuthFlows", ())
    allowed = [flow for flow in explicit if flow.startswith("ALLOW_")]
    if allowed and len(allowed) < len(explicit):
        raise InvalidParameter("Old ExplicitAuthFlows cannot be combined with those that begin with ALLOW_.")
    rotating = document.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"
    if rotating and ("ALLOW_REFRESH_TOKEN_AUTH" in explicit or not explicit):
        raise InvalidParameter("Refresh token rotation cannot be enabled with ALLOW_REFRESH_TOKEN_AUTH.")
    if "ALLOW_USER_AUTH" in explicit and pool.document.get("UserPoolTier") == "LITE":
        raise FeatureUnavailableInTier("ALLOW_USER_AUTH")


def _check_lifetimes(document: Mapping[str, Any]) -> None:
    """Access and ID tokens live 5 minutes to a day, refresh tokens an hour to ten years and not shorter than those."""
    lifetimes = Lifetimes.read(document)
    for member, seconds, low, high, words in (
        ("AccessTokenValidity", lifetimes.access_token, 5 * _MINUTE, _DAY, "5 minutes to 1 day"),
        ("IdTokenValidity", lifetimes.id_token, 5 * _MINUTE, _DAY, "5 minutes to 1 day"),
        ("RefreshTokenValidity", lifetimes.refresh_token, 60 * _MINUTE, 3650 * _DAY, "60 minutes to 3650 days"),
    ):
        if not low <= seconds <= high:
            raise InvalidParameter(f"Invalid range for {member}: it must be {words}.")
    if lifetimes.refresh_token < max(lifetimes.access_token, lifetimes.id_token):
        raise InvalidParameter("RefreshTokenValidity must not be shorter than the other tokens' validity.")


def _check_attributes(document: Mapping[str, Any], pool: PoolSettings) -> None:
    readable = {name for name, attribute in pool.schema.items() if not attribute.developer_only}
    if not set(document.get("ReadAttributes", ())) <= readable:
        raise InvalidParameter("Invalid read attributes specified while creating a client")
    write = document.get("WriteAttributes")
    if write is None:
        return
    writable = readable - {"sub", *VERIFIABLE.values()}
    if not set(write) <= writable or not pool.required_attributes <= set(write):
        raise InvalidParameter("Invalid write attributes specified while creating a client")
