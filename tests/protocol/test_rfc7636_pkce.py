import pytest

from tests.support.oauth_app import CHALLENGE, VERIFIER, challenge_of


@pytest.mark.spec("RFC 7636 §4.4.1")
@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (VERIFIER, "plain"),
        (CHALLENGE, "plain"),
        (CHALLENGE, None),
        (CHALLENGE, "s256"),
        (CHALLENGE, "S512"),
        (None, "S256"),
        ("", "S256"),
        (None, "plain"),
        (None, None),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE + "A", "S256"),
        (CHALLENGE + "=", "S256"),
        (CHALLENGE + "\n", "S256"),
        ("é" * 43, "S256"),
        ("A" * 5000, "S256"),
    ],
)
def test_a_public_client_needs_a_whole_s256_challenge(house, challenge, method):
    landing = house.authorize(code_challenge=challenge, code_challenge_method=method)
    assert landing.query["error"] == "invalid_request"
    assert "code" not in landing.query


def test_a_confidential_client_may_go_without(house):
    client = house.world.a_client(house.pool, confidential=True)
    code = house.a_code(client, code_challenge=None, code_challenge_method=None)
    answer = house.redeem(code, client, code_verifier=None, client_secret=client.secrets[0].reveal())
    assert answer.status_code == 200


def test_a_confidential_client_still_may_not_use_plain(house):
    client = house.world.a_client(house.pool, confidential=True)
    landing = house.authorize(client, code_challenge=VERIFIER, code_challenge_method="plain")
    assert landing.query["error"] == "invalid_request"


def test_the_extension_can_demand_it_of_a_confidential_client(house):
    client = house.world.a_client(house.pool, extensions={"require_pkce": True}, confidential=True)
    landing = house.authorize(client, code_challenge=None, code_challenge_method=None)
    assert landing.query["error"] == "invalid_request"


@pytest.mark.spec("RFC 7636 §4.6")
@pytest.mark.parametrize(
    "verifier",
    [
        "w" * 43,
        "v" * 42,
        "v" * 129,
        VERIFIER + "\n",
        " " + VERIFIER,
        CHALLENGE,
        "é" * 43,
        "v" * 42 + "\u0000",
        "v" * 60_000,
    ],
)
def test_a_wrong_verifier_is_refused_and_consumes_nothing(house, verifier):
    code = house.a_code()
    answer = house.redeem(code, code_verifier=verifier)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert house.redeem(code).status_code == 200


def test_a_missing_verifier_is_refused_and_consumes_nothing(house):
    code = house.a_code()
    answer = house.redeem(code, code_verifier=None)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert house.redeem(code).status_code == 200


@pytest.mark.spec("RFC 9700 §4.8.2")
def test_a_verifier_without_a_challenge_tells_of_a_downgrade(house):
    client = house.world.a_client(house.pool, confidential=True)
    code = house.a_code(client, code_challenge=None, code_challenge_method=None)
    answer = house.redeem(code, client, client_secret=client.secrets[0].reveal())
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("length", [43, 128])
def test_verifiers_of_every_allowed_length_are_good(house, length):
    verifier = ("aZ09-._~" * 16)[:length]
    code = house.a_code(code_challenge=challenge_of(verifier))
    assert house.redeem(code, code_verifier=verifier).status_code == 200
