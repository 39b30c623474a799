"""Authenticator apps through stock boto3: AssociateSoftwareToken, VerifySoftwareToken, AdminDeleteSoftwareToken."""

from dataclasses import dataclass

import pyotp
import pytest

from app.core.clients.model import Client
from app.core.factors.errors import SoftwareTokenNotFound, SoftwareTokenUsed
from app.core.kernel.errors import CodeMismatch
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.model import User
from tests.support.aws_house import AwsHouse
from tests.support.signed_in import access_token_of

WITH_TOKENS = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}


@dataclass
class Ada:
    house: AwsHouse
    pool: Pool
    client: Client
    user: User
    token: str

    def associate(self) -> pyotp.TOTP:
        found = self.house.unsigned.associate_software_token(AccessToken=self.token)
        return pyotp.TOTP(found["SecretCode"])

    def verify(self, code: str, **more: str) -> dict:
        return self.house.unsigned.verify_software_token(AccessToken=self.token, UserCode=code, **more)

    def code(self, app: pyotp.TOTP, steps: int = 0) -> str:
        return app.at(self.house.clock.now() + 30 * steps)

    def check(self, code: str) -> None:
        self.house.services.totp.check(self.pool, self.user, Secret(code))


def someone(house: AwsHouse, settings: dict | None = None) -> Ada:
    pool = house.pool()
    if settings is None:
        settings = WITH_TOKENS
    if settings:
        house.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **settings)
    pool = house.services.pools.get(pool.pool_id)
    client, user = house.app_client(pool), house.user(pool)
    return Ada(house, pool, client, user, access_token_of(house.services, pool, client, user))


@pytest.fixture
def ada(house):
    return someone(house)


def refused(house: AwsHouse, name: str):
    return pytest.raises(getattr(house.unsigned.exceptions, name))


@pytest.mark.operation("AssociateSoftwareToken")
@pytest.mark.operation("VerifySoftwareToken")
def test_a_new_token_counts_once_its_first_code_is_right(ada):
    app = ada.associate()
    assert len(app.secret) == 52
    assert not ada.house.services.totp.is_set_up(ada.pool.pool_id, ada.user.sub)
    assert ada.verify(ada.code(app), FriendlyDeviceName="my phone")["Status"] == "SUCCESS"
    assert ada.house.services.totp.is_set_up(ada.pool.pool_id, ada.user.sub)


@pytest.mark.operation("VerifySoftwareToken", "EnableSoftwareTokenMFAException")
@pytest.mark.parametrize("steps", [-2, 2, 100])
def test_a_code_of_another_time_is_a_mismatch(ada, steps):
    app = ada.associate()
    with refused(ada.house, "EnableSoftwareTokenMFAException") as told:
        ada.verify(ada.code(app, steps))
    assert told.value.response["Error"]["Message"] == "Code mismatch"


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_phone_may_be_one_step_off(ada, steps):
    assert ada.verify(ada.code(ada.associate(), steps))["Status"] == "SUCCESS"


@pytest.mark.operation("VerifySoftwareToken", "SoftwareTokenMFANotFoundException")
def test_nothing_that_waits_cannot_be_verified(ada):
    with refused(ada.house, "SoftwareTokenMFANotFoundException"):
        ada.verify("123456")


