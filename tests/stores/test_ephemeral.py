"""The port of short-lived state, over SQLite, PostgreSQL and Redis."""

from itertools import chain

import pytest

from app.adapters.ephemeral.redis import RedisEphemeral, open_ephemeral
from app.adapters.ephemeral.sql import SqlEphemeral
from app.adapters.sql.tables import ephemeral
from app.core.kernel.errors import Unavailable
from tests.stores.conftest import Short
from tests.support.databases import taken_back
from tests.support.free_port import free_port
from tests.support.parallel import at_once
from tests.support.world import MovedClock, World


def test_what_was_put_is_found_until_it_expires(short: Short) -> None:
    short.store.put("attempt", "a", "one", expires_at=short.soon())
    short.clock.advance(seconds=59)
    assert short.store.find("attempt", "a") == "one"
    short.clock.advance(seconds=1)
    assert short.store.find("attempt", "a") is None


def test_of_many_keys_the_living_values_of_one_kind_are_found(short: Short) -> None:
    short.store.put("attempt", "a", "one", expires_at=short.soon())
    short.store.put("attempt", "b", "two", expires_at=short.soon() + 60)
    short.store.put("nonce", "c", "three", expires_at=short.soon() + 60)
    short.store.count("attempt", "d", expires_at=short.soon() + 60)
    names = ["a", "b", "c", "d", "e"]
    assert short.store.find_many("attempt", names) == {"a": "one", "b": "two"}
    short.clock.advance(seconds=60)
    assert short.store.find_many("attempt", names) == {"b": "two"}
    assert short.store.find_many("attempt", []) == {}


def test_expiry_follows_our_clock_back_again(short: Short) -> None:
    short.store.put("attempt", "a", "one", expires_at=short.soon())
    short.clock.advance(days=30)
    assert short.store.find("attempt", "a") is None
    short.clock.advance(days=-30)
    assert short.store.find("attempt", "a") == "one"


def test_an_expired_value_cannot_be_taken(short: Short) -> None:
    short.store.put("attempt", "a", "one", expires_at=short.soon())
    short.clock.advance(days=1)
    assert short.store.take("attempt", "a") is None


def test_putting_again_replaces_value_and_expiry(short: Short) -> None:
    short.store.put("attempt", "a", "one", expires_at=short.soon(10))
    short.store.put("attempt", "a", "two", expires_at=short.soon(100))
    short.clock.advance(seconds=50)
    assert short.store.find("attempt", "a") == "two"


@pytest.mark.parametrize("value", ["", "a:b", "naïve ☃ 12:34", '{"json": [1, 2]}', "line\nline", "x" * 20_000])
def test_any_text_comes_back_as_it_was(short: Short, value: str) -> None:
    short.store.put("attempt", "a", value, expires_at=short.soon())
    assert short.store.find("attempt", "a") == value
    assert short.store.swap("attempt", "a", old=value, new=value + "!", expires_at=short.soon())
    assert short.store.take("attempt", "a") == value + "!"


def test_taking_twice_gives_nothing(short: Short) -> None:
    short.store.put("code", "a", "one", expires_at=short.soon())
    assert short.store.take("code", "a") == "one"
    assert short.store.take("code", "a") is None
    assert short.store.find("code", "a") is None


def test_of_parallel_takes_one_gets_the_value(short: Short) -> None:
    for number in range(5):
        short.store.put("code", f"c{number}", "one", expires_at=short.soon())
        taken = at_once(lambda _, key=f"c{number}": short.store.take("code", key), range(8))
        assert sorted(filter(None, taken)) == ["one"]


def test_of_parallel_first_uses_one_counts(short: Short) -> None:
    for number in range(5):
        first = at_once(
            lambda one, key=f"n{number}": short.store.add_once("nonce", key, str(one), expires_at=short.soon()),
            range(8),
        )
        assert first.count(True) == 1
        assert short.store.find("nonce", f"n{number}") == str(first.index(True))


def test_a_live_value_is_not_added_again(short: Short) -> None:
    assert short.store.add_once("nonce", "a", "one", expires_at=short.soon())
    assert not short.store.add_once("nonce", "a", "two", expires_at=short.soon(600))
    assert short.store.find("nonce", "a") == "one"
    short.clock.advance(seconds=61)
    assert short.store.find("nonce", "a") is None


