"""Consents and participants, on SQLite and PostgreSQL."""

import pytest

from app.core.kernel.ids import ClientId, PoolId, Sub, new_sub
from app.core.sessions.model import Participant
from tests.support.parallel import at_once
from tests.support.records import user_record


@pytest.fixture
def place(world):
    """A pool, a client and a user."""
    pool = world.a_pool()
    user = user_record(pool)
    world.users.add(user, ())
    return pool, world.a_client(pool), user


def a_participant(world, place, *, sid="sso1", sub=None, seconds=100):
    pool, client, user = place
    return Participant(
        pool_id=pool.pool_id,
        sid=sid,
        sub=sub or user.sub,
        client_id=client.client_id,
        expires_at=world.clock.now() + seconds,
    )


def test_consents_add_up_and_repeating_is_harmless(world, place):
    pool, client, user = place
    for scopes in (("openid",), ("openid", "email"), ()):
        world.consents.add_scopes(pool.pool_id, user.sub, client.client_id, scopes, at=world.clock.now())
    assert world.consents.find_scopes(pool.pool_id, user.sub, client.client_id) == {"openid", "email"}


def test_a_consent_is_one_persons_for_one_client_of_one_pool(world, place):
    pool, client, user = place
    world.consents.add_scopes(pool.pool_id, user.sub, client.client_id, ("openid",), at=1)
    assert world.consents.find_scopes(pool.pool_id, new_sub(), client.client_id) == set()
    assert world.consents.find_scopes(pool.pool_id, user.sub, ClientId("other")) == set()
    assert world.consents.find_scopes(PoolId("us-east-1_other0000"), user.sub, client.client_id) == set()


@pytest.mark.parametrize("gone", ["user", "client"])
def test_a_consent_goes_with_the_person_and_the_client(world, place, gone):
    pool, client, user = place
    world.consents.add_scopes(pool.pool_id, user.sub, client.client_id, ("openid",), at=1)
    if gone == "user":
        world.users.remove(pool.pool_id, user.sub)
    else:
        world.clients.remove(pool.pool_id, client.client_id)
    assert world.consents.find_scopes(pool.pool_id, user.sub, client.client_id) == set()


def test_a_session_is_taken_once_and_no_other_with_it(world, place):
    one, elsewhere = a_participant(world, place), a_participant(world, place, sid="sso2")
    for participant in (one, one, elsewhere):
        world.participants.add(participant)
    pool, now = place[0], world.clock.now()
    assert world.participants.take_session(PoolId("us-east-1_other0000"), "sso1", now=now) == []
    assert world.participants.take_session(pool.pool_id, "sso1", now=now) == [one]
    assert world.participants.take_session(pool.pool_id, "sso1", now=now) == []
    assert world.participants.take_session(pool.pool_id, "sso2", now=now) == [elsewhere]


def test_of_parallel_takers_one_gets_it(world, place):
    world.participants.add(a_participant(world, place))
    pool, now = place[0], world.clock.now()
    taken = at_once(lambda _: world.participants.take_session(pool.pool_id, "sso1", now=now), range(6))
    assert sum(map(len, taken)) == 1


def test_all_sessions_of_a_user_are_taken_together(world, place):
    own = [a_participant(world, place, sid=sid) for sid in ("sso1", "sso2")]
    others = a_participant(world, place, sid="sso3", sub=Sub("somebody"))
    for participant in (*own, others):
        world.participants.add(participant)
    pool, user, now = place[0], place[2], world.clock.now()
    assert world.participants.take_user(pool.pool_id, user.sub, now=now) == own
    assert world.participants.take_session(pool.pool_id, "sso3", now=now) == [others]


def test_a_later_part_moves_the_expiry_and_an_expired_one_is_not_returned(world, place):
    pool = place[0]
    world.participants.add(a_participant(world, place, seconds=10))
    world.participants.add(a_participant(world, place, seconds=100))
    world.clock.advance(seconds=50)
    assert len(world.participants.take_session(pool.pool_id, "sso1", now=world.clock.now())) == 1
    world.participants.add(a_participant(world, place, seconds=10))
    world.clock.advance(seconds=10)
    assert world.participants.take_session(pool.pool_id, "sso1", now=world.clock.now()) == []


def test_a_user_may_be_deleted_before_their_clients_have_heard(world, place):
    world.participants.add(a_participant(world, place))
    pool, user = place[0], place[2]
    world.users.remove(pool.pool_id, user.sub)
    assert len(world.participants.take_user(pool.pool_id, user.sub, now=world.clock.now())) == 1
