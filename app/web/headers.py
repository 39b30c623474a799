"""The security headers of every answer. A blueprint may add to them; no theme can take away."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Response, g

from app.web.site import Site

_ONE_YEAR = 365 * 86400
_NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
_ALWAYS = tuple(
    (name.lower(), name, value)
    for name, value in {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
    }.items()
)
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


def allow_form_target(redirect_uri: str) -> None:
    """Lets the forms of this page's answer end, over redirects, at the client's registered redirect URI.

    Chromium applies ``form-action`` to every redirect after a form, so the app's own address has to be in it. Only pass a
    URI that the client registered.
    """
    source = form_source(redirect_uri)
    if source is not None:
        g.setdefault("poolhouse_form_targets", []).append(source)


def allow_frames(origins: Iterable[str]) -> None:
    """Lets this page's answer hold frames of exactly these origins. Only pass origins that clients registered."""
    g.setdefault("poolhouse_frames", []).extend(origins)


def form_source(redirect_uri: str) -> str | None:
    """The CSP source that covers a redirect URI, None where ``https:`` covers it already."""
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme == "https" or not _SCHEME.fullmatch(scheme):
        return None
    origin = f"{scheme}://{parts.netloc.lower()}"
    if scheme == "http" and _ORIGIN.fullmatch(origin):
        return origin
    # CSP has no way to write an IPv6 address, and an app's own scheme has no origin: the scheme stands for both.
    return f"{scheme}:"


def keep_opener(response: Response) -> Response:
    """For what a popup passes through on its way to sign in or out and back: the app's page must keep its hold on the window.

    ``same-origin`` on any answer of the way, redirects included, cuts the popup off from the page that opened it.
    """
    response.headers.setdefault("Cross-Origin-Opener-Policy", "unsafe-none")
    return response


def add_security_headers(response: Response, site: Site) -> Response:
    """What an answer set itself stays; everything else gets its strict default."""
    headers = response.headers
    # Looked through once: asking the headers for each name goes through all of them each time.
    present = {name.lower() for name, _ in headers}
    policy = _NOTHING
    if response.mimetype == "text/html":
        targets = " ".join(["'self'", "https:", *dict.fromkeys(g.get("poolhouse_form_targets", ()))])
        frames = " ".join(dict.fromkeys(g.get("poolhouse_frames", ())))
        framing = f"; frame-src {frames}" if frames else ""
        policy = f"{_PAGE}{framing}; form-action {targets}"
    if "content-security-policy" not in present:
        headers.add("Content-Security-Policy", policy)
    for lowered, name, value in _ALWAYS:
        if lowered not in present:
            headers.add(name, value)
    if site.is_https and "strict-transport-security" not in present:
        headers.add("Strict-Transport-Security", f"max-age={_ONE_YEAR}")
    return response
