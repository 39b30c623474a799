"""The refresh token grant, without and with rotation."""

import pytest

from tests.support.oauth_app import basic, claims_of


def refused(answer, error):
    assert (answer.status_code, answer.json["error"]) == (400, error), answer.text
    return True


@pytest.fixture
def rotating(house):
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    return house.world.a_client(house.pool, {"RefreshTokenRotation": rotation})


@pytest.fixture
def strict(house):
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    return house.world.a_client(house.pool, {"RefreshTokenRotation": rotation})


# -- without rotation --------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749 §6")
def test_the_same_refresh_token_goes_on_and_none_is_returned(house):
    token = house.tokens_of()["refresh_token"]
    for _ in range(3):
        house.clock.advance(hours=2)
        answer = house.refresh(token)
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json
        assert house.userinfo(answer.json["access_token"]).status_code == 200


@pytest.mark.spec("OpenID Connect Core §12.2")
def test_a_refreshed_id_token_keeps_who_when_and_session(house):
    before = house.tokens_of(nonce="n-1")
    house.clock.advance(minutes=30)
    after = house.refresh(before["refresh_token"]).json
    old, new = claims_of(before["id_token"]), claims_of(after["id_token"])
    for name in ("iss", "sub", "aud", "auth_time", "sid", "origin_jti"):
        assert new[name] == old[name]
    assert new["iat"] == old["iat"] + 1800
    assert new["jti"] != old["jti"]
    assert "nonce" not in new
    assert claims_of(after["access_token"])["auth_time"] == old["auth_time"]


def test_changed_attributes_and_groups_are_seen_at_the_next_refresh(house):
    token = house.tokens_of()["refresh_token"]
    house.change_user(attributes={"name": "Ada", **house.user.attributes})
    house.a_group("staff")
    claims = claims_of(house.refresh(token).json["id_token"])
    assert (claims["name"], claims["cognito:groups"]) == ("Ada", ["staff"])


def test_a_refresh_token_ends_when_the_client_says(house):
    client = house.world.a_client(house.pool, {"RefreshTokenValidity": 1})
    token = house.tokens_of(client)["refresh_token"]
    house.clock.advance(seconds=86399)
    last = house.refresh(token, client)
    assert last.status_code == 200
    house.clock.advance(seconds=1)
    assert refused(house.refresh(token, client), "invalid_grant")
    assert house.userinfo(last.json["access_token"]).status_code == 200


@pytest.mark.spec("RFC 6749 §6")
def test_the_scope_may_shrink_and_grows_back_only_to_what_was_granted(house):
    token = house.tokens_of(scope="openid email")["refresh_token"]
    narrow = house.refresh(token, scope="email").json
    assert narrow["scope"] == "email"
    assert "id_token" not in narrow
    assert house.refresh(token).json["scope"] == "openid email"


@pytest.mark.parametrize("scope", ["openid profile", "profile", "bogus", "OPENID", 'a"b\\', "x" * 5000, "openid\u0000"])
def test_a_scope_beyond_the_granted_is_refused(house, scope):
    token = house.tokens_of(scope="openid email")["refresh_token"]
    assert refused(house.refresh(token, scope=scope), "invalid_scope")
    assert house.refresh(token).status_code == 200


@pytest.mark.parametrize("token", ["x", "é", "\u0000", "x" * 9000, "a.b.c", "a.b.c.d.e", "' or 1=1--"])
def test_a_made_up_refresh_token_is_an_invalid_grant(house, token):
    assert refused(house.refresh(token), "invalid_grant")


def test_the_wrong_client_is_refused_and_nothing_is_consumed(house, rotating):
    token = house.tokens_of(rotating)["refresh_token"]
    other = house.world.a_client(house.pool)
    foreign = house.world.a_client(house.a_pool())
    assert refused(house.refresh(token, other), "invalid_grant")
    assert refused(house.refresh(token, foreign), "invalid_grant")
    assert house.refresh(token, rotating).status_code == 200


