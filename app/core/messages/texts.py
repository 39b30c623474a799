"""Text messages: one, if the words allow it, ended by the line that phones fill in only on the site it names."""

from collections.abc import Sequence

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[~]|€")
_ONE_TEXT = 160
_ONE_TEXT_OF_ANY_LETTERS = 70


def fits_one_text(text: str) -> bool:
    """Whether one text carries it (GSM 03.38): 160 letters of its alphabet, or 70 of any other (UCS-2)."""
    if all(letter in _BASIC or letter in _TWICE for letter in text):
        return len(text) + sum(letter in _TWICE for letter in text) <= _ONE_TEXT
    return len(text.encode("utf-16-be")) // 2 <= _ONE_TEXT_OF_ANY_LETTERS


def domain_bound(text: str, *, host: str, code: str) -> str:
    """The text and its last line ``@host #code``, the form that phones bind to the site."""
    return f"{text}\n\n@{host} #{code}"


def choose_text(variants: Sequence[str]) -> str:
    """The first that is one text; where none is, the first."""
    return next((text for text in variants if fits_one_text(text)), variants[0])
