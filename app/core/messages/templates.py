"""The pool's own words: Cognito's placeholders, filled in once and escaped where the words are HTML."""

import re
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from app.core.messages.model import Link

_PLACEHOLDER = re.compile(r"\{####\}|\{username\}|\{##(.+?)##\}", re.DOTALL)
_LINK_AT_END = re.compile(r"\{##(.+?)##\}[\s.]*\Z", re.DOTALL)
_MARKUP = re.compile(r"<[a-zA-Z/!]")
_WHOLE_DOCUMENT = re.compile(r"<(?:!doctype|html|body)\b", re.IGNORECASE)
_SILENT = frozenset({"head", "style", "script", "title", "template"})
_BLOCKS = frozenset({
    "address", "article", "blockquote", "br", "div", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
    "ol", "p", "pre", "section", "table", "tr", "ul",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What stands for the placeholders; values are plain text."""

    code: str
    username: str
    url: str | None = None


def is_html(template: str) -> bool:
    """Whether an administrator wrote markup (Cognito allows it in mails)."""
    return _MARKUP.search(template) is not None


def find_link_label(template: str) -> str | None:
    """The words of ``{##Click here##}``."""
    return next((match[1].strip() for match in _PLACEHOLDER.finditer(template) if match[1]), None)


def fill_text(template: str, filling: Filling) -> str:
    """One pass, so that a username that looks like a placeholder stays what it is. Link words remain words."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "{####}":
            return filling.code
        if match[0] == "{username}":
            return filling.username
        return match[1].strip()

    return _PLACEHOLDER.sub(value, template)


def fill_html(template: str, filling: Filling) -> str:
    """The administrator's markup is trusted, what is put into it is not."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "{####}":
            return escape(filling.code)
        if match[0] == "{username}":
            return escape(filling.username)
        return match[1] if filling.url is None else f'<a href="{escape(filling.url)}">{match[1]}</a>'

    return _PLACEHOLDER.sub(value, template)


def paragraphs_of(template: str, filling: Filling) -> tuple[str, ...]:
    """The paragraphs of a template without markup. A link at its end is left to the button below."""
    if filling.url is not None:
        template = _LINK_AT_END.sub("", template)
    return tuple(line for line in (line.strip() for line in fill_text(template, filling).splitlines()) if line)


def as_document(body: str, *, language: str) -> str:
    """A whole HTML document around a fragment; a document is left as it is."""
    if _WHOLE_DOCUMENT.search(body):
        return body
    return f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def text_of(html: str) -> str:
    """The words of a piece of HTML, block by block; an address stands beside the words it hides behind."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0
        self._address: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag == "a":
            self._address = dict(attrs).get("href")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag == "a" and self._address:
            # On a line of its own no reader takes a full stop after it for a part of it.
            self.pieces.append(f":\n{self._address}\n")
            self._address = None

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data.replace("\n", " "))


def link_of(filling: Filling, template: str | None, label: str) -> Link | None:
    """The button of a mail, named by the template where it names it."""
    if filling.url is None:
        return None
    own = find_link_label(template) if template else None
    return Link(url=filling.url, label=own or label)
