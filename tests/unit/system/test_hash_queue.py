"""What the password hasher says about its queue."""

import pytest

from app.adapters.system.argon2 import Argon2Hasher
from app.adapters.system.counters import SharedCounters
from app.core.audit.tally import HASHES_REFUSED, HASHES_RUNNING, HASHES_WAITING, HASHING_SECONDS
from app.core.kernel.errors import TooManyRequests
from app.core.kernel.secret import Secret


def test_a_hash_is_seen_while_it_runs_and_forgotten_after():
    counters = SharedCounters()
    hasher = Argon2Hasher("test", width=1, tally=counters)
    with hasher._slot():
        running = counters.read()[HASHES_RUNNING,]
    hasher.hash(Secret("a password"))
    assert (running, counters.read()[HASHES_RUNNING,]) == (1, 0)
    assert counters.read().get((HASHES_WAITING,), 0) == 0


def test_the_time_of_hashes_is_added_up():
    counters = SharedCounters()
    hasher = Argon2Hasher("owasp", tally=counters)
    encoded = hasher.hash(Secret("a password"))
    one = counters.read()[HASHING_SECONDS,]
    hasher.verify(encoded, Secret("another"))
    assert counters.read()[HASHING_SECONDS,] > one > 0


def test_a_full_queue_is_counted():
    counters = SharedCounters()
    hasher = Argon2Hasher("test", width=1, waiting=0, tally=counters)
    with hasher._slot(), pytest.raises(TooManyRequests):
        hasher.hash(Secret("a password"))
    assert counters.read()[HASHES_REFUSED,] == 1
    assert counters.read()[HASHES_RUNNING,] == 0
