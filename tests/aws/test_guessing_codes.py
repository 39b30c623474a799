"""Who knows the password has no more codes to guess than anybody."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyotp
import pytest

from app.core.kernel.secret import Secret
from app.core.users.model import MfaPreference
from tests.support.aws_house import AwsHouse
from tests.support.sign_in_calls import Caller, refused

TOTP = "SOFTWARE_TOKEN_MFA"
TOKENS = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
LOCKED = ("NotAuthorized", "Password attempts exceeded")
DOORS = pytest.mark.parametrize("enter", [Caller.by_password, Caller.by_srp])


@pytest.fixture
def otp(ada: Caller) -> pyotp.TOTP:
    services = ada.house.services
    pool = services.pools.get(ada.client.pool_id)
    user = services.users.get(pool, "ada")
    app = pyotp.TOTP(services.totp.begin(pool, user).reveal())
    services.totp.confirm(pool, user, Secret(app.at(ada.house.clock.now())))
    services.users.users.save(replace(user, mfa=MfaPreference(enabled=(TOTP,), preferred=TOTP)))
    ada.house.clock.advance(seconds=30)
    return app


@pytest.fixture
def ada(house: AwsHouse) -> Caller:
    pool = house.pool()
    house.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **TOKENS)
    house.user(pool)
    return Caller(house, house.app_client(pool))


def guess(ada: Caller, asked: dict[str, Any], code: str = "000000x") -> tuple[str, str]:
    return refused(ada.respond, asked, SOFTWARE_TOKEN_MFA_CODE=code)


@DOORS
def test_the_right_password_does_not_forgive_wrong_codes(ada, otp, enter: Callable[[Caller], dict[str, Any]]):
    asked = enter(ada)
    assert [guess(ada, asked)[0] for _ in range(4)] == ["CodeMismatch"] * 4
    asked = enter(ada)
    assert guess(ada, asked)[0] == "CodeMismatch"
    assert guess(ada, asked) == LOCKED
    assert refused(enter, ada) == LOCKED


def test_the_last_proof_does(ada, otp):
    for _ in range(3):
        asked = ada.by_password()
        assert [guess(ada, asked)[0] for _ in range(4)] == ["CodeMismatch"] * 4
        found = ada.respond(asked, SOFTWARE_TOKEN_MFA_CODE=otp.at(ada.house.clock.now()))
        assert "AccessToken" in found["AuthenticationResult"]
        ada.house.clock.advance(seconds=30)


@DOORS
def test_the_right_password_alone_is_no_failure(ada, otp, enter: Callable[[Caller], dict[str, Any]]):
    assert [enter(ada)["ChallengeName"] for _ in range(7)] == [TOTP] * 7
