"""Which passwords a pool takes: pure (``directory.md`` §3)."""

import re
from collections.abc import Callable

from app.core.kernel.errors import PasswordPolicyViolation
from app.core.pools.settings import PasswordPolicy
from app.core.users.identifiers import is_storable

MAX_LENGTH = 256
SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")
"""Cognito's list, with the space; a space at either end is refused, so one that is there stands inside."""

_TAIL = re.compile(r"[^a-z]{1,4}$")
"""The digit and mark that people append to a common word because a policy asks for them."""

MESSAGES = {
    "too_short": "Password not long enough",
    "too_long": "Password is too long",
    "no_uppercase": "Password must have uppercase characters",
    "no_lowercase": "Password must have lowercase characters",
    "no_digit": "Password must have numeric characters",
    "no_symbol": "Password must have symbol characters",
    "edge_space": "Password must not begin or end with a space",
    "characters": "Password must not contain control characters",
    "common": "Password is too common",
}


def broken_rules(policy: PasswordPolicy, password: str) -> tuple[str, ...]:
    """Every rule the password breaks, in the order of ``MESSAGES``. Upper and lower case are those of Basic Latin."""
    if len(password) > MAX_LENGTH:
        return ("too_long",)
    rules = {
        "too_short": len(password) < policy.minimum_length,
        "no_uppercase": policy.require_uppercase and not any("A" <= c <= "Z" for c in password),
        "no_lowercase": policy.require_lowercase and not any("a" <= c <= "z" for c in password),
        "no_digit": policy.require_numbers and not any("0" <= c <= "9" for c in password),
        "no_symbol": policy.require_symbols and not any(c in SYMBOLS for c in password.strip()),
        "edge_space": password != password.strip(),
        "characters": not is_storable(password),
    }
    return tuple(name for name, broken in rules.items() if broken)


def is_common(password: str, contains: Callable[[str], bool]) -> bool:
    """Whether it is a common password, in whatever case, or one with up to four digits and marks behind it."""
    plain = password.lower()
    return contains(plain) or contains(_TAIL.sub("", plain))


def violation(rules: tuple[str, ...]) -> PasswordPolicyViolation:
    """The fact, worded by the first rule (Cognito names one)."""
    return PasswordPolicyViolation(rules, f"Password did not conform with policy: {MESSAGES[rules[0]]}")
