"""Codes, token sessions and refresh tokens, over SQLite and PostgreSQL."""

from dataclasses import replace

import pytest

from app.adapters.sql.tables import authorization_codes, refresh_tokens, token_sessions
from app.core.kernel.ids import new_uuid
from app.core.pools.model import Pool
from app.core.tokens.model import RefreshToken, TokenSession
from app.core.users.model import User
from tests.support.databases import taken_back
from tests.support.parallel import at_once
from tests.support.records import code_record, refresh_record, session_record, stored_user
from tests.support.world import NOON, World


def _family(world: World) -> tuple[Pool, User, TokenSession, RefreshToken]:
    pool = world.a_pool()
    user = stored_user(world, pool)
    code = code_record(user)
    session = session_record(code)
    refresh = refresh_record(session)
    world.tokens.add_code(code)
    assert world.tokens.redeem_code(code.code_hash, session, refresh, now=NOON)
    return pool, user, session, refresh


def test_a_code_comes_back_as_stored(world: World) -> None:
    code = code_record(stored_user(world, world.a_pool()))
    world.tokens.add_code(code)
    assert world.tokens.find_code(code.code_hash) == code
    assert world.tokens.find_code("another") is None


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_a_code_is_redeemed_once_and_stays_as_a_tombstone(world: World) -> None:
    code = code_record(stored_user(world, world.a_pool()))
    session = session_record(code)
    world.tokens.add_code(code)
    assert world.tokens.redeem_code(code.code_hash, session, refresh_record(session), now=NOON + 1)
    again = session_record(code, origin_jti=new_uuid())
    assert not world.tokens.redeem_code(code.code_hash, again, refresh_record(again), now=NOON + 2)
    assert world.tokens.find_session(code.pool_id, again.origin_jti) is None
    assert world.tokens.find_code(code.code_hash) == replace(code, used_at=NOON + 1)


def test_an_unknown_code_redeems_nothing(world: World) -> None:
    code = code_record(stored_user(world, world.a_pool()))
    assert not world.tokens.redeem_code(code.code_hash, session_record(code), None, now=NOON)
    assert world.tokens.find_session(code.pool_id, code.origin_jti) is None


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_of_parallel_redemptions_one_succeeds(world: World) -> None:
    user = stored_user(world, world.a_pool())
    for _ in range(3):
        code = code_record(user)
        session = session_record(code)
        world.tokens.add_code(code)
        outcomes = at_once(
            lambda _, code=code, session=session: world.tokens.redeem_code(
                code.code_hash, session, refresh_record(session), now=NOON
            ),
            range(8),
        )
        assert outcomes.count(True) == 1


def test_a_refused_redemption_does_not_spend_the_code(world: World) -> None:
    code = code_record(stored_user(world, world.a_pool()))
    session = session_record(code)
    world.tokens.add_code(code)
    with taken_back(world.database):
        assert world.tokens.redeem_code(code.code_hash, session, None, now=NOON)
    assert world.tokens.redeem_code(code.code_hash, session, None, now=NOON)


def test_a_refresh_token_comes_with_its_session_and_user(world: World) -> None:
    _, user, session, refresh = _family(world)
    assert world.tokens.find_refresh(refresh.token_hash) == (refresh, session, user)
    assert world.tokens.find_refresh("another") is None


def test_a_removed_user_is_seen_as_gone(world: World) -> None:
    pool, user, session, refresh = _family(world)
    world.users.remove(pool.pool_id, user.sub)
    assert world.tokens.find_refresh(refresh.token_hash) == (refresh, session, None)
    assert world.tokens.find_session(pool.pool_id, session.origin_jti) == (session, None)


def test_a_session_of_another_pool_is_not_found(world: World) -> None:
    _, _, session, _ = _family(world)
    other = world.a_pool()
    assert world.tokens.find_session(other.pool_id, session.origin_jti) is None
    world.tokens.revoke_session(other.pool_id, session.origin_jti, now=NOON)
    found = world.tokens.find_session(session.pool_id, session.origin_jti)
    assert found is not None
    assert found[0].revoked_at is None


def test_rotation_marks_the_token_used_and_stores_its_successor(world: World) -> None:
    _, user, session, first = _family(world)
    second = refresh_record(session)
    assert world.tokens.rotate_refresh(first.token_hash, second, now=NOON + 5, reusable_since=NOON + 6)
    assert world.tokens.find_refresh(first.token_hash) == (replace(first, used_at=NOON + 5), session, user)
    assert world.tokens.find_refresh(second.token_hash) == (second, session, user)


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_a_used_token_rotates_again_only_within_its_grace(world: World) -> None:
    _, _, session, first = _family(world)

    def rotate(at: int, grace: int) -> bool:
        since = at - grace if grace else at + 1
        return world.tokens.rotate_refresh(first.token_hash, refresh_record(session), now=at, reusable_since=since)

    assert rotate(NOON, 60)
    assert rotate(NOON + 60, 60)
    assert not rotate(NOON + 61, 60), "the grace period counts from the first use"
    assert not rotate(NOON, 0)


