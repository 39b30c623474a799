"""Where a code goes, and how that is shown to somebody who may not be its owner."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.kernel.sealing import Hasher
from app.core.messages.model import Channel
from app.core.pools.model import Pool
from app.core.users.identifiers import MAX_VALUE, fold_email, fold_phone, looks_like_email, looks_like_phone
from app.core.users.model import User

CHANNELS = {"email": Channel.EMAIL, "phone_number": Channel.SMS}
_LETTERS = "abcdefghijklmnoprstuvw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Cognito: CodeDeliveryDetails. ``masked`` is safe to show; ``attribute`` is ``email`` or ``phone_number``."""

    channel: Channel
    masked: str
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


def pretend_destination(hasher: Hasher, pool: Pool, typed: str, offered: Iterable[str]) -> Destination:
    """What an existing user's answer would look like, always the same for one name; ``offered`` are the pool's channels in order."""
    typed = typed[:MAX_VALUE]
    email, phone = fold_email(typed), fold_phone(typed)
    if looks_like_email(email):
        return destination_of("email", email)
    if looks_like_phone(phone):
        return destination_of("phone_number", phone)
    printable = typed.encode("utf-8", "backslashreplace").decode()
    drawn = hasher.digest("pretended destination", f"{pool.pool_id}:{printable.strip().casefold()}").encode()
    attribute = next(iter(offered), "email")
    if attribute == "phone_number":
        return destination_of("phone_number", "".join(str(byte % 10) for byte in drawn[:4]))
    first, second = (_LETTERS[byte % len(_LETTERS)] for byte in drawn[:2])
    return destination_of("email", f"{first}@{second}")
