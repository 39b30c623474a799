"""Every change of the configuration leaves its row, and a refused one leaves none."""

from dataclasses import replace

import pytest

from app.aws.validation import BotocoreSchema
from app.core.audit.changes import RecordedChanges
from app.core.clients.service import Clients
from app.core.groups.service import Groups
from app.core.kernel.errors import ClientNotFound, Conflict, GroupExists, GroupNotFound, InvalidParameter, PoolNotFound
from app.core.pools.service import Pools
from app.core.resource_servers.errors import ResourceServerNotFound
from app.core.resource_servers.service import ResourceServers
from tests.support.prepared_keys import keys_of

SCHEMA = BotocoreSchema()


@pytest.fixture
def shared(house):
    return {
        "schema": SCHEMA,
        "clock": house.clock,
        "transactions": house.world.database,
        "recorder": RecordedChanges(audit=house.world.audit),
    }


@pytest.fixture
def pools(house, shared):
    return Pools(
        store=house.world.pools,
        domains=house.world.domains,
        read=house.world.pools.find,
        read_domain=house.world.domains.find,
        keys=keys_of(house.world),
        check_branding=lambda document: None,
        public_hostname="login.example.com",
        **shared,
    )


@pytest.fixture
def clients(house, shared):
    world = house.world
    return Clients(store=world.clients, read=world.clients.find, check_branding=lambda document: None, **shared)


@pytest.fixture
def groups(house, shared):
    return Groups(store=house.world.groups, **shared)


@pytest.fixture
def servers(house, shared):
    store = house.world.resource_servers
    return ResourceServers(store=store, read_scopes=store.scopes_of, **shared)


def told(house):
    return [(row.event, row.outcome, row.client_id, row.detail) for row in house.audit_rows()]


def test_a_pool(house, pools):
    pool = pools.create(account_id="123456789012", region="us-east-1", name="pool", settings={})
    pools.update_settings(pool.pool_id, {})
    pools.set_extension(pool.pool_id, "password_expires_days", 30)
    pools.add_domain(pool.pool_id, "shop")
    pools.remove_domain(pool.pool_id, "shop")
    pools.remove(pool.pool_id)
    assert [(event, detail) for event, _, _, detail in told(house)] == [
        ("pool.create", {}),
        ("pool.update", {}),
        ("pool.set_extension", {"setting": "password_expires_days"}),
        ("pool.add_domain", {"domain": "shop"}),
        ("pool.remove_domain", {"domain": "shop"}),
        ("pool.remove", {}),
    ]
    assert {row.pool_id for row in house.audit_rows()} == {pool.pool_id}


def test_what_the_api_changes_of_a_pool(house, pools):
    pool = pools.create(account_id="123456789012", region="us-east-1", name="pool", settings={})
    pools.add_attributes(pool.pool_id, [{"Name": "plan"}])
    pools.set_mfa(pool.pool_id, {"WebAuthnConfiguration": {"RelyingPartyId": "example.com"}})
    pools.set_sessions(pool.pool_id, {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 3}})
    pools.add_tags(pool.pool_id, {"a": "b"})
    pools.remove_tags(pool.pool_id, ["a"])
    pools.add_domain(pool.pool_id, "shop", {})
    pools.update_domain(pool.pool_id, "shop", {"ManagedLoginVersion": 2})
    events = ["create", "add_attributes", "set_mfa", "set_sessions", "tag", "tag", "add_domain", "update_domain"]
    assert [event for event, *_ in told(house)] == [f"pool.{event}" for event in events]


def test_how_long_a_client_reuses_sessions(house, pools, clients):
    pool = pools.create(account_id="123456789012", region="us-east-1", name="pool", settings={})
    client = clients.create(pool, "app", {})
    tracked = pools.set_sessions(pool.pool_id, {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 3}})
    clients.set_session_minutes(tracked, client.client_id, 5)
    assert told(house)[-1] == ("client.set_sessions", "ok", client.client_id, {})


def test_a_client_and_never_its_secret(house, clients):
    pool = house.world.a_pool()
    client = clients.create(pool, "app", {}, confidential=True)
    fresh = clients.add_secret(pool.pool_id, client.client_id)
    clients.remove_secret(pool.pool_id, client.client_id)
    clients.update(pool, client.client_id, {})
    clients.remove(pool.pool_id, client.client_id)
    events = ["create", "add_secret", "remove_secret", "update", "remove"]
    assert told(house) == [(f"client.{event}", "ok", client.client_id, {}) for event in events]
    secrets = [fresh.reveal(), client.secrets[0].reveal()]
    assert not any(secret in str(row) for row in house.audit_rows() for secret in secrets)


def test_a_group_and_who_is_in_it(house, groups):
    pool = house.world.a_pool()
    user = house.a_user(pool)
    before = len(house.audit_rows())
    groups.create(pool.pool_id, "staff")
    groups.update(pool.pool_id, "staff", precedence=1)
    groups.add_member(pool.pool_id, "staff", user.sub)
    groups.remove_member(pool.pool_id, "staff", user.sub)
    groups.remove(pool.pool_id, "staff")
    rows = house.audit_rows()[before:]
    assert [(row.event, row.sub) for row in rows] == [
        ("group.create", None),
        ("group.update", None),
        ("group.add_member", user.sub),
        ("group.remove_member", user.sub),
        ("group.remove", None),
    ]
    assert {row.detail["group"] for row in rows} == {"staff"}


def test_a_resource_server(house, servers):
    pool = house.world.a_pool()
    servers.create(pool.pool_id, "shop", name="Shop")
    servers.update(pool.pool_id, "shop", name="Shop", scopes={"read": "Read"})
    servers.remove(pool.pool_id, "shop")
    events = [f"resource_server.{event}" for event in ("create", "update", "remove")]
    assert told(house) == [(event, "ok", None, {"identifier": "shop"}) for event in events]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_rotation_of_keys(house, shared, at_once):
    pool = house.world.a_pool()
    keys = replace(keys_of(house.world), recorder=shared["recorder"])
    kids = " ".join(key.kid for key in keys.rotate(pool.pool_id, now=at_once))
    assert told(house) == [("keys.rotate", "ok", None, {"kids": kids, "at_once": "yes" if at_once else "no"})]


def test_what_was_refused_leaves_no_row(house, pools, clients, groups, servers):
    pool = house.world.a_pool()
    groups.create(pool.pool_id, "staff")
    refused = [
        (PoolNotFound, lambda: pools.remove("us-east-1_nobody000")),
        (PoolNotFound, lambda: pools.update_settings("us-east-1_nobody000", {})),
        (InvalidParameter, lambda: pools.remove_domain(pool.pool_id, "shop")),
        (ClientNotFound, lambda: clients.remove(pool.pool_id, "nobody")),
        (ClientNotFound, lambda: clients.add_secret(pool.pool_id, "nobody")),
        (GroupNotFound, lambda: groups.remove(pool.pool_id, "nobody")),
        (GroupNotFound, lambda: groups.add_member(pool.pool_id, "nobody", "sub")),
        (ResourceServerNotFound, lambda: servers.remove(pool.pool_id, "nobody")),
        (GroupExists, lambda: groups.create(pool.pool_id, "staff")),
    ]
    for refusal, act in refused:
        with pytest.raises(refusal):
            act()
    assert [event for event, *_ in told(house)] == ["group.create"]


def test_a_change_that_does_not_happen_takes_its_row_back(house, groups):
    pool = house.world.a_pool()

    def change():
        with house.world.database.transaction():
            groups.create(pool.pool_id, "staff")
            raise Conflict

    with pytest.raises(Conflict):
        change()
    assert told(house) == []
