"""The filter of ListUsers: one attribute, ``=`` or ``^=``, one value in quotes (``directory.md`` §6). Pure, and linear in its length."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.core.kernel.errors import InvalidParameter
from app.core.users.model import User

LONGEST_INDEXED = 128
"""Characters of a value that the index holds; what is longer is compared after it was found."""
STATUS = "cognito:user_status"
ENABLED = "status"
_EXACT = frozenset({"username", ENABLED, "sub"})
_FOLDED = ("email", "phone_number", "name", "given_name", "family_name", "preferred_username")
SEARCHABLE = frozenset({*_EXACT, *_FOLDED, STATUS})
_SPACE = " \t\n\r"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """``value`` is in comparison form; ``prefix``: whether it only has to begin so."""

    attribute: str
    value: str
    prefix: bool

    def matches(self, user: User) -> bool:
        """Whether the user is one that is looked for: the last word, where the index holds a value cut off."""
        for name, value in searchable_values(user):
            if name == self.attribute:
                return value.startswith(self.value) if self.prefix else value == self.value
        return False


def read_filter(text: str) -> UserFilter | None:
    """None for an empty filter, which finds everybody. Raises ``InvalidParameter``."""
    rest = text.strip(_SPACE)
    if not rest:
        return None
    operator = rest.find("=")
    if operator <= 0:
        raise _unreadable()
    prefix = rest[operator - 1] == "^"
    attribute = rest[: operator - prefix].strip(_SPACE).strip('"')
    value = _read_value(rest[operator + 1 :].strip(_SPACE))
    if attribute not in SEARCHABLE:
        raise InvalidParameter(f"Invalid search attribute: {attribute[:64]}")
    return UserFilter(attribute=attribute, value=_folded(attribute, value), prefix=prefix)


def searchable_values(user: User) -> Iterator[tuple[str, str]]:
    """What the user is found by: names and values in comparison form."""
    yield "sub", user.sub
    yield "username", user.username
    yield STATUS, user.status.value.lower()
    yield ENABLED, "Enabled" if user.enabled else "Disabled"
    for name in _FOLDED:
        value = user.attributes.get(name)
        if value:
            yield name, value.lower()


def _folded(attribute: str, value: str) -> str:
    return value if attribute in _EXACT else value.lower()


def _read_value(quoted: str) -> str:
    """Between double quotes, in which a backslash makes the next character a plain one."""
    if len(quoted) < 2 or quoted[0] != '"':
        raise _unreadable()
    found: list[str] = []
    characters = iter(quoted[1:])
    for character in characters:
        if character == "\\":
            found.append(next(characters, ""))
        elif character == '"':
            if next(characters, None) is not None:
                raise _unreadable()
            return "".join(found)
        else:
            found.append(character)
    raise _unreadable()


def _unreadable() -> InvalidParameter:
    return InvalidParameter("Error while parsing filter.")
