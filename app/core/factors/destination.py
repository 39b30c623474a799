"""Where a code goes, and how that is shown to somebody who may not be its owner."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.messages.model import Channel
from app.core.pools.model import Pool
from app.core.users.identifiers import MAX_VALUE, fold_email, fold_phone, looks_like_email, looks_like_phone
from app.core.users.model import User

CHANNELS = {"email": Channel.EMAIL, "phone_number": Channel.SMS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Cognito: CodeDeliveryDetails. ``masked`` is safe to show, None where even that would tell who exists; ``attribute`` is
    ``email`` or ``phone_number``.
    """

    channel: Channel
    masked: str | None
    attribute: str


def mask_email(address: str) -> str:
    """``j***@e***``, in lower case: the mask must not tell how the stored address is written."""
    local, _, domain = fold_email(address).partition("@")
    return f"{local[:1]}***@{domain[:1]}***"


def mask_phone(number: str) -> str:
    """``+*******1212``, of one width for all."""
    return f"+*******{number[-4:]}"


def destination_of(attribute: str, address: str) -> Destination:
    mask = mask_email if attribute == "email" else mask_phone
    return Destination(channel=CHANNELS[attribute], masked=mask(address), attribute=attribute)


def choose_verification(pool: Pool, user: User) -> str | None:
    """The attribute a sign-up verifies: the phone where both are to be, else the e-mail address; None where nothing is."""
    for attribute in ("phone_number", "email"):
        if attribute in pool.settings.auto_verified and user.attributes.get(attribute):
            return attribute
    return None


def destination_as_typed(typed: str, offered: Sequence[str]) -> Destination:
    """What everybody is told who may not know whether there is a user: the typed address, where codes go to such addresses in this
    pool, else no address. Nothing in it comes from a record. ``offered`` are the attributes a code may go to, best first.
    """
    typed = typed[:MAX_VALUE]
    email, phone = fold_email(typed), fold_phone(typed)
    if "email" in offered and looks_like_email(email):
        return destination_of("email", email)
    if "phone_number" in offered and looks_like_phone(phone):
        return destination_of("phone_number", phone)
    attribute = next(iter(offered), "email")
    return Destination(channel=CHANNELS[attribute], masked=None, attribute=attribute)
