import logging
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Lock, Thread

import pytest
from sqlalchemy import select, update

from app.adapters.sql.deliveries import SqlDeliveries
from app.adapters.sql.tables import audit, deliveries
from app.core.deliveries.model import CLAIM_SECONDS, MOST_TRIES, Delivery, next_pause
from app.core.deliveries.ports import PayloadLost
from app.core.deliveries.service import Deliveries
from app.core.kernel.errors import CodeDeliveryFailed
from app.core.kernel.sealing import Sealer
from tests.support.world import World, fresh_sqlite


class Postman:
    """A handler that keeps what it delivered, and fails while ``failing`` is an exception."""

    def __init__(self) -> None:
        self.delivered: list[str] = []
        self.tried = 0
        self.failing: Exception | None = None

    def __call__(self, payload: str, /) -> None:
        self.tried += 1
        if self.failing:
            raise self.failing
        self.delivered.append(payload.strip())


@pytest.fixture(params=["sqlite", "postgres"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    world = World(
        fresh_sqlite(tmp_path) if request.param == "sqlite" else request.getfixturevalue("emptied_postgres").url()
    )
    yield world
    world.close()


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
def queue(world: World, postman: Postman) -> Deliveries:
    return Deliveries(
        store=SqlDeliveries(world.database, world.sealer),
        clock=world.clock,
        audit=world.audit,
        handlers={"letter": postman},
    )


def waiting(world: World) -> list:
    with world.database.connection() as connection:
        return list(connection.execute(select(deliveries)).all())


def test_what_was_enqueued_first_goes_first_and_once(world, queue, postman):
    for payload in ("one", "two", "three"):
        queue.enqueue("letter", payload)
        world.clock.advance(seconds=1)

    assert queue.drain() == 3
    assert queue.drain() == 0
    assert postman.delivered == ["one", "two", "three"]


def test_a_drain_takes_no_more_than_its_limit(queue, postman):
    for _ in range(3):
        queue.enqueue("letter", "x")

    assert queue.drain(limit=2) == 2
    assert len(postman.delivered) == 2


def test_a_transaction_that_fails_sends_nothing(world, queue, postman):
    def refused() -> None:
        with world.database.transaction():
            queue.enqueue("letter", "x")
            raise RuntimeError("refused")

    with pytest.raises(RuntimeError, match="refused"):
        refused()

    assert queue.drain() == 0
    assert postman.tried == 0


def test_whoever_drains_is_woken_by_every_enqueue(world):
    woken: list[int] = []
    queue = Deliveries(
        store=SqlDeliveries(world.database, world.sealer),
        clock=world.clock,
        audit=world.audit,
        wake=lambda: woken.append(1),
    )

    queue.enqueue("letter", "x")
    queue.enqueue_nothing("x")

    assert len(woken) == 2


def test_a_failure_waits_longer_each_time_and_then_is_given_up_and_recorded(world, queue, postman):
    postman.failing = CodeDeliveryFailed()
    queue.enqueue("letter", "x")

    for tries in range(1, MOST_TRIES):
        assert queue.drain() == 1
        pause = next_pause(tries)
        assert pause is not None
        world.clock.advance(seconds=pause - 1)
        assert queue.drain() == 0
        world.clock.advance(seconds=1)
    assert queue.drain() == 1

    assert postman.tried == MOST_TRIES
    assert waiting(world) == []
    with world.database.connection() as connection:
        written = connection.execute(select(audit)).one()
    assert (written.event, written.outcome) == ("deliveries.abandoned", "CodeDeliveryFailed")


def test_every_try_falls_within_the_life_of_a_code():
    pauses = [next_pause(tries) for tries in range(1, MOST_TRIES)]

    assert sum(pause or 0 for pause in pauses) < 3600
    assert next_pause(MOST_TRIES) is None
    assert next_pause(MOST_TRIES + 5) is None


def test_one_that_cannot_be_sent_does_not_stop_those_behind_it_and_its_words_are_not_logged(
    world, queue, postman, caplog
):
    caplog.set_level(logging.DEBUG)
    postman.failing = ValueError("the secret is 418207")
    queue.enqueue("letter", "x")
    queue.enqueue("a kind that nobody handles", "y")
    assert queue.drain() == 2

    postman.failing = None
    queue.enqueue("letter", "z")
    queue.drain()

    assert postman.delivered == ["z"]
    assert "418207" not in repr([record.__dict__ for record in caplog.records])


def test_a_worker_that_died_while_sending_is_followed_by_another(world, queue, postman):
    store = SqlDeliveries(world.database, world.sealer)
    queue.enqueue("letter", "x")
    now = world.clock.now()
    assert store.claim(now=now, until=now + CLAIM_SECONDS) is not None

    assert queue.drain() == 0
    world.clock.advance(seconds=CLAIM_SECONDS)
    assert queue.drain() == 1
    assert postman.delivered == ["x"]


def test_a_worker_that_was_overtaken_changes_nothing(world, queue):
    store = SqlDeliveries(world.database, world.sealer)
    queue.enqueue("letter", "x")
    now = world.clock.now()
    slow = store.claim(now=now, until=now + 1)
    quick = store.claim(now=now + 1, until=now + 100)
    assert slow is not None
    assert quick is not None

    store.remove(slow)
    store.postpone(slow, due_at=now + 5000)

    assert [(row.id, row.due_at, row.claimed_until) for row in waiting(world)] == [
        (quick.delivery_id, quick.due_at, now + 100)
    ]


def test_nothing_is_claimed_before_it_is_due(world, queue):
    store = SqlDeliveries(world.database, world.sealer)
    now = world.clock.now()
    store.add(Delivery(delivery_id="d", kind="letter", payload="x", created_at=now, due_at=now + 10))

    assert store.claim(now=now + 9, until=now + 100) is None
    assert store.claim(now=now + 10, until=now + 100) is not None


def test_a_payload_under_a_lost_key_is_dropped_and_the_rest_goes_on(world, queue, postman):
    SqlDeliveries(world.database, Sealer((bytes(32),))).add(
        Delivery(delivery_id="d", kind="letter", payload="lost", created_at=1, due_at=1)
    )
    queue.enqueue("letter", "x")

    queue.drain()

    assert postman.delivered == ["x"]
    assert waiting(world) == []


def test_payloads_cannot_be_swapped_between_rows(world, queue):
    store = SqlDeliveries(world.database, world.sealer)
    queue.enqueue("letter", "one")
    queue.enqueue("letter", "two")
    first, second = waiting(world)
    with world.database.connection() as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == first.id).values(sealed=second.sealed))
        connection.execute(update(deliveries).where(deliveries.c.id == second.id).values(sealed=first.sealed))

    with pytest.raises(PayloadLost):
        store.claim(now=world.clock.now(), until=world.clock.now() + 1)


def test_of_parallel_workers_each_delivery_goes_to_exactly_one(world):
    lock, seen, start = Lock(), [], Barrier(6)

    def deliver(payload: str, /) -> None:
        with lock:
            seen.append(payload.strip())

    queue = Deliveries(
        store=SqlDeliveries(world.database, world.sealer),
        clock=world.clock,
        audit=world.audit,
        handlers={"letter": deliver},
    )
    for number in range(60):
        queue.enqueue("letter", str(number))

    def work() -> None:
        start.wait()
        while queue.drain(limit=7):
            pass

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(seen, key=int) == [str(number) for number in range(60)]
    assert waiting(world) == []
