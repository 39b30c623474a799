"""Patterns in which ``*`` stands for anything and ``?`` for one character. No regular expression is ever built."""

import re
from collections.abc import Iterable
from enum import Enum


class Wild(Enum):
    """The two wildcards, apart from the characters that spell them."""

    ANY = "*"
    ONE = "?"


Token = str | Wild

_WILD = re.compile(r"([*?])")


class Glob:
    """A pattern made ready once. A match costs the length of the text times the length of the pattern at the very worst.

    Between two stars the leftmost place of each part is taken: if any choice of places fits, that one does, so nothing is tried twice.
    """

    __slots__ = ("_exact", "_head", "_middle", "_plain", "_prefix", "_tail", "text")

    def __init__(self, tokens: Iterable[Token]) -> None:
        parts: list[list[Token]] = [[]]
        for token in tokens:
            if token is Wild.ANY:
                parts.append([])
            elif token:
                parts[-1].append(token)
        self.text = "*".join(_spelled(part) for part in parts)
        self._head = head = _Part(parts[0])
        self._exact = len(parts) == 1
        # By far the most patterns are a name, or the beginning of one and a star.
        self._plain = head.text if self._exact and not head.marks else None
        self._prefix = head.text if len(parts) == 2 and not parts[1] and not head.marks else None
        self._tail = _Part(parts[-1])
        self._middle = [_Part(part) for part in parts[1:-1] if part]

    @classmethod
    def from_text(cls, text: str) -> "Glob":
        """A pattern as it is written where no variables are: every ``*`` and ``?`` is a wildcard."""
        return cls(Wild(piece) if piece in {"*", "?"} else piece for piece in _WILD.split(text))

    def matches(self, text: str) -> bool:
        """Whether the whole text fits."""
        if self._plain is not None:
            return text == self._plain
        if self._prefix is not None:
            return text.startswith(self._prefix)
        head, end = self._head, len(text)
        if self._exact:
            return end == head.length and head.stands_at(text, 0)
        tail = self._tail
        if end < head.length + tail.length or not head.stands_at(text, 0):
            return False
        end -= tail.length
        if not tail.stands_at(text, end):
            return False
        at = head.length
        for part in self._middle:
            found = part.find(text, at, end)
            if found < 0:
                return False
            at = found + part.length
        return True


class _Part:
    """What stands between two stars."""

    __slots__ = ("_bits", "length", "marks", "text")

    def __init__(self, tokens: list[Token]) -> None:
        self.text = "".join("\0" if token is Wild.ONE else str(token) for token in tokens)
        self.length = len(self.text)
        self.marks = Wild.ONE in tokens
        self._bits: dict[str, int] = {}
        if not self.marks:
            return
        at = anything = 0
        for token in tokens:
            if isinstance(token, Wild):
                anything |= 1 << at
                at += 1
                continue
            for character in token:
                self._bits[character] = self._bits.get(character, 0) | 1 << at
                at += 1
        self._bits = {character: bits | anything for character, bits in self._bits.items()}
        self._bits[""] = anything

    def stands_at(self, text: str, at: int) -> bool:
        if not self.marks:
            return text.startswith(self.text, at)
        return self._find(text, at, at + self.length) == at

    def find(self, text: str, start: int, end: int) -> int:
        """The leftmost place between the two where it stands whole, or -1."""
        return self._find(text, start, end) if self.marks else text.find(self.text, start, end)

    def _find(self, text: str, start: int, end: int) -> int:
        """All places at once: bit n of ``state`` says that the last n + 1 characters fit the first n + 1 of this part."""
        bits, anything, last = self._bits, self._bits[""], 1 << (self.length - 1)
        state = 0
        for at in range(start, min(end, len(text))):
            state = (state << 1 | 1) & bits.get(text[at], anything)
            if state & last:
                return at - self.length + 1
        return -1


def _spelled(part: list[Token]) -> str:
    return "".join(token.value if isinstance(token, Wild) else token for token in part)