@pytest.mark.operation("AssociateSoftwareToken", "SoftwareTokenMFANotFoundException")
@pytest.mark.parametrize("settings", [{}, {"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}}])  # fmt: skip
def test_a_pool_without_software_tokens_gives_none(house, settings):
    with refused(house, "SoftwareTokenMFANotFoundException"):
        someone(house, settings).associate()


def test_a_second_seed_replaces_the_one_that_waits(ada):
    first, second = ada.associate(), ada.associate()
    with refused(ada.house, "EnableSoftwareTokenMFAException"):
        ada.verify(ada.code(first))
    assert ada.verify(ada.code(second))["Status"] == "SUCCESS"


def test_the_token_in_use_counts_until_the_new_one_is_proven(ada):
    old = ada.associate()
    ada.verify(ada.code(old))
    new = ada.associate()
    ada.house.clock.advance(minutes=1)
    ada.check(ada.code(old))
    ada.verify(ada.code(new))
    ada.house.clock.advance(minutes=1)
    ada.check(ada.code(new))
    with pytest.raises(CodeMismatch):
        ada.check(ada.code(old))


def test_a_code_is_accepted_once_also_the_one_that_proved_the_token(ada):
    app = ada.associate()
    ada.verify(ada.code(app))
    with pytest.raises(SoftwareTokenUsed):
        ada.check(ada.code(app))
    ada.house.clock.advance(seconds=30)
    ada.check(ada.code(app))
    with pytest.raises(SoftwareTokenUsed):
        ada.check(ada.code(app))
    with pytest.raises(SoftwareTokenUsed):
        ada.check(ada.code(app, -1))


@pytest.mark.parametrize("code", ["000000x", "", "12345", "١٢٣٤٥٦"])
def test_nonsense_is_a_mismatch(ada, code):
    ada.verify(ada.code(ada.associate()))
    with pytest.raises(CodeMismatch):
        ada.check(code)


@pytest.mark.operation("AdminDeleteSoftwareToken")
def test_an_administrator_takes_the_token_and_its_choice_away(ada):
    ada.verify(ada.code(ada.associate()))
    on = {"Enabled": True, "PreferredMfa": True}
    ada.house.unsigned.set_user_mfa_preference(AccessToken=ada.token, SoftwareTokenMfaSettings=on)
    ada.house.idp.admin_delete_software_token(UserPoolId=ada.pool.pool_id, Username="ada")
    factors = ada.house.unsigned.get_user_auth_factors(AccessToken=ada.token)
    assert "UserMFASettingList" not in factors
    with pytest.raises(SoftwareTokenNotFound):
        ada.check("123456")


@pytest.mark.operation("AdminDeleteSoftwareToken", "UserNotFoundException")
def test_nobodys_token_cannot_be_taken_away(ada):
    with refused(ada.house, "UserNotFoundException"):
        ada.house.idp.admin_delete_software_token(UserPoolId=ada.pool.pool_id, Username="nobody")


@pytest.mark.operation("AdminDeleteSoftwareToken", "ResourceNotFoundException")
def test_a_token_that_is_not_there_cannot_be_taken_away(ada):
    with refused(ada.house, "ResourceNotFoundException"):
        ada.house.idp.admin_delete_software_token(UserPoolId=ada.pool.pool_id, Username="ada")


@pytest.mark.operation("AssociateSoftwareToken", "NotAuthorizedException")
@pytest.mark.operation("VerifySoftwareToken", "NotAuthorizedException")
def test_a_stranger_sets_up_nothing(ada):
    with refused(ada.house, "NotAuthorizedException"):
        ada.house.unsigned.associate_software_token(AccessToken="a.b.c")
    with refused(ada.house, "NotAuthorizedException"):
        ada.house.unsigned.verify_software_token(AccessToken="a.b.c", UserCode="123456")


@pytest.mark.operation("AssociateSoftwareToken", "InvalidParameterException")
@pytest.mark.operation("VerifySoftwareToken", "InvalidParameterException")
def test_somebody_must_be_named(ada):
    with refused(ada.house, "InvalidParameterException"):
        ada.house.unsigned.associate_software_token()
    with refused(ada.house, "InvalidParameterException"):
        ada.house.unsigned.associate_software_token(AccessToken=ada.token, Session="x" * 20)
    with refused(ada.house, "InvalidParameterException"):
        ada.house.unsigned.verify_software_token(UserCode="123456")


def test_the_seed_stands_nowhere_in_clear(ada):
    app = ada.associate()
    with ada.house.installation.database.connection() as connection:
        rows = connection.exec_driver_sql("SELECT sealed FROM totp_secrets").scalars().all()
    assert rows
    assert not any(app.secret in row for row in rows)


def test_the_audit_tells_of_each_change(ada):
    app = ada.associate()
    with refused(ada.house, "EnableSoftwareTokenMFAException"):
        ada.verify(ada.code(app, 5))
    ada.verify(ada.code(app))
    with ada.house.installation.database.connection() as connection:
        rows = connection.exec_driver_sql(
            "SELECT event, outcome FROM audit WHERE pool_id = ? AND event LIKE 'software_token%'", (ada.pool.pool_id,)
        ).all()
    assert sorted(tuple(row) for row in rows) == [
        ("software_token.begin", "ok"),
        ("software_token.confirm", "SoftwareTokenRefused"),
        ("software_token.confirm", "ok"),
    ]
