"""By which names a user is found, and how names are compared (``directory.md`` §2).

Values are stored as the person wrote them; what is compared is a *comparison form*: NFKC, so that look-alike encodings of one
name are one name, and casefolded where case does not matter. E-mail addresses never differ by case. Messages always go to the
stored address, never to the typed one, so a look-alike cannot redirect a code.
"""

import re
import unicodedata

from app.core.kernel.errors import AliasExists, AttributeViolation, InvalidParameter, UsernameExists
from app.core.kernel.sealing import Hasher
from app.core.pools.model import Pool
from app.core.users.model import Identifier, IdentifierKind, User
from app.core.users.rules import AttributeRule

MAX_VALUE = 320
"""Characters of a comparison form: the longest e-mail address (RFC 5321 §4.5.3.1) and the width of the column."""
MAX_USERNAME = 128

_PLAIN = r"\s@<>()\[\],;:\\\""
"""What an address never needs and a mail header gives a meaning to."""
_EMAIL = re.compile(rf"[^{_PLAIN}]{{1,64}}@(?=.{{1,255}}\Z)[^{_PLAIN}.]+(?:\.[^{_PLAIN}.]+)+")
"""RFC 5321 §4.5.3.1: what is longer on either side no mail goes to."""
_PUNYCODE = "xn--"
_PHONE = re.compile(r"\+[0-9]{3,15}")
_PHONE_FILLING = re.compile(r"[\s().\-]+")
_USERNAME_CATEGORIES = frozenset("LMSNP")
"""Cognito: UsernameType ``[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+``."""
_KINDS = {
    "email": IdentifierKind.EMAIL,
    "phone_number": IdentifierKind.PHONE_NUMBER,
    "preferred_username": IdentifierKind.PREFERRED_USERNAME,
}
_ADDRESSES = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE_NUMBER})
_WORDS = {
    IdentifierKind.EMAIL: "email",
    IdentifierKind.PHONE_NUMBER: "phone_number",
    IdentifierKind.PREFERRED_USERNAME: "preferred_username",
}


def is_storable(text: str) -> bool:
    """Whether no control character, NUL or lone surrogate is in it: what a database or a mail header cannot carry."""
    return not any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


def looks_like_email(text: str) -> bool:
    """One ``@`` between a name and a domain with a dot, nothing that is unseen or has a meaning in a mail header; in the text
    itself and in the form in which addresses are compared, which may be longer.
    """
    if len(text) > MAX_VALUE or any(unicodedata.category(character)[0] == "C" for character in text):
        return False
    folded = fold_email(text)
    return bool(len(folded) <= MAX_VALUE and _EMAIL.fullmatch(text) and _EMAIL.fullmatch(folded))


def looks_like_phone(text: str) -> bool:
    """E.164: a plus sign and 3 to 15 ASCII digits."""
    return bool(_PHONE.fullmatch(text))


