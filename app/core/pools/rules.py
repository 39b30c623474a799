"""What AWS checks of a pool's document beyond its model: members that need or exclude one another, and the feature plan."""

import re
from collections.abc import Mapping
from typing import Any

from app.core.kernel.errors import InvalidParameter
from app.core.pools.errors import FeatureUnavailableInTier
from app.core.pools.factor_settings import configured
from app.core.pools.tags import check_tags

DEFAULT_ACR = {f"Level{level}": f"urn:cognito:loa:{level}" for level in range(1, 5)}
_RP_ID = re.compile(r"(?=.{1,127}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")


def check_rules(document: Mapping[str, Any]) -> None:
    """Raises ``InvalidParameter``, ``FeatureUnavailableInTier``, ``TagsRefused``."""
    if document.get("AliasAttributes") and document.get("UsernameAttributes"):
        raise InvalidParameter("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
    required = document.get("UserAttributeUpdateSettings", {}).get("AttributesRequireVerificationBeforeUpdate", ())
    if not set(required) <= set(document.get("AutoVerifiedAttributes", ())):
        raise InvalidParameter("AttributesRequireVerificationBeforeUpdate must be a subset of AutoVerifiedAttributes.")
    _check_recovery(document)
    _check_messages(document)
    _check_triggers(document.get("LambdaConfig", {}))
    _check_key(document.get("KeyConfiguration", {}))
    _check_acr(document.get("AcrConfiguration", {}))
    check_factors(document)
    check_tags(document.get("UserPoolTags", {}))
    check_tier(document)


def check_factors(document: Mapping[str, Any]) -> None:
    """Raises ``InvalidParameter`` where first and second factors cannot be had together."""
    required = document.get("MfaConfiguration", "OFF")
    if required != "OFF" and not configured(document):
        raise InvalidParameter("SMS configuration is required when MFA is ON or OPTIONAL.")
    first = document.get("Policies", {}).get("SignInPolicy", {}).get("AllowedFirstAuthFactors", ())
    if "SOFTWARE_TOKEN" in first:
        raise InvalidParameter("SOFTWARE_TOKEN is not supported as a first authentication factor.")
    if len(set(first)) < len(first):
        raise InvalidParameter("AllowedFirstAuthFactors must not name a factor twice.")
    if required == "ON" and first and not {"PASSWORD", "WEB_AUTHN"} & set(first):
        raise InvalidParameter("One-time passwords cannot be the only first factors of a user pool that requires MFA.")


def check_tier(document: Mapping[str, Any]) -> None:
    """Raises ``FeatureUnavailableInTier`` naming the first feature that the pool's plan lacks."""
    tier = document.get("UserPoolTier", "ESSENTIALS")
    add_ons = document.get("UserPoolAddOns", {})
    if tier != "PLUS" and add_ons.get("AdvancedSecurityMode", "OFF") != "OFF":
        raise FeatureUnavailableInTier("Threat protection", "PLUS")
    if tier == "LITE" and (feature := beyond_lite(document)) is not None:
        raise FeatureUnavailableInTier(feature)


def beyond_lite(document: Mapping[str, Any]) -> str | None:
    """The first feature in use that the Lite plan lacks (Cognito: feature plans)."""
    policies, triggers = document.get("Policies", {}), document.get("LambdaConfig", {})
    dcr = document.get("DcrConfiguration")
    webauthn = document.get("WebAuthnConfiguration", {})
    uses = {
        "Choice-based sign-in": set(policies.get("SignInPolicy", {}).get("AllowedFirstAuthFactors", ())) - {"PASSWORD"},
        "Password history": policies.get("PasswordPolicy", {}).get("PasswordHistorySize", 0) > 0,
        "Access token customization": triggers.get("PreTokenGenerationConfig", {}).get("LambdaVersion", "V1_0") != "V1_0",
        "Dynamic client registration": dcr is not None and dcr.get("EnableStatus", "Enabled") == "Enabled",
        "AcrConfiguration": any(
            value["AcrValue"] != DEFAULT_ACR[level] for level, value in document.get("AcrConfiguration", {}).items()
        ),
        "Email MFA": "EmailMfaConfiguration" in document,
        "Passkeys as multi-factor authentication": webauthn.get("FactorConfiguration", "SINGLE_FACTOR") != "SINGLE_FACTOR",
        "Session tracking": "SessionConfiguration" in document,
    }  # fmt: skip
    return next((feature for feature, used in uses.items() if used), None)


def check_relying_party(rp_id: str, custom_domain: str | None) -> None:
    """Raises ``InvalidParameter`` unless it is a host name, and the pool's custom domain or a parent of it where there is one.

    A passkey's relying party is a registrable suffix of the page's own host (WebAuthn Level 2 §5.1.2).
    """
    if not _RP_ID.fullmatch(rp_id) or ("." not in rp_id and rp_id != "localhost"):
        raise InvalidParameter("RelyingPartyId must be a domain name.")
    if custom_domain is not None and custom_domain != rp_id and not custom_domain.endswith("." + rp_id):
        raise InvalidParameter("RelyingPartyId must be the custom domain of the user pool.")


def _check_recovery(document: Mapping[str, Any]) -> None:
    mechanisms = document.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", ())
    names = [mechanism["Name"] for mechanism in mechanisms]
    if "admin_only" in names and len(names) > 1:
        raise InvalidParameter("Invalid account recovery setting parameter. admin_only must be the only mechanism.")
    if len({mechanism["Priority"] for mechanism in mechanisms}) < len(names) or len(set(names)) < len(names):
        raise InvalidParameter("Invalid account recovery setting parameter. Each name and priority may appear once.")


def _check_messages(document: Mapping[str, Any]) -> None:
    email = document.get("EmailConfiguration", {})
    if email.get("EmailSendingAccount") == "DEVELOPER" and "SourceArn" not in email:
        raise InvalidParameter("SourceArn is required when EmailSendingAccount is DEVELOPER.")
    sms = document.get("SmsConfiguration")
    if sms is not None and not sms.get("SnsCallerArn") and "EumsSms" not in sms:
        raise InvalidParameter("SmsConfiguration needs SnsCallerArn or EumsSms.")
    if sms is not None and sms.get("SnsCallerArn") and "EumsSms" in sms:
        raise InvalidParameter("SmsConfiguration has SnsCallerArn or EumsSms, not both.")
    invitation = document.get("AdminCreateUserConfig", {}).get("InviteMessageTemplate", {})
    for member in ("SMSMessage", "EmailMessage"):
        text = invitation.get(member)
        if text is not None and not ("{####}" in text and "{username}" in text):
            raise InvalidParameter(f"InviteMessageTemplate.{member} must hold {{username}} and {{####}}.")


def _check_triggers(triggers: Mapping[str, Any]) -> None:
    configured_arn = triggers.get("PreTokenGenerationConfig", {}).get("LambdaArn")
    given = triggers.get("PreTokenGeneration")
    if configured_arn is not None and given is not None and given != configured_arn:
        raise InvalidParameter("PreTokenGeneration and PreTokenGenerationConfig.LambdaArn must be the same function.")
    senders = {"CustomSMSSender", "CustomEmailSender"} & triggers.keys()
    if senders and "KMSKeyID" not in triggers:
        raise InvalidParameter(f"KMSKeyID is required with {' and '.join(sorted(senders))}.")


def _check_key(key: Mapping[str, Any]) -> None:
    customer_managed = key.get("KeyType") == "CUSTOMER_MANAGED_KEY"
    if customer_managed != ("KmsKeyArn" in key):
        raise InvalidParameter("KmsKeyArn belongs to the key type CUSTOMER_MANAGED_KEY, which needs it.")


def _check_acr(given: Mapping[str, Any]) -> None:
    names = [value["AcrValue"] for value in given.values()]
    names += [name for level, name in DEFAULT_ACR.items() if level not in given]
    if len(set(names)) < len(names):
        raise InvalidParameter("Each name in AcrConfiguration must be unique across all four levels.")