def test_of_parallel_rotations_without_grace_one_succeeds(world: World) -> None:
    _, _, session, first = _family(world)
    outcomes = at_once(
        lambda _: world.tokens.rotate_refresh(
            first.token_hash, refresh_record(session), now=NOON, reusable_since=NOON + 1
        ),
        range(8),
    )
    assert outcomes.count(True) == 1


def test_a_revoked_family_rotates_no_more(world: World) -> None:
    pool, _, session, first = _family(world)
    world.tokens.revoke_session(pool.pool_id, session.origin_jti, now=NOON + 1)
    second = refresh_record(session)
    assert not world.tokens.rotate_refresh(first.token_hash, second, now=NOON + 2, reusable_since=NOON - 60)
    assert world.tokens.find_refresh(second.token_hash) is None


@pytest.mark.spec("RFC 8707 §2.2")
def test_what_is_bound_to_a_session_first_stays(world: World) -> None:
    pool, _, session, _ = _family(world)
    other = world.a_pool()
    assert not world.tokens.bind_once(other.pool_id, session.origin_jti, "resource", "https://a.example")
    assert not world.tokens.bind_once(pool.pool_id, new_uuid(), "resource", "https://a.example")
    assert world.tokens.bind_once(pool.pool_id, session.origin_jti, "resource", "https://a.example")
    assert world.tokens.bind_once(pool.pool_id, session.origin_jti, "resource", "https://a.example")
    assert not world.tokens.bind_once(pool.pool_id, session.origin_jti, "resource", "https://b.example")
    found = world.tokens.find_session(pool.pool_id, session.origin_jti)
    assert found is not None
    assert found[0] == replace(session, extra={**session.extra, "resource": "https://a.example"})


@pytest.mark.spec("RFC 8707 §2.2")
def test_of_parallel_bindings_one_stays(world: World) -> None:
    pool, _, session, _ = _family(world)
    named = [f"https://{name}.example" for name in "abcd"]
    bound = at_once(lambda uri: world.tokens.bind_once(pool.pool_id, session.origin_jti, "resource", uri), named)
    assert sorted(bound) == [False, False, False, True]


def test_the_first_revocation_is_the_one_remembered(world: World) -> None:
    pool, user, session, _ = _family(world)
    world.tokens.revoke_session(pool.pool_id, session.origin_jti, now=NOON + 1)
    world.tokens.revoke_session(pool.pool_id, session.origin_jti, now=NOON + 9)
    assert world.tokens.find_session(pool.pool_id, session.origin_jti) == (replace(session, revoked_at=NOON + 1), user)


def _rows(world: World) -> tuple[int, int, int]:
    with world.database.connection() as connection:
        return tuple(  # type: ignore[return-value]
            len(connection.execute(table.select()).all())
            for table in (authorization_codes, token_sessions, refresh_tokens)
        )


def test_expired_rows_leave_as_others_are_written_a_day_late(world: World) -> None:
    user = stored_user(world, world.a_pool())

    def redeem(at: int, *, times: int) -> None:
        for _ in range(times):
            code = code_record(user, created_at=at, expires_at=at + 300)
            session = session_record(code, expires_at=at + 3600)
            world.tokens.add_code(code)
            assert world.tokens.redeem_code(code.code_hash, session, refresh_record(session), now=at)

    redeem(NOON, times=168)
    redeem(NOON + 86400 + 299, times=8)
    assert _rows(world) == (176, 176, 176), "a spent code and an ended session are remembered for a day"
    redeem(NOON + 2 * 86400, times=8)
    assert _rows(world) == (24, 24, 24), "one write in eight removes 160 of each, refresh tokens with their session"
    redeem(NOON + 4 * 86400, times=8)
    assert _rows(world) == (8, 8, 8)


def test_parallel_writers_sweep_without_a_deadlock(world: World) -> None:
    user = stored_user(world, world.a_pool())
    for _ in range(60):
        code = code_record(user)
        world.tokens.add_code(code)
        world.tokens.redeem_code(code.code_hash, session_record(code, expires_at=NOON), None, now=NOON)
    late = NOON + 10 * 86400

    def write(_: int) -> bool:
        code = code_record(user, created_at=late, expires_at=late + 300)
        world.tokens.add_code(code)
        return world.tokens.redeem_code(code.code_hash, session_record(code), None, now=late)

    assert all(at_once(write, range(8)))
    assert _rows(world)[:2] == (8, 8)
