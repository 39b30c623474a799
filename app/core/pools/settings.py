"""The AWS-shaped settings document of a pool, and the typed reading of it that decisions use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.pools.factor_settings import (
    DeviceSettings,
    PoolMfa,
    PoolSessions,
    read_devices,
    read_first_factors,
    read_mfa,
)
from app.core.pools.schema import AttributeSchema, standard_schema

RECOVERY_LEGACY = ("verified_phone_number", "verified_email")


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """``Policies.PasswordPolicy``; lengths in characters, validity in days, history in passwords (the current one included)."""

    minimum_length: int = 8
    require_uppercase: bool = True
    require_lowercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True
    temporary_validity_days: int = 7
    history_size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplates:
    """The pool's own words for mails and texts, None where the default wording applies. ``{####}`` and ``{username}`` are filled in."""

    verification_by_link: bool = False
    email_subject: str | None = None
    email_message: str | None = None
    link_subject: str | None = None
    link_message: str | None = None
    sms_verification: str | None = None
    sms_authentication: str | None = None
    invitation_subject: str | None = None
    invitation_email: str | None = None
    invitation_sms: str | None = None
    mfa_email_subject: str | None = None
    mfa_email_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """``UserPoolType`` as stored (``document``) with the parts decisions read."""

    document: Mapping[str, Any]
    password_policy: PasswordPolicy
    schema: Mapping[str, AttributeSchema]
    username_attributes: frozenset[str]
    alias_attributes: frozenset[str]
    auto_verified: frozenset[str]
    verify_before_update: frozenset[str]
    case_sensitive: bool
    recovery: tuple[str, ...]
    admin_create_only: bool
    messages: MessageTemplates
    mfa: PoolMfa
    first_factors: tuple[str, ...]
    devices: DeviceSettings | None
    sessions: PoolSessions

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "PoolSettings":
        """Reads a document that was validated when written; absent members take AWS's defaults."""
        policy = document.get("Policies", {}).get("PasswordPolicy", {})
        mechanisms = document.get("AccountRecoverySetting", {}).get("RecoveryMechanisms")
        recovery = (
            tuple(m["Name"] for m in sorted(mechanisms, key=lambda m: int(m["Priority"])))
            if mechanisms
            else RECOVERY_LEGACY
        )
        return cls(
            document=document,
            password_policy=_read_password_policy(policy),
            schema=standard_schema()
            | {a.name: a for a in map(AttributeSchema.read, document.get("SchemaAttributes", []))},
            username_attributes=frozenset(document.get("UsernameAttributes", ())),
            alias_attributes=frozenset(document.get("AliasAttributes", ())),
            auto_verified=frozenset(document.get("AutoVerifiedAttributes", ())),
            verify_before_update=frozenset(
                document.get("UserAttributeUpdateSettings", {}).get("AttributesRequireVerificationBeforeUpdate", ())
            ),
            case_sensitive=bool(document.get("UsernameConfiguration", {}).get("CaseSensitive", True)),
            recovery=recovery,
            admin_create_only=bool(document.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly", False)),
            messages=_read_messages(document),
            mfa=read_mfa(document),
            first_factors=read_first_factors(document),
            devices=read_devices(document),
            sessions=PoolSessions.read(document),
        )

    @property
    def required_attributes(self) -> frozenset[str]:
        """What a new user must have, ``sub`` aside: the server gives that."""
        return frozenset(name for name, a in self.schema.items() if a.required and name != "sub")


def _read_password_policy(policy: Mapping[str, Any]) -> PasswordPolicy:
    return PasswordPolicy(
        minimum_length=int(policy.get("MinimumLength", 8)),
        require_uppercase=bool(policy.get("RequireUppercase", True)),
        require_lowercase=bool(policy.get("RequireLowercase", True)),
        require_numbers=bool(policy.get("RequireNumbers", True)),
        require_symbols=bool(policy.get("RequireSymbols", True)),
        temporary_validity_days=int(policy.get("TemporaryPasswordValidityDays", 7)) or 7,
        history_size=int(policy.get("PasswordHistorySize", 0)),
    )


def _read_messages(document: Mapping[str, Any]) -> MessageTemplates:
    verification = document.get("VerificationMessageTemplate", {})
    invitation = document.get("AdminCreateUserConfig", {}).get("InviteMessageTemplate", {})
    mfa_email = document.get("EmailMfaConfiguration", {})
    return MessageTemplates(
        verification_by_link=verification.get("DefaultEmailOption") == "CONFIRM_WITH_LINK",
        email_subject=verification.get("EmailSubject") or document.get("EmailVerificationSubject"),
        email_message=verification.get("EmailMessage") or document.get("EmailVerificationMessage"),
        link_subject=verification.get("EmailSubjectByLink"),
        link_message=verification.get("EmailMessageByLink"),
        sms_verification=verification.get("SmsMessage") or document.get("SmsVerificationMessage"),
        sms_authentication=document.get("SmsAuthenticationMessage"),
        invitation_subject=invitation.get("EmailSubject"),
        invitation_email=invitation.get("EmailMessage"),
        invitation_sms=invitation.get("SMSMessage"),
        mfa_email_subject=mfa_email.get("Subject"),
        mfa_email_message=mfa_email.get("Message"),
    )