def test_an_expired_value_makes_room(short: Short) -> None:
    short.store.put("nonce", "a", "one", expires_at=short.soon())
    short.clock.advance(seconds=60)
    assert short.store.add_once("nonce", "a", "two", expires_at=short.soon())
    assert short.store.find("nonce", "a") == "two"


def test_kinds_never_mix(short: Short) -> None:
    short.store.put("a", "b:c", "one", expires_at=short.soon())
    assert short.store.find("a:b", "c") is None
    assert short.store.find("b", "b:c") is None
    assert short.store.take("state", "b:c") is None
    short.store.remove("a:b", "c")
    assert short.store.add_once("b", "b:c", "two", expires_at=short.soon())
    assert short.store.take("a", "b:c") == "one"


def test_a_swap_needs_the_old_value(short: Short) -> None:
    short.store.put("attempt", "a", "one", expires_at=short.soon())
    assert not short.store.swap("attempt", "a", old="other", new="two", expires_at=short.soon())
    assert short.store.swap("attempt", "a", old="one", new="two", expires_at=short.soon(600))
    assert not short.store.swap("attempt", "a", old="one", new="three", expires_at=short.soon())
    short.clock.advance(seconds=300)
    assert short.store.find("attempt", "a") == "two"


def test_a_sum_is_looked_at_without_counting(short: Short) -> None:
    assert short.store.find_count("rate", "a") == 0
    short.store.count("rate", "a", expires_at=short.soon(), by=3)
    assert [short.store.find_count("rate", "a") for _ in range(2)] == [3, 3]
    assert short.store.find_count("other", "a") == 0
    short.store.put("rate", "b", "7", expires_at=short.soon())
    assert short.store.find_count("rate", "b") == 0, "a value is no sum"
    short.clock.advance(seconds=60)
    assert short.store.find_count("rate", "a") == 0


def test_a_swap_finds_nothing_where_the_value_expired(short: Short) -> None:
    short.store.put("attempt", "a", "one", expires_at=short.soon())
    short.clock.advance(seconds=60)
    assert not short.store.swap("attempt", "a", old="one", new="two", expires_at=short.soon())
    assert short.store.swap("attempt", "a", old=None, new="two", expires_at=short.soon())


def test_a_swap_from_nothing_loses_against_what_is_there(short: Short) -> None:
    assert not short.store.swap("attempt", "a", old="one", new="two", expires_at=short.soon())
    assert short.store.swap("attempt", "a", old=None, new="one", expires_at=short.soon())
    assert not short.store.swap("attempt", "a", old=None, new="two", expires_at=short.soon())
    assert short.store.find("attempt", "a") == "one"


def test_of_parallel_swaps_one_wins(short: Short) -> None:
    short.store.put("attempt", "a", "0", expires_at=short.soon())
    for number in range(5):
        old = short.store.find("attempt", "a")
        won = at_once(
            lambda one, old=old, number=number: short.store.swap(
                "attempt", "a", old=old, new=f"{number}.{one}", expires_at=short.soon()
            ),
            range(8),
        )
        assert won.count(True) == 1
        assert short.store.find("attempt", "a") == f"{number}.{won.index(True)}"


def test_a_count_keeps_its_window(short: Short) -> None:
    assert short.store.count("rate", "a", expires_at=short.soon(60)) == 1
    short.clock.advance(seconds=59)
    assert short.store.count("rate", "a", expires_at=short.soon(60)) == 2
    assert short.store.count("rate", "a", expires_at=short.soon(60), by=5) == 7
    short.clock.advance(seconds=1)
    assert short.store.count("rate", "a", expires_at=short.soon(60)) == 1


def test_counting_nothing_shows_the_count(short: Short) -> None:
    assert short.store.count("rate", "a", expires_at=short.soon(), by=0) == 0
    short.store.count("rate", "a", expires_at=short.soon(), by=3)
    assert short.store.count("rate", "a", expires_at=short.soon(), by=0) == 3
    assert short.store.count("rate", "a", expires_at=short.soon(), by=-1) == 2


def test_no_parallel_count_is_lost(short: Short) -> None:
    counts = at_once(lambda _: [short.store.count("rate", "a", expires_at=short.soon()) for _ in range(5)], range(8))
    assert sorted(chain.from_iterable(counts)) == list(range(1, 41))


