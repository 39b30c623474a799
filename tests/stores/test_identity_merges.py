"""Administration of identities over SQLite and PostgreSQL, where several ask at once."""

from dataclasses import replace

import pytest

from app.core.identity_pools.administration.identities import Identities
from app.core.identity_pools.errors import DeveloperUserElsewhere, DeveloperUserNotFound, LoginNotLinked
from app.core.identity_pools.model import Identity, IdentityPool, Login, VerifiedLogin
from app.core.identity_pools.provider_names import OWN, ProviderNames
from app.core.identity_pools.refusals import IdentityForbidden, LoginsClash, LoginsDoNotMatch
from app.core.identity_pools.resolving import Resolving
from app.core.kernel.errors import Conflict, Fact
from app.core.kernel.ids import new_uuid
from tests.support.parallel import at_once
from tests.support.world import NOON, World

DEVELOPER = "login.shop"
FACEBOOK, GOOGLE = "graph.facebook.com", "accounts.google.com"


class Believed:
    """The ``LoginVerifier`` of tests: a token is the subject itself, behind which one of our own names a developer user."""

    def verify_all(self, pool, given, *, address=None):
        for name, token in given.items():
            subject, _, user = token.partition(" ")
            claims = {"amr": [f"{DEVELOPER}:{pool.identity_pool_id}:{user}"]}
            yield VerifiedLogin(login=Login(provider=name, subject=subject), own=name == OWN, claims=claims)


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
    anna, berta = (stored(world, pool, facebook=name, developer=name) for name in ("anna", "berta"))
    for token in (f"{berta.identity_id} berta", f"{anna.identity_id} berta", f"{anna.identity_id} gone"):
        with pytest.raises(LoginsDoNotMatch):
            identities.unlink(anna.identity_id, {OWN: token}, [FACEBOOK])
    identities.unlink(anna.identity_id, {OWN: f"{anna.identity_id} anna"}, [FACEBOOK])
    assert [login.provider for login in identities.get(pool, anna.identity_id).logins] == [DEVELOPER]
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


# -- first visits ------------------------------------------------------------------------------------------------------


@pytest.fixture
def resolving(world: World) -> Resolving:
    return Resolving(identities=world.identities, transactions=world.database, clock=world.clock)


def proven(provider: str, subject: str) -> VerifiedLogin:
    return VerifiedLogin(login=Login(provider=provider, subject=subject))


def test_first_visits_at_once_make_one_identity(world, pool, resolving):
    both = [proven(FACEBOOK, "ada"), proven(GOOGLE, "ada")]
    visits = [both, both[:1], both[::-1], both[1:]] * 3

    def visit(number: int) -> str | None:
        try:
            return resolving.of_logins(pool, visits[number]).identity_id
        except LoginsClash:
            return None

    found = set(at_once(visit, range(len(visits))))
    identities = world.identities.list_of(pool.identity_pool_id, after=None, limit=60, hide_disabled=False)
    # Who came with one login each at the same time are two, and then stay so.
    assert found - {None} == {identity.identity_id for identity in identities}
    assert len(identities) <= 2
    assert sorted(login for identity in identities for login in identity.logins) == sorted(each.login for each in both)


def test_first_visits_with_one_login_at_once_make_one_identity(world, pool, resolving):
    for round_ in range(5):
        login = [proven(FACEBOOK, f"ada-{round_}")]
        found = at_once(lambda _, login=login: resolving.of_logins(pool, login).identity_id, range(8))
        assert len(set(found)) == 1
    identities = world.identities.list_of(pool.identity_pool_id, after=None, limit=60, hide_disabled=False)
    assert len(identities) == 5


def test_a_guest_upgraded_by_several_at_once_is_one_of_theirs(world, pool, resolving):
    guest = stored(world, pool)

    def upgrade(number: int) -> str:
        try:
            return resolving.of_identity(pool, guest.identity_id, [proven(FACEBOOK, f"user-{number}")]).identity_id
        except Fact as fact:
            return type(fact).__name__

    answers = at_once(upgrade, range(8))
    kept = world.identities.find(pool.identity_pool_id, guest.identity_id)
    assert answers.count(guest.identity_id) == 1
    assert [login.subject for login in kept.logins] == [f"user-{answers.index(guest.identity_id)}"]
    assert set(answers) == {guest.identity_id, "LoginsDoNotMatch"}