def test_a_confidential_client_must_authenticate_at_refresh(house):
    client = house.world.a_client(house.pool, confidential=True)
    token = house.redeem(house.a_code(client), client, headers=basic(client)).json["refresh_token"]
    assert refused(house.refresh(token, client), "invalid_client")
    assert house.refresh(token, client, headers=basic(client, "wrong")).status_code == 401
    assert house.refresh(token, client, headers=basic(client)).status_code == 200


def test_a_disabled_users_family_rests_and_a_deleted_users_is_over(house):
    token = house.tokens_of()["refresh_token"]
    house.change_user(enabled=False)
    assert refused(house.refresh(token), "invalid_grant")
    house.change_user(enabled=True)
    assert house.refresh(token).status_code == 200
    house.world.users.remove(house.pool.pool_id, house.user.sub)
    assert refused(house.refresh(token), "invalid_grant")


@pytest.mark.parametrize("behind", [0, 5])
def test_a_global_sign_out_ends_every_family_begun_by_then(house, behind):
    token = house.tokens_of()["refresh_token"]
    house.clock.advance(seconds=behind)
    house.change_user(sessions_valid_after=house.clock.now())
    assert refused(house.refresh(token), "invalid_grant")


# -- with rotation -----------------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_each_refresh_gives_a_new_token_of_the_same_lineage(house, strict):
    first = house.tokens_of(strict)
    second = house.refresh(first["refresh_token"], strict).json
    third = house.refresh(second["refresh_token"], strict).json
    assert len({t["refresh_token"] for t in (first, second, third)}) == 3
    assert len({claims_of(t["access_token"])["origin_jti"] for t in (first, second, third)}) == 1


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_reuse_ends_the_whole_family(house, strict):
    first = house.tokens_of(strict)
    second = house.refresh(first["refresh_token"], strict).json
    assert refused(house.refresh(first["refresh_token"], strict), "invalid_grant")
    assert refused(house.refresh(second["refresh_token"], strict), "invalid_grant")
    assert house.userinfo(second["access_token"]).status_code == 401


def test_within_the_grace_period_a_lost_answer_may_be_asked_for_again(house, rotating):
    first = house.tokens_of(rotating)
    house.refresh(first["refresh_token"], rotating)
    house.clock.advance(seconds=9)
    again = house.refresh(first["refresh_token"], rotating)
    assert again.status_code == 200
    assert house.refresh(again.json["refresh_token"], rotating).status_code == 200


def test_after_the_grace_period_it_is_reuse(house, rotating):
    first = house.tokens_of(rotating)
    second = house.refresh(first["refresh_token"], rotating).json
    house.clock.advance(seconds=10)
    assert refused(house.refresh(first["refresh_token"], rotating), "invalid_grant")
    assert refused(house.refresh(second["refresh_token"], rotating), "invalid_grant")


def test_repeating_within_the_grace_period_does_not_stretch_it(house, rotating):
    first = house.tokens_of(rotating)["refresh_token"]
    for seconds in (0, 5, 4):
        house.clock.advance(seconds=seconds)
        assert house.refresh(first, rotating).status_code == 200
    house.clock.advance(seconds=1)
    assert refused(house.refresh(first, rotating), "invalid_grant")


def test_rotation_does_not_stretch_the_familys_life(house, strict):
    token = house.tokens_of(strict)["refresh_token"]
    for _ in range(2):
        house.clock.advance(days=14)
        token = house.refresh(token, strict).json["refresh_token"]
    house.clock.advance(days=2)
    assert refused(house.refresh(token, strict), "invalid_grant")


def test_a_refused_scope_does_not_rotate(house, strict):
    token = house.tokens_of(strict)["refresh_token"]
    assert refused(house.refresh(token, strict, scope="bogus"), "invalid_scope")
    assert house.refresh(token, strict).status_code == 200


def test_reuse_by_another_client_ends_nothing(house, strict):
    first = house.tokens_of(strict)["refresh_token"]
    second = house.refresh(first, strict).json["refresh_token"]
    assert refused(house.refresh(first, house.client), "invalid_grant")
    assert house.refresh(second, strict).status_code == 200
