from typing import Any

from sqlalchemy import delete, insert, select

from app.adapters.sql.db import Database
from app.adapters.sql.tables import outbox
from app.core.kernel.clock import Clock
from app.core.messages.model import Message


class Outbox:
    """The ``Sender`` of development mode: keeps messages for its page instead of sending them. Never used in any other mode."""

    def __init__(self, database: Database, clock: Clock, limit: int = 1000) -> None:
        self._database = database
        self._clock = clock
        self._limit = limit

    def send(self, message: Message) -> None:
        document = {
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "code": message.code,
            "link": message.link,
        }
        c = outbox.c
        with self._database.writing() as connection:
            newest = connection.execute(
                insert(outbox)
                .values(
                    channel=message.channel.value, recipient=message.to, document=document, created_at=self._clock.now()
                )
                .returning(c.id)
            ).scalar_one()
            connection.execute(delete(outbox).where(c.id <= newest - self._limit))

    def list(self, to: str | None = None) -> list[dict[str, Any]]:
        """Newest first, as ``GET /dev/outbox.json`` answers; ``to`` compares without regard to case."""
        statement = select(outbox).order_by(outbox.c.id.desc())
        with self._database.connection() as connection:
            rows = connection.execute(statement).all()
        return [
            {
                "id": row.id,
                "channel": row.channel,
                "to": row.recipient,
                **{name: row.document.get(name) for name in ("subject", "text", "html", "code", "link")},
                "created_at": row.created_at,
            }
            for row in rows
            if to is None or row.recipient.casefold() == to.casefold()
        ]

    def clear(self) -> None:
        with self._database.connection() as connection:
            connection.execute(delete(outbox))
