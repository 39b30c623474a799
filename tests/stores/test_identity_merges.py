"""Administration of identities over SQLite and PostgreSQL, where several ask at once."""

from dataclasses import replace

import pytest

from app.core.identity_pools.errors import DeveloperUserElsewhere, DeveloperUserNotFound, LoginNotLinked
from app.core.identity_pools.identities import Identities
from app.core.identity_pools.model import Identity, IdentityPool, Login, VerifiedLogin
from app.core.identity_pools.provider_names import OWN, ProviderNames
from app.core.identity_pools.refusals import IdentityForbidden, LoginsDoNotMatch
from app.core.kernel.errors import Conflict, Fact
from app.core.kernel.ids import new_uuid
from tests.support.parallel import at_once
from tests.support.world import NOON, World

DEVELOPER = "login.shop"
FACEBOOK, GOOGLE = "graph.facebook.com", "accounts.google.com"


class Believed:
    """The ``LoginVerifier`` of tests: a token is the subject itself."""

    def verify_all(self, pool, given):
        return [VerifiedLogin(login=Login(provider=name, subject=token)) for name, token in given.items()]


@pytest.fixture
def pool(world: World) -> IdentityPool:
    pool = IdentityPool(
        identity_pool_id=f"us-east-1:{new_uuid()}",
        account_id="123456789012",
        region="us-east-1",
        name="pool",
        settings={"DeveloperProviderName": DEVELOPER},
        created_at=NOON,
        updated_at=NOON,
    )
    world.identity_pools.add(pool)
    return pool


@pytest.fixture
def identities(world: World) -> Identities:
    return Identities(
        store=world.identities,
        find_pool=world.identity_pools.find,
        verifier=Believed(),
        names=ProviderNames(public_host="localhost:8000"),
        clock=world.clock,
        transactions=world.database,
        end_sessions=lambda _ids: None,
    )


def stored(world: World, pool: IdentityPool, **logins: str) -> Identity:
    names = {"developer": DEVELOPER, "facebook": FACEBOOK, "google": GOOGLE}
    identity = Identity(
        identity_id=f"us-east-1:{new_uuid()}",
        identity_pool_id=pool.identity_pool_id,
        logins=tuple(sorted(Login(provider=names[word], subject=subject) for word, subject in logins.items())),
        created_at=NOON,
        modified_at=NOON,
    )
    world.identities.add(identity)
    return identity


def test_of_two_merges_in_both_directions_one_identity_is_left(world, pool, identities):
    a, b = stored(world, pool, developer="a"), stored(world, pool, developer="b")

    def merge(users):
        return identities.merge_developer_users(pool, DEVELOPER, source=users[0], destination=users[1])

    for _ in range(3):
        outcomes = at_once(lambda users: outcome_of(lambda: merge(users)), [("a", "b"), ("b", "a")] * 2)
        assert set(outcomes) <= {a.identity_id, b.identity_id, DeveloperUserNotFound, Conflict}
    left = [one for one in (identities.get(pool, a.identity_id), identities.get(pool, b.identity_id)) if one.enabled]
    assert [len(one.logins) for one in left] == [2]
    assert {one.identity_id for one in left} <= set(outcomes)


def outcome_of(action):
    try:
        return action()
    except Fact as fact:
        return type(fact)


def test_no_login_is_lost_to_an_identity_that_is_merged_meanwhile(world, pool, identities):
    giving, kept = stored(world, pool, developer="a"), stored(world, pool, developer="b")
    google = Login(provider=GOOGLE, subject="x")
    outcomes = at_once(
        outcome_of,
        [
            lambda: identities.merge_developer_users(pool, DEVELOPER, source="a", destination="b"),
            lambda: world.identities.link(giving, [google], now=NOON),
        ],
    )
    assert outcomes[0] == kept.identity_id
    # Linked before, the login went with the others; asked for later, it was refused. It leads to no disabled identity.
    led_to = world.identities.find_by_logins(pool.identity_pool_id, [google])
    assert [one.identity_id for one in led_to] == ([] if outcomes[1] is Conflict else [kept.identity_id])


def test_of_parallel_removals_of_the_last_logins_none_makes_a_guest(world, pool, identities):
    anna = stored(world, pool, facebook="anna", google="anna")

    def unlink(provider):
        return identities.unlink(anna.identity_id, {provider: "anna"}, [provider])

    outcomes = at_once(lambda provider: outcome_of(lambda: unlink(provider)), [FACEBOOK, GOOGLE, FACEBOOK, GOOGLE])
    assert outcomes.count(None) == 2
    assert {one for one in outcomes if one} <= {LoginsDoNotMatch, LoginNotLinked}
    after = identities.get(pool, anna.identity_id)
    assert (after.logins, after.is_guest) == ((), False)


def test_this_servers_own_token_speaks_for_its_identity_alone(world, pool, identities):
    anna, berta = stored(world, pool, facebook="anna"), stored(world, pool, facebook="berta")
    with pytest.raises(LoginsDoNotMatch):
        identities.unlink(anna.identity_id, {OWN: berta.identity_id}, [FACEBOOK])
    identities.unlink(anna.identity_id, {OWN: anna.identity_id}, [FACEBOOK])
    assert identities.get(pool, anna.identity_id).logins == ()
    assert identities.get(pool, berta.identity_id) == berta


def test_a_disabled_identity_is_nobodys(world, pool, identities):
    anna = stored(world, pool, facebook="anna")
    world.identities.save(replace(anna, enabled=False))
    with pytest.raises(IdentityForbidden):
        identities.unlink(anna.identity_id, {FACEBOOK: "anna"}, [FACEBOOK])


def test_a_refused_unlinking_changes_nothing(world, pool, identities):
    anna, berta = stored(world, pool, developer="a"), stored(world, pool, developer="b")
    with pytest.raises(DeveloperUserElsewhere):
        identities.unlink_developer_user(pool, anna.identity_id, DEVELOPER, "b")
    assert identities.get(pool, berta.identity_id) == berta
