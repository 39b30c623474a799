"""A pool's AWS-shaped document when it is written: the rules between members, and the defaults that complete it.

The model checks each member by itself (``SettingsSchema``); what AWS checks beyond its model is here.
"""

import re
from collections.abc import Mapping
from typing import Any

from app.core.kernel.errors import InvalidParameter
from app.core.pools.schema import standard_schema

FROZEN = ("SchemaAttributes", "AliasAttributes", "UsernameAttributes", "UsernameConfiguration")
"""Set when the pool is made and never again (Cognito: UpdateUserPool)."""

_KEPT_IF_OMITTED = ("UserPoolTier", "DcrConfiguration")
_MOST_CUSTOM_ATTRIBUTES = 50
_CUSTOM_NAME = re.compile(r"\S{1,20}")


def first_document(given: Mapping[str, Any]) -> dict[str, Any]:
    """What CreateUserPool stores: the given members without the pool's name, defaults added. Raises ``InvalidParameter``."""
    document = {key: value for key, value in given.items() if key not in {"PoolName", "Schema"}}
    document["SchemaAttributes"] = _schema_attributes(given.get("Schema", ()))
    document.setdefault("UsernameConfiguration", {"CaseSensitive": True})
    return _completed(document)


def next_document(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What UpdateUserPool stores: a full replacement but for what is frozen. Raises ``InvalidParameter``."""
    for member in FROZEN:
        if member in given and given[member] != before.get(member):
            raise InvalidParameter(f"{member} cannot be changed after the user pool is created.")
    document = {key: value for key, value in given.items() if key not in {"UserPoolId", "PoolName"}}
    kept = (*FROZEN, *(member for member in _KEPT_IF_OMITTED if member not in given))
    document.update({member: before[member] for member in kept if member in before})
    return _completed(document)


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    _check_rules(document)
    policy = {
        "MinimumLength": 8,
        "RequireUppercase": True,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "TemporaryPasswordValidityDays": 7,
    }
    policies = dict(document.get("Policies", {}))
    policies["PasswordPolicy"] = policy | policies.get("PasswordPolicy", {})
    document["Policies"] = policies
    invitation = {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7}
    document["AdminCreateUserConfig"] = invitation | document.get("AdminCreateUserConfig", {})
    template = {"DefaultEmailOption": "CONFIRM_WITH_CODE"}
    document["VerificationMessageTemplate"] = template | document.get("VerificationMessageTemplate", {})
    document.setdefault("DeletionProtection", "INACTIVE")
    document.setdefault("MfaConfiguration", "OFF")
    document.setdefault("EmailConfiguration", {"EmailSendingAccount": "COGNITO_DEFAULT"})
    document.setdefault("LambdaConfig", {})
    document.setdefault("UserPoolTier", "ESSENTIALS")
    return document


def _check_rules(document: Mapping[str, Any]) -> None:
    if document.get("AliasAttributes") and document.get("UsernameAttributes"):
        raise InvalidParameter("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
    required = document.get("UserAttributeUpdateSettings", {}).get("AttributesRequireVerificationBeforeUpdate", ())
    if not set(required) <= set(document.get("AutoVerifiedAttributes", ())):
        raise InvalidParameter("AttributesRequireVerificationBeforeUpdate must be a subset of AutoVerifiedAttributes.")
    mechanisms = document.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", ())
    names = [mechanism["Name"] for mechanism in mechanisms]
    if "admin_only" in names and len(names) > 1:
        raise InvalidParameter("Invalid account recovery setting parameter. admin_only must be the only mechanism.")
    if len({mechanism["Priority"] for mechanism in mechanisms}) < len(names) or len(set(names)) < len(names):
        raise InvalidParameter("Invalid account recovery setting parameter. Each name and priority may appear once.")
    if document.get("MfaConfiguration", "OFF") != "OFF" and "SmsConfiguration" not in document:
        raise InvalidParameter("SMS configuration is required when MFA is ON or OPTIONAL.")


def _schema_attributes(given: Any) -> list[dict[str, Any]]:
    """All standard attributes, changed where the caller changed them, then the custom ones under their prefix."""
    standard = {name: _standard_member(name) for name in standard_schema()}
    custom: dict[str, dict[str, Any]] = {}
    for member in given:
        name = member["Name"]
        if name in standard:
            _check_standard(name, member, standard[name])
            standard[name] |= member
            continue
        stored = _custom_member(member)
        if stored["Name"] in custom:
            raise InvalidParameter(f"Existing attribute already has name {stored['Name']}.")
        custom[stored["Name"]] = stored
    if len(custom) > _MOST_CUSTOM_ATTRIBUTES:
        raise InvalidParameter(f"A user pool has at most {_MOST_CUSTOM_ATTRIBUTES} custom attributes.")
    return [*standard.values(), *custom.values()]


def _standard_member(name: str) -> dict[str, Any]:
    attribute = standard_schema()[name]
    member: dict[str, Any] = {
        "Name": name,
        "AttributeDataType": attribute.data_type,
        "DeveloperOnlyAttribute": False,
        "Mutable": attribute.mutable,
        "Required": attribute.required,
    }
    if attribute.data_type == "String":
        bounds = {"MinLength": attribute.minimum, "MaxLength": attribute.maximum}
        member["StringAttributeConstraints"] = {key: str(value) for key, value in bounds.items() if value is not None}
    if attribute.data_type == "Number":
        member["NumberAttributeConstraints"] = {"MinValue": str(attribute.minimum)}
    return member


def _check_standard(name: str, member: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    other_type = member.get("AttributeDataType", before["AttributeDataType"]) != before["AttributeDataType"]
    if other_type or member.get("DeveloperOnlyAttribute", False):
        raise InvalidParameter(
            f"You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute {name}"
        )
    if name == "sub" and (member.get("Mutable") or member.get("Required") is False):
        raise InvalidParameter("Invalid schema: sub is required and cannot be mutable.")
    _check_bounds(name, member)


def _custom_member(member: Mapping[str, Any]) -> dict[str, Any]:
    name = member["Name"]
    if not _CUSTOM_NAME.fullmatch(name) or ":" in name:
        raise InvalidParameter(f"Invalid attribute name {name}: 1 to 20 characters without spaces or colons.")
    if member.get("Required"):
        raise InvalidParameter("Required custom attributes are not supported currently.")
    _check_bounds(name, member)
    developer_only = bool(member.get("DeveloperOnlyAttribute", False))
    stored = {
        "AttributeDataType": "String",
        "DeveloperOnlyAttribute": developer_only,
        "Mutable": True,
        "Required": False,
        **member,
        "Name": f"{'dev:' if developer_only else ''}custom:{name}",
    }
    constraints = {"String": "StringAttributeConstraints", "Number": "NumberAttributeConstraints"}
    if (kind := constraints.get(stored["AttributeDataType"])) is not None:
        stored.setdefault(kind, {})
    return stored


def _check_bounds(name: str, member: Mapping[str, Any]) -> None:
    """Bounds travel as strings; each is a whole number and the lower one is not above the upper one."""
    for kind, low, high in (
        ("StringAttributeConstraints", "MinLength", "MaxLength"),
        ("NumberAttributeConstraints", "MinValue", "MaxValue"),
    ):
        bounds = member.get(kind, {})
        try:
            read = {key: int(value) for key, value in bounds.items()}
        except ValueError:
            raise InvalidParameter(f"Invalid constraints of attribute {name}: bounds are whole numbers.") from None
        if kind.startswith("String") and any(not 0 <= value <= 2048 for value in read.values()):
            raise InvalidParameter(f"Invalid constraints of attribute {name}: lengths are 0 to 2048.")
        if low in read and high in read and read[low] > read[high]:
            raise InvalidParameter(f"Invalid constraints of attribute {name}: {low} is above {high}.")
