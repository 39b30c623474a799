from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.core.kernel.ids import ClientId
from app.core.messages.model import Letter, RenderedLetter
from app.core.pools.model import Pool

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


def pool_name(pool: Pool, _client_id: ClientId | None) -> str:
    """The brand where no branding says otherwise."""
    return pool.name


class TemplateEnvelope:
    """The ``Envelope``, drawn by ``mail/envelope.html`` and ``mail/envelope.txt`` of one theme's templates, found in ``directories`` in order."""

    def __init__(self, *directories: Path, brand_name: Callable[[Pool, ClientId | None], str] = pool_name) -> None:
        loader = FileSystemLoader(directories)
        self._html = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        # The text part is no HTML: escaping would show people `&amp;`.
        self._text = Environment(
            loader=loader,
            autoescape=False,  # noqa: S701
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._brand_name = brand_name

    def brand_name(self, pool: Pool, client_id: ClientId | None) -> str:
        return self._brand_name(pool, client_id)

    def render(self, pool: Pool, letter: Letter) -> RenderedLetter:  # noqa: ARG002 - one theme for every pool
        visible = {
            "lang": letter.language,
            "dir": "rtl" if letter.language in _RIGHT_TO_LEFT else "ltr",
            "brand": {"name": letter.brand},
            "subject": letter.subject,
            "paragraphs": letter.paragraphs,
            "code": letter.code,
            "link": letter.link,
            "origin_host": letter.host,
            "closing": letter.closing,
        }
        return RenderedLetter(
            html=self._html.get_template("mail/envelope.html").render(visible),
            text=self._text.get_template("mail/envelope.txt").render(visible).strip() + "\n",
        )
