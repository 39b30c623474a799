from dataclasses import dataclass
from enum import StrEnum

from app.core.kernel.ids import ClientId
from app.core.kernel.secret import Secret


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class NoticeKind(StrEnum):
    """What a message is about; the CustomMessage trigger sources follow this list."""

    SIGN_UP = "sign_up"
    RESEND_CODE = "resend_code"
    FORGOT_PASSWORD = "forgot_password"
    VERIFY_ATTRIBUTE = "verify_attribute"
    INVITATION = "invitation"
    ACCOUNT_EXISTS = "account_exists"
    AUTHENTICATION = "authentication"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be said to whom. ``code`` is a one-time code or, for an invitation, the temporary password.

    ``username`` is what the person signs in with, shown in the message. ``language`` is a hint from the page.
    """

    kind: NoticeKind
    channel: Channel
    address: str
    username: str
    code: Secret | None = None
    client_id: ClientId | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The one action of a mail; ``url`` begins with the configured public origin."""

    url: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The words of one mail, before an envelope draws them as HTML and as text. All members are plain text, not HTML.

    ``host`` is the host a code is for (the text then ends with ``@host #code``), None where ``code`` is no one-time code.
    """

    brand: str
    language: str
    subject: str
    paragraphs: tuple[str, ...]
    code: str | None = None
    link: Link | None = None
    host: str | None = None
    closing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedLetter:
    """Both parts of a mail, saying the same."""

    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Ready to be handed to a sender. ``html`` and ``subject`` are None for texts. ``code`` and ``link`` stand there for the development outbox."""

    channel: Channel
    to: str
    subject: str | None
    text: str
    html: str | None
    code: str | None = None
    link: str | None = None
