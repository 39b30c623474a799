"""Resource servers and the scopes that clients may list because of them."""

import pytest

from app.aws.validation import BotocoreSchema
from app.core.clients.document import ScopeDoesNotExist
from app.core.clients.service import Clients
from app.core.kernel.errors import InvalidParameter
from app.core.resource_servers.errors import ResourceServerExists, ResourceServerNotFound
from app.core.resource_servers.service import ResourceServers
from tests.support.world import World, fresh_sqlite

SCHEMA = BotocoreSchema()
API = "https://api.example.com"


@pytest.fixture
def world(tmp_path):
    world = World(fresh_sqlite(tmp_path))
    yield world
    world.close()


@pytest.fixture
def pool(world):
    return world.a_pool()


@pytest.fixture
def servers(world):
    return ResourceServers(
        store=world.resource_servers,
        read_scopes=world.resource_servers.scopes_of,
        schema=SCHEMA,
        clock=world.clock,
        transactions=world.database,
    )


@pytest.fixture
def clients(world):
    return Clients(
        store=world.clients,
        read=world.clients.find,
        schema=SCHEMA,
        check_branding=lambda document: None,
        clock=world.clock,
        transactions=world.database,
        scopes_of=world.resource_servers.scopes_of,
    )


def a_machine(*scopes):
    return {
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": list(scopes),
        "AllowedOAuthFlowsUserPoolClient": True,
    }


def test_it_is_stored_with_its_scopes_in_order(servers, pool):
    made = servers.create(pool.pool_id, API, name="API", scopes={"write": "Write", "read": "Read"})
    assert servers.get(pool.pool_id, API) == made
    assert servers.list_of(pool.pool_id) == [made]
    assert made.scope_names == {f"{API}/read", f"{API}/write"}


def test_a_hundred_scopes_fit_and_one_more_does_not(servers, pool):
    scopes = {f"s{number}": "x" for number in range(101)}
    with pytest.raises(InvalidParameter):
        servers.create(pool.pool_id, API, name="API", scopes=scopes)
    scopes.popitem()
    assert len(servers.create(pool.pool_id, API, name="API", scopes=scopes).scopes) == 100


@pytest.mark.parametrize(
    "identifier", ["", "x" * 257, "a b", "tab\t", "line\n", 'quote"', "back\\slash", "é", "\u0000", "del\x7f"]
)
def test_an_identifier_that_could_not_stand_in_a_scope_is_refused(servers, pool, identifier):
    with pytest.raises(InvalidParameter):
        servers.create(pool.pool_id, identifier, name="API")


@pytest.mark.parametrize("scope", ["", "a b", "a/b", 'a"b', "a\\b", "x" * 257, "é", "a\n"])
def test_a_scope_that_could_not_be_named_is_refused(servers, pool, scope):
    with pytest.raises(InvalidParameter):
        servers.create(pool.pool_id, API, name="API", scopes={scope: "x"})


def test_a_scope_needs_a_description_and_a_server_a_name(servers, pool):
    with pytest.raises(InvalidParameter):
        servers.create(pool.pool_id, API, name="API", scopes={"read": ""})
    with pytest.raises(InvalidParameter):
        servers.create(pool.pool_id, API, name="")


def test_an_identifier_is_taken_once_in_a_pool(servers, pool, world):
    servers.create(pool.pool_id, API, name="API")
    with pytest.raises(ResourceServerExists):
        servers.create(pool.pool_id, API, name="Again")
    servers.create(world.a_pool().pool_id, API, name="API")


def test_what_is_not_there_is_not_found(servers, pool, world):
    servers.create(world.a_pool().pool_id, API, name="API")
    with pytest.raises(ResourceServerNotFound):
        servers.get(pool.pool_id, API)
    with pytest.raises(ResourceServerNotFound):
        servers.update(pool.pool_id, API, name="API")
    with pytest.raises(ResourceServerNotFound):
        servers.remove(pool.pool_id, API)


def test_an_update_replaces_the_scopes(servers, pool):
    servers.create(pool.pool_id, API, name="API", scopes={"read": "Read"})
    servers.update(pool.pool_id, API, name="New", scopes={"write": "Write"})
    assert servers.get(pool.pool_id, API).name == "New"
    assert servers.choose_living(pool.pool_id, ["openid", f"{API}/read", f"{API}/write"]) == ("openid", f"{API}/write")


def test_they_leave_with_their_pool(servers, pool, world):
    servers.create(pool.pool_id, API, name="API", scopes={"read": "Read"})
    world.pools.remove(pool.pool_id)
    assert servers.list_of(pool.pool_id) == []


def test_a_client_lists_only_scopes_that_exist_in_its_pool(servers, clients, pool, world):
    other = world.a_pool()
    servers.create(other.pool_id, "books", name="Books", scopes={"read": "Read"})
    servers.create(pool.pool_id, API, name="API", scopes={"read": "Read"})
    made = clients.create(pool, "m", a_machine(f"{API}/read"), confidential=True)
    for scope in (f"{API}/write", API, "books/read", "read", f"{API}/", "bogus"):
        with pytest.raises(ScopeDoesNotExist):
            clients.create(pool, "m", a_machine(scope), confidential=True)
        with pytest.raises(ScopeDoesNotExist):
            clients.update(pool, made.client_id, a_machine(scope))
    servers.remove(pool.pool_id, API)
    with pytest.raises(ScopeDoesNotExist):
        clients.update(pool, made.client_id, a_machine(f"{API}/read"))
