"""The sessions of one user among everybody's, over SQLite and PostgreSQL."""

from app.core.kernel.ids import new_uuid
from app.core.tokens.model import Sighting, TokenSession
from app.core.users.model import User
from tests.support.parallel import at_once
from tests.support.records import code_record, session_record, stored_user
from tests.support.world import NOON, World


def begun(world: World, user: User, *, after: int = 0, **changes: object) -> TokenSession:
    session = session_record(code_record(user), origin_jti=new_uuid(), created_at=NOON + after, **changes)
    world.tokens.add_session(session)
    return session


def listed(world: World, user: User, *, now: int = NOON, signed_in_after: int = 0, limit: int = 9) -> list[str]:
    found = world.tokens.list_sessions(user.pool_id, user.sub, now=now, signed_in_after=signed_in_after, limit=limit)
    return [session.origin_jti for session in found]


def seen(after: int) -> Sighting:
    return Sighting(at=NOON + after, address="198.51.100.7", device="Linux, Firefox")


def test_only_what_still_counts_is_listed_the_latest_active_first(world: World) -> None:
    user = stored_user(world, world.a_pool())
    old, new, short = begun(world, user), begun(world, user, after=5), begun(world, user, after=9, expires_at=NOON + 60)
    begun(world, stored_user(world, world.a_pool()))
    assert listed(world, user) == [short.origin_jti, new.origin_jti, old.origin_jti]
    assert listed(world, user, limit=1) == [short.origin_jti]
    assert listed(world, user, now=NOON + 60) == [new.origin_jti, old.origin_jti]
    assert listed(world, user, signed_in_after=NOON) == []
    world.tokens.see_session(user.pool_id, old.origin_jti, seen(100))
    world.tokens.revoke_session(user.pool_id, new.origin_jti, now=NOON + 60)
    assert listed(world, user, now=NOON + 60) == [old.origin_jti]


def test_a_sighting_comes_back_as_stored_and_in_its_own_pool_alone(world: World) -> None:
    user, other = stored_user(world, world.a_pool()), stored_user(world, world.a_pool())
    session = begun(world, user)
    world.tokens.see_session(other.pool_id, session.origin_jti, seen(1))
    found = world.tokens.find_session(user.pool_id, session.origin_jti)
    assert found is not None
    assert found[0].seen is None
    world.tokens.see_session(user.pool_id, session.origin_jti, seen(2))
    found = world.tokens.find_session(user.pool_id, session.origin_jti)
    assert found is not None
    assert found[0].seen == seen(2)


def test_the_least_recently_active_sessions_make_room_and_never_the_new_one(world: World) -> None:
    user, other = stored_user(world, world.a_pool()), stored_user(world, world.a_pool())
    one, two, three = (begun(world, user, after=number) for number in range(3))
    theirs = begun(world, other)
    world.tokens.see_session(user.pool_id, one.origin_jti, seen(50))
    new = begun(world, user)
    world.tokens.evict_sessions(new, keep=2, now=NOON + 60)
    assert set(listed(world, user)) == {one.origin_jti, new.origin_jti}
    world.tokens.evict_sessions(new, keep=1, now=NOON + 60)
    assert listed(world, user) == [new.origin_jti]
    assert listed(world, other) == [theirs.origin_jti]
    assert two.origin_jti != three.origin_jti


def test_of_sign_ins_at_once_no_more_are_left_than_may_be(world: World) -> None:
    user = stored_user(world, world.a_pool())
    sessions = [begun(world, user, after=number) for number in range(6)]
    at_once(lambda session: world.tokens.evict_sessions(session, keep=3, now=NOON + 60), sessions)
    assert len(listed(world, user)) <= 3


def test_what_came_through_one_browser_ends_together(world: World) -> None:
    user, other = stored_user(world, world.a_pool()), stored_user(world, world.a_pool())
    begun(world, user, sid="sso1"), begun(world, user, sid="sso1")
    elsewhere, by_api = begun(world, user, sid="sso2"), begun(world, user, sid=None)
    theirs = begun(world, other, sid="sso1")
    world.tokens.revoke_browser_sessions(user.pool_id, user.sub, "sso1", now=NOON + 60)
    assert set(listed(world, user)) == {elsewhere.origin_jti, by_api.origin_jti}
    assert listed(world, other) == [theirs.origin_jti]
