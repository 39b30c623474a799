"""Who visits which pool for which client, and with which authorize request."""

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode

from flask import Request

from app.core.clients.model import Client
from app.core.kernel.errors import ClientNotFound, Fact
from app.core.pools.model import Pool
from app.web.pool import WhichPool

VIEW = "view"
"""The parameter of ours that says which face of a page is meant; it belongs to no authorize request."""


THEN = "then"
"""The parameter of ours that says which page of ours asked to sign in."""
_THEN = frozenset({"account", "passkeys/add"})


class RedirectUriRefused(Fact):
    """The request names a redirect URI that the client did not register: a page says so, and nothing redirects there."""

    message = "The redirect URI is not registered for this client."


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """``query`` is the authorize request as it came, kept from page to page; ``redirect_uri`` is registered, or None."""

    pool: Pool
    client: Client
    query: str
    redirect_uri: str | None

    @property
    def form_targets(self) -> tuple[str, ...]:
        """Where a form of this page may end.

        A link from a mail names no redirect URI, and goes on with the request that the browser began, which may name any of the
        client's.
        """
        return (
            (self.redirect_uri,)
            if self.names_redirect_uri and self.redirect_uri
            else self.client.settings.callback_urls
        )

    @property
    def is_authorize_request(self) -> bool:
        """Whether a sign-in has somewhere to go on to; a link from a mail has not."""
        return any(name == "response_type" for name, _ in parse_qsl(self.query))

    def url(self, page: str, view: str = "") -> str:
        """Another page of ours with the same authorize request; ``view`` is which of several faces of the page."""
        query = "&".join(part for part in (self.query, f"{VIEW}={view}" if view else "") if part)
        return f"/{page}?{query}" if query else f"/{page}"

    @property
    def onward(self) -> str:
        """Where whoever is signed in goes on: the page that asked to sign in, the authorize request, or else the account page."""
        asked = dict(parse_qsl(self.query)).get(THEN)
        if asked in _THEN:
            return self.going_to(None).url(asked)
        return self.url("oauth2/authorize" if self.is_authorize_request else "account")

    @property
    def names_redirect_uri(self) -> bool:
        """Whether the request itself says where the application is."""
        return any(name == "redirect_uri" for name, _ in parse_qsl(self.query))

    def going_to(self, page: str | None) -> "Visit":
        """The same visit that will go on to a page of ours, or to none in particular."""
        kept = [part for part in self.query.split("&") if not part.startswith(f"{THEN}=")]
        return replace(self, query="&".join([*kept, *([f"{THEN}={quote(page, safe='')}"] if page else ())]))

    def url_in(self, path: str, language: str, view: str = "") -> str:
        """The same page in another language."""
        kept = [
            (name, value)
            for name, value in parse_qsl(self.query, keep_blank_values=True)
            if name not in {"lang", "ui_locales"}
        ]
        return f"{quote(path)}?{urlencode([*kept, *([(VIEW, view)] if view else ()), ('lang', language)])}"


def read_visit(which: WhichPool, request: Request) -> Visit:
    """Raises ``ClientNotFound`` or ``RedirectUriRefused``; both are shown, never redirected (RFC 6749 §4.1.2.1)."""
    client_ids = request.args.getlist("client_id")
    found = which.find_client(client_ids[0]) if len(client_ids) == 1 else None
    if found is None:
        raise ClientNotFound
    pool, client = found
    uris = request.args.getlist("redirect_uri")
    # Exact string comparison, nothing normalised first (RFC 9700 §2.1).
    if len(uris) > 1 or (uris and uris[0] not in client.settings.callback_urls):
        raise RedirectUriRefused
    redirect_uri = uris[0] if uris else client.settings.default_redirect_uri
    query = "&".join(
        part for part in request.query_string.decode("ascii", "replace").split("&") if not part.startswith(f"{VIEW}=")
    )
    return Visit(pool=pool, client=client, query=query, redirect_uri=redirect_uri)
