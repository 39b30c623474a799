from pathlib import Path
from queue import Queue
from threading import Event, active_count

from app.adapters.sql.deliveries import SqlDeliveries
from app.adapters.system.drainer import Drainer
from app.core.deliveries.service import Deliveries
from tests.support.world import World, fresh_sqlite

_SOON = 10


def test_no_thread_runs_before_the_first_wake():
    before = active_count()
    drainer = Drainer()
    drainer.serve(lambda: 0)

    assert active_count() == before
    drainer.close()


def test_a_wake_without_anything_to_serve_starts_nothing():
    before = active_count()
    drainer = Drainer()

    drainer.wake()

    assert active_count() == before
    drainer.close()


def test_what_is_enqueued_is_delivered_and_closing_ends_the_thread(tmp_path: Path):
    before = active_count()
    world = World(fresh_sqlite(tmp_path))
    arrived: Queue[str] = Queue()
    drainer = Drainer(poll_seconds=600)
    queue = Deliveries(
        store=SqlDeliveries(world.database, world.sealer),
        clock=world.clock,
        audit=world.audit,
        handlers={"letter": arrived.put},
        wake=drainer.wake,
    )
    drainer.serve(queue.drain)

    # The wake-up comes before the commit, and the letter must be found all the same.
    with world.database.transaction():
        queue.enqueue("letter", "first")
    assert arrived.get(timeout=_SOON).strip() == "first"
    queue.enqueue("letter", "second")
    assert arrived.get(timeout=_SOON).strip() == "second"

    drainer.close()
    assert active_count() == before
    queue.enqueue("letter", "after closing")
    assert active_count() == before
    world.close()


def test_a_store_that_fails_does_not_end_the_thread():
    again = Event()
    calls = []

    def drain() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("the database is away")
        again.set()
        return 0

    drainer = Drainer(poll_seconds=600)
    drainer.serve(drain)
    drainer.start()

    assert again.wait(_SOON)
    drainer.close()


def test_without_a_wake_it_polls():
    polled: Queue[int] = Queue()

    def drain() -> int:
        polled.put(1)
        return 0

    drainer = Drainer(poll_seconds=0.01)
    drainer.serve(drain)
    drainer.start()

    for _ in range(6):  # more looks than follow a wake-up
        polled.get(timeout=_SOON)
    drainer.close()
