"""The page that posts an authorization answer to its client (OAuth 2.0 Form Post Response Mode §2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, make_response

from app.core.clients.model import Client
from app.core.pools.model import Pool
from app.web.context_parts import Brand, PostedField
from app.web.contexts import FormPostPage
from app.web.headers import allow_form_target
from app.web.look import branding_of, read_look
from app.web.pages import Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPostPages:
    """The theme's script sends the form at once; without JavaScript there is its button."""

    pages: Pages

    def draw(self, pool: Pool, client: Client, redirect_uri: str, answer: Mapping[str, str]) -> Response:
        """``redirect_uri`` is one that the client registered: the page's policy lets the form go there and nowhere else."""
        branding = branding_of(pool, client)
        look = read_look(self.pages, branding)
        context = FormPostPage(
            lang=look.lang,
            dir=look.dir,
            brand=Brand(name=branding.display_name or client.name, texts=branding.texts_for(look.lang)),
            action_url=redirect_uri,
            fields=tuple(PostedField(name=name, value=value) for name, value in answer.items()),
        )
        allow_form_target(redirect_uri)
        return make_response(self.pages.render(look.theme, context))
