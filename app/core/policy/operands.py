"""The values that conditions compare with, each kind read strictly when the policy is saved and compared with what a request carries."""

import binascii
import operator
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Protocol

from app.core.policy.resources import arn_parts, split_arn
from app.core.policy.truth import Truth
from app.core.policy.variables import Context, Template, Unsound, Variable, pieces_of, template

Comparison = Callable[[Decimal, Decimal], bool]

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{1,30})?|\.[0-9]{1,30})", re.ASCII)
_EPOCH = re.compile(r"-?(?:[0-9]{1,3}|[0-9]{5,12})", re.ASCII)
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,9})?)?(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))?)?)?)?",
    re.ASCII,
)
_PREFIX = re.compile(r"/[0-9]{1,3}", re.ASCII)
_MAPPED = IPv6Network("::ffff:0:0/96")
_BOOLEANS = {"true": True, "false": False}


class Operand(Protocol):
    """One value of a condition."""

    def holds(self, given: str, context: Context) -> Truth:
        """Whether the request's value fits; None where that cannot be told: a variable without a value, or a value of another kind."""

    def shown(self, context: Context) -> str: ...

    @property
    def keys(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A string, with its variables. ``pattern``: wildcards count. ``fold``: upper and lower case are one."""

    template: Template
    pattern: bool = False
    fold: bool = False

    def holds(self, given: str, context: Context) -> Truth:
        if self.pattern:
            return self.template.matches(given, context)
        text = self.template.literal(context)
        if text is None:
            return None
        return text.lower() == given.lower() if self.fold else text == given

    def shown(self, context: Context) -> str:
        return self.template.shown(context)

    @property
    def keys(self) -> frozenset[str]:
        return self.template.keys


@dataclass(frozen=True, slots=True, eq=False)
class Arn:
    """Six parts, or one variable alone that stands for a whole ARN, which is then compared as it is."""

    text: str
    parts: tuple[Template, ...]

    def holds(self, given: str, context: Context) -> Truth:
        if len(self.parts) == 1:
            whole = self.parts[0].literal(context)
            return None if whole is None else whole == given
        if any(part.unresolved(context) for part in self.parts if part.keys):
            return None
        split = split_arn(given)
        if len(split) != len(self.parts):
            return None
        return all(pattern.matches(part, context) for pattern, part in zip(self.parts, split, strict=True))

    def shown(self, context: Context) -> str:
        return ":".join(part.shown(context) for part in self.parts)

    @property
    def keys(self) -> frozenset[str]:
        return frozenset().union(*(part.keys for part in self.parts))


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A value without variables: it is read once, and so is each request's value, by the same reader."""

    text: str
    test: Callable[[str], bool]

    def holds(self, given: str, context: Context) -> Truth:  # noqa: ARG002 - the operand's signature
        try:
            return self.test(given)
        except Unsound:
            return None

    def shown(self, context: Context) -> str:  # noqa: ARG002 - the operand's signature
        return self.text

    @property
    def keys(self) -> frozenset[str]:
        return frozenset()


def text(written: str, *, variables: bool, pattern: bool = False, fold: bool = False) -> Operand:
    return Text(template(written, variables=variables, wildcards=pattern), pattern, fold)


def arn(written: str, *, variables: bool) -> Operand:
    pieces = pieces_of(written, variables=variables, wildcards=True)
    if len(pieces) == 1 and isinstance(pieces[0], Variable):
        return Arn(written, (template(written, variables=True, wildcards=False),))
    return Arn(written, arn_parts(written, variables=variables))


def number(written: str, comparison: Comparison) -> Operand:
    bound = read_number(written)
    return Constant(written, lambda given: comparison(read_number(given), bound))


def date(written: str, comparison: Comparison) -> Operand:
    bound = read_date(written)
    return Constant(written, lambda given: comparison(read_date(given), bound))


def boolean(written: str) -> Operand:
    wanted = read_boolean(written)
    return Constant(written, lambda given: read_boolean(given) is wanted)


def binary(written: str) -> Operand:
    wanted = read_binary(written)
    return Constant(written, lambda given: operator.eq(read_binary(given), wanted))


def address(written: str) -> Operand:
    network = read_network(written)
    return Constant(written, lambda given: read_address(given) in network)


def read_number(written: str) -> Decimal:
    if not _NUMBER.fullmatch(written):
        raise Unsound("is not a number")
    return Decimal(written)


def read_date(written: str) -> Decimal:
    """Seconds since 1970. Four digits are a year; where no zone is written, UTC is meant."""
    if _EPOCH.fullmatch(written):
        return Decimal(written)
    found = _DATE.fullmatch(written)
    if found is None:
        raise Unsound("is neither a date in ISO 8601 nor seconds since 1970")
    year, month, day, hour, minute, second, fraction, _, sign, zone_hours, zone_minutes = found.groups()
    try:
        offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
        zone = timezone(-offset if sign == "-" else offset) if sign else UTC
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone
        )
        whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    except (ValueError, OverflowError) as error:
        raise Unsound("is no day of the calendar, or no hour of a day") from error
    return whole + Decimal("0" + (fraction or ".0"))


def read_boolean(written: str) -> bool:
    found = _BOOLEANS.get(written.lower())
    if found is None:
        raise Unsound("is neither true nor false")
    return found


def read_binary(written: str) -> bytes:
    try:
        return b64decode(written.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Unsound("is not in base64") from error


def read_network(written: str) -> IPv4Network | IPv6Network:
    """An address or a range in CIDR form. Bits beyond the prefix are taken for zero, as AWS does."""
    bare, slash, _ = written.partition("/")
    if "%" in bare or (slash and not _PREFIX.fullmatch(written[len(bare) :])):
        raise Unsound("is neither an IP address nor a range in CIDR form")
    try:
        network = ip_network(written, strict=False)
    except ValueError as error:
        raise Unsound("is neither an IP address nor a range in CIDR form") from error
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network


def read_address(written: str) -> IPv4Address | IPv6Address:
    """The address; an IPv4 address written within IPv6 is the IPv4 one."""
    try:
        found = ip_address(written.replace("%", " "))  # An interface's name is no part of an address.
    except ValueError as error:
        raise Unsound("is not an IP address") from error
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
