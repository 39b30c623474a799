from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.messaging.choose import choose_messaging
from app.adapters.messaging.nowhere import Nowhere
from app.adapters.messaging.outbox import Outbox
from app.adapters.messaging.sms_http import HttpSmsSender
from app.adapters.messaging.smtp import SmtpSender
from app.core.kernel.errors import CodeDeliveryFailed
from app.core.messages.model import Channel, Message
from tests.support.world import NOON, World, fresh_sqlite

MAIL = Message(
    channel=Channel.EMAIL, to="ada@example.org", subject="Hi", text="text", html="<p>html", code="418207", link=None
)
TEXT = Message(channel=Channel.SMS, to="+4366012345", subject=None, text="a text", html=None, code="123456")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(fresh_sqlite(tmp_path))
    yield world
    world.close()


def choice(world: World, **changes):
    values = {"dev": False, "smtp_url": None, "mail_from": "a@example.com", "sms_url": None, "outbox_limit": 10}
    return choose_messaging(database=world.database, clock=world.clock, **{**values, **changes})


def test_the_newest_stands_first_in_the_shape_of_the_contract(world):
    outbox = Outbox(world.database, world.clock)
    outbox.send(MAIL)
    world.clock.advance(seconds=5)
    outbox.send(TEXT)

    newest, oldest = outbox.list()
    assert newest == {
        "id": newest["id"],
        "channel": "sms",
        "to": "+4366012345",
        "subject": None,
        "text": "a text",
        "html": None,
        "code": "123456",
        "link": None,
        "created_at": NOON + 5,
    }
    assert (oldest["channel"], oldest["subject"], oldest["html"], oldest["created_at"]) == (
        "email",
        "Hi",
        "<p>html",
        NOON,
    )
    assert newest["id"] != oldest["id"]


def test_one_address_sees_its_own_messages_only(world):
    outbox = Outbox(world.database, world.clock)
    outbox.send(MAIL)
    outbox.send(replace(MAIL, to="eve@example.org"))

    assert [m["to"] for m in outbox.list("ADA@example.org")] == ["ada@example.org"]
    assert outbox.list("ada") == []
    assert outbox.list("%") == []


def test_the_oldest_make_room(world):
    outbox = Outbox(world.database, world.clock, limit=3)
    for number in range(5):
        outbox.send(replace(MAIL, subject=str(number)))

    assert [m["subject"] for m in outbox.list()] == ["4", "3", "2"]


def test_a_cleared_outbox_is_empty_and_works_on(world):
    outbox = Outbox(world.database, world.clock)
    outbox.send(MAIL)
    outbox.clear()
    assert outbox.list() == []
    outbox.send(MAIL)
    assert len(outbox.list()) == 1


def test_development_keeps_what_it_cannot_send(world):
    chosen = choice(world, dev=True)

    assert chosen.transports.email is chosen.outbox
    assert chosen.transports.sms is chosen.outbox
    assert chosen.warnings == ()


def test_what_is_set_is_used_in_development_too(world):
    chosen = choice(world, dev=True, smtp_url="smtp://127.0.0.1:2525")

    assert isinstance(chosen.transports.email, SmtpSender)
    assert chosen.transports.sms is chosen.outbox


def test_there_is_no_outbox_outside_development(world):
    chosen = choice(world, smtp_url="smtps://mail.example.com", sms_url="https://sms.example.com/send")

    assert chosen.outbox is None
    assert isinstance(chosen.transports.email, SmtpSender)
    assert isinstance(chosen.transports.sms, HttpSmsSender)
    assert chosen.warnings == ()


def test_without_a_way_out_every_delivery_fails_and_the_start_says_so(world):
    chosen = choice(world)

    assert isinstance(chosen.transports.email, Nowhere)
    assert len(chosen.warnings) == 2
    with pytest.raises(CodeDeliveryFailed):
        chosen.transports.carrying(Channel.EMAIL).send(MAIL)
    with pytest.raises(CodeDeliveryFailed):
        chosen.transports.carrying(Channel.SMS).send(TEXT)
