import email
import email.policy
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.free_port import free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as it came over the wire: the envelope and the parsed message."""

    sender: str
    to: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return str(part.get_content()) if part else ""

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        return str(part.get_content()) if part else ""


@dataclass  # Without slots: aiosmtpd lists the members, and early Python 3.11 fails at that where there are slots.
class SmtpServer:
    """A real SMTP server on loopback that keeps what it receives; `refusal` makes it turn everything down."""

    port: int
    refusal: str | None = None
    messages: list[Received] = field(default_factory=list)
    _arrivals: "queue.Queue[Received]" = field(default_factory=queue.Queue)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def next_message(self, seconds: float = 10) -> Received:
        """The oldest message not handed out yet; waits for one to arrive."""
        try:
            return self._arrivals.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError(f"no mail within {seconds:g} s") from None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        if self.refusal:
            return self.refusal
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        received = Received(sender=envelope.mail_from, to=tuple(envelope.rcpt_tos), message=parsed)
        self.messages.append(received)
        self._arrivals.put(received)
        return "250 Message accepted for delivery"


@contextmanager
def running() -> Iterator[SmtpServer]:
    mailbox = SmtpServer(free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
