"""Many at once: exactly one gets the tokens. Each thread is a client of its own with its own connection."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

THREADS = 8


def at_once(act):
    barrier = Barrier(THREADS)

    def run(_):
        barrier.wait()
        return act()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(run, range(THREADS)))


@pytest.mark.spec("RFC 6749 §4.1.2")
def test_of_parallel_redemptions_exactly_one_succeeds_and_its_family_falls(house):
    for _ in range(5):
        code = house.a_code()
        answers = at_once(lambda code=code: house.redeem(code))
        good = [answer for answer in answers if answer.status_code == 200]
        assert len(good) == 1
        assert all(answer.json["error"] == "invalid_grant" for answer in answers if answer.status_code != 200)
        assert house.userinfo(good[0].json["access_token"]).status_code == 401


@pytest.mark.spec("RFC 9700 §4.14.2")
def test_of_parallel_rotations_without_grace_at_most_one_succeeds(house):
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    client = house.world.a_client(house.pool, {"RefreshTokenRotation": rotation})
    for _ in range(5):
        token = house.tokens_of(client)["refresh_token"]
        answers = at_once(lambda token=token: house.refresh(token, client))
        good = [answer for answer in answers if answer.status_code == 200]
        assert len(good) == 1
        assert all(answer.json["error"] == "invalid_grant" for answer in answers if answer.status_code != 200)
        assert house.refresh(good[0].json["refresh_token"], client).status_code == 400


def test_without_rotation_parallel_refreshes_all_succeed(house):
    token = house.tokens_of()["refresh_token"]
    assert {answer.status_code for answer in at_once(lambda: house.refresh(token))} == {200}
