"""For how long a client reuses a browser's session where the pool tracks sessions."""

from dataclasses import replace

import pytest

from app.core.clients.model import ClientSettings
from app.core.pools.settings import PoolSettings
from app.core.sessions.suffices import choose_max_age
from tests.support.oauth_app import OAuthApp


def track(house: OAuthApp, minutes: int | None, tracking: str = "ENABLED") -> None:
    """As SetUserPoolSessionConfiguration and its twin for clients leave it."""
    sessions = {"UserSessionTracking": tracking, "TokenSession": {"MaxPerUser": 20}}
    pool_document = {**house.pool.settings.document, "SessionConfiguration": sessions}
    house.world.pools.save(replace(house.pool, settings=PoolSettings.read(pool_document)))
    if minutes is not None:
        document = {**house.client.settings.document, "SSOSession": {"MaxValidityMinutes": minutes}}
        house.world.clients.save(replace(house.client, settings=ClientSettings.read(document)))


def test_a_session_older_than_the_client_allows_asks_again(house):
    track(house, 10)
    browser = house.signed_in()
    house.clock.advance(minutes=10)
    assert house.authorize(browser=browser).query["code"]
    house.clock.advance(seconds=1)
    assert house.authorize(browser=browser).address == "/login"
    assert house.authorize(browser=browser, prompt="none").query["error"] == "login_required"


def test_no_minutes_at_all_always_ask(house):
    track(house, 0)
    browser = house.signed_in()
    house.clock.advance(seconds=1)
    assert house.authorize(browser=browser).address == "/login"


def test_a_request_may_ask_for_less_and_not_for_more(house):
    track(house, 10)
    browser = house.signed_in()
    house.clock.advance(minutes=5)
    assert house.authorize(browser=browser, max_age="60").address == "/login"
    house.clock.advance(minutes=6)
    assert house.authorize(browser=browser, max_age="6000").address == "/login"


def test_without_tracking_the_clients_minutes_rest(house):
    track(house, 10, "DISABLED")
    browser = house.signed_in()
    house.clock.advance(minutes=30)
    assert house.authorize(browser=browser).query["code"]


@pytest.mark.parametrize(("asked", "chosen"), [(None, 3600), (60, 60), (7200, 3600)])
def test_a_client_never_configured_has_an_hour(house, asked, chosen):
    track(house, None)
    pool = house.world.pools.find(house.pool.pool_id)
    assert choose_max_age(pool, house.client, asked) == chosen
