"""Users as the API shows and reads them."""

from collections.abc import Mapping
from typing import Any

from app.aws.call import Call
from app.core.factors.destination import Destination
from app.core.messages.model import Channel
from app.core.pools.model import Pool
from app.core.users.model import User

_MEDIUMS = {Channel.EMAIL: "EMAIL", Channel.SMS: "SMS"}
_UNKNOWN = {"email": "***@***", "phone_number": "+*******"}
"""What is shown of an address that nobody may know of."""


def user_type(pool: Pool, user: User) -> dict[str, Any]:
    """``UserType``: the attributes stand under ``Attributes``, ``sub`` first."""
    del pool
    return {
        "Username": user.username,
        "Attributes": attribute_list({"sub": user.sub, **user.attributes}),
        "UserCreateDate": user.created_at,
        "UserLastModifiedDate": user.updated_at,
        "Enabled": user.enabled,
        "UserStatus": user.status.value,
    }


def factors_of(user: User) -> dict[str, Any]:
    """The second factors a user has switched on; MFAOptions is what SMS was called before there were others."""
    enabled = user.mfa.enabled
    return {
        "MFAOptions": [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}] if "SMS_MFA" in enabled else None,
        "UserMFASettingList": list(enabled) or None,
        "PreferredMfaSetting": user.mfa.preferred,
    }


def attribute_list(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def attributes_in(call: Call, member: str = "UserAttributes") -> dict[str, str]:
    """Names and values of an ``AttributeListType``; an absent value is an empty one."""
    return {attribute["Name"]: attribute.get("Value", "") for attribute in call.input.get(member, ())}


def delivery_details(destination: Destination | None) -> dict[str, str] | None:
    """``CodeDeliveryDetailsType``."""
    if destination is None:
        return None
    return {
        "Destination": destination.masked or _UNKNOWN[destination.attribute],
        "DeliveryMedium": _MEDIUMS[destination.channel],
        "AttributeName": destination.attribute,
    }
