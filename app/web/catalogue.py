"""Sentences by key and language, with plurals; safe to put into HTML whatever the parameters hold."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

from markupsafe import Markup, escape

FALLBACK_LANGUAGE = "en"
PSEUDO_LANGUAGE = "qps"

PluralForms = Mapping[str, str]
Sentence = str | PluralForms

_CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class MessageMissing(LookupError):  # noqa: N818
    """A page asked for a key, or a sentence for a parameter, that does not exist: a mistake in a theme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All sentences of one theme in one language."""

    lang: str
    name: str
    dir: Literal["ltr", "rtl"]
    sentences: Mapping[str, Sentence]

    def placeholders(self, key: str) -> frozenset[str]:
        """The names of the parameters that the key's sentences use."""
        sentence = self.sentences[key]
        texts = [sentence] if isinstance(sentence, str) else list(sentence.values())
        return frozenset(name for text in texts for name in _PLACEHOLDER.findall(text))

    def translate(self, key: str, overrides: Mapping[str, str] | None = None, /, **params: object) -> str:
        """The sentence as plain text. `n` chooses the plural; `overrides` are a branding's own sentences."""
        return _PLACEHOLDER.sub(lambda match: str(_param(key, match[1], params)), self._find(key, overrides, params))

    def translate_html(self, key: str, overrides: Mapping[str, str] | None = None, /, **params: object) -> Markup:
        """The sentence as HTML: text and parameters are escaped, except parameters that are markup already."""
        parts: list[Markup] = []
        position = 0
        text = self._find(key, overrides, params)
        for match in _PLACEHOLDER.finditer(text):
            parts += [escape(text[position : match.start()]), escape(_param(key, match[1], params))]
            position = match.end()
        parts.append(escape(text[position:]))
        return Markup("").join(parts)

    def _find(self, key: str, overrides: Mapping[str, str] | None, params: Mapping[str, object]) -> str:
        if overrides and key in overrides:
            return overrides[key]
        sentence = self.sentences.get(key)
        if sentence is None:
            raise MessageMissing(f"no sentence {key!r} in the catalogue {self.lang!r}")
        if isinstance(sentence, str):
            return sentence
        count = params.get("n")
        if not isinstance(count, int):
            raise MessageMissing(f"{key!r} has plural forms and needs n")
        return sentence.get(plural_category(self.lang, count), sentence["other"])


def _param(key: str, name: str, params: Mapping[str, object]) -> object:
    try:
        return params[name]
    except KeyError:
        raise MessageMissing(f"{key!r} needs the parameter {name!r}") from None


def read_catalogue(path: Path) -> tuple[Mapping[str, Sentence], Mapping[str, str]]:
    """The sentences of a TOML file by dotted key, and its `[language]` table (`name`, `dir`).

    A table whose keys are plural categories and that has `other` is one sentence with plural forms.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    language = document.pop("language", {})
    return MappingProxyType(dict(_flattened(document, path, ""))), MappingProxyType(
        {key: str(value) for key, value in language.items()}
    )


def _flattened(table: Mapping[str, object], path: Path, prefix: str) -> list[tuple[str, Sentence]]:
    found: list[tuple[str, Sentence]] = []
    for key, value in table.items():
        dotted = f"{prefix}{key}"
        if isinstance(value, str):
            found.append((dotted, value))
        elif isinstance(value, dict) and "other" in value and set(value) <= _CATEGORIES:
            found.append((dotted, MappingProxyType({form: str(text) for form, text in value.items()})))
        elif isinstance(value, dict):
            found += _flattened(value, path, f"{dotted}.")
        else:
            raise ValueError(f"{path.name}: {dotted} is neither a text nor a table")
    return found


def pseudo_catalogue(source: Catalogue) -> Catalogue:
    """The source in a language that nobody speaks: longer, accented and bracketed, so that a test sees what is
    truncated and what never went through the catalogue.
    """
    return Catalogue(
        lang=PSEUDO_LANGUAGE,
        name="⟦Þšéûðö⟧",
        dir=source.dir,
        sentences=MappingProxyType(
            {
                key: _pseudo(sentence)
                if isinstance(sentence, str)
                else MappingProxyType({form: _pseudo(text) for form, text in sentence.items()})
                for key, sentence in source.sentences.items()
            }
        ),
    )


_ACCENTED = str.maketrans("aeiouycnsAEIOUYCNS", "áéîöûýçñšÁÉÎÖÛÝÇÑŠ")


def _pseudo(text: str) -> str:
    pieces = _PLACEHOLDER.split(text)
    # Odd pieces are placeholder names and must survive untouched.
    accented = [f"{{{piece}}}" if index % 2 else piece.translate(_ACCENTED) for index, piece in enumerate(pieces)]
    return f"⟦{''.join(accented)}{'·' * (len(text) * 2 // 5)}⟧"


def plural_category(lang: str, n: int) -> str:
    """The CLDR plural category of a whole number in a language; unknown languages count as English does."""
    return _PLURALS.get(lang.split("-", maxsplit=1)[0].lower(), _one_other)(n)


def _one_other(n: int) -> str:
    return "one" if n == 1 else "other"


def _only_other(_: int) -> str:
    return "other"


def _zero_is_one(n: int) -> str:
    return "one" if n in {0, 1} else "other"


def _east_slavic(n: int) -> str:
    if n % 10 == 1 and n % 100 != 11:
        return "one"
    return "few" if n % 10 in {2, 3, 4} and n % 100 not in {12, 13, 14} else "many"


def _polish(n: int) -> str:
    if n == 1:
        return "one"
    return "few" if n % 10 in {2, 3, 4} and n % 100 not in {12, 13, 14} else "many"


def _czech(n: int) -> str:
    if n == 1:
        return "one"
    return "few" if n in {2, 3, 4} else "other"


def _arabic(n: int) -> str:
    if n <= 2:
        return ("zero", "one", "two")[n]
    if 3 <= n % 100 <= 10:
        return "few"
    return "many" if n % 100 >= 11 else "other"


_PLURALS: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {
        **dict.fromkeys(("ja", "ko", "zh", "vi", "th", "id", "ms"), _only_other),
        **dict.fromkeys(("fr", "pt", "hi", "fa"), _zero_is_one),
        **dict.fromkeys(("ru", "uk", "be"), _east_slavic),
        "pl": _polish,
        **dict.fromkeys(("cs", "sk"), _czech),
        "ar": _arabic,
    }
)


def direction(value: str | None) -> Literal["ltr", "rtl"]:
    """`rtl` where a catalogue says so, `ltr` otherwise; ValueError for any other word."""
    if value not in {None, "ltr", "rtl"}:
        raise ValueError("dir is ltr or rtl")
    return cast('Literal["ltr", "rtl"]', value or "ltr")
