"""SRP through stock boto3: proofs, and what they do not prove."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.kernel.secret import Secret
from tests.support.aws_refused import refusal
from tests.support.aws_sign_in import (
    by_password,
    by_srp,
    claims,
    initiate,
    respond,
)
from tests.support.house import PASSWORD
from tests.support.srp_client import SrpClient

CONCEALING = {"PreventUserExistenceErrors": "ENABLED"}
OTHER = "Another-horse-8-battery"


@pytest.mark.operation("RespondToAuthChallenge")
def test_srp_signs_in_without_the_password_on_the_wire(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    result = by_srp(house, client)["AuthenticationResult"]
    assert claims(result["AccessToken"])["username"] == "ada"


@pytest.mark.operation("RespondToAuthChallenge", "NotAuthorizedException")
@pytest.mark.parametrize("password", ["", "Wrong", PASSWORD + " ", PASSWORD.lower()])
def test_srp_with_another_password_is_refused(house, password):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    told = refusal(lambda: by_srp(house, client, password=password))
    assert told == ("NotAuthorized", "Incorrect username or password.")


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_proof_of_another_time_is_refused(house, minutes):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    at = datetime.now(UTC) + timedelta(minutes=minutes)  # noqa: TID251 - as a client whose clock is wrong
    assert refusal(lambda: by_srp(house, client, at=at))[0] == "NotAuthorized"


def test_a_proof_is_good_once(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    srp = SrpClient()
    asked = initiate(house, client, "USER_SRP_AUTH", USERNAME="ada", SRP_A=srp.a)
    proof = srp.answer(pool.pool_id.split("_")[1], "ada", PASSWORD, asked["ChallengeParameters"])
    assert respond(house, client, "PASSWORD_VERIFIER", asked["Session"], USERNAME="ada", **proof)
    told = refusal(lambda: respond(house, client, "PASSWORD_VERIFIER", asked["Session"], USERNAME="ada", **proof))
    assert told == ("NotAuthorized", "Invalid session for the user, session can only be used once.")


def test_an_old_client_answers_without_a_session(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    srp = SrpClient()
    asked = initiate(house, client, "USER_SRP_AUTH", USERNAME="ada", SRP_A=srp.a)
    proof = srp.answer(pool.pool_id.split("_")[1], "ada", PASSWORD, asked["ChallengeParameters"])
    found = house.unsigned.respond_to_auth_challenge(
        ClientId=client.client_id,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses={"USERNAME": "ada", **proof},
    )
    assert "AccessToken" in found["AuthenticationResult"]


def test_a_session_is_its_clients_own(house):
    pool = house.pool()
    client, other = house.app_client(pool), house.app_client(pool)
    house.user(pool)
    srp = SrpClient()
    asked = initiate(house, client, "USER_SRP_AUTH", USERNAME="ada", SRP_A=srp.a)
    proof = srp.answer(pool.pool_id.split("_")[1], "ada", PASSWORD, asked["ChallengeParameters"])
    told = refusal(lambda: respond(house, other, "PASSWORD_VERIFIER", asked["Session"], USERNAME="ada", **proof))
    assert told == ("NotAuthorized", "Invalid session for the user, session is expired.")


def test_nobody_is_offered_the_same_salt_every_time(house):
    pool = house.pool(UsernameAttributes=["email"])
    client = house.app_client(pool, **CONCEALING)
    house.user(pool, "ada@example.com")

    def asked(username: str) -> dict[str, Any]:
        return initiate(house, client, "USER_SRP_AUTH", USERNAME=username, SRP_A=SrpClient().a)

    known, unknown, again, third = (
        asked(name)["ChallengeParameters"]
        for name in ("ada@example.com", "bob@example.com", "bob@example.com", "cleo@example.com")
    )
    assert known.keys() == unknown.keys()
    assert len(unknown["USER_ID_FOR_SRP"]) == len(known["USER_ID_FOR_SRP"]) == 36
    assert unknown["SALT"] == again["SALT"] != third["SALT"]
    assert unknown["USER_ID_FOR_SRP"] == again["USER_ID_FOR_SRP"] != third["USER_ID_FOR_SRP"]
    assert unknown["SRP_B"] != again["SRP_B"]
    told = refusal(lambda: by_srp(house, client, "bob@example.com"))
    assert told == ("NotAuthorized", "Incorrect username or password.")


def test_after_a_new_password_the_old_verifier_is_gone(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    house.services.users.set_password(pool, "ada", Secret(OTHER), permanent=True)
    assert refusal(lambda: by_srp(house, client))[0] == "NotAuthorized"
    assert "AccessToken" in by_srp(house, client, password=OTHER)["AuthenticationResult"]


def test_guesses_by_srp_and_by_password_are_one_count(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    for _ in range(3):
        assert refusal(lambda: by_srp(house, client, password="x"))[1] == "Incorrect username or password."
    for _ in range(3):
        told = refusal(lambda: by_password(house, client, password="x"))[1]
    assert told == "Password attempts exceeded"
    assert refusal(lambda: by_srp(house, client))[1] == "Password attempts exceeded"
