"""What may stand in a header. One address is one recipient; a line break would be a header of somebody else's making."""

import re

from app.core.kernel.errors import CodeDeliveryFailed
from app.core.messages.model import Channel

# Stricter than RFC 5322 on purpose: no quoted local parts, comments, lists or groups, each of which is a second
# recipient or a second header in some mail program's reading.
_MAILBOX = re.compile(r"[^\s\x00-\x20\x7f-\xa0,;:<>()\[\]\\\"@]{1,64}@[^\s\x00-\x20\x7f-\xa0,;:<>()\[\]\\\"@]{1,255}")
_PHONE = re.compile(r"\+[0-9]{3,15}")
_LINE_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def check_address(channel: Channel, address: str) -> None:
    """Exactly one mailbox, or one E.164 number; raises ``CodeDeliveryFailed``."""
    pattern = _MAILBOX if channel is Channel.EMAIL else _PHONE
    if not pattern.fullmatch(address) or not address.isprintable():
        raise CodeDeliveryFailed


def check_subject(subject: str) -> None:
    """One line without control characters (RFC 5322 §2.2); raises ``CodeDeliveryFailed``."""
    if _LINE_BREAKING.search(subject):
        raise CodeDeliveryFailed


def on_one_line(value: str) -> str:
    """A value made harmless inside a sentence: what breaks lines becomes a space, so it can never pose as the last line."""
    return _LINE_BREAKING.sub(" ", value)
