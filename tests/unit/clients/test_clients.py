"""Clients: what CreateUserPoolClient accepts, and their secrets."""

import pytest

from app.aws.validation import BotocoreSchema
from app.core.clients.document import InvalidOAuthFlow, ScopeDoesNotExist, check_redirect_url
from app.core.clients.service import Clients, SecretLimitExceeded
from app.core.groups.service import Groups
from app.core.kernel.errors import ClientNotFound, GroupExists, GroupNotFound, InvalidParameter
from app.core.kernel.extensions import ExtensionInvalid
from app.core.kernel.ids import Sub
from app.core.kernel.secret import Secret
from tests.support.world import World, fresh_sqlite

SCHEMA = BotocoreSchema()
CODE_FLOW = {
    "CallbackURLs": ["https://app.example.com/callback"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid"],
}


@pytest.fixture
def world(tmp_path):
    world = World(fresh_sqlite(tmp_path))
    yield world
    world.close()


@pytest.fixture
def clients(world):
    return Clients(
        store=world.clients,
        read=world.clients.find,
        schema=SCHEMA,
        check_branding=lambda document: None,
        clock=world.clock,
        transactions=world.database,
    )


@pytest.fixture
def pool(world):
    return world.a_pool()


def test_a_client_is_stored_with_every_default(clients, pool):
    client = clients.create(pool, "app", CODE_FLOW)
    found = clients.get(pool.pool_id, client.client_id)
    assert found == client
    assert found.is_public
    assert found.settings.document["AuthSessionValidity"] == 3
    assert found.settings.auth_flows == {"REFRESH_TOKEN_AUTH", "USER_SRP_AUTH", "CUSTOM_AUTH"}
    assert found.settings.explicit_auth_flows == frozenset()


def test_a_client_of_another_pool_is_not_found(clients, pool, world):
    client = clients.create(pool, "app", CODE_FLOW)
    other = world.a_pool()
    for attempt in (clients.get, clients.remove, clients.add_secret, clients.remove_secret):
        with pytest.raises(ClientNotFound):
            attempt(other.pool_id, client.client_id)
    with pytest.raises(ClientNotFound):
        clients.update(other, client.client_id, CODE_FLOW)
    with pytest.raises(ClientNotFound):
        clients.set_extension(other.pool_id, client.client_id, "require_pkce", "false")


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com/callback?x=1",
        "https://app.example.com",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:9000/cb",
        "com.example.app:/callback",
        "myapp://signin",
    ],
)
def test_a_redirect_url_may_be(url):
    check_redirect_url(url, member="CallbackURLs")


