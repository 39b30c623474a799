"""Identity pools and identities, over SQLite and PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest

from app.core.identity_pools.model import Identity, IdentityPool, Login
from app.core.kernel.errors import Conflict, InvalidParameter
from app.core.kernel.ids import new_uuid
from tests.support.databases import taken_back
from tests.support.parallel import at_once
from tests.support.world import NOON, World

ANNA = Login(provider="graph.facebook.com", subject="anna")
BERTA = Login(provider="graph.facebook.com", subject="berta")
OTHER = Login(provider="accounts.google.com", subject="anna")


def a_pool(world: World, **changes: Any) -> IdentityPool:
    pool = IdentityPool(
        identity_pool_id=f"us-east-1:{new_uuid()}",
        account_id="123456789012",
        region="us-east-1",
        name="pool",
        settings={"AllowUnauthenticatedIdentities": True, "SupportedLoginProviders": {"graph.facebook.com": "1"}},
        roles={"authenticated": "arn:aws:iam::123456789012:role/a"},
        role_mappings={"graph.facebook.com": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}},
        principal_tags={"graph.facebook.com": {"UseDefaults": True}},
        tags={"team": "naïve ☃"},
        created_at=NOON,
        updated_at=NOON,
    )
    pool = replace(pool, **changes)
    world.identity_pools.add(pool)
    return pool


def an_identity(pool: IdentityPool, *logins: Login, **changes: Any) -> Identity:
    identity = Identity(
        identity_id=f"us-east-1:{new_uuid()}",
        identity_pool_id=pool.identity_pool_id,
        logins=tuple(sorted(logins)),
        created_at=NOON,
        modified_at=NOON,
    )
    return replace(identity, **changes)


def stored(world: World, pool: IdentityPool, *logins: Login, **changes: Any) -> Identity:
    identity = an_identity(pool, *logins, **changes)
    world.identities.add(identity)
    return identity


def read(world: World, identity: Identity) -> Identity:
    found = world.identities.find(identity.identity_pool_id, identity.identity_id)
    assert found is not None
    return found


@pytest.fixture
def pool(world: World) -> IdentityPool:
    return a_pool(world)


def test_a_pool_comes_back_as_stored(world: World, pool: IdentityPool) -> None:
    assert world.identity_pools.find(pool.identity_pool_id) == pool
    changed = replace(pool, name="other", roles={}, updated_at=NOON + 1)
    world.identity_pools.save(changed)
    assert world.identity_pools.find(pool.identity_pool_id) == changed
    assert world.identity_pools.find_to_change(pool.identity_pool_id) == changed


def test_pools_are_listed_by_id_within_their_account_and_region(world: World) -> None:
    mine = sorted((a_pool(world) for _ in range(3)), key=lambda pool: pool.identity_pool_id)
    a_pool(world, account_id="999999999999")
    a_pool(world, region="eu-west-1")
    store = world.identity_pools
    first = store.list_of("123456789012", "us-east-1", after=None, limit=2)
    assert first == mine[:2]
    assert store.list_of("123456789012", "us-east-1", after=first[-1].identity_pool_id, limit=2) == mine[2:]
    assert store.count("123456789012", "us-east-1") == 3


def test_a_change_that_is_taken_back_never_was(world: World, pool: IdentityPool) -> None:
    with taken_back(world.database):
        world.identity_pools.save(replace(pool, name="other"))
    assert world.identity_pools.find(pool.identity_pool_id) == pool


def test_parallel_changes_of_a_pool_follow_each_other(world: World, pool: IdentityPool) -> None:
    def tag(number: int) -> None:
        with world.database.transaction():
            found = world.identity_pools.find_to_change(pool.identity_pool_id)
            assert found is not None
            world.identity_pools.save(replace(found, tags={**found.tags, str(number): "x"}))

    at_once(tag, range(4))
    found = world.identity_pools.find(pool.identity_pool_id)
    assert found is not None
    assert set(found.tags) == {"team", "0", "1", "2", "3"}


def test_a_removed_pool_takes_its_identities_and_their_logins_with_it(world: World, pool: IdentityPool) -> None:
    identity, kept = stored(world, pool, ANNA), stored(world, a_pool(world), ANNA)
    world.identity_pools.remove(pool.identity_pool_id)
    assert world.identity_pools.find(pool.identity_pool_id) is None
    assert world.identities.find_pool_id(identity.identity_id) is None
    assert world.identities.find_by_logins(pool.identity_pool_id, [ANNA]) == []
    assert read(world, kept) == kept


def test_an_identity_comes_back_as_stored(world: World, pool: IdentityPool) -> None:
    identity = stored(world, pool, ANNA, OTHER)
    assert read(world, identity) == identity
    assert world.identities.find_pool_id(identity.identity_id) == pool.identity_pool_id


def test_an_identity_is_not_found_in_another_pool(world: World, pool: IdentityPool) -> None:
    identity, other = stored(world, pool, ANNA), a_pool(world)
    assert world.identities.find(other.identity_pool_id, identity.identity_id) is None
    assert world.identities.find_by_logins(other.identity_pool_id, [ANNA]) == []


def test_an_identity_of_no_pool_is_not_stored(world: World, pool: IdentityPool) -> None:
    orphan = an_identity(replace(pool, identity_pool_id=f"us-east-1:{new_uuid()}"), ANNA)
    with pytest.raises(Conflict):
        world.identities.add(orphan)
    assert world.identities.find_pool_id(orphan.identity_id) is None


def test_several_logins_of_one_identity_lead_to_it_once(world: World, pool: IdentityPool) -> None:
    both, berta = stored(world, pool, ANNA, OTHER), stored(world, pool, BERTA)
    assert world.identities.find_by_logins(pool.identity_pool_id, [ANNA, OTHER]) == [both]
    found = world.identities.find_by_logins(pool.identity_pool_id, [ANNA, BERTA])
    assert sorted(found, key=lambda one: one.logins) == [both, berta]
    assert world.identities.find_by_logins(pool.identity_pool_id, []) == []


def test_a_subject_leads_to_nobody_at_another_provider(world: World, pool: IdentityPool) -> None:
    stored(world, pool, ANNA)
    assert world.identities.find_by_logins(pool.identity_pool_id, [OTHER]) == []
    assert world.identities.find_by_logins(pool.identity_pool_id, [replace(ANNA, subject="Anna")]) == []


def test_a_taken_login_is_refused_and_nothing_is_written(world: World, pool: IdentityPool) -> None:
    anna = stored(world, pool, ANNA)
    late = an_identity(pool, ANNA, OTHER)
    with pytest.raises(Conflict):
        world.identities.add(late)
    assert world.identities.find(pool.identity_pool_id, late.identity_id) is None
    assert world.identities.find_by_logins(pool.identity_pool_id, [ANNA, OTHER]) == [anna]


def test_after_a_taken_login_the_open_transaction_goes_on_without_it(world: World, pool: IdentityPool) -> None:
    anna, guest = stored(world, pool, ANNA), stored(world, pool)
    with world.database.transaction():
        with pytest.raises(Conflict):
            world.identities.add(an_identity(pool, ANNA))
        with pytest.raises(Conflict):
            world.identities.link(guest, [OTHER, ANNA], now=NOON + 5)
        berta = stored(world, pool, BERTA)
    assert world.identities.find_by_logins(pool.identity_pool_id, [ANNA, OTHER]) == [anna]
    assert read(world, berta) == berta
    assert read(world, guest) == guest


def test_a_linked_login_leads_to_its_identity(world: World, pool: IdentityPool) -> None:
    guest = stored(world, pool)
    world.identities.link(guest, [ANNA, OTHER], now=NOON + 5)
    assert read(world, guest) == replace(guest, logins=(OTHER, ANNA), modified_at=NOON + 5)


def test_linking_what_is_linked_already_changes_nothing_of_it(world: World, pool: IdentityPool) -> None:
    anna = stored(world, pool, ANNA)
    world.identities.link(anna, [ANNA, OTHER], now=NOON + 5)
    assert read(world, anna).logins == (OTHER, ANNA)


def test_a_disabled_or_removed_identity_gets_no_login(world: World, pool: IdentityPool) -> None:
    disabled, removed = stored(world, pool, enabled=False), stored(world, pool)
    world.identities.remove([removed.identity_id])
    for identity in (disabled, removed):
        with pytest.raises(Conflict):
            world.identities.link(identity, [ANNA], now=NOON + 5)
    assert world.identities.find_by_logins(pool.identity_pool_id, [ANNA]) == []


def test_who_lost_the_last_login_is_no_guest(world: World, pool: IdentityPool) -> None:
    anna, guest = stored(world, pool, ANNA), stored(world, pool)
    world.identities.unlink(anna, [ANNA, BERTA], now=NOON + 5)
    assert not read(world, anna).is_guest
    assert read(world, anna).logins == ()
    assert read(world, guest).is_guest


def test_an_old_reading_makes_nobody_a_guest_again(world: World, pool: IdentityPool) -> None:
    anna = stored(world, pool, ANNA)
    world.identities.unlink(anna, [ANNA], now=NOON + 5)
    world.identities.save(replace(anna, modified_at=NOON + 6))
    assert not read(world, anna).is_guest


def test_unlinking_takes_no_login_of_another(world: World, pool: IdentityPool) -> None:
    anna, berta = stored(world, pool, ANNA), stored(world, pool, BERTA)
    world.identities.unlink(anna, [BERTA], now=NOON + 5)
    assert read(world, berta) == berta


def test_saving_keeps_the_logins(world: World, pool: IdentityPool) -> None:
    anna, berta = stored(world, pool, ANNA), stored(world, pool, BERTA)
    world.identities.save(replace(anna, logins=(), enabled=False, merged_into=berta.identity_id))
    assert read(world, anna) == replace(anna, enabled=False, merged_into=berta.identity_id)


def test_of_parallel_identities_with_one_login_one_is_stored(world: World, pool: IdentityPool) -> None:
    def add(_: int) -> Identity | None:
        try:
            return stored(world, pool, ANNA, OTHER)
        except Conflict:
            return None

    winners = [one for one in at_once(add, range(6)) if one]
    assert world.identities.find_by_logins(pool.identity_pool_id, [ANNA, OTHER]) == winners
    assert world.identities.list_of(pool.identity_pool_id, after=None, limit=9, hide_disabled=False) == winners


def test_of_parallel_links_of_one_login_one_succeeds(world: World, pool: IdentityPool) -> None:
    guests = [stored(world, pool) for _ in range(6)]
    orders = ([ANNA, OTHER], [OTHER, ANNA])

    def link(number: int) -> bool:
        try:
            world.identities.link(guests[number], orders[number % 2], now=NOON)
        except Conflict:
            return False
        return True

    outcomes = at_once(link, range(6))
    assert outcomes.count(True) == 1
    winner = guests[outcomes.index(True)]
    assert world.identities.find_by_logins(pool.identity_pool_id, [ANNA, OTHER]) == [read(world, winner)]


def test_removing_tells_who_was_there_and_frees_their_logins(world: World, pool: IdentityPool) -> None:
    anna = stored(world, pool, ANNA)
    assert world.identities.remove([anna.identity_id, f"us-east-1:{new_uuid()}"]) == [anna.identity_id]
    assert read(world, stored(world, pool, ANNA)).logins == (ANNA,)


def test_identities_are_listed_by_id_with_their_logins(world: World, pool: IdentityPool) -> None:
    all_of_them = sorted(
        (stored(world, pool, ANNA), stored(world, pool), stored(world, pool, BERTA, enabled=False)),
        key=lambda one: one.identity_id,
    )
    stored(world, a_pool(world), ANNA)

    def listed(after: str | None, *, hide_disabled: bool = False) -> list[Identity]:
        return world.identities.list_of(pool.identity_pool_id, after=after, limit=2, hide_disabled=hide_disabled)

    first = listed(None)
    assert [*first, *listed(first[-1].identity_id)] == all_of_them
    assert listed(None, hide_disabled=True) == [one for one in all_of_them if one.enabled]


def test_developer_ids_are_listed_in_order_and_of_one_provider(world: World, pool: IdentityPool) -> None:
    mine = [Login(provider="login.example", subject=name) for name in ("c", "a", "b")]
    anna = stored(world, pool, ANNA, *mine)
    stored(world, pool, Login(provider="login.example", subject="d"))
    listed = world.identities.list_developer_ids
    assert listed(anna.identity_id, "login.example", after=None, limit=2) == ["a", "b"]
    assert listed(anna.identity_id, "login.example", after="b", limit=2) == ["c"]


def test_a_subject_that_no_column_holds_is_refused(world: World, pool: IdentityPool) -> None:
    with pytest.raises(InvalidParameter):
        stored(world, pool, Login(provider="login.example", subject="\ud800"))
