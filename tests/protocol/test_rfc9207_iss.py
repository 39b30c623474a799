import pytest

from tests.support.oauth_app import PUBLIC_URL


@pytest.mark.spec("RFC 9207 §2")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scope": "bogus"},
        {"response_type": None},
        {"code_challenge_method": "plain"},
        {"prompt": "bogus"},
    ],
)
def test_every_answer_to_the_client_names_its_issuer(house, changes):
    landing = house.authorize(**changes)
    assert landing.query["iss"] == f"{PUBLIC_URL}/{house.pool.pool_id}"
    assert ("code" in landing.query) == (changes == {})


@pytest.mark.spec("RFC 9207 §2")
@pytest.mark.parametrize(
    "changes", [{"response_type": "token"}, {"response_type": "code token"}, {"response_mode": "fragment"}]
)
def test_an_answer_in_the_fragment_names_its_issuer(house, changes):
    """Where a client may not use the implicit grant, the refusal goes where the tokens would have gone."""
    landing = house.authorize(**changes)
    assert landing.fragment["iss"] == f"{PUBLIC_URL}/{house.pool.pool_id}"
    assert ("code" in landing.fragment) == ("response_mode" in changes)
    assert landing.query == {}


@pytest.mark.spec("RFC 9207 §2")
def test_a_posted_answer_names_its_issuer(house):
    page = house.signed_in().get(house.authorize_url(response_mode="form_post"))
    assert page.status_code == 200
    assert f'name="iss" value="{PUBLIC_URL}/{house.pool.pool_id}"' in page.text


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
