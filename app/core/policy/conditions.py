"""Conditions (IAM: condition operators, set operators): operators and keys are joined by "and", values of one key by "or"."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial

from app.core.policy import operands
from app.core.policy.operands import Operand
from app.core.policy.truth import Truth, all_of, any_of
from app.core.policy.variables import UNKNOWN, Context, Unsound

Reader = Callable[[str, bool], Operand]


class Quantifier(Enum):
    """How a request's several values are taken together."""

    NONE = ""
    ALL = "ForAllValues:"
    ANY = "ForAnyValue:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """``read`` makes an operand of a written value; a negated operator is met where none of its values fits."""

    name: str
    read: Reader
    negated: bool = False
    takes_variables: bool = False


def _constant(read: Callable[[str], Operand]) -> Reader:
    return lambda written, _: read(written)


def _text(*, pattern: bool = False, fold: bool = False) -> Reader:
    return lambda written, variables: operands.text(written, variables=variables, pattern=pattern, fold=fold)


def _arn(written: str, variables: bool) -> Operand:  # noqa: FBT001 - a Reader
    return operands.arn(written, variables=variables)


_COMPARISONS: Mapping[str, tuple[operands.Comparison, bool]] = {
    "Equals": (operator.eq, False),
    "NotEquals": (operator.eq, True),
    "LessThan": (operator.lt, False),
    "LessThanEquals": (operator.le, False),
    "GreaterThan": (operator.gt, False),
    "GreaterThanEquals": (operator.ge, False),
}
NULL = "Null"

OPERATORS: Mapping[str, Operator] = {
    made.name: made
    for made in (
        Operator(name="StringEquals", read=_text(), takes_variables=True),
        Operator(name="StringNotEquals", read=_text(), negated=True, takes_variables=True),
        Operator(name="StringEqualsIgnoreCase", read=_text(fold=True), takes_variables=True),
        Operator(name="StringNotEqualsIgnoreCase", read=_text(fold=True), negated=True, takes_variables=True),
        Operator(name="StringLike", read=_text(pattern=True), takes_variables=True),
        Operator(name="StringNotLike", read=_text(pattern=True), negated=True, takes_variables=True),
        *(
            Operator(name=f"{kind}{name}", read=_constant(partial(read, comparison=comparison)), negated=negated)
            for kind, read in (("Numeric", operands.number), ("Date", operands.date))
            for name, (comparison, negated) in _COMPARISONS.items()
        ),
        Operator(name="Bool", read=_constant(operands.boolean)),
        Operator(name="BinaryEquals", read=_constant(operands.binary)),
        Operator(name="IpAddress", read=_constant(operands.address)),
        Operator(name="NotIpAddress", read=_constant(operands.address), negated=True),
        *(
            Operator(name=f"Arn{name}", read=_arn, negated=name.startswith("Not"), takes_variables=True)
            for name in ("Equals", "NotEquals", "Like", "NotLike")
        ),
        Operator(name=NULL, read=_constant(operands.boolean)),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Condition:
    """One operator on one key. ``name`` and ``written_key`` as the policy spells them, ``key`` in lower case."""

    name: str
    operator: Operator
    quantifier: Quantifier
    if_exists: bool
    key: str
    written_key: str
    values: tuple[str, ...]
    operands: tuple[Operand, ...]

    def met(self, context: Context) -> Truth:
        """Whether the request meets it; None where that cannot be told."""
        found = context.get(self.key)
        if found is UNKNOWN:
            return None
        given = found or ()
        if self.operator.name == NULL:
            return any_of([operand.holds("false" if given else "true", context) for operand in self.operands])
        if not given:
            if self.if_exists and self.quantifier is Quantifier.ANY:
                # One suffix says that an absent key does, the other prefix that it does not.
                return None
            if self.if_exists or self.quantifier is Quantifier.ALL:
                return True
            return self.operator.negated and self.quantifier is Quantifier.NONE
        if len(given) == 1:
            return self._fits(given[0], context)
        fits = [self._fits(value, context) for value in given]
        if self.quantifier is Quantifier.ANY:
            return any_of(fits)
        everyone = all_of(fits)
        if self.quantifier is Quantifier.ALL or everyone:
            return everyone
        # Without a set operator several values are met or not only if they agree: which of them AWS would take is not said.
        return False if any_of(fits) is False else None

    def _fits(self, value: str, context: Context) -> Truth:
        truth: Truth
        if len(self.operands) == 1:
            truth = self.operands[0].holds(value, context)
        else:
            truth = any_of([operand.holds(value, context) for operand in self.operands])
        return truth if truth is None or not self.operator.negated else not truth


def condition(name: str, key: str, values: tuple[str, ...], *, variables: bool) -> Condition:
    """Raises ``Unsound`` for an unknown operator or a value that the operator cannot compare with."""
    found, quantifier, if_exists = find_operator(name)
    read: list[Operand] = []
    for value in values:
        try:
            read.append(found.read(value, variables))
        except Unsound as error:
            raise Unsound(f"{name} {key}: {shown(value)} {error}") from error
    return Condition(
        name=name,
        operator=found,
        quantifier=quantifier,
        if_exists=if_exists,
        key=key.lower(),
        written_key=key,
        values=values,
        operands=tuple(read),
    )


def find_operator(name: str) -> tuple[Operator, Quantifier, bool]:
    """The operator with its set operator and whether ``IfExists`` follows. Raises ``Unsound`` for one that AWS does not have."""
    quantifier = next(
        (each for each in (Quantifier.ALL, Quantifier.ANY) if name.startswith(each.value)), Quantifier.NONE
    )
    bare = name.removeprefix(quantifier.value)
    plain = bare.removesuffix("IfExists")
    found = OPERATORS.get(plain)
    if found is None:
        meant = next((known for known in OPERATORS if known.lower() == plain.lower()), None)
        raise Unsound(f"{shown(name)} is no condition operator" + (f"; {meant} is" if meant else ""))
    if found.name == NULL and plain != name:
        raise Unsound(f"{shown(name)} is no condition operator: Null has neither a set operator nor IfExists")
    return found, quantifier, bare != plain


def shown(value: str) -> str:
    """A value within a sentence: in quotes, on one line, and not for pages."""
    return f'"{one_line(value, 200)}"'


def one_line(value: str, most: int) -> str:
    """What a stranger wrote, without what would end a line or colour a terminal."""
    cut = value if len(value) <= most else value[:most] + "…"
    if cut.isprintable():
        return cut
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in cut)
