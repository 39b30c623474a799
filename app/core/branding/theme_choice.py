"""Which theme draws a page, and whose branding wins."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

from app.core.branding.model import Branding

DEFAULT_THEME = "default"


def layered(pool: Branding | None, client: Branding | None) -> Branding:
    """The pool's branding with everything that the client sets put over it; texts and links merge by key.

    A client that sets an accent, a surface or a logo does not inherit what the pool chose to go with its own:
    an accent from one palette under the text of another could not be read.
    """
    beneath, above = pool or Branding(), client or Branding()
    if above.accent is not None:
        beneath = replace(beneath, accent_text=None, accent_dark=None, accent_text_dark=None)
    if above.surface is not None or above.surface_dark is not None:
        beneath = replace(beneath, text=None, text_dark=None)
    if above.logo is not None:
        beneath = replace(beneath, logo_dark=None)
    changes: dict[str, Any] = {
        part.name: getattr(above, part.name)
        for part in fields(Branding)
        if part.name not in {"texts", "links"} and getattr(above, part.name) is not None
    }
    texts: dict[str, Mapping[str, str]] = {
        language: MappingProxyType({**beneath.texts_for(language), **above.texts_for(language)})
        for language in {**beneath.texts, **above.texts}
    }
    links = MappingProxyType({**beneath.links, **above.links})
    return replace(beneath, **changes, texts=MappingProxyType(texts), links=links)


def choose_theme(branding: Branding, *, installed: Collection[str], default: str = DEFAULT_THEME) -> str:
    """The branding's theme while it is installed, else the server's default, else `default` itself.

    A theme that was removed from the server must not take the sign-in page with it.
    """
    for name in (branding.theme, default):
        if name is not None and name in installed:
            return name
    return DEFAULT_THEME
