"""What an attribute may hold, and who may write it (``directory.md`` §1).

Everything here is pure. Values are strings, as AWS carries them; an empty value removes the attribute.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from app.core.clients.model import Client
from app.core.kernel.errors import AttributeViolation, InvalidParameter, UnauthorizedAttribute
from app.core.pools.model import Pool
from app.core.pools.schema import STANDARD_STRINGS, VERIFIABLE, AttributeSchema
from app.core.users.identifiers import check_username, is_storable, looks_like_email, looks_like_phone
from app.core.users.model import User
from app.core.users.rules import AttributeRule

MAX_BYTES = 2048
_NEVER_WRITTEN_BY_CLIENTS = frozenset({"sub", "identities", *VERIFIABLE.values()})
_STANDARD_WRITABLE = frozenset({*STANDARD_STRINGS, "updated_at"})
_NUMBER = re.compile(r"-?[0-9]{1,19}")


def writable_by(client: Client) -> frozenset[str]:
    """What the client may write for its users: all standard attributes unless it lists others; never a sub or a *_verified."""
    listed = client.settings.write_attributes
    allowed = _STANDARD_WRITABLE if listed is None else listed
    return frozenset(n for n in allowed if n not in _NEVER_WRITTEN_BY_CLIENTS and not n.startswith("dev:"))


def without_registration(user: User, attribute: str, given: Collection[str] | None) -> User:
    """The user with the address and what an administrator set: neither password nor attributes of anybody who registered.

    ``given`` names the attributes that were registered; None where that is forgotten, and whatever a client may write goes.
    """
    kept = {
        name: value
        for name, value in user.attributes.items()
        if name == attribute or user.is_verified(name) or _is_administrators(name, given)
    }
    flags = {
        flag: user.attributes[flag] for name, flag in VERIFIABLE.items() if name in kept and flag in user.attributes
    }
    return replace(user, attributes=kept | flags, password=None)


def _is_administrators(name: str, given: Collection[str] | None) -> bool:
    if name in VERIFIABLE.values():
        return False
    if name in _NEVER_WRITTEN_BY_CLIENTS or name.startswith("dev:"):
        return True
    return given is not None and name not in given


def readable_by(client: Client, user: User) -> dict[str, str]:
    """The user's attributes that the client may see, with ``sub``."""
    readable = client.settings.read_attributes
    visible = {name: value for name, value in user.attributes.items() if name in readable}
    return {"sub": user.sub, **visible}


def check_client_writes(client: Client, names: Iterable[str]) -> None:
    """Raises ``UnauthorizedAttribute`` where the client may not write one of these."""
    if not writable_by(client).issuperset(names):
        raise UnauthorizedAttribute


def check_new(pool: Pool, attributes: Mapping[str, str]) -> None:
    """The values of a user to be created; raises ``AttributeViolation``. What is required is asked by ``check_required``."""
    for name, value in attributes.items():
        check_value(_schema_of(pool, name), value)
        _check_alias(pool, name, value)


def check_required(pool: Pool, attributes: Mapping[str, str]) -> None:
    missing = missing_required(pool, attributes)
    if missing:
        raise _violation(missing[0], AttributeRule.REQUIRED, "The attribute is required")


def missing_required(pool: Pool, attributes: Mapping[str, str]) -> tuple[str, ...]:
    """What the pool requires and is not there, in order of name."""
    return tuple(sorted(n for n in pool.settings.required_attributes if not attributes.get(n)))


def change(pool: Pool, user: User, changes: Mapping[str, str]) -> User:
    """The user with the changes, or ``AttributeViolation``: types, bounds, immutability, what is required stays.

    A changed e-mail address or phone number is unverified unless the same change says otherwise, which only an
    administrator's may (a client's was refused by ``check_client_writes``).
    """
    for name, value in changes.items():
        schema = _schema_of(pool, name)
        if not schema.mutable:
            message = f"user.{name}: Attribute cannot be updated."
            raise AttributeViolation(name, AttributeRule.IMMUTABLE, message)
        if value == "":
            _check_removable(pool, schema)
        else:
            check_value(schema, value)
            _check_alias(pool, name, value)
    return user.with_attributes({**_reset_verification(user, changes), **changes})


def held_back(pool: Pool, user: User, changes: Mapping[str, str]) -> dict[str, str]:
    """The new addresses that count only once they are verified; an administrator may say that one is."""
    return {
        name: changes[name]
        for name, flag in VERIFIABLE.items()
        if name in pool.settings.verify_before_update
        and changes.get(name)
        and changes[name] != user.attributes.get(name)
        and changes.get(flag) != "true"
    }


