import logging
import smtplib
import ssl
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from urllib.parse import unquote, urlsplit

from app.core.kernel.clock import Clock
from app.core.kernel.errors import CodeDeliveryFailed
from app.core.kernel.ids import new_uuid
from app.core.messages.addresses import check_address, check_subject
from app.core.messages.model import Channel, Message

_log = logging.getLogger("poolhouse.smtp")

_SECONDS = 10
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def _one_sender(value: str) -> tuple[str, str]:
    """Name and address of the sender the operator set; raises ``ValueError``."""
    found = getaddresses([value])
    try:
        check_subject(value)
        check_address(Channel.EMAIL, found[0][1] if len(found) == 1 else "")
    except CodeDeliveryFailed:
        raise ValueError("not a sender's address") from None
    return found[0]


class SmtpSender:
    """The ``Sender`` of mails. ``url`` is ``smtp://``, ``smtp+starttls://`` or ``smtps://`` with ``user:password@host:port``, percent-encoded.

    TLS is verified against the machine's authorities; ``tls`` names others. With ``smtp+starttls`` a server that does not
    offer STARTTLS gets no mail: falling back to clear text would leave the choice to whoever sits in between.
    """

    def __init__(
        self, url: str, sender: str, clock: Clock, *, tls: ssl.SSLContext | None = None, seconds: float = _SECONDS
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("not a mail server's URL")
        self._scheme = parts.scheme
        self._host = parts.hostname
        self._port = parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password or "")
        self._name, self._address = _one_sender(sender)
        self._domain = self._address.rpartition("@")[2]
        self._clock = clock
        self._tls = tls
        self._seconds = seconds

    def send(self, message: Message) -> None:
        """Raises ``CodeDeliveryFailed``, whatever the server said; the log has the reply's number, never its words."""
        mail = self._mail(message)
        try:
            with self._connected() as server:
                server.send_message(mail, from_addr=self._address, to_addrs=[message.to])
        except smtplib.SMTPRecipientsRefused as error:
            number = next(iter(error.recipients.values()), (0, b""))[0]
            raise self._failure(error, number) from None
        except (smtplib.SMTPException, OSError, ValueError, MessageError) as error:
            raise self._failure(error, getattr(error, "smtp_code", None)) from None

    def _mail(self, message: Message) -> EmailMessage:
        check_address(Channel.EMAIL, message.to)
        check_subject(message.subject or "")
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address(self._name, addr_spec=self._address)
        mail["To"] = Address(addr_spec=message.to)
        mail["Subject"] = message.subject or ""
        mail["Date"] = format_datetime(datetime.fromtimestamp(self._clock.now(), UTC))
        mail["Message-ID"] = f"<{new_uuid()}@{self._domain}>"
        # RFC 3834 §5: nobody's absence notice answers a code.
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text, cte="quoted-printable")
        if message.html is not None:
            mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
        return mail

    def _connected(self) -> smtplib.SMTP:
        # The name for EHLO is given, because smtplib would otherwise ask the resolver for ours, and wait for it.
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host,
                self._port,
                local_hostname=self._domain,
                timeout=self._seconds,
                context=self._context(),
            )
        else:
            server = smtplib.SMTP(self._host, self._port, local_hostname=self._domain, timeout=self._seconds)
        try:
            if self._scheme == "smtp+starttls":
                server.starttls(context=self._context())
            if self._user is not None:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def _context(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()

    def _failure(self, error: Exception, number: int | None) -> CodeDeliveryFailed:
        _log.warning("smtp.failed", extra={"reason": type(error).__name__, "reply": number})
        return CodeDeliveryFailed()
