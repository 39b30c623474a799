"""Proof that a form was sent from our own page in the same browser: a cookie that marks the browser, and a token made from it."""

import hmac
import re
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import urlsplit

from flask import Request, Response, after_this_request, g
from werkzeug.exceptions import Forbidden

from app.core.kernel.caller import Caller
from app.core.kernel.ids import new_handle
from app.core.kernel.sealing import Hasher
from app.web.context import current_context
from app.web.cookies import Cookies
from app.web.site import Site

FIELD = "csrf_token"
_KIND = "browser"
_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")


class FormRefused(Forbidden):
    """The form did not come from our page in this browser: the page was left open too long, cookies are off, or it is an attack."""

    description = "The form has expired. Go back, reload the page and try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Csrf:
    """For each pool the browser carries another mark, so tokens of one pool are nothing at another."""

    cookies: Cookies
    hasher: Hasher
    site: Site

    def issue_token(self, request: Request, pool_id: str) -> str:
        """For the hidden field ``csrf_token``. The salt makes each page's token differ, so compression betrays nothing."""
        salt = secrets.token_urlsafe(12)
        return f"{salt}.{self._mac(self._ensure_browser(request, pool_id), pool_id, salt)}"

    def check_form(self, request: Request, pool_id: str) -> None:
        """Raises ``FormRefused``. The token is the proof; where the browser says that another site sent the form, that settles it first."""
        browser = self._find_browser(request, pool_id)
        salt, _, mac = request.form.get(FIELD, "").partition(".")
        if browser is None or not salt or self.is_cross_site(request):
            raise FormRefused
        if not hmac.compare_digest(mac.encode(), self._mac(browser, pool_id, salt).encode()):
            raise FormRefused

    def caller(self, request: Request, pool_id: str, *, language: str | None = None) -> Caller:
        """The request's caller, bound to the browser: what one browser began, no other continues."""
        mark = self.hasher.digest(_KIND, f"{pool_id}:{self._ensure_browser(request, pool_id)}")
        return replace(current_context().caller, browser=mark, language=language)

    def is_cross_site(self, request: Request) -> bool:
        """Whether the browser says that another site sent the form."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site not in {"same-origin", "none"}
        origin = request.headers.get("Origin")
        # Our pages send no referrer, and then browsers write "null" as the origin of our own forms too (Fetch §3.2).
        if origin is None or origin == "null":
            return False
        return urlsplit(origin).netloc.lower() not in {current_context().host, urlsplit(self.site.public_url).netloc}

    def _find_browser(self, request: Request, pool_id: str) -> str | None:
        value = self.cookies.find(request, _KIND, pool_id)
        return value if value is not None and _BROWSER.fullmatch(value) else None

    def _ensure_browser(self, request: Request, pool_id: str) -> str:
        slot = f"poolhouse_browser_{pool_id}"
        found = self._find_browser(request, pool_id) or g.get(slot)
        if found is not None:
            return str(found)
        fresh = new_handle()
        setattr(g, slot, fresh)

        @after_this_request
        def _mark(response: Response) -> Response:
            self.cookies.put(response, _KIND, pool_id, fresh)
            return response

        return fresh

    def _mac(self, browser: str, pool_id: str, salt: str) -> str:
        text = f"{salt}\0{pool_id}\0{browser}".encode()
        return hmac.new(self.hasher.derive("csrf"), text, sha256).hexdigest()
