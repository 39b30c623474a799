"""From the core's facts to what a person reads: catalogue key, field, status. The one table of this protocol."""

from dataclasses import dataclass
from dataclasses import field as with_default
from typing import Any

from app.core.factors.errors import (
    PasskeyChallengeNotFound,
    PasskeyClientMismatch,
    PasskeyNotFound,
    PasskeyNotSupported,
    PasskeyOriginNotAllowed,
    PasskeyRefused,
    PasskeyRelyingPartyMismatch,
    PasskeysNotConfigured,
    PasskeysNotEnabled,
    SoftwareTokenNotFound,
    SoftwareTokenUsed,
)
from app.core.kernel import errors
from app.core.kernel.errors import AttributeViolation, Fact, PasswordPolicyViolation
from app.core.tokens.tracking import SessionNotFound
from app.web.context_parts import IdentifierKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A catalogue key with its parameters, the form field it belongs to, and the HTTP status of the page that shows it."""

    key: str
    field: str | None = None
    status: int = 400
    params: dict[str, Any] = with_default(default_factory=dict)


_SENTENCES: dict[type[Fact], Sentence] = {
    errors.IncorrectCredentials: Sentence(key="error.wrong_credentials"),
    # Pages conceal who exists: whatever is wrong with a user before the password is proven sounds the same.
    errors.UserNotFound: Sentence(key="error.wrong_credentials"),
    errors.UserDisabled: Sentence(key="error.wrong_credentials"),
    errors.UserNotConfirmed: Sentence(key="error.user_not_confirmed"),
    errors.PasswordResetRequired: Sentence(key="error.password_reset_required"),
    errors.TemporaryPasswordExpired: Sentence(key="error.temporary_password_expired"),
    errors.LockedOut: Sentence(key="error.locked", status=429),
    errors.AttemptLimitExceeded: Sentence(key="error.locked", status=429),
    errors.TooManyRequests: Sentence(key="error.rate_limited", status=429),
    errors.UsernameExists: Sentence(key="error.user_exists", field="username"),
    errors.AliasExists: Sentence(key="error.alias_exists"),
    errors.SignUpNotPermitted: Sentence(key="error.sign_up_not_permitted", status=403),
    errors.UserAlreadyConfirmed: Sentence(key="error.already_confirmed"),
    errors.UnauthorizedAttribute: Sentence(key="error.invalid_value"),
    # What a form can send wrongly beside single attributes is the name: what the page's own words for it are, ``invalid_name`` says.
    errors.InvalidParameter: Sentence(key="error.invalid_request"),
    errors.CodeMismatch: Sentence(key="error.code_mismatch", field="code"),
    # The same sentence: a name that never asked for a code has none to expire, and that would tell who did.
    errors.CodeExpired: Sentence(key="error.code_mismatch", field="code"),
    SoftwareTokenUsed: Sentence(key="error.code_used", field="code"),
    PasskeyRefused: Sentence(key="error.passkey_refused"),
    PasskeysNotEnabled: Sentence(key="error.passkey_refused"),
    PasskeysNotConfigured: Sentence(key="error.passkey_refused"),
    PasskeyChallengeNotFound: Sentence(key="error.passkey_refused"),
    PasskeyClientMismatch: Sentence(key="error.passkey_refused"),
    PasskeyOriginNotAllowed: Sentence(key="error.passkey_refused"),
    PasskeyRelyingPartyMismatch: Sentence(key="error.passkey_refused"),
    PasskeyNotSupported: Sentence(key="error.passkey_refused"),
    PasskeyNotFound: Sentence(key="error.invalid_request"),
    SoftwareTokenNotFound: Sentence(key="error.code_mismatch", field="code"),
    errors.UnsupportedUserState: Sentence(key="error.invalid_request"),
    errors.QuotaExceeded: Sentence(key="error.passkeys_full"),
    errors.CodeDeliveryFailed: Sentence(key="error.delivery_failed", status=503),
    errors.SessionExpired: Sentence(key="error.session_expired"),
    errors.SessionUsed: Sentence(key="error.session_expired"),
    # A person without a proven address is told the same as one without an account.
    errors.NoRecoveryChannel: Sentence(key="error.code_mismatch", field="code"),
    errors.RecoveryByAdministratorOnly: Sentence(key="error.recovery_by_administrator", status=403),
    SessionNotFound: Sentence(key="error.session_gone"),
    errors.PoolNotFound: Sentence(key="error.unknown_pool", status=404),
    errors.ClientNotFound: Sentence(key="error.unknown_client"),
    errors.Unavailable: Sentence(key="error.unavailable", status=503),
    errors.Conflict: Sentence(key="error.unavailable", status=503),
}

_PASSWORD_RULES = {
    "too_short": "error.password_too_short",
    "too_long": "error.password_too_long",
    "no_uppercase": "error.password_uppercase",
    "no_lowercase": "error.password_lowercase",
    "no_digit": "error.password_number",
    "no_symbol": "error.password_symbol",
    "edge_space": "error.password_edge_space",
    "characters": "error.password_characters",
    "common": "error.password_common",
    "reused": "error.password_reused",
}

_ATTRIBUTE_RULES = {
    "required": "error.required",
    "too_short": "error.too_short",
    "too_long": "error.too_long",
    "too_small": "error.number_too_small",
    "too_large": "error.number_too_large",
    "bad_email": "error.invalid_email",
    "bad_phone": "error.invalid_phone",
    "bad_address": "error.invalid_email_or_phone",
    "not_a_datetime": "error.invalid_date",
    "not_a_number": "error.invalid_number",
    "not_a_boolean": "error.invalid_value",
    "characters": "error.invalid_value",
    "immutable": "error.invalid_value",
    "unknown": "error.invalid_value",
}


def sentence_of(fact: Fact, *, password_field: str = "password", minimum_length: int = 8, history: int = 0) -> Sentence:
    """What a person is told. Every fact has a sentence; one that only operators can understand says that it did not work."""
    if isinstance(fact, PasswordPolicyViolation):
        rule = fact.rules[0]
        number = {"too_short": minimum_length, "too_long": 256, "reused": history}.get(rule)
        params = {} if number is None else {"n": number}
        return Sentence(key=_PASSWORD_RULES.get(rule, "error.password_invalid"), field=password_field, params=params)
    if isinstance(fact, AttributeViolation):
        params = {} if fact.bound is None else {"n": fact.bound}
        return Sentence(key=_ATTRIBUTE_RULES.get(fact.rule, "error.invalid_value"), field=fact.attribute, params=params)
    for kind in type(fact).__mro__:
        if kind in _SENTENCES:
            return _SENTENCES[kind]
    return Sentence(key="error.invalid_request")


_NAMES: dict[str, str] = {
    "email": "error.invalid_email",
    "phone_number": "error.invalid_phone",
    "email_or_phone": "error.invalid_email_or_phone",
    "username": "error.invalid_username",
}


def invalid_name(kind: IdentifierKind) -> Sentence:
    """A name that no user of the pool could have."""
    return Sentence(key=_NAMES[kind], field="username")


def missing(field: str) -> Sentence:
    """A field that was left empty."""
    return Sentence(key="error.required", field=field)


def known_facts() -> frozenset[type[Fact]]:
    """For the test that holds this table complete."""
    return frozenset(_SENTENCES)
