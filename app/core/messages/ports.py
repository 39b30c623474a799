from typing import Protocol

from app.core.messages.model import Message, Notice
from app.core.pools.model import Pool


class Sender(Protocol):
    def send(self, message: Message) -> None:
        """Hands the message over; raises ``CodeDeliveryFailed``."""


class Messenger(Protocol):
    """What other rooms use (implemented by ``messages.service.Messages``)."""

    def send(self, pool: Pool, notice: Notice) -> None:
        """At once; raises ``CodeDeliveryFailed``. For sign-up and attribute verification."""

    def queue(self, pool: Pool, notice: Notice) -> None:
        """Returns at once in the same time whoever it is for; a failure is only logged. For forgot and resend."""
