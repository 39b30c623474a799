"""Introspection: whoever asks must prove who it is, and learns nothing about what does not count."""

from dataclasses import replace

import pytest

from app.core.keys.model import KeyPurpose
from app.core.tokens.issue import sign
from tests.support.oauth_app import basic, claims_of
from tests.support.statements import counted_statements

API = "https://api.example.com"


@pytest.fixture
def gateway(house):
    """A client that asks for no tokens itself."""
    settings = {"AllowedOAuthFlowsUserPoolClient": False, "AllowedOAuthFlows": [], "AllowedOAuthScopes": []}
    return house.world.a_client(house.pool, settings, confidential=True)


def inactive(answer):
    assert (answer.status_code, answer.json) == (200, {"active": False}), answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return True


@pytest.mark.spec("RFC 7662 §2.2")
def test_an_access_token_is_described_by_its_claims(house, gateway):
    token = house.tokens_of(scope="openid email")["access_token"]
    answer = house.introspect(token, gateway)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json == {"active": True, "token_type": "Bearer", **claims_of(token)}
    assert answer.json["sub"] == house.user.sub
    assert house.introspect(token, gateway, token_type_hint="refresh_token").json == answer.json


def test_a_machines_token_is_active_and_names_nobody(house, gateway):
    house.world.a_resource_server(house.pool, API, "read")
    machine = house.world.a_client(
        house.pool,
        {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": [f"{API}/read"]},
        confidential=True,
    )
    token = house.own_tokens(machine).json["access_token"]
    shown = house.introspect(token, gateway).json
    assert (shown["active"], shown["sub"], shown["scope"]) == (True, machine.client_id, f"{API}/read")
    assert "username" not in shown
    house.clock.advance(hours=1)
    assert inactive(house.introspect(token, gateway))


def test_a_machines_token_ends_with_its_client(house, gateway):
    house.world.a_resource_server(house.pool, API, "read")
    settings = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": [f"{API}/read"]}
    machine = house.world.a_client(house.pool, settings, confidential=True)
    token = house.own_tokens(machine).json["access_token"]
    house.world.clients.remove(house.pool.pool_id, machine.client_id)
    assert inactive(house.introspect(token, gateway))


def test_its_own_refresh_token_is_described(house):
    client = house.world.a_client(house.pool, confidential=True)
    code = house.a_code(client)
    token = house.redeem(code, client, headers=basic(client)).json["refresh_token"]
    shown = house.introspect(token, client).json
    assert shown["active"] is True
    assert (shown["sub"], shown["client_id"], shown["token_use"]) == (house.user.sub, client.client_id, "refresh")
    assert shown["exp"] == house.clock.now() + 30 * 86400
    assert "token_type" not in shown
    house.clock.advance(days=30)
    assert inactive(house.introspect(token, client))


def test_another_clients_refresh_token_is_nothing_to_it(house, gateway):
    assert inactive(house.introspect(house.tokens_of()["refresh_token"], gateway))


def test_an_exchanged_refresh_token_is_inactive_and_asking_is_no_reuse(house):
    rotation = {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}}
    client = house.world.a_client(house.pool, rotation, confidential=True)
    first = house.redeem(house.a_code(client), client, headers=basic(client)).json["refresh_token"]
    second = house.refresh(first, client, headers=basic(client)).json["refresh_token"]
    assert inactive(house.introspect(first, client))
    house.clock.advance(seconds=61)
    assert inactive(house.introspect(first, client))
    assert house.introspect(second, client).json["active"] is True


def test_a_revoked_token_is_inactive(house, gateway):
    tokens = house.tokens_of()
    house.revoke(tokens["refresh_token"])
    assert inactive(house.introspect(tokens["access_token"], gateway))


def test_a_disabled_signed_out_or_deleted_users_token_is_inactive(house, gateway):
    token = house.tokens_of()["access_token"]
    house.change_user(enabled=False)
    assert inactive(house.introspect(token, gateway))
    house.change_user(enabled=True)
    assert house.introspect(token, gateway).json["active"] is True
    house.change_user(sessions_valid_after=house.clock.now())
    assert inactive(house.introspect(token, gateway))
    house.world.users.remove(house.pool.pool_id, house.user.sub)
    assert inactive(house.introspect(token, gateway))


def test_an_expired_token_is_inactive(house, gateway):
    token = house.tokens_of()["access_token"]
    house.clock.advance(hours=1)
    assert inactive(house.introspect(token, gateway))


def test_an_id_token_is_inactive(house, gateway):
    assert inactive(house.introspect(house.tokens_of()["id_token"], gateway))


def test_another_pools_token_is_inactive(house):
    other = house.world.a_client(house.a_pool(), confidential=True)
    assert inactive(house.introspect(house.tokens_of()["access_token"], other))
    assert inactive(house.introspect(house.tokens_of()["refresh_token"], other))


def test_forgeries_are_inactive(house, gateway):
    token = house.tokens_of()["access_token"]
    head, body, signature = token.split(".")
    wrong_key = replace(house.signer(KeyPurpose.ID), kid=house.signer().kid)
    for forged in (
        f"{head}.{body}.",
        f"{head}.{body}.AAAA",
        f"e30.{body}.{signature}",
        sign(wrong_key, claims_of(token)),
    ):
        assert inactive(house.introspect(forged, gateway))


@pytest.mark.parametrize("token", ["x", "..", "a.b.c", "é", "\n", "x" * 20_000, "e30.e30.e30", "' or 1=1--", "null"])
def test_nonsense_is_inactive(house, gateway, token):
    assert inactive(house.introspect(token, gateway))


@pytest.mark.spec("RFC 7662 §2.1")
@pytest.mark.parametrize("secret", ["", "wrong"])
def test_a_wrong_secret_learns_nothing(house, gateway, secret):
    answer = house.introspect(house.tokens_of()["access_token"], gateway, headers=basic(gateway, secret))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert "active" not in answer.json
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_a_public_client_learns_nothing(house):
    answer = house.introspect(
        house.tokens_of()["access_token"], house.client, headers={}, client_id=house.client.client_id
    )
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client")


def test_nobody_learns_anything_without_credentials(house, gateway):
    answer = house.introspect(house.tokens_of()["access_token"], gateway, headers={})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client")


@pytest.mark.spec("RFC 7662 §4")
def test_a_bearer_token_is_no_authentication(house, gateway):
    token = house.tokens_of()["access_token"]
    answer = house.introspect(token, gateway, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_the_token_is_required_once_and_in_the_body(house, gateway):
    token = house.tokens_of()["access_token"]
    ask = house.browser()
    assert ask.post("/oauth2/introspect", data={"x": "1"}, headers=basic(gateway)).json["error"] == "invalid_request"
    assert ask.post(f"/oauth2/introspect?token={token}", data={}, headers=basic(gateway)).status_code == 400
    twice = ask.post("/oauth2/introspect", data={"token": [token, token]}, headers=basic(gateway))
    assert (twice.status_code, twice.json["error"]) == (400, "invalid_request")
    assert ask.post("/oauth2/introspect", json={"token": token}, headers=basic(gateway)).status_code == 400
    assert ask.get(f"/oauth2/introspect?token={token}", headers=basic(gateway)).status_code == 405


def test_a_users_token_costs_one_statement(house, gateway):
    token = house.tokens_of()["access_token"]
    with counted_statements(house.world.database.engine) as statements:
        house.introspect(token, gateway)
    assert len([one for one in statements if "FROM token_sessions" in one]) == 1
    assert not [one for one in statements if "FROM users" in one]
