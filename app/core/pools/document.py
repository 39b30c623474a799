"""A pool's AWS-shaped document when it is written: the rules between members, and the defaults that complete it.

The model checks each member by itself (``SettingsSchema``); what AWS checks beyond its model is here.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.core.kernel.errors import InvalidParameter
from app.core.pools.errors import FeatureUnavailableInTier, TierChangeNotAllowed
from app.core.pools.factor_settings import MFA_MEMBERS
from app.core.pools.rules import beyond_lite, check_rules
from app.core.pools.schema import standard_schema

FROZEN = ("SchemaAttributes", "AliasAttributes", "UsernameAttributes", "UsernameConfiguration")
"""Set when the pool is made and never again (Cognito: UpdateUserPool)."""

OWN_OPERATIONS = (*MFA_MEMBERS, "WebAuthnConfiguration", "SessionConfiguration")
"""Stored beside the members of ``UserPoolType``, under the names that their own operations have for them."""

_KEPT_IF_OMITTED = ("UserPoolTier", "DcrConfiguration", "UserPoolTags")
"""Tags have operations of their own; Terraform's updates leave them out, and they are still there afterwards."""

_KEPT = (*FROZEN, *OWN_OPERATIONS)
_MOST_CUSTOM_ATTRIBUTES = 50
_RECOVERY = {
    "RecoveryMechanisms": [
        {"Priority": 1, "Name": "verified_email"},
        {"Priority": 2, "Name": "verified_phone_number"},
    ]
}
"""Of a pool that says nothing; one that says ``{}`` has what was before there was a choice."""
_CLASSES = ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols")
_OLD_NAMES = {
    "EmailMessage": "EmailVerificationMessage",
    "EmailSubject": "EmailVerificationSubject",
    "SmsMessage": "SmsVerificationMessage",
}
"""What the members of VerificationMessageTemplate were called before there was one."""
_CUSTOM_NAME = re.compile(r"\S{1,20}")


def first_document(given: Mapping[str, Any]) -> dict[str, Any]:
    """What CreateUserPool stores: the given members without the pool's name, defaults added. Raises ``InvalidParameter``."""
    document = {key: value for key, value in given.items() if key not in {"PoolName", "Schema"}}
    document["SchemaAttributes"] = _schema_attributes(given.get("Schema", ()))
    return _completed(document)


