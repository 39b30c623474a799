from dataclasses import dataclass

from app.adapters.messaging.nowhere import Nowhere
from app.adapters.messaging.outbox import Outbox
from app.adapters.messaging.smtp import SmtpSender
from app.adapters.sql.db import Database
from app.core.kernel.clock import Clock
from app.core.messages.ports import Sender, Transports


@dataclass(frozen=True, slots=True, kw_only=True)
class Messaging:
    """What was chosen. ``outbox`` is there in development mode only; ``warnings`` are sentences for the start-up log."""

    transports: Transports
    outbox: Outbox | None
    warnings: tuple[str, ...]


def choose_messaging(
    *,
    database: Database,
    clock: Clock,
    dev: bool,
    smtp_url: str | None,
    mail_from: str,
    sms_url: str | None,
    outbox_limit: int,
) -> Messaging:
    """Real delivery where it is set; otherwise the outbox in development, and nowhere, with a warning, elsewhere."""
    outbox = Outbox(database, clock, outbox_limit) if dev else None
    fallback: Sender = outbox or Nowhere()
    email: Sender = SmtpSender(smtp_url, mail_from, clock) if smtp_url else fallback
    sms: Sender = fallback
    if sms_url:
        from app.adapters.messaging.sms_http import HttpSmsSender

        sms = HttpSmsSender(sms_url)
    warnings = []
    if outbox is None and not smtp_url:
        warnings.append("POOLHOUSE_SMTP_URL is not set: every mail fails with CodeDeliveryFailure.")
    if outbox is None and not sms_url:
        warnings.append("POOLHOUSE_SMS_URL is not set: every text message fails with CodeDeliveryFailure.")
    return Messaging(transports=Transports(email=email, sms=sms), outbox=outbox, warnings=tuple(warnings))
