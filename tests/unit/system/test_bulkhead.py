import pytest

from app.adapters.system.bulkhead import PLACES, Bulkhead
from app.adapters.system.outbound import GuardedOutbound
from app.cli.run import THREADS
from app.core.kernel.outbound import OutboundFailed
from tests.support.parallel import at_once


def is_free(bulkhead: Bulkhead) -> bool:
    """Seen from another thread."""

    def enter(_: int) -> bool:
        try:
            with bulkhead.place():
                return True
        except OutboundFailed:
            return False

    return at_once(enter, [0])[0]


def test_who_finds_no_place_is_told_at_once():
    bulkhead = Bulkhead(1)
    with bulkhead.place():
        assert not is_free(bulkhead)
    assert is_free(bulkhead)


def test_a_thread_takes_one_place_however_often_it_asks():
    bulkhead = Bulkhead(1)
    with bulkhead.place():
        with bulkhead.place():
            assert not is_free(bulkhead)
        assert not is_free(bulkhead), "the inner one gave nothing back"
    assert is_free(bulkhead)


def test_a_failure_gives_its_place_back():
    bulkhead = Bulkhead(1)
    with pytest.raises(KeyError), bulkhead.place():
        raise KeyError
    assert is_free(bulkhead)


def test_half_of_a_workers_threads_never_wait_for_others():
    assert PLACES * 2 <= THREADS


def test_no_call_goes_out_without_a_place():
    bulkhead, resolved = Bulkhead(1), []
    guard = GuardedOutbound(places=bulkhead, resolve=lambda host, _port: resolved.append(host) or ["127.0.0.1"])

    def call(_: int) -> None:
        with pytest.raises(OutboundFailed):
            guard.get("https://nowhere.example/", largest=10)

    with bulkhead.place():
        at_once(call, [0])
    assert resolved == []
