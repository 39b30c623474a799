"""Resources are compared as Amazon Resource Names: six parts, each for itself, of which the last may hold anything."""

from dataclasses import dataclass

from app.core.policy.globs import Wild
from app.core.policy.variables import Context, Piece, Template, Unsound, Variable, made_of, pieces_of

_PARTS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A resource that is asked for: its six parts, the first five also as they stand together; or all of it in one part."""

    head: str
    parts: list[str]

    @classmethod
    def from_text(cls, text: str) -> "Resource":
        parts = split_arn(text)
        return cls(text[: len(text) - len(parts[-1]) - 1], parts)


@dataclass(frozen=True, slots=True, eq=False)
class ResourcePattern:
    """A resource of a policy. ``parts`` is None for the lone ``*``, which stands for everything.

    ``head`` is what the first five parts are together where they hold no wildcard.
    """

    text: str
    parts: tuple[Template, ...] | None
    keys: frozenset[str]
    head: str | None

    def matches(self, resource: Resource, context: Context) -> bool | None:
        """None if a variable cannot be resolved: another part must not decide it, so that a Deny stays one (fail safe)."""
        if self.parts is None:
            return True
        last = self.parts[-1]
        if not self.keys:
            return self._begins(resource) and last.matches(resource.parts[-1], context)
        fits = last.matches(resource.parts[-1], context)
        return fits if not fits else self._begins(resource)

    def _begins(self, resource: Resource) -> bool:
        if len(resource.parts) != _PARTS:
            return False
        if self.head is not None:
            return self.head == resource.head
        pairs = zip((self.parts or ())[:-1], resource.parts[:-1], strict=True)
        return all(pattern.glob is not None and pattern.glob.matches(part) for pattern, part in pairs)

    def shown(self, context: Context) -> str:
        return "*" if self.parts is None else ":".join(part.shown(context) for part in self.parts)

    def unresolved(self, context: Context) -> tuple[str, ...]:
        return tuple(written for part in self.parts or () for written in part.unresolved(context))


def split_arn(text: str) -> list[str]:
    """Its six parts, or the whole in one where it has fewer."""
    parts = text.split(":", _PARTS - 1)
    return parts if len(parts) == _PARTS else [text]


def resource_pattern(text: str, *, variables: bool) -> ResourcePattern:
    """Raises ``Unsound`` for what is neither ``*`` nor an ARN of six parts, or has a variable before the fifth colon."""
    if text == "*":
        return ResourcePattern(text, None, frozenset(), None)
    parts = arn_parts(text, variables=variables)
    if any(part.keys for part in parts[:-1]):
        raise Unsound("has a variable before the fifth colon of the ARN, where none may stand")
    wild = any(isinstance(piece, Wild) for part in parts[:-1] for piece in part.pieces)
    return ResourcePattern(text, parts, parts[-1].keys, None if wild else ":".join(part.text for part in parts[:-1]))


def arn_parts(text: str, *, variables: bool) -> tuple[Template, ...]:
    """An ARN of patterns. Raises ``Unsound`` where it has fewer than six parts or does not begin with ``arn``."""
    parts: list[list[Piece]] = [[]]
    for piece in pieces_of(text, variables=variables, wildcards=True):
        if isinstance(piece, Wild | Variable):
            parts[-1].append(piece)
            continue
        first, *others = piece.split(":", _PARTS - len(parts))
        parts[-1].append(first)
        parts.extend([other] for other in others)
    made = tuple(_part(part) for part in parts)
    if len(made) != _PARTS or made[0].plain != "arn":
        raise Unsound('is not an ARN of six parts such as arn:aws:s3:::bucket/key, nor "*"')
    return made


def _part(pieces: list[Piece]) -> Template:
    kept = tuple(piece for piece in pieces if piece)
    return made_of("".join(_written(piece) for piece in kept), kept)


def _written(piece: Piece) -> str:
    if isinstance(piece, Variable):
        return piece.written
    return piece.value if isinstance(piece, Wild) else piece
