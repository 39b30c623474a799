"""The attributes a pool's users may have: type, constraints, who may write them (Cognito: SchemaAttributeType)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

VERIFIABLE = {"email": "email_verified", "phone_number": "phone_number_verified"}

STANDARD_STRINGS = (
    "address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name", "nickname",
    "phone_number", "picture", "preferred_username", "profile", "website", "zoneinfo",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeSchema:
    """One attribute. ``minimum``/``maximum`` are lengths of strings and values of numbers; None is unbounded."""

    name: str
    data_type: str = "String"
    mutable: bool = True
    required: bool = False
    developer_only: bool = False
    minimum: int | None = None
    maximum: int | None = None

    @classmethod
    def read(cls, member: Mapping[str, Any]) -> "AttributeSchema":
        """From AWS's shape, whose bounds travel as strings."""
        data_type = member.get("AttributeDataType", "String")
        strings = member.get("StringAttributeConstraints", {})
        numbers = member.get("NumberAttributeConstraints", {})
        low, high = (
            (numbers.get("MinValue"), numbers.get("MaxValue"))
            if data_type == "Number"
            else (strings.get("MinLength"), strings.get("MaxLength"))
        )
        return cls(
            name=member["Name"],
            data_type=data_type,
            mutable=bool(member.get("Mutable", True)),
            required=bool(member.get("Required", False)),
            developer_only=bool(member.get("DeveloperOnlyAttribute", False)),
            minimum=None if low is None else int(low),
            maximum=None if high is None else int(high),
        )

    @property
    def is_custom(self) -> bool:
        return self.name.startswith(("custom:", "dev:"))


@cache
def standard_schema() -> dict[str, AttributeSchema]:
    """The OIDC standard attributes as Cognito predefines them; callers merge, never mutate."""
    schema = {name: AttributeSchema(name=name, minimum=0, maximum=2048) for name in STANDARD_STRINGS}
    schema["birthdate"] = AttributeSchema(name="birthdate", minimum=10, maximum=10)
    schema["sub"] = AttributeSchema(name="sub", mutable=False, required=True, minimum=1, maximum=2048)
    schema["updated_at"] = AttributeSchema(name="updated_at", data_type="Number", minimum=0)
    for flag in VERIFIABLE.values():
        schema[flag] = AttributeSchema(name=flag, data_type="Boolean")
    return schema
