"""A client that asks for itself: what it gets, and everything it does not."""

import re

import pytest

from app.core.tokens.model import VerifiedMachine
from tests.support.client import Application
from tests.support.oauth_app import PUBLIC_URL, basic, claims_of, header_of
from tests.support.statements import counted_statements

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
API = "https://api.example.com"
SETTINGS = {
    "CallbackURLs": None,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": [f"{API}/read", f"{API}/write"],
}


@pytest.fixture
def machine(house):
    house.world.a_resource_server(house.pool, API, "read", "write", "admin")
    return house.world.a_client(house.pool, SETTINGS, confidential=True)


def refused(answer, error, status=400):
    assert (answer.status_code, answer.json["error"]) == (status, error), answer.text
    assert "access_token" not in answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    return True


@pytest.mark.spec("RFC 6749 §4.4.3")
def test_it_gets_an_access_token_and_nothing_else(house, machine):
    answer = house.own_tokens(machine)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json.keys() == {"access_token", "expires_in", "token_type", "scope"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 3600)


@pytest.mark.parametrize("revocation", [True, False])
def test_the_claims_are_cognitos_and_no_others(house, machine, revocation):
    machine = house.change_client(machine, {"EnableTokenRevocation": revocation})
    token = house.own_tokens(machine, scope=f"{API}/read").json["access_token"]
    claims, now = claims_of(token), house.clock.now()
    assert UUID.fullmatch(claims.pop("jti"))
    assert claims == {
        "sub": machine.client_id,
        "token_use": "access",
        "scope": f"{API}/read",
        "auth_time": now,
        "iss": f"{PUBLIC_URL}/{house.pool.pool_id}",
        "exp": now + 3600,
        "iat": now,
        "version": 2,
        "client_id": machine.client_id,
    }
    assert header_of(token).keys() == {"kid", "alg"}
    assert isinstance(house.tokens.verify_any_access(token), VerifiedMachine)


def test_without_a_scope_it_gets_every_scope_of_an_api_that_it_may_have(house, machine):
    machine = house.change_client(machine, {"AllowedOAuthScopes": ["openid", f"{API}/read", f"{API}/write"]})
    assert house.own_tokens(machine).json["scope"] == f"{API}/read {API}/write"


