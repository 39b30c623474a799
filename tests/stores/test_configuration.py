"""Pools, clients, domains, and the cache over them, on SQLite and PostgreSQL; two databases stand for two workers."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread

import pytest

from app.adapters.sql.configuration import Cached, ConfigurationCache
from app.core.kernel.errors import ClientNotFound, Conflict
from app.core.kernel.ids import PoolId
from app.core.kernel.secret import Secret
from app.core.pools.model import Domain, Pool
from tests.support.databases import taken_back
from tests.support.waiting import wait_until
from tests.support.world import NOON, World


@pytest.fixture
def other_worker(world: World) -> Iterator[World]:
    other = World(world.database.engine.url.render_as_string(hide_password=False))
    yield other
    other.close()


def _cached(world: World) -> Cached[PoolId, Pool]:
    return Cached(ConfigurationCache(world.database), "pools", world.pools.find)


def test_pools_and_clients_come_back_as_stored(world: World) -> None:
    pool = world.a_pool({"Policies": {"PasswordPolicy": {"MinimumLength": 12}}}, {"refuse_common_passwords": True})
    client = world.a_client(pool, confidential=True)
    public = world.a_client(pool)
    assert world.pools.find(pool.pool_id) == pool
    assert world.pools.list_all() == [pool]
    assert world.clients.find(client.client_id) == client
    assert {found.client_id for found in world.clients.list_of(pool.pool_id)} == {client.client_id, public.client_id}
    assert world.clients.list_of(world.a_pool().pool_id) == []


def test_secrets_are_replaced_in_their_order(world: World) -> None:
    pool = world.a_pool()
    client = world.a_client(pool, confidential=True)
    fresh = (Secret("newest"), client.secrets[0])
    world.clients.replace_secrets(pool.pool_id, client.client_id, fresh, at=NOON)
    assert world.clients.find(client.client_id) == replace(client, secrets=fresh)
    assert world.clients.list_of(pool.pool_id) == [replace(client, secrets=fresh)]
    world.clients.replace_secrets(pool.pool_id, client.client_id, (), at=NOON)
    assert world.clients.find(client.client_id) == replace(client, secrets=())


def test_another_pool_cannot_give_a_client_secrets(world: World) -> None:
    client = world.a_client(world.a_pool(), confidential=True)
    with pytest.raises(ClientNotFound):
        world.clients.replace_secrets(world.a_pool().pool_id, client.client_id, (Secret("stolen"),), at=NOON)
    assert world.clients.find(client.client_id) == client


def test_a_domain_belongs_to_one_pool_and_its_refusal_ends_no_transaction(world: World) -> None:
    pool, other = world.a_pool(), world.a_pool()
    domain = Domain(domain="auth-demo", pool_id=pool.pool_id, custom=False, created_at=NOON)
    world.domains.add(domain)
    with world.database.transaction():
        with pytest.raises(Conflict):
            world.domains.add(replace(domain, pool_id=other.pool_id))
        world.domains.add(replace(domain, domain="auth-other", pool_id=other.pool_id))
    assert world.domains.find("auth-demo") == domain
    assert [found.domain for found in world.domains.list_of(other.pool_id)] == ["auth-other"]


def test_a_miss_is_never_cached(world: World, other_worker: World) -> None:
    cached = _cached(other_worker)
    assert cached(PoolId("us-east-1_unknown")) is None
    pool = world.a_pool()
    assert cached(pool.pool_id) == pool


def test_a_process_sees_its_own_change_at_once(world: World) -> None:
    pool, cached = world.a_pool(), _cached(world)
    assert cached(pool.pool_id) == pool
    renamed = replace(pool, name="renamed")
    world.pools.save(renamed)
    assert cached(pool.pool_id) == renamed


def test_what_did_not_change_is_not_read_again(world: World) -> None:
    pool, cached = world.a_pool(), _cached(world)
    assert cached(pool.pool_id) is cached(pool.pool_id)


def test_another_worker_sees_a_change_within_its_quarter_second(world: World, other_worker: World) -> None:
    pool, cached = world.a_pool(), _cached(other_worker)
    assert cached(pool.pool_id) == pool
    world.pools.remove(pool.pool_id)
    wait_until(lambda: cached(pool.pool_id) is None, seconds=15, what="the other worker to notice")


def test_a_change_that_is_taken_back_is_never_cached(world: World) -> None:
    pool, cached = world.a_pool(), _cached(world)
    renamed = replace(pool, name="renamed")
    with taken_back(world.database):
        world.pools.save(renamed)
        assert cached(pool.pool_id) == renamed, "a transaction sees its own change"
    assert cached(pool.pool_id) == pool
    world.pools.save(replace(pool, name="kept"))
    found = cached(pool.pool_id)
    assert found is not None
    assert found.name == "kept"


def test_a_change_seen_inside_its_own_transaction_does_not_hide_it_from_others(world: World) -> None:
    """Were the uncommitted version remembered, a value read before the commit would be believed for ever."""
    pool, cached = world.a_pool(), _cached(world)
    renamed = replace(pool, name="renamed")
    stale: list[Pool | None] = []
    with world.database.transaction():
        world.pools.save(renamed)
        cached(pool.pool_id)
        thread = Thread(target=lambda: stale.append(cached(pool.pool_id)))
        thread.start()
        thread.join()
    assert stale == [pool]
    assert cached(pool.pool_id) == renamed
