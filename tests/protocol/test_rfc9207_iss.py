import pytest

from tests.support.oauth_app import PUBLIC_URL


@pytest.mark.spec("RFC 9207 §2")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scope": "bogus"},
        {"response_type": "token"},
        {"response_type": None},
        {"code_challenge_method": "plain"},
        {"prompt": "bogus"},
        {"response_mode": "form_post"},
    ],
)
def test_every_answer_to_the_client_names_its_issuer(house, changes):
    landing = house.authorize(**changes)
    assert landing.query["iss"] == f"{PUBLIC_URL}/{house.pool.pool_id}"
    assert ("code" in landing.query) == (changes == {})


@pytest.mark.spec("RFC 9207 §2")
def test_login_required_names_its_issuer(house):
    landing = house.authorize(browser=house.browser(), prompt="none")
    assert landing.query["error"] == "login_required"
    assert landing.query["iss"] == f"{PUBLIC_URL}/{house.pool.pool_id}"


def test_two_pools_are_two_issuers(house):
    other = house.a_pool()
    client = house.world.a_client(other)
    landing = house.authorize(client, house.signed_in(house.a_user(other)))
    assert landing.query["iss"] == f"{PUBLIC_URL}/{other.pool_id}"
