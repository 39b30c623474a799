"""The error page: for requests that must not be redirected, and for whatever else goes wrong in front of a person."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from flask import Response, make_response, request

from app.core.branding import Branding
from app.core.clients.model import Client
from app.web.context_parts import Brand, FormErrors, Language
from app.web.contexts import ErrorPage
from app.web.look import Look, brand_of, branding_of, read_look, remember_language
from app.web.pages import Pages
from app.web.pool import WhichPool

_NOBODY = "Poolhouse"
_HINTS = {"error.redirect_uri": "error_hint.redirect_uri", "error.session_expired": "error_hint.session_expired"}
_LONGEST = 2000
"""A longer address is not written into a page once for each language."""
_STATUSES = {
    403: "error.form_expired",
    404: "error.not_found",
    405: "error.method_not_allowed",
    413: "error.too_large",
    414: "error.too_large",
    421: "error.wrong_host",
    429: "error.rate_limited",
    500: "error.server_error",
    503: "error.unavailable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPages:
    """Needs no valid client: where one is named it lends its branding, else the page is plain."""

    pages: Pages
    which: WhichPool
    is_https: bool = False

    def draw(self, status: int, key: str, request_id: str, **params: object) -> Response:
        """The page for a catalogue sentence."""
        client, branding = self._branding()
        look = read_look(self.pages, branding)
        hint = _HINTS.get(key) or ("error_hint.server_error" if status >= 500 else None)
        context = ErrorPage(
            lang=look.lang,
            dir=look.dir,
            languages=_languages(look),
            brand=brand_of(client, branding, look.lang) if client else Brand(name=_NOBODY),
            error=FormErrors(summary=self.pages.sentence(look.theme, look.lang, key, **params)),
            hint=self.pages.sentence(look.theme, look.lang, hint) if hint else None,
            request_id=request_id or None,
        )
        response = make_response(self.pages.render(look.theme, context), status)
        return remember_language(response, look, secure=self.is_https)

    def draw_status(self, status: int, sentence: str, request_id: str) -> Response:
        """For HTTP errors that passed every blueprint by; ``sentence`` is English and shown where the catalogue has none."""
        key = _STATUSES.get(status)
        if key is None:
            return self.draw(status, "error.refused", request_id, reason=sentence)
        return self.draw(status, key, request_id)

    def _branding(self) -> tuple[Client | None, Branding]:
        """Never raises: an error page that fails helps nobody."""
        try:
            found = self.which.find_client(request.args.get("client_id", ""))
        except Exception:  # noqa: BLE001 - the database may be what is broken
            return None, Branding()
        return (None, Branding()) if found is None else (found[1], branding_of(*found))


def _languages(look: Look) -> tuple[Language, ...]:
    """The same request in each language; none where it cannot be made again by a link."""
    if request.method not in {"GET", "HEAD"} or len(request.path) + len(request.query_string) > _LONGEST:
        return ()
    asked = parse_qsl(request.query_string.decode("ascii", "replace"), keep_blank_values=True)
    kept = [(name, value) for name, value in asked if name not in {"lang", "ui_locales"}]
    # It begins with one slash, whatever was asked for: two would name another host.
    path = quote(request.path)
    return tuple(
        Language(
            code=found.lang,
            name=found.name,
            url=f"{path}?{urlencode([*kept, ('lang', found.lang)])}",
            current=found.lang == look.lang,
        )
        for found in look.catalogues
    )
