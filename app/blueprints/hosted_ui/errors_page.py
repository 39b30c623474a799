"""The error page: for requests that must not be redirected, and for whatever else goes wrong in front of a person."""

from dataclasses import dataclass

from flask import Response, make_response, request

from app.blueprints.hosted_ui.frame import branding_of
from app.core.branding import Branding, choose_language, choose_theme
from app.core.clients.model import Client
from app.web.contexts import Brand, ErrorPage, FormErrors
from app.web.pages import Pages
from app.web.pool import WhichPool

_NOBODY = "Poolhouse"
_HINTS = {"error.redirect_uri": "error_hint.redirect_uri", "error.session_expired": "error_hint.session_expired"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPages:
    """Needs no valid client: where one is named it lends its branding, else the page is plain."""

    pages: Pages
    which: WhichPool

    def draw(self, status: int, key: str, request_id: str, **params: object) -> Response:
        """The page for a catalogue sentence."""
        client, branding = self._branding()
        theme = choose_theme(branding, installed=self.pages.theme_names)
        catalogues = self.pages.languages(theme)
        lang = choose_language(
            requested=request.args.get("lang") or request.args.get("ui_locales"),
            remembered=request.cookies.get("poolhouse-lang"),
            accept_language=request.headers.get("Accept-Language"),
            available=[catalogue.lang for catalogue in catalogues],
        )
        direction = next(catalogue.dir for catalogue in catalogues if catalogue.lang == lang)
        hint = _HINTS.get(key) or ("error_hint.server_error" if status >= 500 else None)
        context = ErrorPage(
            lang=lang,
            dir=direction,
            brand=Brand(name=branding.display_name or (client.name if client else _NOBODY), texts=branding.texts_for(lang)),
            error=FormErrors(summary=self.pages.sentence(theme, lang, key, **params)),
            hint=self.pages.sentence(theme, lang, hint) if hint else None,
            request_id=request_id or None,
        )
        return make_response(self.pages.render(theme, context), status)

    def _branding(self) -> tuple[Client | None, Branding]:
        """Never raises: an error page that fails helps nobody."""
        try:
            found = self.which.find_client(request.args.get("client_id", ""))
        except Exception:  # noqa: BLE001 - the database may be what is broken
            return None, Branding()
        return (None, Branding()) if found is None else (found[1], branding_of(*found))
