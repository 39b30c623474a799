"""Mails in the pool's theme: the ``Envelope`` of the messages room, drawn by the same themes as the pages."""

from collections.abc import Callable

from app.core.branding import Branding, choose_theme, parse_branding
from app.core.branding.model import BrandingInvalid
from app.core.kernel.ids import ClientId
from app.core.messages.model import Letter, RenderedLetter
from app.core.pools.model import Pool
from app.web.catalogue import direction
from app.web.context_parts import Brand, MailLink
from app.web.contexts import MailEnvelope
from app.web.pages import Pages

FindBranding = Callable[[Pool, ClientId | None], Branding]


def pool_branding(pool: Pool, _client_id: ClientId | None) -> Branding:
    """The pool's own branding; one that can no longer be read must not keep a code from being sent."""
    document = pool.extensions.document.get("branding")
    if not isinstance(document, dict):
        return Branding()
    try:
        return parse_branding(document)
    except BrandingInvalid:
        return Branding()


class ThemedEnvelope:
    """The ``Envelope``. ``find_branding`` may lay a client's branding over its pool's."""

    def __init__(self, pages: Pages, find_branding: FindBranding = pool_branding) -> None:
        self._pages = pages
        self._find_branding = find_branding

    def brand_name(self, pool: Pool, client_id: ClientId | None) -> str:
        return self._find_branding(pool, client_id).display_name or pool.name

    def render(self, pool: Pool, letter: Letter) -> RenderedLetter:
        branding = self._find_branding(pool, None)
        rendered = self._pages.render_mail(
            choose_theme(branding, installed=self._pages.theme_names),
            MailEnvelope(
                lang=letter.language,
                dir=direction(self._direction_of(letter.language)),
                brand=Brand(name=letter.brand),
                subject=letter.subject,
                paragraphs=letter.paragraphs,
                code=letter.code,
                link=None if letter.link is None else MailLink(url=letter.link.url, label=letter.link.label),
                origin_host=letter.host,
                closing=letter.closing,
            ),
        )
        # Mail programs and phones look at the last line, so nothing may stand after it, not even an empty one.
        return RenderedLetter(html=rendered.html, text=rendered.text.strip() + "\n")

    def _direction_of(self, language: str) -> str | None:
        catalogues = self._pages.languages("default")
        return next((catalogue.dir for catalogue in catalogues if catalogue.lang == language), None)
