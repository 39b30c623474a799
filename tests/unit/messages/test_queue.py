import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app.adapters.sql.deliveries import SqlDeliveries
from app.adapters.sql.tables import deliveries as table
from app.core.deliveries.service import Deliveries
from app.core.kernel.errors import CodeDeliveryFailed
from app.core.kernel.secret import Secret
from app.core.messages.model import Channel, Message, Notice, NoticeKind
from app.core.messages.ports import Transports
from app.core.messages.posting import Post
from app.core.messages.service import NOTICE, Messages, QueuedNotices
from app.web.letters import ThemedEnvelope
from app.web.pages import Pages, shipped_themes
from tests.support.world import World, fresh_sqlite


@dataclass
class Tray:
    sent: list[Message] = field(default_factory=list)
    broken: bool = False

    def send(self, message: Message) -> None:
        if self.broken:
            raise CodeDeliveryFailed
        self.sent.append(message)


@dataclass
class Room:
    world: World
    tray: Tray
    deliveries: Deliveries
    messages: Messages


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    world = World(fresh_sqlite(tmp_path))
    tray = Tray()
    post = Post(
        transports=Transports(email=tray, sms=tray),
        envelope=ThemedEnvelope(Pages([shipped_themes()])),
        public_url="https://login.example.com",
    )
    deliveries = Deliveries(
        store=SqlDeliveries(world.database, world.sealer),
        clock=world.clock,
        audit=world.audit,
        handlers={NOTICE: QueuedNotices(post=post, find_pool=world.pools.find).deliver},
    )
    yield Room(world, tray, deliveries, Messages(post=post, deliveries=deliveries))
    world.close()


NOTICE_TO_ADA = Notice(
    kind=NoticeKind.FORGOT_PASSWORD,
    channel=Channel.EMAIL,
    address="ada@example.org",
    username="ada@example.org",
    code=Secret("418207"),
    language="de",
)


def rows(room: Room) -> list:
    with room.world.database.connection() as connection:
        return list(connection.execute(select(table)).all())


def test_a_queued_notice_is_sent_when_drained_and_not_before(room):
    room.messages.queue(room.world.a_pool(), NOTICE_TO_ADA)
    assert room.tray.sent == []

    assert room.deliveries.drain() == 1

    assert [(m.to, m.subject) for m in room.tray.sent] == [("ada@example.org", "Ihr Code für ein neues Passwort")]
    assert rows(room) == []


def test_a_notice_survives_the_queue_unchanged(room):
    notice = replace(NOTICE_TO_ADA, code=None, language=None, channel=Channel.SMS, address="+4366012345")
    room.messages.queue(room.world.a_pool(), replace(notice, kind=NoticeKind.ACCOUNT_EXISTS))

    room.deliveries.drain()

    assert (room.tray.sent[0].channel, room.tray.sent[0].to) == (Channel.SMS, "+4366012345")


def test_nobody_costs_the_same_row_and_gets_nothing(room):
    pool = room.world.a_pool()
    room.messages.queue(pool, NOTICE_TO_ADA)
    room.messages.queue_nothing(pool)

    first, second = rows(room)
    assert len(first.sealed) == len(second.sealed)
    assert room.deliveries.drain() == 2
    assert len(room.tray.sent) == 1
    assert rows(room) == []


def test_a_dead_mail_server_is_not_the_callers_to_see_when_queued(room):
    room.tray.broken = True
    room.messages.queue(room.world.a_pool(), NOTICE_TO_ADA)
    room.deliveries.drain()

    room.tray.broken = False
    room.world.clock.advance(seconds=5)
    room.deliveries.drain()

    assert len(room.tray.sent) == 1


def test_a_dead_mail_server_is_the_callers_to_see_when_sent_at_once(room):
    room.tray.broken = True

    with pytest.raises(CodeDeliveryFailed):
        room.messages.send(room.world.a_pool(), NOTICE_TO_ADA)
    assert rows(room) == []


def test_a_pool_that_is_gone_takes_its_messages_with_it(room):
    pool = room.world.a_pool()
    room.messages.queue(pool, NOTICE_TO_ADA)
    room.world.pools.remove(pool.pool_id)

    assert room.deliveries.drain() == 1
    assert room.tray.sent == []
    assert rows(room) == []


def test_neither_the_row_nor_the_log_shows_a_code(room, caplog):
    caplog.set_level(logging.DEBUG)
    room.tray.broken = True
    room.messages.queue(room.world.a_pool(), NOTICE_TO_ADA)
    for _ in range(10):
        room.deliveries.drain()
        room.world.clock.advance(hours=1)

    written = json.dumps([record.__dict__ for record in caplog.records], default=repr)
    assert "deliveries.abandoned" in written
    assert "418207" not in written
    assert "ada@example.org" not in written


def test_the_stored_payload_is_sealed(room):
    room.messages.queue(room.world.a_pool(), NOTICE_TO_ADA)

    assert "418207" not in rows(room)[0].sealed
    assert rows(room)[0].sealed.startswith("s1.")
