import pytest

from tests.support.oauth_app import basic


@pytest.mark.spec("RFC 7009 §2.1")
def test_revoking_ends_the_session_with_every_token_of_it(house):
    tokens = house.tokens_of()
    refreshed = house.refresh(tokens["refresh_token"]).json
    answer = house.revoke(tokens["refresh_token"])
    assert (answer.status_code, answer.data) == (200, b"")
    assert house.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    for access in (tokens["access_token"], refreshed["access_token"]):
        assert house.userinfo(access).status_code == 401


def test_other_sessions_of_the_user_live_on(house):
    other, tokens = house.tokens_of(), house.tokens_of()
    house.revoke(tokens["refresh_token"])
    assert house.userinfo(other["access_token"]).status_code == 200
    assert house.refresh(other["refresh_token"]).status_code == 200


@pytest.mark.spec("RFC 7009 §2.2")
@pytest.mark.parametrize("token", ["x", "é", "\u0000", "x" * 9000, "a.b.c", "....", "e30.e30.e30"])
def test_garbage_is_revoked_already(house, token):
    assert house.revoke(token).status_code == 200


def test_revoking_twice_is_no_error(house):
    token = house.tokens_of()["refresh_token"]
    assert [house.revoke(token).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_access_and_id_tokens_are_not_taken(house, kind):
    tokens = house.tokens_of()
    answer = house.revoke(tokens[kind])
    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_token_type")
    assert house.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.spec("RFC 7009 §2.1")
def test_another_clients_token_is_refused_and_lives_on(house):
    tokens = house.tokens_of()
    for other in (house.world.a_client(house.pool), house.world.a_client(house.a_pool())):
        answer = house.revoke(tokens["refresh_token"], other)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert house.refresh(tokens["refresh_token"]).status_code == 200


def test_a_client_with_revocation_switched_off_is_refused(house):
    client = house.world.a_client(house.pool, {"EnableTokenRevocation": False})
    answer = house.revoke(house.tokens_of(client)["refresh_token"], client)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_missing_token_is_an_invalid_request(house):
    answer = house.browser().post("/oauth2/revoke", data={"client_id": house.client.client_id})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_the_client_must_authenticate(house):
    client = house.world.a_client(house.pool, confidential=True)
    token = house.redeem(house.a_code(client), client, headers=basic(client)).json["refresh_token"]
    assert house.revoke(token, client).json["error"] == "invalid_client"
    wrong = house.browser().post("/oauth2/revoke", data={"token": token}, headers=basic(client, "wrong"))
    assert (wrong.status_code, wrong.json["error"]) == (401, "invalid_client")
    assert house.browser().post("/oauth2/revoke", data={"token": token}, headers=basic(client)).status_code == 200
    assert house.refresh(token, client, headers=basic(client)).status_code == 400


def test_a_hint_changes_nothing(house):
    token = house.tokens_of()["refresh_token"]
    form = {"token": token, "client_id": house.client.client_id, "token_type_hint": "nonsense"}
    assert house.browser().post("/oauth2/revoke", data=form).status_code == 200
    assert house.refresh(token).status_code == 400
