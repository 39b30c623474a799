"""Which passwords a pool takes: pure (``directory.md`` §3)."""

import re
from collections.abc import Callable
from enum import StrEnum

from app.core.kernel.errors import PasswordPolicyViolation
from app.core.pools.settings import PasswordPolicy
from app.core.users.identifiers import is_storable

MAX_LENGTH = 256
SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")
"""Cognito's list, with the space; a space at either end is refused, so one that is there stands inside."""

_TAIL = re.compile(r"[^a-z]{1,4}$")
"""The digit and mark that people append to a common word because a policy asks for them."""


class PasswordRule(StrEnum):
    """Which rule a password breaks (``PasswordPolicyViolation.rules``); every surface words them by these names."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NO_UPPERCASE = "no_uppercase"
    NO_LOWERCASE = "no_lowercase"
    NO_DIGIT = "no_digit"
    NO_SYMBOL = "no_symbol"
    EDGE_SPACE = "edge_space"
    CHARACTERS = "characters"
    COMMON = "common"
    REUSED = "reused"
    """Raised by ``PasswordReused``: the history's rule, not the policy's."""


MESSAGES = {
    PasswordRule.TOO_SHORT: "Password not long enough",
    PasswordRule.TOO_LONG: "Password is too long",
    PasswordRule.NO_UPPERCASE: "Password must have uppercase characters",
    PasswordRule.NO_LOWERCASE: "Password must have lowercase characters",
    PasswordRule.NO_DIGIT: "Password must have numeric characters",
    PasswordRule.NO_SYMBOL: "Password must have symbol characters",
    PasswordRule.EDGE_SPACE: "Password must not begin or end with a space",
    PasswordRule.CHARACTERS: "Password must not contain control characters",
    PasswordRule.COMMON: "Password is too common",
}


def broken_rules(policy: PasswordPolicy, password: str) -> tuple[PasswordRule, ...]:
    """Every rule the password breaks, in the order of ``MESSAGES``. Upper and lower case are those of Basic Latin."""
    if len(password) > MAX_LENGTH:
        return (PasswordRule.TOO_LONG,)
    rules = {
        PasswordRule.TOO_SHORT: len(password) < policy.minimum_length,
        PasswordRule.NO_UPPERCASE: policy.require_uppercase and not any("A" <= c <= "Z" for c in password),
        PasswordRule.NO_LOWERCASE: policy.require_lowercase and not any("a" <= c <= "z" for c in password),
        PasswordRule.NO_DIGIT: policy.require_numbers and not any("0" <= c <= "9" for c in password),
        PasswordRule.NO_SYMBOL: policy.require_symbols and not any(c in SYMBOLS for c in password.strip()),
        PasswordRule.EDGE_SPACE: password != password.strip(),
        PasswordRule.CHARACTERS: not is_storable(password),
    }
    return tuple(name for name, broken in rules.items() if broken)


def is_common(password: str, contains: Callable[[str], bool]) -> bool:
    """Whether it is a common password, in whatever case, or one with up to four digits and marks behind it."""
    plain = password.lower()
    return contains(plain) or contains(_TAIL.sub("", plain))


def violation(rules: tuple[PasswordRule, ...]) -> PasswordPolicyViolation:
    """The fact, worded by the first rule (Cognito names one)."""
    return PasswordPolicyViolation(rules, f"Password did not conform with policy: {MESSAGES[rules[0]]}")