def test_the_lifetime_is_the_clients(house, machine):
    machine = house.change_client(machine, {"AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "minutes"}})
    assert house.own_tokens(machine).json["expires_in"] == 300


def test_the_secret_may_stand_in_the_body(house, machine):
    form = {"client_id": machine.client_id, "client_secret": machine.secrets[0].reveal()}
    assert house.own_tokens(machine, headers={}, **form).status_code == 200


@pytest.mark.spec("RFC 6749 §5.2")
@pytest.mark.parametrize(
    "scope",
    ["openid", f"openid {API}/read", f"{API}/admin", f"{API}/read {API}/admin", f"{API}/unknown", f"{API}/", API, "read",
     "https://other.example.com/read", f"{API}/READ", f"{API}/read,{API}/write", "offline_access", " ", "*",
     "aws.cognito.signin.user.admin", f"{API}/read\t{API}/write"],
)  # fmt: skip
def test_any_other_scope_is_invalid(house, machine, scope):
    assert refused(house.own_tokens(machine, scope=scope), "invalid_scope")


def test_a_client_with_scopes_for_people_only_gets_nothing(house):
    settings = {**SETTINGS, "AllowedOAuthScopes": ["openid", "email"]}
    client = house.world.a_client(house.pool, settings, confidential=True)
    assert refused(house.own_tokens(client), "invalid_scope")


def test_a_scope_leaves_with_its_resource_server(house, machine):
    house.servers.update(house.pool.pool_id, API, name="API", scopes={"read": "Read"})
    assert house.own_tokens(machine).json["scope"] == f"{API}/read"
    assert refused(house.own_tokens(machine, scope=f"{API}/write"), "invalid_scope")
    house.servers.remove(house.pool.pool_id, API)
    assert refused(house.own_tokens(machine), "invalid_scope")


def test_another_pools_resource_server_lends_no_scope(house):
    house.world.a_resource_server(house.a_pool(), API, "read", "write")
    client = house.world.a_client(house.pool, SETTINGS, confidential=True)
    assert refused(house.own_tokens(client), "invalid_scope")


@pytest.mark.spec("RFC 6749 §4.4")
def test_a_public_client_gets_nothing(house, machine):
    client = house.world.a_client(house.pool, SETTINGS)
    answer = house.own_tokens(client, headers={}, client_id=client.client_id)
    assert refused(answer, "unauthorized_client")


def test_a_client_of_another_flow_gets_nothing(house, machine):
    client = house.world.a_client(house.pool, {"AllowedOAuthScopes": [f"{API}/read"]}, confidential=True)
    assert refused(house.own_tokens(client), "unauthorized_client")


def test_a_client_without_oauth_gets_nothing(house, machine):
    machine = house.change_client(machine, {"AllowedOAuthFlowsUserPoolClient": False})
    assert refused(house.own_tokens(machine), "unauthorized_client")


def test_a_machine_uses_no_other_grant(house, machine):
    code = house.a_code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://app.example.com/callback"}
    assert refused(house.post_token(form, headers=basic(machine)), "unauthorized_client")
    assert refused(house.refresh("x", machine, headers=basic(machine)), "unauthorized_client")
    assert house.signed_in().get(house.authorize_url(machine)).status_code == 400


def test_a_wrong_secret_gets_nothing(house, machine):
    answer = house.own_tokens(machine, headers=basic(machine, "wrong"))
    assert refused(answer, "invalid_client", 401)
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    in_body = {"client_id": machine.client_id, "client_secret": "wrong"}
    assert refused(house.own_tokens(machine, headers={}, **in_body), "invalid_client")
    assert refused(house.own_tokens(machine, headers={}, client_id=machine.client_id), "invalid_client")


@pytest.mark.spec("RFC 6749 §3.2")
@pytest.mark.parametrize("name", ["scope", "grant_type"])
def test_a_repeated_parameter_is_an_invalid_request(house, machine, name):
    form = [("grant_type", "client_credentials"), ("scope", f"{API}/read")]
    again = next(pair for pair in form if pair[0] == name)
    body = "&".join(f"{key}={value}" for key, value in [*form, again])
    answer = house.browser().post(
        "/oauth2/token", data=body, content_type="application/x-www-form-urlencoded", headers=basic(machine)
    )
    assert refused(answer, "invalid_request")


def test_binding_to_a_resource_is_refused_and_not_silently_dropped(house, machine):
    assert refused(house.own_tokens(machine, resource=API), "invalid_target")


def test_userinfo_knows_no_machine(house, machine):
    answer = house.userinfo(house.own_tokens(machine).json["access_token"])
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


def test_a_switched_off_pool_gives_nothing(house):
    pool = house.a_pool(enabled=False)
    house.world.a_resource_server(pool, API, "read", "write")
    client = house.world.a_client(pool, SETTINGS, confidential=True)
    assert refused(house.own_tokens(client), "invalid_client", 401)


def test_a_warm_server_asks_the_database_for_nothing_but_the_configurations_version(tmp_path):
    application = Application(tmp_path)
    services, pool = application.services, application.a_pool()
    services.resource_servers.create(pool.pool_id, API, name="API", scopes={"read": "Read"})
    given = {
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": [f"{API}/read"],
        "AllowedOAuthFlowsUserPoolClient": True,
    }
    client = services.clients.create(pool, "machine", given, confidential=True)

    def ask():
        return application.client.post(
            "/oauth2/token", data={"grant_type": "client_credentials"}, headers=basic(client)
        )

    assert ask().status_code == 200
    with counted_statements(application.installation.database.engine) as statements:
        assert {ask().status_code for _ in range(20)} == {200}
    assert {statement for statement in statements if "installation.value" not in statement} == set()
    application.close()
