"""Races over two worker processes and real stores: whatever happens at once, exactly one wins and nothing breaks."""

import threading
from pathlib import Path
from time import monotonic

import pytest

from app.adapters.sql.software_tokens import SqlSoftwareTokens
from app.core.attempts.model import Attempt
from app.core.attempts.service import Attempts
from app.core.factors.software_token import SoftwareToken
from app.core.kernel.ids import new_uuid
from app.core.kernel.secret import Secret
from app.core.keys.schedule import LONGEST_TOKEN, PUBLISHED_AHEAD
from tests.races.conftest import Race
from tests.support.prepared_keys import keys_of
from tests.support.records import code_record, stored_user
from tests.support.waiting import wait_until
from tests.support.world import NOON

ROUNDS = 100


def _one_winner_each(outcomes: list[list[bool]], rounds: int, contenders: int) -> None:
    assert len(outcomes) == contenders
    assert [sum(column) for column in zip(*outcomes, strict=True)] == [1] * rounds


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_of_twenty_parallel_redemptions_of_one_code_one_succeeds_a_hundred_times(race: Race) -> None:
    user = stored_user(race.world, race.world.a_pool())
    codes = [code_record(user) for _ in range(ROUNDS)]
    with race.world.database.transaction():
        for code in codes:
            race.world.tokens.add_code(code)
    outcomes = race.run("redeem", threads=10, codes=codes)
    _one_winner_each(outcomes, ROUNDS, 20)
    for code in codes:
        found = race.world.tokens.find_session(code.pool_id, code.origin_jti)
        assert found is not None, "the winner stored what the code became"


@pytest.mark.spec("RFC 6238 §5.2")
def test_of_parallel_uses_of_one_totp_code_one_is_accepted(race: Race) -> None:
    user = stored_user(race.world, race.world.a_pool())
    store = SqlSoftwareTokens(race.world.database, race.world.sealer)
    token = SoftwareToken(
        token_id=new_uuid(), pool_id=user.pool_id, sub=user.sub, seed=Secret("A" * 52), created_at=NOON
    )
    store.put_waiting(token)
    assert store.confirm(token, step=0, name=None)
    _one_winner_each(race.run("use_steps", threads=4, token=token, steps=range(1, 21)), 20, 8)


def test_of_parallel_takes_one_gets_the_value(short_race: Race) -> None:
    keys = [f"k{number}" for number in range(40)]
    for key in keys:
        short_race.ephemeral.put("code", key, "first", expires_at=short_race.world.clock.now() + 600)
    _one_winner_each(short_race.run("take", threads=4, names=keys), 40, 8)


def test_of_parallel_answers_to_one_session_one_goes_on_and_the_others_hear_that_it_was_used(short_race: Race) -> None:
    world = short_race.world
    pool = world.a_pool()
    client, user = world.a_client(pool), stored_user(world, pool)
    attempts = Attempts(ephemeral=short_race.ephemeral, clock=world.clock, hasher=world.hasher)
    attempt = Attempt(
        pool_id=pool.pool_id,
        client_id=client.client_id,
        sub=user.sub,
        username=user.username,
        step="SMS_MFA",
        started_at=world.clock.now(),
        expires_at=world.clock.now() + 180,
    )
    sessions = [attempts.put(attempt).reveal() for _ in range(40)]
    outcomes = short_race.run("claim_attempt", threads=4, sessions=sessions, pool=pool, client=client)
    for told in zip(*outcomes, strict=True):
        assert sorted(told) == ["SessionUsed"] * 7 + ["won"]


def test_of_parallel_first_uses_one_counts(short_race: Race) -> None:
    keys = [f"k{number}" for number in range(40)]
    _one_winner_each(short_race.run("add_once", threads=4, names=keys), 40, 8)


def test_of_parallel_swaps_one_wins(short_race: Race) -> None:
    keys = [f"k{number}" for number in range(40)]
    for key in keys:
        short_race.ephemeral.put("code", key, "first", expires_at=short_race.world.clock.now() + 600)
    _one_winner_each(short_race.run("swap", threads=4, names=keys), 40, 8)


def test_no_count_is_lost(short_race: Race) -> None:
    counts = short_race.run("count", threads=4, times=25)
    assert sorted(number for one in counts for number in one) == list(range(1, 201))


def test_eight_threads_write_to_sqlite_without_a_locked_database(sqlite_race: Race) -> None:
    sqlite_race.world.a_pool()
    assert sum(sqlite_race.run("write", threads=4, times=50)) == 400


def test_keys_rotate_under_two_workers_without_one_refused_token(race: Race, tmp_path: Path) -> None:
    """A third process, as the CLI is one, rotates three times while the clock runs through two days."""
    pool = race.world.a_pool()
    keys = keys_of(race.world)
    keys.ensure(pool.pool_id)
    tokens = tmp_path / "tokens"
    tokens.mkdir()

    def rounds() -> list[int]:
        return [path.stat().st_size for path in sorted(tokens.glob("*.rounds"))]

    def everybody_signs() -> None:
        wait_until(lambda: len(rounds()) == 4, seconds=60, what="the workers to begin")
        before = rounds()
        wait_until(
            lambda: all(now > then + 1 for now, then in zip(rounds(), before, strict=True)),
            seconds=20,
            what="the workers to sign",
        )

    def operate() -> None:
        try:
            for _ in range(3):
                everybody_signs()
                keys.rotate(pool.pool_id)
                # The moved clock makes ten minutes pass in a moment; a cache's quarter of a second is real time.
                rotated = monotonic()
                wait_until(lambda since=rotated: monotonic() > since + 0.3, seconds=30, what="the caches")
                for step in (PUBLISHED_AHEAD // 2, PUBLISHED_AHEAD // 2, PUBLISHED_AHEAD // 2, LONGEST_TOKEN // 2):
                    everybody_signs()
                    race.world.clock.advance(step)  # type: ignore[call-arg]
            everybody_signs()
        finally:
            (tokens / "stop").touch()

    operator = threading.Thread(target=operate)
    operator.start()
    verified = race.run("sign_and_verify", threads=2, pool_id=pool.pool_id, tokens=str(tokens))
    operator.join()
    assert min(count for count, _ in verified) > 0
    for _, kids in verified:
        assert len(kids) == 4, "each thread signed with every generation"
