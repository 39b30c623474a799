import pytest

from app.core.kernel.errors import AttemptLimitExceeded
from tests.support.directory import BROWSER, JANE


@pytest.fixture(params=[{}, {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}])
def pool(request, house):
    return house.world.a_pool({"AutoVerifiedAttributes": ["email"], **request.param})


@pytest.fixture
def client(house, pool):
    return house.world.a_client(pool)


@pytest.fixture
def change(house, pool, client):
    user = house.a_user(pool)

    def act(number, by=client, **more):
        changes = {"email": f"number-{number}@example.com", **more}
        return house.account.attributes.change(pool, by, user, changes, BROWSER)

    act.user = user
    return act


@pytest.mark.spec("Cognito: UpdateUserAttributes")
def test_codes_that_a_change_sends_are_limited_by_the_hour(house, pool, client, change):
    for number in range(5):
        assert len(change(number)) == 1
    with pytest.raises(AttemptLimitExceeded):
        change(6, name="Eve")
    assert "name" not in house.world.users.find(pool.pool_id, change.user.sub).attributes
    with pytest.raises(AttemptLimitExceeded):
        house.account.attributes.send_code(pool, client, change.user, "email", BROWSER)
    assert len(house.mailbox.sent) == 5
    house.clock.advance(hours=1)
    assert len(change(7)) == 1


def test_codes_that_are_asked_for_are_of_the_same_allowance(house, pool, client, change):
    for _ in range(5):
        house.account.attributes.send_code(pool, client, change.user, "email", BROWSER)
    with pytest.raises(AttemptLimitExceeded):
        change(1)


def test_what_sends_nothing_is_not_limited(house, pool, client, change):
    for number in range(7):
        assert house.account.attributes.change(pool, client, change.user, {"name": f"J{number}"}, BROWSER) == ()
    assert house.account.attributes.change(pool, client, change.user, {"email": JANE}, BROWSER) == ()


def test_an_administrator_is_not_limited(change):
    for number in range(7):
        change(number, None)