@pytest.mark.spec("RFC 6749 §3.1.2")
@pytest.mark.parametrize(
    "url",
    [
        "",
        "/callback",
        "//app.example.com/callback",
        "app.example.com",
        "https://",
        "https:///callback",
        "https://app.example.com/#a",
        "https://app.example.com/#",
        "http://app.example.com/callback",
        "http://localhost.evil.example/cb",
        "http://127.0.0.2/cb",
        "http://10.0.0.1/cb",
        "https://user@app.example.com/",
        "https://user:pw@app.example.com/",
        "https://*.example.com/cb",
        "https://app.example.com/ cb",
        "https://app.example.com\\@evil.example/",
        "https://app.example.com/\ncb",
        "https://app.example.com:port/",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://x",
        "myapp:",
    ],
)
def test_a_redirect_url_may_not_be(url):
    with pytest.raises(InvalidParameter):
        check_redirect_url(url, member="CallbackURLs")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"CallbackURLs": ["http://app.example.com/"]}, InvalidParameter),
        ({"LogoutURLs": ["javascript:alert(1)"]}, InvalidParameter),
        ({"CallbackURLs": []}, InvalidOAuthFlow),
        ({"CallbackURLs": [f"https://a.example/{n}" for n in range(101)]}, InvalidParameter),
        ({"CallbackURLs": ["https://a.example/" + "x" * 1024]}, InvalidParameter),
        ({"DefaultRedirectURI": "https://other.example/"}, InvalidParameter),
        ({"AllowedOAuthFlowsUserPoolClient": False}, InvalidParameter),
        ({"AllowedOAuthFlows": []}, InvalidOAuthFlow),
        ({"AllowedOAuthScopes": []}, InvalidOAuthFlow),
        ({"AllowedOAuthScopes": ["invented"]}, ScopeDoesNotExist),
        ({"AllowedOAuthFlows": ["code", "client_credentials"]}, InvalidOAuthFlow),
        ({"AllowedOAuthFlows": ["client_credentials"]}, InvalidOAuthFlow),
        ({"AllowedOAuthFlows": ["device"]}, InvalidParameter),
        ({"SupportedIdentityProviders": ["Google"]}, InvalidParameter),
        ({"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "USER_PASSWORD_AUTH"]}, InvalidParameter),
        ({"RefreshTokenRotation": {"Feature": "ENABLED"}}, InvalidParameter),
        (
            {"RefreshTokenRotation": {"Feature": "ENABLED"}, "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"]},
            InvalidParameter,
        ),
        ({"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 61}}, InvalidParameter),
        ({"AccessTokenValidity": 4, "TokenValidityUnits": {"AccessToken": "minutes"}}, InvalidParameter),
        ({"AccessTokenValidity": 25}, InvalidParameter),
        ({"IdTokenValidity": 2, "TokenValidityUnits": {"IdToken": "days"}}, InvalidParameter),
        ({"RefreshTokenValidity": 59, "TokenValidityUnits": {"RefreshToken": "minutes"}}, InvalidParameter),
        ({"RefreshTokenValidity": 3651}, InvalidParameter),
        (
            {
                "RefreshTokenValidity": 1,
                "AccessTokenValidity": 2,
                "TokenValidityUnits": {"RefreshToken": "hours"},
            },
            InvalidParameter,
        ),
        ({"AuthSessionValidity": 16}, InvalidParameter),
        ({"ReadAttributes": ["custom:none"]}, InvalidParameter),
        ({"WriteAttributes": ["email", "email_verified"]}, InvalidParameter),
        ({"WriteAttributes": ["email", "sub"]}, InvalidParameter),
        ({"NoSuchMember": 1}, InvalidParameter),
    ],
    ids=str,
)
def test_settings_that_do_not_fit_are_refused(clients, pool, changes, kind):
    with pytest.raises(kind):
        clients.create(pool, "app", {**CODE_FLOW, **changes})
    assert clients.list_of(pool.pool_id) == []


def test_what_the_pool_requires_the_client_must_be_able_to_write(clients, world):
    pool = world.a_pool({"SchemaAttributes": [{"Name": "name", "Required": True}]})
    with pytest.raises(InvalidParameter, match="write attributes"):
        clients.create(pool, "app", {**CODE_FLOW, "WriteAttributes": ["email"]})
    assert clients.create(pool, "app", {**CODE_FLOW, "WriteAttributes": ["email", "name"]})


def test_a_confidential_client_may_use_client_credentials_alone(clients, pool):
    settings = {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": ["openid"],
    }
    assert clients.create(pool, "machine", settings, confidential=True).secrets


def test_an_update_replaces_and_keeps_the_secret(clients, pool):
    client = clients.create(pool, "app", {**CODE_FLOW, "AccessTokenValidity": 2}, confidential=True)
    changed = clients.update(pool, client.client_id, {**CODE_FLOW, "ClientName": "new name"})
    assert changed.settings.lifetimes.access_token == 3600
    found = clients.get(pool.pool_id, client.client_id)
    assert (found.name, found.secrets) == ("new name", client.secrets)


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_a_second_secret_counts_beside_the_first_until_that_is_removed(clients, pool):
    client = clients.create(pool, "app", CODE_FLOW, confidential=True)
    first = client.secrets[0]
    second = clients.add_secret(pool.pool_id, client.client_id)
    both = clients.get(pool.pool_id, client.client_id)
    assert both.accepts_secret(first)
    assert both.accepts_secret(second)
    clients.remove_secret(pool.pool_id, client.client_id)
    one = clients.get(pool.pool_id, client.client_id)
    assert not one.accepts_secret(first)
    assert one.accepts_secret(second)


def test_a_third_secret_is_refused(clients, pool):
    client = clients.create(pool, "app", CODE_FLOW, confidential=True)
    clients.add_secret(pool.pool_id, client.client_id)
    with pytest.raises(SecretLimitExceeded):
        clients.add_secret(pool.pool_id, client.client_id)


def test_the_last_secret_stays(clients, pool):
    client = clients.create(pool, "app", CODE_FLOW, confidential=True)
    with pytest.raises(InvalidParameter):
        clients.remove_secret(pool.pool_id, client.client_id)


def test_a_public_client_gets_no_secret(clients, pool):
    client = clients.create(pool, "app", CODE_FLOW)
    with pytest.raises(InvalidParameter):
        clients.add_secret(pool.pool_id, client.client_id)


@pytest.mark.parametrize("secret", ["short", "x" * 65, "x" * 30 + "!"])
def test_a_secret_of_ones_own_must_fit_and_is_never_repeated(clients, pool, secret):
    with pytest.raises(InvalidParameter) as refused:
        clients.create(pool, "app", CODE_FLOW, secret=Secret(secret))
    assert secret not in refused.value.text


# -- what is ours ------------------------------------------------------------------------------------------------------


def test_pkce_can_be_switched_off_and_back(clients, pool):
    client = clients.create(pool, "app", CODE_FLOW)
    assert not clients.set_extension(pool.pool_id, client.client_id, "require_pkce", "false").requires_pkce
    assert clients.set_extension(pool.pool_id, client.client_id, "require_pkce", "").requires_pkce


@pytest.mark.parametrize(("key", "value"), [("require_pkce", "plain"), ("enabled", "true"), ("CallbackURLs", "x")])
def test_an_extension_that_does_not_fit_is_refused(clients, pool, key, value):
    client = clients.create(pool, "app", CODE_FLOW)
    with pytest.raises(ExtensionInvalid):
        clients.set_extension(pool.pool_id, client.client_id, key, value)


# -- groups ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def groups(world):
    return Groups(store=world.groups, schema=SCHEMA, clock=world.clock, transactions=world.database)


def test_an_update_of_a_group_keeps_what_is_not_given(groups, pool):
    groups.create(pool.pool_id, "staff", description="all", precedence=5)
    changed = groups.update(pool.pool_id, "staff", precedence=0)
    assert (changed.description, changed.precedence) == ("all", 0)


def test_a_group_exists_once(groups, pool):
    groups.create(pool.pool_id, "staff")
    with pytest.raises(GroupExists):
        groups.create(pool.pool_id, "staff")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("", {}),
        ("with space", {}),
        ("x" * 129, {}),
        ("a", {"precedence": -1}),
        ("a", {"role_arn": "no arn at all here"}),
    ],
)
def test_a_group_that_does_not_fit_is_refused(groups, pool, name, options):
    with pytest.raises(InvalidParameter):
        groups.create(pool.pool_id, name, **options)


def test_a_group_that_is_not_there_has_no_members(groups, pool):
    sub = Sub("0" * 36)
    for attempt in (groups.add_member, groups.remove_member):
        with pytest.raises(GroupNotFound):
            attempt(pool.pool_id, "none", sub)
    with pytest.raises(GroupNotFound):
        groups.remove(pool.pool_id, "none")
