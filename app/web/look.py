"""How a page looks for this request: whose branding, which theme, which language."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal
from urllib.parse import quote

from flask import Response, request

from app.core.branding import Branding, choose_language, choose_theme, layered, parse_branding, stylesheet
from app.core.clients.model import Client
from app.core.pools.model import Pool
from app.web.catalogue import Catalogue
from app.web.contexts import Brand
from app.web.pages import Pages

_LANGUAGE_COOKIE = "poolhouse-lang"
_YEAR = 365 * 86400


def branding_of(pool: Pool, client: Client) -> Branding:
    """The client's branding over its pool's; both were checked when they were set."""
    beneath = parse_branding(pool.extensions.document.get("branding") or {})
    return layered(beneath, parse_branding(client.extensions.document.get("branding") or {}))


def brand_stylesheet(branding: Branding) -> tuple[str, str]:
    """The generated stylesheet and the digest in its address."""
    text = stylesheet(branding)
    return text, sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The theme, branding and language that one page is drawn in."""

    theme: str
    branding: Branding
    lang: str
    dir: Literal["ltr", "rtl"]
    catalogues: tuple[Catalogue, ...]


def brand_of(client: Client, branding: Branding, lang: str) -> Brand:
    """What a template is given of the branding."""
    base = f"/assets/_brand/{quote(client.client_id)}"
    text, digest = brand_stylesheet(branding)
    return Brand(
        name=branding.display_name or client.name,
        logo_url=f"{base}/{branding.logo.digest}/logo" if branding.logo else None,
        logo_dark_url=f"{base}/{branding.logo_dark.digest}/logo" if branding.logo_dark else None,
        stylesheet_url=f"{base}/{digest}/brand.css" if text.strip() else None,
        texts=branding.texts_for(lang),
    )


def read_look(pages: Pages, branding: Branding) -> Look:
    """Theme by branding; language by the request, then by the person's last choice, then by the browser."""
    theme = choose_theme(branding, installed=pages.theme_names)
    catalogues = pages.languages(theme)
    lang = choose_language(
        requested=request.args.get("lang") or request.args.get("ui_locales"),
        remembered=request.cookies.get(_LANGUAGE_COOKIE),
        accept_language=request.headers.get("Accept-Language"),
        available=[catalogue.lang for catalogue in catalogues],
    )
    direction = next(catalogue.dir for catalogue in catalogues if catalogue.lang == lang)
    return Look(theme=theme, branding=branding, lang=lang, dir=direction, catalogues=catalogues)


def remember_language(response: Response, look: Look, *, secure: bool) -> Response:
    """An explicit choice is remembered on this device; a wish in a header is not."""
    if request.args.get("lang") == look.lang and request.cookies.get(_LANGUAGE_COOKIE) != look.lang:
        response.set_cookie(
            _LANGUAGE_COOKIE, look.lang, max_age=_YEAR, path="/", secure=secure, httponly=True, samesite="Lax"
        )
    return response
