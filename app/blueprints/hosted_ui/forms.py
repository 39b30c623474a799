"""Which fields a pool's forms have, and what was typed into them."""

from typing import Literal

from flask import request

from app.core.clients.model import Client
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.pools.schema import VERIFIABLE, AttributeSchema
from app.core.users.model import User
from app.web.context_parts import AttributeField, IdentifierKind

_TYPES: dict[str, Literal["text", "email", "tel", "url", "date", "number"]] = {
    "email": "email",
    "phone_number": "tel",
    "website": "url",
    "picture": "url",
    "profile": "url",
    "birthdate": "date",
}

_AUTOCOMPLETE = {
    "email": "email",
    "phone_number": "tel",
    "name": "name",
    "given_name": "given-name",
    "middle_name": "additional-name",
    "family_name": "family-name",
    "nickname": "nickname",
    "birthdate": "bday",
    "gender": "sex",
    "address": "street-address",
    "website": "url",
    "picture": "photo",
    "locale": "language",
}


def identifier_kind(pool: Pool) -> IdentifierKind:
    """What the box for the identifier is called."""
    names = pool.settings.username_attributes
    if names == {"email", "phone_number"}:
        return "email_or_phone"
    if names == {"email"}:
        return "email"
    return "phone_number" if names == {"phone_number"} else "username"


def asks_for_choice(pool: Pool) -> bool:
    """Whether the name comes first and the way after it: where a code can stand in the place of the password."""
    return any(factor not in {"PASSWORD", "WEB_AUTHN"} for factor in pool.settings.first_factors)


def shown_name(pool: Pool, user: User) -> str:
    """What the user signs in with: the address where the pool's usernames are addresses, else the username."""
    for name in ("email", "phone_number"):
        if name in pool.settings.username_attributes and user.attributes.get(name):
            return user.attributes[name]
    return user.username


def sign_up_attributes(pool: Pool, client: Client) -> tuple[str, ...]:
    """Further attributes a new user gives: what the pool requires, and where its code is sent to, in a natural order."""
    settings = pool.settings
    wanted = set(settings.required_attributes)
    if not settings.username_attributes and not wanted & set(VERIFIABLE):
        wanted |= settings.auto_verified & {"email"} or settings.auto_verified
    wanted -= settings.username_attributes if len(settings.username_attributes) == 1 else set()
    writable = client.settings.write_attributes
    if writable is not None:
        wanted &= writable
    # preferred_username as an alias cannot be given before the account is confirmed.
    wanted -= settings.alias_attributes & {"preferred_username"}
    return tuple(sorted(wanted, key=_natural))


def attribute_fields(pool: Pool, names: tuple[str, ...], *, required: bool = True) -> tuple[AttributeField, ...]:
    """The fields for these attributes, with what was typed before."""
    return tuple(
        _field(pool.settings.schema[name], required=required) for name in names if name in pool.settings.schema
    )


def typed_attributes(names: tuple[str, ...]) -> dict[str, str]:
    """What was typed for these attributes; an empty field is an absent attribute."""
    found = {name: request.form.get(name, "").strip() for name in names}
    return {name: value for name, value in found.items() if value}


def typed(name: str) -> str:
    return request.form.get(name, "").strip()


def typed_code() -> str:
    """A one-time code without the spaces and dashes that people read it with."""
    return typed("code").replace(" ", "").replace("-", "")


def typed_password(name: str) -> Secret:
    """As typed, spaces and all."""
    return Secret(request.form.get(name, ""))


def passwords_differ() -> bool:
    """Whether the second box says something else than the first."""
    return typed_password("new_password") != typed_password("confirm_password")


def _field(schema: AttributeSchema, *, required: bool) -> AttributeField:
    number = schema.data_type == "Number"
    return AttributeField(
        name=schema.name,
        label=schema.name.partition(":")[2].replace("_", " ") if schema.is_custom else None,
        type="number" if number else _TYPES.get(schema.name, "text"),
        autocomplete=_AUTOCOMPLETE.get(schema.name, "off"),
        required=required,
        value=typed(schema.name),
    )


_ORDER = ("name", "given_name", "middle_name", "family_name", "email", "phone_number")


def _natural(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)
