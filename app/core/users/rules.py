from enum import StrEnum


class AttributeRule(StrEnum):
    """Which rule an attribute breaks (``AttributeViolation.rule``); every surface words them by these names."""

    UNKNOWN = "unknown"
    IMMUTABLE = "immutable"
    REQUIRED = "required"
    CHARACTERS = "characters"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_BOOLEAN = "not_a_boolean"
    NOT_A_DATETIME = "not_a_datetime"
    BAD_EMAIL = "bad_email"
    BAD_PHONE = "bad_phone"
    BAD_ADDRESS = "bad_address"
    """Neither an e-mail address nor a phone number, where either is a username."""
