"""``${key}``, ``${key, 'default'}``, ``${*}``, ``${?}`` and ``${$}`` (IAM: policy variables). What is put in is always literal."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.policy.globs import Glob, Token, Wild

Context = Mapping[str, tuple[str, ...]]


class _Unknown(tuple[str, ...]):
    """Empty, so that whoever only reads takes the key for absent."""

    __slots__ = ()


UNKNOWN = _Unknown()
"""The values of a key that a request may well have, and that nobody here can tell."""

UNTOLD = ("s3:existingobjecttag/", "aws:resourcetag/", "s3:tlsversion")
"""The beginnings of such keys: of what is asked for, looked up by nobody here. Were they absent, a Deny on one would never apply."""


class PartlyKnown(Mapping[str, tuple[str, ...]]):
    """A context in which the keys of ``UNTOLD`` are not absent where they are missing, but ``UNKNOWN``."""

    __slots__ = ("_known",)

    def __init__(self, known: Context) -> None:
        self._known = known

    def __getitem__(self, key: str) -> tuple[str, ...]:
        found: tuple[str, ...] | None = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: str, default: Any = None) -> Any:
        # Most of what a decision asks for is not there, and the inherited one would raise for it first.
        found = self._known.get(key)
        if found is not None:
            return found
        return UNKNOWN if key.startswith(UNTOLD) else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


_SPECIAL = re.compile(r"\$\{|[*?]")
_FORBIDDEN_IN_KEYS = set("{}$'\"*?,\\")
_MOST_CHARACTERS_OF_A_KEY = 512


class Unsound(ValueError):  # noqa: N818 - what a value is, for the sentence that says so
    """A value that means nothing where it stands. Its text completes a sentence that begins with the value."""


@dataclass(frozen=True, slots=True)
class Variable:
    """``key`` in lower case, as contexts have it; ``written`` as the policy spells it."""

    key: str
    written: str
    default: str | None = None

    def resolve(self, context: Context) -> str | None:
        """The key's one value, the default where the key is absent; None where it is empty, has several values, or is unknown."""
        values = context.get(self.key)
        if not values:
            return None if values is UNKNOWN else self.default
        return (values[0] or None) if len(values) == 1 else None


Piece = Token | Variable


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A text in pieces. ``glob`` and ``plain`` are its pattern and its text where it holds no variable.

    ``ends``: it has no wildcard but perhaps one star at its end, so that with its variables replaced it is a name or a prefix.
    """

    text: str
    pieces: tuple[Piece, ...]
    keys: frozenset[str]
    glob: Glob | None
    plain: str | None
    ends: bool

    def resolve(self, context: Context) -> list[Token] | None:
        """The pieces with every variable replaced, or None if one cannot be."""
        tokens: list[Token] = []
        for piece in self.pieces:
            if not isinstance(piece, Variable):
                tokens.append(piece)
                continue
            value = piece.resolve(context)
            if value is None:
                return None
            tokens.append(value)
        return tokens

    def matches(self, text: str, context: Context) -> bool | None:
        """Whether the text fits; None if a variable cannot be resolved."""
        if self.glob is not None:
            return self.glob.matches(text)
        tokens = self.resolve(context)
        if tokens is None:
            return None
        if not self.ends:
            return Glob(tokens).matches(text)
        if isinstance(tokens[-1], Wild):
            return text.startswith(spelled(tokens[:-1]))
        return text == spelled(tokens)

    def literal(self, context: Context) -> str | None:
        """The text it stands for, wildcards spelled out; None if a variable cannot be resolved."""
        if self.plain is not None:
            return self.plain
        tokens = self.resolve(context)
        return None if tokens is None else spelled(tokens)

    def shown(self, context: Context) -> str:
        """For people: variables replaced where they can be, and left as they are written where not."""
        return "".join(
            (piece.resolve(context) or piece.written) if isinstance(piece, Variable) else spelled([piece])
            for piece in self.pieces
        )

    def unresolved(self, context: Context) -> tuple[str, ...]:
        """The variables that stay unresolved, as they are written."""
        variables = (piece for piece in self.pieces if isinstance(piece, Variable))
        return tuple(variable.written for variable in variables if variable.resolve(context) is None)


def spelled(tokens: list[Token]) -> str:
    return "".join(token.value if isinstance(token, Wild) else token for token in tokens)


def template(text: str, *, variables: bool, wildcards: bool) -> Template:
    """Raises ``Unsound`` for a variable that is none. Without ``variables``, ``${`` is text like any other (Version 2008-10-17)."""
    return made_of(text, pieces_of(text, variables=variables, wildcards=wildcards))


def made_of(text: str, pieces: tuple[Piece, ...]) -> Template:
    keys = frozenset(piece.key for piece in pieces if isinstance(piece, Variable))
    tokens = [piece for piece in pieces if not isinstance(piece, Variable)]
    return Template(
        text=text,
        pieces=pieces,
        keys=keys,
        glob=None if keys else Glob(tokens),
        plain=None if keys else spelled(tokens),
        ends=bool(pieces) and Wild.ONE not in pieces and Wild.ANY not in pieces[:-1],
    )


def pieces_of(text: str, *, variables: bool, wildcards: bool) -> tuple[Piece, ...]:
    """The text cut at variables and wildcards; neighbouring literals are one."""
    pieces: list[Piece] = []
    literal = ""
    at = 0
    for special in _SPECIAL.finditer(text):
        start = special.start()
        if start < at or not (variables if special[0] == "${" else wildcards):
            continue
        literal += text[at:start]
        found: Variable | Wild | str
        if special[0] == "${":
            at = _closing(text, start) + 1
            found = _variable(text[start:at])
        else:
            at = start + 1
            found = Wild(special[0])
        if isinstance(found, str):
            literal += found
            continue
        pieces += [literal, found] if literal else [found]
        literal = ""
    literal += text[at:]
    return (*pieces, literal) if literal else tuple(pieces)


def _closing(text: str, start: int) -> int:
    quoted = False
    for at in range(start + 2, len(text)):
        if text[at] == "'":
            quoted = not quoted
        elif text[at] == "}" and not quoted:
            return at
    raise Unsound("holds ${ without its closing brace")


def _variable(written: str) -> Variable | str:
    inside = written[2:-1]
    if inside in {"*", "?", "$"}:
        return inside
    key, comma, rest = inside.partition(",")
    key = key.strip(" ")
    if ":" not in key or _FORBIDDEN_IN_KEYS & set(key) or len(key) > _MOST_CHARACTERS_OF_A_KEY or not key.isprintable():
        raise Unsound(f"holds {written}, which names no context key")
    default = None
    if comma:
        quoted = rest.strip(" ")
        if len(quoted) < 2 or quoted[0] != "'" or quoted[-1] != "'" or "'" in quoted[1:-1]:
            raise Unsound(f"holds {written}, whose default value is not in single quotes")
        default = quoted[1:-1]
    return Variable(key.lower(), written, default)
