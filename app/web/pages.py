"""Rendering of hosted pages and mail envelopes by theme, and the themes' static files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from app.web.catalogue import FALLBACK_LANGUAGE, Catalogue
from app.web.context_parts import Brand, PageFrame
from app.web.contexts import MailEnvelope
from app.web.page_templates import html_environment, text_environment
from app.web.page_themes import Asset, Theme, load_themes

DEFAULT_THEME = "default"

_REPOSITORY = Path(__file__).resolve().parents[2] / "themes"
_WHEEL = Path(__file__).resolve().parents[1] / "_themes"


def shipped_themes() -> Path:
    """The folder of the themes that come with the server: inside an installed wheel, or the repository's own."""
    return _WHEEL if _WHEEL.is_dir() else _REPOSITORY


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMail:
    """Both parts of a mail, saying the same."""

    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeView:
    """What a template sees as `theme`."""

    name: str
    version: str
    stylesheets: tuple[str, ...]
    scripts: tuple[str, ...]


class Pages:
    """All themes of a server, read once per process. Safe to share between threads: nothing changes after this."""

    def __init__(
        self, theme_directories: Sequence[Path], *, asset_prefix: str = "/assets", pseudo_locale: bool = False
    ) -> None:
        """Reads every theme below the directories; a later directory replaces themes of an earlier one by name.

        `pseudo_locale` adds the language `qps` for tests and previews. Raises ThemeInvalid.
        """
        self._prefix = asset_prefix
        self._themes = load_themes(theme_directories, pseudo_locale=pseudo_locale)
        self._html = {name: self._environment(theme) for name, theme in self._themes.items()}
        self._text = {
            name: _with_translation(text_environment(theme.template_directories), theme, html=False)
            for name, theme in self._themes.items()
        }

    @property
    def theme_names(self) -> frozenset[str]:
        """Every installed theme."""
        return frozenset(self._themes)

    def languages(self, theme_name: str) -> tuple[Catalogue, ...]:
        """The theme's catalogues, English first: `lang`, `name` in itself, `dir`."""
        return tuple(self._theme(theme_name).catalogues.values())

    def render(self, theme_name: str, context: PageFrame) -> str:
        """The page as a whole HTML document. An unknown theme is drawn by `default`."""
        theme = self._theme(theme_name)
        return self._html[theme.name].get_template(context.template).render(_visible(context))

    def render_mail(self, theme_name: str, envelope: MailEnvelope) -> RenderedMail:
        """Both parts of a mail around the words given."""
        theme, visible = self._theme(theme_name), _visible(envelope)
        return RenderedMail(
            html=self._html[theme.name].get_template(envelope.template).render(visible),
            text=self._text[theme.name].get_template(envelope.text_template).render(visible),
        )

    def sentence(self, theme_name: str, lang: str, key: str, /, **params: object) -> str:
        """A sentence of the catalogue as plain text, for `error`, `notice` and mail; a page escapes it again.

        Raises MessageMissing for a key or a parameter that does not exist.
        """
        return _catalogue(self._theme(theme_name), lang).translate(key, **params)

    def asset_url(self, theme_name: str, path: str) -> str:
        """The address of a static file; it changes whenever a file of the theme does, so it may be cached for good."""
        return self._asset_url(self._theme(theme_name), path)

    def find_asset(self, theme_name: str, digest: str, path: str) -> tuple[bytes, str] | None:
        """Content and content type of a static file, or None for a theme, digest or path that does not exist.

        Serve it with `Cache-Control: public, max-age=31536000, immutable` and `nosniff`.
        """
        theme = self._themes.get(theme_name)
        if theme is None or digest != theme.digest:
            return None
        asset: Asset | None = theme.assets.get(path)
        return None if asset is None else (asset.content, asset.content_type)

    def _theme(self, name: str) -> Theme:
        return self._themes.get(name) or self._themes[DEFAULT_THEME]

    def _asset_url(self, theme: Theme, path: str) -> str:
        if path not in theme.assets:
            raise LookupError(f"theme {theme.name} has no static file {path}")
        return f"{self._prefix}/{theme.name}/{theme.digest}/{path}"

    def _environment(self, theme: Theme) -> Environment:
        environment = _with_translation(html_environment(theme.template_directories), theme, html=True)
        environment.globals["asset"] = lambda path: self._asset_url(theme, path)
        environment.globals["theme"] = ThemeView(
            name=theme.name, version=theme.version, stylesheets=theme.stylesheets, scripts=theme.scripts
        )
        return environment


def _with_translation(environment: Environment, theme: Theme, *, html: bool) -> Environment:
    """Gives templates `t(key, **params)` in the language of the page, with the branding's own sentences first."""

    @pass_context
    def t(context: Context, key: str, /, **params: object) -> str:
        catalogue = _catalogue(theme, context["lang"])
        brand: Brand = context["brand"]
        params.setdefault("brand", brand.name)
        translate = catalogue.translate_html if html else catalogue.translate
        return translate(key, brand.texts, **params)

    @pass_context
    def has_text(context: Context, key: str, /) -> bool:
        brand: Brand = context["brand"]
        return key in brand.texts or key in _catalogue(theme, context["lang"]).sentences

    environment.globals["t"] = t
    environment.globals["has_text"] = has_text
    environment.globals["strong"] = lambda text: Markup('<strong dir="auto">{}</strong>').format(text)
    return environment


def _catalogue(theme: Theme, lang: str) -> Catalogue:
    return theme.catalogues.get(lang) or theme.catalogues[FALLBACK_LANGUAGE]


def _visible(context: PageFrame | MailEnvelope) -> Mapping[str, Any]:
    """The context's fields as the template's names; nothing else is handed over."""
    return {part.name: getattr(context, part.name) for part in fields(context)}
