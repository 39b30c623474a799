"""How a page looks for this request: whose branding, which theme, which language."""

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Literal
from urllib.parse import quote

from flask import Flask, Response, current_app, request

from app.core.branding import Branding, choose_language, choose_theme, layered, parse_branding, stylesheet
from app.core.branding.customization import Customizations
from app.core.branding.model import Logo
from app.core.clients.model import Client
from app.core.pools.model import Pool
from app.web.catalogue import Catalogue
from app.web.context_parts import Brand
from app.web.pages import Pages

_CUSTOMIZATIONS = "poolhouse.customizations"
_LANGUAGE_COOKIE = "poolhouse-lang"
_YEAR = 365 * 86400
_REMEMBERED = 64
"""Brandings whose reading and stylesheet are kept: every page asks for both."""
_stylesheets: dict[int, tuple[Branding, tuple[str, str]]] = {}
"""By identity, beside the branding itself, so that an address in memory that is used again is noticed."""


def serve_customizations(flask_app: Flask, customizations: Customizations) -> None:
    """Lets every page of this application show what was set with SetUICustomization."""
    flask_app.extensions[_CUSTOMIZATIONS] = customizations


def current_customizations() -> Customizations | None:
    """Those of the application at hand; None where pages are drawn without a server's rooms."""
    found: Customizations | None = current_app.extensions.get(_CUSTOMIZATIONS)
    return found


def branding_of(pool: Pool, client: Client) -> Branding:
    """The client's branding over its pool's, and classic branding over both; all were checked when they were set."""
    beneath, above = (one.extensions.document.get("branding") or {} for one in (pool, client))
    customizations = current_customizations()
    classic = customizations.find_shown(pool.pool_id, client.client_id) if customizations else None
    if classic is None:
        return _layered(json.dumps(beneath), json.dumps(above))
    return _layered(json.dumps(beneath), json.dumps(above), classic.stylesheet, classic.image)


@lru_cache(maxsize=_REMEMBERED)
def _layered(beneath: str, above: str, classic: str = "", logo: Logo | None = None) -> Branding:
    branding = layered(parse_branding(json.loads(beneath)), parse_branding(json.loads(above)))
    if logo is not None:
        branding = replace(branding, logo=logo, logo_dark=None)
    return replace(branding, classic=classic) if classic else branding


def brand_stylesheet(branding: Branding) -> tuple[str, str]:
    """The generated stylesheet and the digest in its address."""
    known = _stylesheets.get(id(branding))
    if known is not None and known[0] is branding:
        return known[1]
    text = stylesheet(branding) + branding.classic
    made = text, sha256(text.encode()).hexdigest()[:12]
    if len(_stylesheets) >= _REMEMBERED:
        _stylesheets.clear()
    _stylesheets[id(branding)] = branding, made
    return made


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