def fold_email(text: str) -> str:
    """In lower case, not casefolded: ``straße@`` and ``strasse@`` are two mailboxes, and so are the domains."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def email_forms(text: str) -> tuple[str, ...]:
    """An address by all names of its domain, as typed first, then in ASCII and in letters: who holds one holds them all. An ordinary
    address has one, and so has one whose domain IDNA2008 does not know.
    """
    folded = fold_email(text)
    coded = _in_ascii(folded)
    if coded is None:
        return (folded,)
    import idna  # Its tables are not loaded before somebody has such a domain.

    local, _, domain = coded.rpartition("@")
    return tuple(dict.fromkeys((folded, coded, f"{local}@{idna.decode(domain)}")))


def _in_ascii(folded: str) -> str | None:
    """The address with its domain as DNS has it (UTS #46, non-transitional); None where that says nothing new."""
    local, _, domain = folded.rpartition("@")
    if len(folded) > MAX_VALUE or (domain.isascii() and _PUNYCODE not in domain):
        return None
    import idna

    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return None


def fold_phone(text: str) -> str:
    """Without the spaces, brackets and dashes people type."""
    return _PHONE_FILLING.sub("", unicodedata.normalize("NFKC", text))


def fold_username(pool: Pool, text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).strip()
    return folded if pool.settings.case_sensitive else folded.casefold()


def _forms(pool: Pool, kind: IdentifierKind, text: str) -> tuple[str, ...]:
    if kind is IdentifierKind.EMAIL:
        return email_forms(text)
    if kind is IdentifierKind.PHONE_NUMBER:
        return (fold_phone(text),)
    return (fold_username(pool, text),)


def candidates(pool: Pool, typed: str) -> tuple[Identifier, ...]:
    """What a typed name may mean in this pool, best first. Empty where no user can have it: never an error, for that would tell."""
    if len(typed) > MAX_VALUE or not is_storable(typed.strip()):
        return ()
    found = []
    if not pool.settings.username_attributes:
        found.append(Identifier(kind=IdentifierKind.USERNAME, value=fold_username(pool, typed)))
    names = pool.settings.username_attributes or pool.settings.alias_attributes
    email, phone = fold_email(typed), fold_phone(typed)
    if "email" in names and looks_like_email(email):
        # As typed first: of two people whose addresses were two before their domains were one, each finds themselves.
        found.extend(Identifier(kind=IdentifierKind.EMAIL, value=form) for form in email_forms(typed))
    if "phone_number" in names and looks_like_phone(phone):
        found.append(Identifier(kind=IdentifierKind.PHONE_NUMBER, value=phone))
    if "preferred_username" in names:
        found.append(Identifier(kind=IdentifierKind.PREFERRED_USERNAME, value=fold_username(pool, typed)))
    if pool.settings.username_attributes:
        found.append(Identifier(kind=IdentifierKind.USERNAME, value=typed.strip().lower()))
    return tuple(c for c in found if c.value and len(c.value) <= MAX_VALUE)


def identifiers_of(pool: Pool, user: User) -> tuple[Identifier, ...]:
    """The names the user holds: username and sub always, an alias when verified, a username attribute when present.

    The sub and a preferred_username alias are held among the usernames too, so that nobody can choose another's as their own.
    """
    held = {Identifier(kind=IdentifierKind.USERNAME, value=user.sub): None}
    if user.username != user.sub:
        held[Identifier(kind=IdentifierKind.USERNAME, value=fold_username(pool, user.username))] = None
    for name in sorted(pool.settings.username_attributes | pool.settings.alias_attributes):
        value = user.attributes.get(name)
        if value is None or (name in pool.settings.alias_attributes and not _alias_counts(user, name)):
            continue
        held |= {Identifier(kind=_KINDS[name], value=form): None for form in _forms(pool, _KINDS[name], value)}
        if name == "preferred_username":
            held[Identifier(kind=IdentifierKind.USERNAME, value=fold_username(pool, value))] = None
    if any(len(identifier.value) > MAX_VALUE for identifier in held):
        raise InvalidParameter(f"A name to sign in with has at most {MAX_VALUE} characters.")
    return tuple(held)


def _alias_counts(user: User, name: str) -> bool:
    """A preferred_username needs no verification (``directory.md`` §2)."""
    return name == "preferred_username" or user.is_verified(name)


def check_username(pool: Pool, username: str, *, what: str = "Username") -> None:
    """Raises ``InvalidParameter`` where nobody may have this username, or this preferred_username where that is an alias."""
    # Lower case may be longer than what was written, and is what a case-insensitive pool stores.
    if not 1 <= len(username) <= MAX_USERNAME or len(username.lower()) > MAX_USERNAME:
        raise InvalidParameter(f"{what} must have 1 to {MAX_USERNAME} characters.")
    normal = unicodedata.normalize("NFKC", username)
    if any(unicodedata.category(character)[0] not in _USERNAME_CATEGORIES for character in username + normal):
        raise InvalidParameter(f"{what} must not contain spaces or control characters.")
    _check_not_alias_shaped(pool, what, username)


def _check_not_alias_shaped(pool: Pool, what: str, value: str) -> None:
    """A name in the shape of an address would be taken for somebody's alias."""
    aliases = pool.settings.alias_attributes
    if "email" in aliases and looks_like_email(fold_email(value)):
        raise InvalidParameter(f"{what} cannot be of email format, since user pool is configured for email alias.")
    if "phone_number" in aliases and looks_like_phone(fold_phone(value)):
        raise InvalidParameter(
            f"{what} cannot be of phone number format, since user pool is configured for phone number alias."
        )


def choose_username_attribute(pool: Pool, submitted: str) -> str:
    """Which attribute the submitted name is, in a pool whose usernames are attributes; raises ``AttributeViolation``."""
    names = pool.settings.username_attributes
    if "email" in names and looks_like_email(submitted):
        return "email"
    if "phone_number" in names and looks_like_phone(submitted):
        return "phone_number"
    if names == {"email"}:
        raise AttributeViolation("email", AttributeRule.BAD_EMAIL, "Username should be an email.")
    if names == {"phone_number"}:
        raise AttributeViolation("phone_number", AttributeRule.BAD_PHONE, "Username should be a phone number.")
    message = "Username should be either an email or a phone number."
    raise AttributeViolation("username", AttributeRule.BAD_ADDRESS, message)


def key_of(hasher: Hasher, pool: Pool, user: User | None, typed: str) -> str:
    """Under which name limits, lockouts and codes are counted: one per user whatever alias is typed, one per unknown name."""
    if user is not None:
        return user.sub
    return "name-" + hasher.digest("unknown name", f"{pool.pool_id}:{comparison_form(pool, typed)}")


def comparison_form(pool: Pool, typed: str) -> str:
    """One for all spellings that would find one user, printable: a user is found by an address in any of its spellings, so a name
    nobody has is the address it spells.
    """
    meanings = candidates(pool, typed)
    best = next((c for c in meanings if c.kind in _ADDRESSES), next(iter(meanings), None))
    name = best.value if best else typed[: 4 * MAX_VALUE].strip().casefold()
    if best is not None and best.kind is IdentifierKind.EMAIL:
        name = _in_ascii(name) or name
    return name.encode("utf-8", "backslashreplace").decode()


def shorten(typed: str) -> str:
    """A typed name of which no more is kept than tells that nobody can have it."""
    return typed[: MAX_VALUE + 1]


def taken_at_creation(identifier: Identifier) -> UsernameExists:
    """The fact that a new user's name is another's (``directory.md`` §2)."""
    if identifier.kind is IdentifierKind.USERNAME:
        return UsernameExists()
    word = _WORDS[identifier.kind].replace("phone_number", "phone number")
    return UsernameExists(f"An account with the given {word} already exists.")


def taken_alias(identifier: Identifier) -> AliasExists:
    """The fact that somebody else holds a verified alias."""
    word = _WORDS.get(identifier.kind, "username")
    return AliasExists(f"An account with the {word} already exists.")
