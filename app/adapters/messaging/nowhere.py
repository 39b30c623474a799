from app.core.kernel.errors import CodeDeliveryFailed
from app.core.messages.model import Message


class Nowhere:
    """The ``Sender`` where none is configured: fails at once, so that nobody waits for a code that cannot come."""

    def send(self, message: Message) -> None:  # noqa: ARG002 - the port's signature
        raise CodeDeliveryFailed