def _check_alias(pool: Pool, name: str, value: str) -> None:
    """A preferred_username that signs in is a username."""
    if name == "preferred_username" and name in pool.settings.alias_attributes:
        check_username(pool, value, what=name)


def _check_removable(pool: Pool, schema: AttributeSchema) -> None:
    if schema.required:
        raise _violation(schema.name, AttributeRule.REQUIRED, "The attribute is required")
    if schema.name in pool.settings.username_attributes:
        message = f"user.{schema.name}: Attribute cannot be deleted, it is what the user signs in with."
        raise AttributeViolation(schema.name, AttributeRule.REQUIRED, message)


def _reset_verification(user: User, changes: Mapping[str, str]) -> dict[str, str]:
    moved = [n for n in VERIFIABLE if n in changes and changes[n] != user.attributes.get(n, "")]
    return {VERIFIABLE[n]: "false" if changes[n] else "" for n in moved}


def _schema_of(pool: Pool, name: str) -> AttributeSchema:
    schema = pool.settings.schema.get(name)
    if schema is None or name == "identities":
        message = "Attributes did not conform to the schema: an attribute is not in the schema of the user pool"
        raise AttributeViolation(name[:64], AttributeRule.UNKNOWN, message)
    return schema


def check_value(schema: AttributeSchema, value: str) -> None:
    """Raises ``AttributeViolation``. Lengths are characters; every value is at most 2048 bytes of UTF-8."""
    if not isinstance(value, str):
        raise InvalidParameter("Attribute values are strings.")
    # The number of characters first: nothing else is to read a value of megabytes.
    if len(value) <= MAX_BYTES and not is_storable(value):
        raise _violation(schema.name, AttributeRule.CHARACTERS, "Control characters are not allowed")
    if len(value) > MAX_BYTES or len(value.encode()) > MAX_BYTES:
        raise _violation(
            schema.name, AttributeRule.TOO_LONG, f"Value must be no longer than {MAX_BYTES} bytes", MAX_BYTES
        )
    if schema.data_type == "Number":
        _check_number(schema, value)
    elif schema.data_type == "Boolean":
        if value not in {"true", "false"}:
            raise _violation(schema.name, AttributeRule.NOT_A_BOOLEAN, "Value must be true or false")
    elif schema.data_type == "DateTime":
        _check_datetime(schema, value)
    else:
        _check_string(schema, value)


def _check_number(schema: AttributeSchema, value: str) -> None:
    if not _NUMBER.fullmatch(value):
        raise _violation(schema.name, AttributeRule.NOT_A_NUMBER, "Value must be a whole number")
    if schema.minimum is not None and int(value) < schema.minimum:
        raise _violation(
            schema.name, AttributeRule.TOO_SMALL, f"Number must be no less than {schema.minimum}", bound=schema.minimum
        )
    if schema.maximum is not None and int(value) > schema.maximum:
        raise _violation(
            schema.name,
            AttributeRule.TOO_LARGE,
            f"Number must be no greater than {schema.maximum}",
            bound=schema.maximum,
        )


def _check_datetime(schema: AttributeSchema, value: str) -> None:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise _violation(schema.name, AttributeRule.NOT_A_DATETIME, "Value must be an ISO 8601 date and time") from None


def _check_string(schema: AttributeSchema, value: str) -> None:
    if schema.minimum is not None and len(value) < schema.minimum:
        message = f"String must be no shorter than {schema.minimum} characters"
        raise _violation(schema.name, AttributeRule.TOO_SHORT, message, schema.minimum)
    if schema.maximum is not None and len(value) > schema.maximum:
        message = f"String must be no longer than {schema.maximum} characters"
        raise _violation(schema.name, AttributeRule.TOO_LONG, message, schema.maximum)
    if schema.name == "email" and not looks_like_email(value):
        raise AttributeViolation("email", AttributeRule.BAD_EMAIL, "Invalid email address format.")
    if schema.name == "phone_number" and not looks_like_phone(value):
        raise AttributeViolation("phone_number", AttributeRule.BAD_PHONE, "Invalid phone number format.")


def _violation(name: str, rule: AttributeRule, message: str, bound: int | None = None) -> AttributeViolation:
    return AttributeViolation(name, rule, f"Attributes did not conform to the schema: {name}: {message}", bound=bound)