def test_a_counter_is_no_value(short: Short) -> None:
    short.store.count("rate", "a", expires_at=short.soon())
    assert short.store.find("rate", "a") is None
    assert not short.store.swap("rate", "a", old="1", new="0", expires_at=short.soon())


def test_nothing_is_left_after_removal(short: Short) -> None:
    short.store.put("session", "a", "one", expires_at=short.soon())
    short.store.count("rate", "a", expires_at=short.soon(), by=9)
    short.store.remove("session", "a")
    short.store.remove("rate", "a")
    short.store.remove("rate", "never there")
    assert short.store.find("session", "a") is None
    assert short.store.count("rate", "a", expires_at=short.soon()) == 1


def _all_methods(store: RedisEphemeral | SqlEphemeral) -> list:
    return [
        lambda: store.put("k", "a", "v", expires_at=1),
        lambda: store.add_once("k", "a", "v", expires_at=1),
        lambda: store.find("k", "a"),
        lambda: store.take("k", "a"),
        lambda: store.swap("k", "a", old=None, new="v", expires_at=1),
        lambda: store.swap("k", "a", old="o", new="v", expires_at=1),
        lambda: store.count("k", "a", expires_at=1),
        lambda: store.find_count("k", "a"),
        lambda: store.remove("k", "a"),
    ]


def test_a_redis_that_is_down_is_unavailable_in_every_method() -> None:
    store = RedisEphemeral(f"redis://127.0.0.1:{free_port()}/0", MovedClock())
    for method in _all_methods(store):
        with pytest.raises(Unavailable):
            method()
    store.close()


def test_a_redis_that_refuses_us_is_unavailable(redis_url: str) -> None:
    store = RedisEphemeral(redis_url.replace("redis://:", "redis://:wrong"), MovedClock())
    with pytest.raises(Unavailable):
        store.find("k", "a")
    store.close()


def test_a_database_that_is_down_is_unavailable_in_every_method() -> None:
    from flask import Flask

    from app.adapters.sql.db import open_database

    database = open_database(Flask("down"), f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    for method in _all_methods(SqlEphemeral(database, MovedClock())):
        with pytest.raises(Unavailable):
            method()
    database.close()


def test_redis_collects_what_nobody_asks_for_again(redis_url: str) -> None:
    import redis

    clock = MovedClock()
    store = RedisEphemeral(redis_url, clock)
    store.put("k", "put", "v", expires_at=clock.now() + 60)
    store.add_once("k", "added", "v", expires_at=clock.now() + 60)
    store.swap("k", "put", old="v", new="w", expires_at=clock.now() + 60)
    store.count("k", "counted", expires_at=clock.now() + 60)
    store.count("k", "counted", expires_at=clock.now() + 9999)
    store.put("k", "old", "v", expires_at=clock.now() - 60)
    with redis.Redis.from_url(redis_url) as client:
        lifetimes = {name: client.ttl(name) for name in client.keys("*")}
    store.close()
    assert len(lifetimes) == 4
    assert all(3500 < seconds <= 3660 for seconds in lifetimes.values())


def test_expired_rows_leave_as_others_are_written(world: World) -> None:
    for number in range(35):
        world.ephemeral.put("k", f"old{number}", "v", expires_at=world.clock.now() + 10)
    world.clock.advance(seconds=10)

    def rows() -> int:
        with world.database.connection() as connection:
            return len(connection.execute(ephemeral.select()).all())

    assert rows() == 35
    world.ephemeral.put("k", "new", "v", expires_at=world.clock.now() + 10)
    assert rows() == 26
    for _ in range(4):
        world.ephemeral.count("k", "counted", expires_at=world.clock.now() + 10)
    assert rows() == 2


def test_the_redis_url_chooses_the_store(world: World, redis_url: str) -> None:
    chosen = open_ephemeral(redis_url, world.database, world.clock)
    assert isinstance(chosen, RedisEphemeral)
    chosen.close()
    assert isinstance(open_ephemeral(None, world.database, world.clock), SqlEphemeral)


def test_a_refused_transaction_takes_its_ephemeral_writes_back(world: World) -> None:
    with taken_back(world.database):
        world.ephemeral.put("k", "a", "v", expires_at=world.clock.now() + 10)
    assert world.ephemeral.find("k", "a") is None