def next_document(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What UpdateUserPool stores: a full replacement but for what is frozen. Raises ``InvalidParameter``."""
    for member in FROZEN:
        if member in given and given[member] != before.get(member):
            raise InvalidParameter(f"{member} cannot be changed after the user pool is created.")
    document = {key: value for key, value in given.items() if key not in {"UserPoolId", "PoolName"}}
    kept = (*_KEPT, *(member for member in _KEPT_IF_OMITTED if member not in given))
    document.update({member: before[member] for member in kept if member in before})
    if "SmsConfiguration" not in document:
        document.pop("SmsMfaConfiguration", None)
    _check_tier_change(before, document)
    return _completed(document)


def document_with_attributes(before: Mapping[str, Any], given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What AddCustomAttributes stores. Raises ``InvalidParameter``."""
    members = list(before["SchemaAttributes"])
    names = {member["Name"] for member in members}
    for member in map(_custom_member, given):
        if member["Name"] in names:
            raise InvalidParameter(f"Existing attribute already has name {member['Name']}.")
        names.add(member["Name"])
        members.append(member)
    _check_count(members)
    return {**before, "SchemaAttributes": members}


def document_with_sessions(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What SetUserPoolSessionConfiguration stores. Raises ``FeatureUnavailableInTier``."""
    if before.get("UserPoolTier") == "LITE":
        raise FeatureUnavailableInTier("Session tracking")
    return {**before, "SessionConfiguration": {key: given[key] for key in ("UserSessionTracking", "TokenSession")}}


def _check_tier_change(before: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """The features that an update keeps cannot be given up by changing the plan."""
    lowered = document.get("UserPoolTier") == "LITE" and before.get("UserPoolTier") != "LITE"
    kept = {member: document[member] for member in (*OWN_OPERATIONS, "DcrConfiguration") if member in document}
    if lowered and beyond_lite(kept) is not None:
        raise TierChangeNotAllowed


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    check_rules(document)
    policies = dict(document.get("Policies", {}))
    given_policy = policies.get("PasswordPolicy", {})
    # Without a policy every class is required. In one that is given, a class that is not named is not: SDKs in Go leave out what is false.
    policy = {"MinimumLength": 8, **dict.fromkeys(_CLASSES, "PasswordPolicy" not in policies)}
    policies["PasswordPolicy"] = policy | {"TemporaryPasswordValidityDays": 7} | given_policy
    policies.setdefault("SignInPolicy", {"AllowedFirstAuthFactors": ["PASSWORD"]})
    document["Policies"] = policies
    _complete_invitation(document, given_policy, policies["PasswordPolicy"])
    _complete_messages(document)
    document.setdefault("AccountRecoverySetting", _RECOVERY)
    document.setdefault("DeletionProtection", "INACTIVE")
    document.setdefault("MfaConfiguration", "OFF")
    document.setdefault("EmailConfiguration", {"EmailSendingAccount": "COGNITO_DEFAULT"})
    document.setdefault("LambdaConfig", {})
    if "DcrConfiguration" in document:
        document["DcrConfiguration"] = {"EnableStatus": "Enabled"} | document["DcrConfiguration"]
    document.setdefault("UserPoolTier", "ESSENTIALS")
    return document


def _complete_messages(document: dict[str, Any]) -> None:
    """One text has two names, and both answer with it; where they differ the template's is the one that is sent."""
    template = {"DefaultEmailOption": "CONFIRM_WITH_CODE"} | document.get("VerificationMessageTemplate", {})
    for member, old in _OLD_NAMES.items():
        if (text := template.get(member, document.get(old))) is not None:
            template[member] = document[old] = text
    document["VerificationMessageTemplate"] = template


def _complete_invitation(document: dict[str, Any], given_policy: Mapping[str, Any], policy: dict[str, Any]) -> None:
    """One validity has two names; the old one is refused where it says something else (Cognito: AdminCreateUserConfigType)."""
    invitation = {"AllowAdminCreateUserOnly": False} | document.get("AdminCreateUserConfig", {})
    old = invitation.get("UnusedAccountValidityDays")
    if old is not None:
        if given_policy.get("TemporaryPasswordValidityDays", old) != old:
            raise InvalidParameter(
                "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays"
            )
        policy["TemporaryPasswordValidityDays"] = old
    invitation["UnusedAccountValidityDays"] = policy["TemporaryPasswordValidityDays"]
    document["AdminCreateUserConfig"] = invitation


def _schema_attributes(given: Any) -> list[dict[str, Any]]:
    """All standard attributes, changed where the caller changed them, then the custom ones under their prefix."""
    standard = {name: _standard_member(name) for name in standard_schema()}
    custom: dict[str, dict[str, Any]] = {}
    for member in given:
        name = _name_in(member)
        if name in standard:
            _check_standard(name, member, standard[name])
            standard[name] |= member
            continue
        stored = _custom_member(member)
        if stored["Name"] in custom:
            raise InvalidParameter(f"Existing attribute already has name {stored['Name']}.")
        custom[stored["Name"]] = stored
    members = [*standard.values(), *custom.values()]
    _check_count(members)
    return members


def _name_in(member: Mapping[str, Any]) -> str:
    """The model lets an attribute come without its name."""
    name: str | None = member.get("Name")
    if name is None:
        raise InvalidParameter("Invalid schema: an attribute has no Name.")
    return name


def _check_count(members: Sequence[Mapping[str, Any]]) -> None:
    if len(members) - len(standard_schema()) > _MOST_CUSTOM_ATTRIBUTES:
        raise InvalidParameter(f"A user pool has at most {_MOST_CUSTOM_ATTRIBUTES} custom attributes.")


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
    name = _name_in(member)
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
