"""The settings of a client that are ours: what may be set with ``poolhouse client set``."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from app.core.clients.document import check_redirect_url
from app.core.kernel.errors import InvalidParameter
from app.core.kernel.extensions import Extension, ExtensionInvalid, a_flag, a_host, one_of

_RESOURCE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21\x24-\x2b\x2d-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?", re.IGNORECASE)


def _inside_branding(_value: object) -> object:
    raise ValueError("is a place inside branding")


def a_logout_uri(value: object) -> str:
    """https, or http on loopback; without a fragment (Front-Channel Logout 1.0 §2, Back-Channel Logout 1.0 §2.2)."""
    if not isinstance(value, str) or len(value) > 2000 or not value.isascii():
        raise ValueError("must be a URL")
    try:
        check_redirect_url(value, member="URL")
    except InvalidParameter as refused:
        raise ValueError("must be an https URL without a fragment, or http on loopback") from refused
    if urlsplit(value).scheme.lower() not in {"https", "http"}:
        raise ValueError("must be an https URL without a fragment, or http on loopback")
    return value


def some_resources(value: object) -> list[str]:
    """Absolute URIs without a fragment (RFC 8707 §2), typed with commas or spaces between them."""
    named = re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(named, list) or not 0 < len(named) <= 100:
        raise ValueError("must be a list of absolute URIs")
    for resource in named:
        if not isinstance(resource, str) or len(resource) > 1024 or not _RESOURCE.fullmatch(resource):
            raise ValueError("must be a list of absolute URIs without a fragment")
    return list(dict.fromkeys(named))


def origin_of(url: str) -> str | None:
    """Scheme, host and port as a Content-Security-Policy can name them; None where it cannot (an IPv6 address)."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return origin if _ORIGIN.fullmatch(origin) else None


def check_frontchannel(extensions: Mapping[str, Any], callback_urls: tuple[str, ...]) -> None:
    """Raises ``ExtensionInvalid`` where the frame would be of another origin than the client (Front-Channel Logout 1.0 §2)."""
    uri = extensions.get("frontchannel_logout_uri")
    if uri is None:
        return
    origin = origin_of(uri)
    if origin is None or origin not in {origin_of(url) for url in callback_urls}:
        raise ExtensionInvalid("frontchannel_logout_uri must have scheme, host and port of one of the CallbackURLs.")


CLIENT_EXTENSIONS = (
    Extension(name="require_pkce", type="true or false", default="true for public clients, false for confidential ones",
              read=a_flag, help="Whether an authorization request must carry a PKCE challenge (RFC 7636, S256 only)."),
    Extension(name="string_booleans_at_userinfo", type="true or false", default="false", read=a_flag,
              help="userInfo answers email_verified and phone_number_verified as strings, as Cognito does."),
    Extension(name="access_token_format", type="cognito or rfc9068", default="cognito", read=one_of("cognito", "rfc9068"),
              help="rfc9068 gives access tokens the header `typ: at+jwt` and always `aud` and `jti` (RFC 9068)."),
    Extension(name="subject_type", type="public or pairwise", default="public", read=one_of("public", "pairwise"),
              help="pairwise gives this client's sector a `sub` of its own for every user (OpenID Connect Core §8)."),
    Extension(name="sector_identifier", type="host name",
              default="the host of the callback URLs; where they have several, the client by itself", read=a_host,
              help="Pairwise clients with the same sector see the same `sub`; changing it changes every `sub` the client knows."),
    Extension(name="require_consent", type="true or false", default="false", read=a_flag,
              help="Asks each person once, before this client is given what its scopes stand for."),
    Extension(name="resources", type="URIs, with commas between them", default="any, as in Cognito", read=some_resources,
              help="For which APIs this client may ask for access tokens by the parameter `resource` (RFC 8707)."),
    Extension(name="frontchannel_logout_uri", type="https URL", default="none", read=a_logout_uri,
              help="Loaded in a frame with iss and sid when a browser session ends that this client took part in; of the same "
                   "origin as one of its CallbackURLs (OpenID Connect Front-Channel Logout 1.0)."),
    Extension(name="frontchannel_logout_session_required", type="true or false", default="false", read=a_flag,
              help="Whether the client needs iss and sid at that address; they are always sent."),
    Extension(name="backchannel_logout_uri", type="https URL", default="none", read=a_logout_uri,
              help="Receives a signed logout token when a session ends that this client took part in, or when its user is "
                   "disabled, deleted or signed out everywhere (OpenID Connect Back-Channel Logout 1.0)."),
    Extension(name="backchannel_logout_session_required", type="true or false", default="false", read=a_flag,
              help="Whether each logout token must name a session; otherwise one without sid may end all of a user's."),
    Extension(name="theme", type="name of an installed theme", default="the pool's", read=_inside_branding,
              help="The theme that draws this client's hosted pages; short for `branding.theme`."),
    Extension(name="branding.*", type="see the guide to branding", default="the pool's", read=_inside_branding,
              help="Name, colours, logo, links and texts of the hosted pages, laid over the pool's."),
)  # fmt: skip
