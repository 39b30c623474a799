"""From the `branding` document of a pool or client to a `Branding`, with every mistake named."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from app.core.branding.colour import Colour, contrast, nearest_passing
from app.core.branding.model import LINK_KEYS, TEXT_KEYS, Branding, BrandingInvalid, BrandingProblem, Font, Logo
from app.core.branding.stylesheet import palette

MAX_LOGO_BYTES = 32 * 1024  # A first view stays under 50 KB; the logo is its largest part.
MAX_RADIUS = 24
MAX_TEXT = 300
MAX_NAME = 80

_COLOURS = (
    "accent",
    "accent_text",
    "accent_dark",
    "accent_text_dark",
    "surface",
    "surface_dark",
    "text",
    "text_dark",
)
_KEYS = frozenset({*_COLOURS, "theme", "display_name", "radius", "font", "logo", "logo_dark", "links", "texts"})
_THEME_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_DATA_URL = re.compile(r"data:(?P<type>[a-z0-9.+/-]{1,60});base64,(?P<content>[A-Za-z0-9+/]+={0,2})")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HTTPS_URL = re.compile(r"https://[^\s<>\"'\\^`{|}\x00-\x1f\x7f]{1,1000}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")

Parsed = TypeVar("Parsed")


def parse_branding(document: Mapping[str, object], *, themes: frozenset[str] | None = None) -> Branding:
    """The branding that the document describes.

    `themes` are the installed themes' names; without them the name is only checked for its form.
    Raises BrandingInvalid with one problem per mistake: unknown keys, colours that are not hexadecimal, text that
    cannot be read on its ground (WCAG 2.2 §1.4.3, with the nearest colour that can), pictures that are not what
    they say, sentences that may not be replaced.
    """
    reader = _Reader(document=document)
    reader.refuse_unknown(document, "", _KEYS)
    branding = Branding(
        theme=reader.read("theme", lambda value: _theme(value, themes)),
        display_name=reader.read("display_name", _display_name),
        accent=reader.read("accent", _colour),
        accent_text=reader.read("accent_text", _colour),
        accent_dark=reader.read("accent_dark", _colour),
        accent_text_dark=reader.read("accent_text_dark", _colour),
        surface=reader.read("surface", _colour),
        surface_dark=reader.read("surface_dark", _colour),
        text=reader.read("text", _colour),
        text_dark=reader.read("text_dark", _colour),
        radius=reader.read("radius", _radius),
        font=reader.read("font", _font),
        logo=reader.read("logo", _logo),
        logo_dark=reader.read("logo_dark", _logo),
        links=reader.links(),
        texts=reader.texts(),
    )
    # A colour that could not be read has been reported already; its contrast would be judged against a default.
    if not reader.problems:
        reader.problems.extend(_contrast_problems(branding))
    if reader.problems:
        raise BrandingInvalid(tuple(reader.problems))
    return branding


class _Refused(Exception):  # noqa: N818
    def __init__(self, sentence: str, proposal: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.proposal = proposal


@dataclass(slots=True, kw_only=True)
class _Reader:
    document: Mapping[str, object]
    problems: list[BrandingProblem] = field(default_factory=list)

    def report(self, path: str, refused: _Refused) -> None:
        self.problems.append(
            BrandingProblem(path=f"branding.{path}", sentence=refused.sentence, proposal=refused.proposal)
        )

    def refuse_unknown(self, found: Mapping[str, object], prefix: str, known: frozenset[str]) -> None:
        for key in sorted(set(found) - known):
            self.report(f"{prefix}{key}", _Refused(f"is not known; known are {', '.join(sorted(known))}."))

    def read(self, key: str, parse: Callable[[object], Parsed]) -> Parsed | None:
        value = self.document.get(key)
        return None if value is None else self.attempt(key, value, parse)

    def attempt(self, path: str, value: object, parse: Callable[[object], Parsed]) -> Parsed | None:
        try:
            return parse(value)
        except _Refused as refused:
            self.report(path, refused)
            return None

    def mapping(self, key: str) -> Mapping[str, object]:
        value = self.document.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.report(key, _Refused("must be an object."))
            return {}
        return value

    def links(self) -> Mapping[str, str]:
        found = self.mapping("links")
        self.refuse_unknown(found, "links.", LINK_KEYS)
        parsed = {key: self.attempt(f"links.{key}", found[key], _link) for key in sorted(LINK_KEYS & set(found))}
        return MappingProxyType({key: link for key, link in parsed.items() if link is not None})

    def texts(self) -> Mapping[str, Mapping[str, str]]:
        by_language: dict[str, Mapping[str, str]] = {}
        for language, sentences in self.mapping("texts").items():
            if not _LANGUAGE.fullmatch(language):
                self.report(f"texts.{language}", _Refused("is not a language tag such as en or pt-BR."))
            elif not isinstance(sentences, Mapping):
                self.report(f"texts.{language}", _Refused("must be an object of sentences by key."))
            else:
                by_language[language] = self._sentences(language, sentences)
        return MappingProxyType(by_language)

    def _sentences(self, language: str, sentences: Mapping[str, object]) -> Mapping[str, str]:
        self.refuse_unknown(sentences, f"texts.{language}.", TEXT_KEYS)
        parsed = {
            key: self.attempt(f"texts.{language}.{key}", sentences[key], _sentence)
            for key in sorted(TEXT_KEYS & set(sentences))
        }
        return MappingProxyType({key: text for key, text in parsed.items() if text is not None})


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Refused("must be a text that is not empty.")
    if len(value) > longest:
        raise _Refused(f"is longer than {longest} characters.")
    if _CONTROL.search(value):
        raise _Refused("holds control or direction-changing characters.")
    return value.strip()


def _display_name(value: object) -> str:
    return _text(value, MAX_NAME)


def _sentence(value: object) -> str:
    text = _text(value, MAX_TEXT)
    if any(name != "brand" for name in _PLACEHOLDER.findall(text)):
        raise _Refused("may hold no placeholder but {brand}.")
    return text


def _link(value: object) -> str:
    if not isinstance(value, str) or not _HTTPS_URL.fullmatch(value):
        raise _Refused("must be an https address.")
    return value


def _theme(value: object, themes: frozenset[str] | None) -> str:
    if not isinstance(value, str) or not _THEME_NAME.fullmatch(value):
        raise _Refused("must be the name of a theme: small letters, digits and hyphens.")
    if themes is not None and value not in themes:
        raise _Refused(f"names no installed theme; installed are {', '.join(sorted(themes))}.")
    return value


def _colour(value: object) -> Colour:
    if not isinstance(value, str):
        raise _Refused("must be a colour written #rgb or #rrggbb.")
    try:
        return Colour.from_hex(value)
    except ValueError:
        raise _Refused("must be a colour written #rgb or #rrggbb.") from None


def _radius(value: object) -> int:
    # True is an int in Python, and "radius: true" is a mistake worth naming.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_RADIUS:
        raise _Refused(f"must be a whole number of pixels from 0 to {MAX_RADIUS}.")
    return value


def _font(value: object) -> Font:
    try:
        return Font(str(value))
    except ValueError:
        raise _Refused(f"must be one of {', '.join(Font)}.") from None


def _logo(value: object) -> Logo:
    match = _DATA_URL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _Refused("must be a data: URL in base64, such as data:image/png;base64,….")
    if match["type"] == "image/svg+xml":
        raise _Refused("is an SVG document, which can carry script.", "a PNG, JPEG or WebP picture")
    try:
        content = base64.b64decode(match["content"], validate=True)
    except binascii.Error:
        raise _Refused("is not valid base64.") from None
    if len(content) > MAX_LOGO_BYTES:
        raise _Refused(f"is larger than {MAX_LOGO_BYTES // 1024} KiB.")
    found = media_type_of(content)
    if found is None:
        raise _Refused("is neither a PNG, a JPEG nor a WebP picture.")
    if found != match["type"]:
        raise _Refused(f"says {match['type']} and is {found}.")
    return Logo(media_type=found, content=content, digest=hashlib.sha256(content).hexdigest()[:12])


def media_type_of(content: bytes) -> str | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def _contrast_problems(branding: Branding) -> list[BrandingProblem]:
    """Text on the accent, and text on the card, in both modes, at 4.5:1 or better (WCAG 2.2 §1.4.3)."""
    problems = []
    for dark in (False, True):
        suffix, mode = ("_dark", " in dark mode") if dark else ("", "")
        colours = palette(branding, dark=dark)
        # A mode that nobody set is derived, and the derivation always passes; the check only finds what was given.
        for name, ground, words in (
            ("accent", colours.accent, colours.accent_text),
            ("surface", colours.surface, colours.text),
        ):
            ratio = contrast(ground, words)
            if ratio < 4.5:
                problems.append(
                    BrandingProblem(
                        path=f"branding.{name}{suffix}",
                        sentence=f"{ground} under {words} has a contrast of {ratio:.2f}:1{mode}; 4.5:1 is needed.",
                        proposal=str(nearest_passing(ground, against=words)),
                    )
                )
    return problems
