"""Themed pages beside the flow of an authorize request: signing out. For a client, for a pool, or for nobody in particular."""

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, make_response, request

from app.core.branding import Branding, parse_branding
from app.core.clients.model import Client
from app.core.pools.model import Pool
from app.web.context_parts import Brand, Form, Links, PageFrame
from app.web.csrf import Csrf
from app.web.look import brand_of, branding_of, read_look
from app.web.pages import Pages

_NOBODY = "Poolhouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPages:
    """Draws pages that need no authorize request. Cookies and form tokens are those of the hosted pages."""

    pages: Pages
    csrf: Csrf

    def draw(
        self,
        page: type[PageFrame],
        *,
        pool: Pool | None,
        client: Client | None,
        form_url: str | None = None,
        **own: Any,
    ) -> Response:
        """``form_url`` is where the page's form is posted to; it needs a pool, whose token the form carries."""
        branding = _branding(pool, client)
        look = read_look(self.pages, branding)
        if client is not None:
            brand = brand_of(client, branding, look.lang)
        else:
            name = branding.display_name or (pool.name if pool is not None else _NOBODY)
            brand = Brand(name=name, texts=branding.texts_for(look.lang))
        form = None
        if form_url is not None and pool is not None:
            form = Form(action_url=form_url, csrf_token=self.csrf.issue_token(request, pool.pool_id))
        links = Links(
            help_url=branding.links.get("help"),
            privacy_url=branding.links.get("privacy"),
            terms_url=branding.links.get("terms"),
        )
        links = replace(links, **own.pop("links", {}))
        context = page(lang=look.lang, dir=look.dir, brand=brand, form=form, links=links, **own)
        return make_response(self.pages.render(look.theme, context))


def _branding(pool: Pool | None, client: Client | None) -> Branding:
    if pool is None:
        return Branding()
    if client is None:
        return parse_branding(pool.extensions.document.get("branding") or {})
    return branding_of(pool, client)
