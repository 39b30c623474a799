"""In which language a page speaks."""

import re
from collections.abc import Iterable, Sequence

_TAG = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_QUALITY = re.compile(r"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE)

# A header is read no further than this: nobody prefers more languages, and parsing stays cheap.
_LONGEST_HEADER = 1000


def choose_language(
    *, requested: str | None, remembered: str | None, accept_language: str | None, available: Sequence[str]
) -> str:
    """The best of `available`: what the request asks for, then what the person chose last, then the browser's wish.

    `requested` is Cognito's `lang` or OpenID Connect's `ui_locales` (tags by preference, separated by spaces;
    OpenID Connect Core §3.1.2.1). Tags are looked up by shortening from the end (RFC 4647 §3.4); a plain tag also
    finds a more precise one of the same language. Where nothing fits, the first available language is answered.
    """
    wishes = [
        *(requested or "")[:_LONGEST_HEADER].split(),
        *(remembered or "")[:_LONGEST_HEADER].split(),
        *_by_quality((accept_language or "")[:_LONGEST_HEADER]),
    ]
    for wish in wishes:
        found = _find_language(wish, available)
        if found is not None:
            return found
    return available[0]


def _by_quality(header: str) -> Iterable[str]:
    """The header's tags, best first; equal quality keeps the order of the header (RFC 9110 §12.5.4)."""
    weighted: list[tuple[float, str]] = []
    for entry in header.split(","):
        tag, _, parameter = entry.partition(";")
        quality = _QUALITY.fullmatch(parameter) if parameter.strip() else None
        if parameter.strip() and quality is None:
            continue
        weight = float(quality[1]) if quality else 1.0
        if weight > 0:
            weighted.append((weight, tag.strip()))
    weighted.sort(key=lambda pair: -pair[0])
    return [tag for _, tag in weighted]


def _find_language(wish: str, available: Sequence[str]) -> str | None:
    if not _TAG.fullmatch(wish):
        return None
    known = {code.lower(): code for code in reversed(available)}
    parts = wish.lower().split("-")
    for length in range(len(parts), 0, -1):
        found = known.get("-".join(parts[:length]))
        if found is not None:
            return found
    # "pt" is content with "pt-BR"; a Brazilian is not served from a page that only knows "pt-PT" above all others,
    # but it is still nearer than English.
    return next((code for code in available if code.lower().split("-")[0] == parts[0]), None)
