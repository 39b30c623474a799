from dataclasses import dataclass
from typing import Protocol

from app.core.kernel.ids import ClientId
from app.core.messages.model import Channel, Letter, Message, Notice, RenderedLetter
from app.core.pools.model import Pool


class Sender(Protocol):
    def send(self, message: Message) -> None:
        """Hands the message over; raises ``CodeDeliveryFailed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transports:
    """Who carries what."""

    email: Sender
    sms: Sender

    def carrying(self, channel: Channel) -> Sender:
        return self.email if channel is Channel.EMAIL else self.sms


class Envelope(Protocol):
    """How a mail looks, in the pool's theme and branding."""

    def brand_name(self, pool: Pool, client_id: ClientId | None) -> str:
        """Whose mail it is, in the reader's eyes."""

    def render(self, pool: Pool, letter: Letter) -> RenderedLetter:
        """Everything of the letter is text and is escaped in HTML. The text part ends with ``@host #code`` where both are given."""


class Messenger(Protocol):
    """What other rooms use (implemented by ``messages.service.Messages``)."""

    def send(self, pool: Pool, notice: Notice) -> None:
        """At once; raises ``CodeDeliveryFailed``. For sign-up and attribute verification."""

    def queue(self, pool: Pool, notice: Notice) -> None:
        """Returns at once in the same time whoever it is for; a failure is only logged. For forgot and resend."""

    def queue_nothing(self, pool: Pool) -> None:
        """What a request for nobody does in ``queue``'s place: the same write at the same cost, dropped when drained."""
