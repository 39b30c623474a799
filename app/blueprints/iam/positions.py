"""Where a statement stands in the text of its policy, as IAM's simulator tells it."""

import re
from json import JSONDecoder
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*", re.ASCII)
_DECODER = JSONDecoder()


def position_of(text: str, index: int) -> dict[str, Any]:
    """``StartPosition`` and ``EndPosition`` of the statement, counted from 1, of a text that was parsed before."""
    begin, end = _find(text, index)
    return {"StartPosition": _at(text, begin), "EndPosition": _at(text, end)}


def _find(text: str, index: int) -> tuple[int, int]:
    at = _skip(text, _skip(text, 0) + 1)
    while True:
        name, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        if name == "Statement":
            return _item(text, at, index) if text[at] == "[" else (at, _DECODER.raw_decode(text, at)[1])
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)


def _item(text: str, at: int, index: int) -> tuple[int, int]:
    for number in range(1, index + 1):
        at = _skip(text, at + 1)
        _, end = _DECODER.raw_decode(text, at)
        if number == index:
            return at, end
        at = _skip(text, end)
    raise ValueError(index)


def _skip(text: str, at: int) -> int:
    """Behind the white space."""
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _at(text: str, offset: int) -> dict[str, int]:
    before = text[:offset]
    return {"Line": before.count("\n") + 1, "Column": offset - (before.rfind("\n") + 1) + 1}
