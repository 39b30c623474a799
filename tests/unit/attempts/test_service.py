from dataclasses import replace

import pytest

from app.core.attempts.model import Attempt
from app.core.kernel.caller import Caller
from app.core.kernel.errors import SessionExpired, SessionUsed
from app.core.kernel.secret import Secret
from tests.support.directory import BROWSER, STRANGER
from tests.support.world import NOON


@pytest.fixture
def pool(house):
    return house.world.a_pool()


@pytest.fixture
def client(house, pool):
    return house.world.a_client(pool)


@pytest.fixture
def attempt(pool, client):
    return Attempt(
        pool_id=pool.pool_id,
        client_id=client.client_id,
        sub="s",
        username="jane",
        step="SOFTWARE_TOKEN_MFA",
        proven=("pwd",),
        browser=BROWSER.browser,
        data={"k": "v"},
        user_revision=4,
        started_at=NOON,
        expires_at=NOON + 180,
    )


@pytest.fixture
def claim(house, pool, client):
    def act(session, caller=BROWSER, step="SOFTWARE_TOKEN_MFA"):
        return house.attempts.claim(pool, client, session, caller, step=step)

    return act


def test_an_attempt_comes_back_as_it_was_put(house, attempt, claim):
    assert claim(house.attempts.put(attempt)) == attempt


def test_the_handle_is_not_in_the_store(house, attempt):
    session = house.attempts.put(attempt)
    with house.world.database.connection() as connection:
        rows = connection.exec_driver_sql("SELECT key || coalesce(value, '') FROM ephemeral").scalars().all()
    assert rows
    assert all(session.reveal() not in row for row in rows)


def test_a_claimed_attempt_is_used(house, attempt, claim):
    session = house.attempts.put(attempt)
    claim(session)
    with pytest.raises(SessionUsed):
        claim(session)


def test_after_its_lifetime_a_used_attempt_is_only_expired(house, attempt, claim):
    session = house.attempts.put(attempt)
    claim(session)
    house.clock.advance(minutes=3)
    with pytest.raises(SessionExpired):
        claim(session)


def test_a_wrong_code_keeps_string_and_expiry_and_costs_a_failure(house, attempt, claim):
    session = house.attempts.put(attempt)
    house.clock.advance(minutes=1)
    house.attempts.put_back(session, claim(session), failed=True)
    assert claim(session) == replace(attempt, failures=1)


def test_the_fifth_failure_ends_the_attempt(house, attempt, claim):
    session = house.attempts.put(attempt)
    for _ in range(5):
        house.attempts.put_back(session, claim(session), failed=True)
    with pytest.raises(SessionUsed):
        claim(session)


@pytest.mark.parametrize("caller", [STRANGER, Caller()])
def test_another_browser_or_the_api_cannot_go_on_with_a_pages_attempt(house, attempt, claim, caller):
    session = house.attempts.put(attempt)
    with pytest.raises(SessionExpired):
        claim(session, caller)
    assert claim(session)


def test_a_page_cannot_go_on_with_an_attempt_of_the_api(house, attempt, claim):
    session = house.attempts.put(replace(attempt, browser=None))
    with pytest.raises(SessionExpired):
        claim(session)


def test_an_attempt_answers_only_the_step_it_is_at(house, attempt, claim):
    session = house.attempts.put(attempt)
    with pytest.raises(SessionExpired):
        claim(session, step="NEW_PASSWORD_REQUIRED")


def test_another_pools_client_cannot_claim(house, attempt):
    session = house.attempts.put(attempt)
    other = house.world.a_pool()
    with pytest.raises(SessionExpired):
        house.attempts.claim(other, house.world.a_client(other), session, BROWSER, step=attempt.step)


@pytest.mark.parametrize("session", ["", "x", "\ud800", "é", "a" * 5000])
def test_what_was_never_a_session_is_expired(claim, session):
    with pytest.raises(SessionExpired):
        claim(Secret(session))
