"""A pool's second factors and passkeys when they are written (Cognito: SetUserPoolMfaConfig)."""

from collections.abc import Mapping
from typing import Any

from app.core.kernel.errors import InvalidParameter
from app.core.pools.errors import FeatureUnavailableInTier
from app.core.pools.factor_settings import MFA_MEMBERS
from app.core.pools.rules import check_factors, check_tier


def document_with_mfa(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The MFA members as a whole, passkeys where they are given. Raises ``InvalidParameter``, ``FeatureUnavailableInTier``.

    A call that names no MFA member leaves MFA as it is, so that setting up passkeys never switches it off.
    """
    document = dict(before)
    if "WebAuthnConfiguration" in given:
        document["WebAuthnConfiguration"] = dict(given["WebAuthnConfiguration"])
    if any(member in given for member in ("MfaConfiguration", *MFA_MEMBERS)):
        _replace_factors(document, given)
    check_tier(document)
    return document


def shown_mfa(document: Mapping[str, Any]) -> dict[str, Any]:
    """What GetUserPoolMfaConfig answers: the factors that are asked for now, and passkeys where they were set up."""
    mode = document.get("MfaConfiguration", "OFF")
    shown: dict[str, Any] = {"MfaConfiguration": mode}
    if mode != "OFF":
        if "SmsMfaConfiguration" in document or not MFA_MEMBERS.keys() & document.keys():
            shared = ("SmsAuthenticationMessage", "SmsConfiguration")
            shown["SmsMfaConfiguration"] = {member: document[member] for member in shared if member in document}
        if (software := document.get("SoftwareTokenMfaConfiguration")) is not None:
            shown["SoftwareTokenMfaConfiguration"] = {"Enabled": bool(software.get("Enabled"))}
    for member in ("EmailMfaConfiguration", "WebAuthnConfiguration"):
        if member in document:
            shown[member] = document[member]
    return shown


def _replace_factors(document: dict[str, Any], given: Mapping[str, Any]) -> None:
    mode = given.get("MfaConfiguration", document.get("MfaConfiguration", "OFF"))
    second = {"SmsMfaConfiguration", "EmailMfaConfiguration"} & given.keys()
    if given.get("SoftwareTokenMfaConfiguration", {}).get("Enabled"):
        second.add("SoftwareTokenMfaConfiguration")
    # The template of codes by mail is also that of sign-in with them, which needs no MFA.
    if mode == "OFF" and second - {"EmailMfaConfiguration"}:
        raise InvalidParameter("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
    if mode != "OFF" and not second:
        raise InvalidParameter(
            "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration."
        )
    for member in MFA_MEMBERS:
        document.pop(member, None)
    document["MfaConfiguration"] = mode
    if "SmsMfaConfiguration" in second:
        _set_texts(document, given["SmsMfaConfiguration"])
    if "EmailMfaConfiguration" in given:
        _check_mail(document)
        document["EmailMfaConfiguration"] = dict(given["EmailMfaConfiguration"])
    if mode != "OFF" and "SoftwareTokenMfaConfiguration" in given:
        document["SoftwareTokenMfaConfiguration"] = {"Enabled": "SoftwareTokenMfaConfiguration" in second}
    check_factors(document)


def _set_texts(document: dict[str, Any], given: Mapping[str, Any]) -> None:
    """There is one configuration of text messages, which this operation and UpdateUserPool both write."""
    for member in ("SmsConfiguration", "SmsAuthenticationMessage"):
        if member in given:
            document[member] = given[member]
    if "SmsConfiguration" not in document:
        raise InvalidParameter("SMS MFA needs an SmsConfiguration.")
    document["SmsMfaConfiguration"] = {}


def _check_mail(document: Mapping[str, Any]) -> None:
    if document.get("UserPoolTier") == "LITE":
        raise FeatureUnavailableInTier("Email MFA")
    if document.get("EmailConfiguration", {}).get("EmailSendingAccount") != "DEVELOPER":
        raise InvalidParameter("Email MFA needs an EmailConfiguration whose EmailSendingAccount is DEVELOPER.")
