"""Signing in through stock boto3: the calls that the tests of every flow make."""

from dataclasses import replace
from typing import Any

import jwt
import pyotp

from app.core.kernel.secret import Secret
from app.core.users.model import MfaPreference, User
from tests.support.aws_house import AwsHouse
from tests.support.house import PASSWORD
from tests.support.srp_client import SrpClient


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def initiate(house: AwsHouse, client: Any, flow: str = "USER_PASSWORD_AUTH", **parameters: str) -> dict[str, Any]:
    return house.unsigned.initiate_auth(ClientId=client.client_id, AuthFlow=flow, AuthParameters=parameters)


def respond(house: AwsHouse, client: Any, challenge: str, session: str, **responses: str) -> dict[str, Any]:
    return house.unsigned.respond_to_auth_challenge(
        ClientId=client.client_id, ChallengeName=challenge, Session=session, ChallengeResponses=responses
    )


def by_password(house: AwsHouse, client: Any, username: str = "ada", password: str = PASSWORD) -> dict[str, Any]:
    return initiate(house, client, USERNAME=username, PASSWORD=password)


def by_srp(
    house: AwsHouse, client: Any, username: str = "ada", password: str = PASSWORD, **more: Any
) -> dict[str, Any]:
    srp = SrpClient()
    asked = initiate(house, client, "USER_SRP_AUTH", USERNAME=username, SRP_A=srp.a)
    assert asked["ChallengeName"] == "PASSWORD_VERIFIER"
    parameters = asked["ChallengeParameters"]
    group = client.pool_id.split("_")[1]
    proof = srp.answer(group, parameters["USER_ID_FOR_SRP"], password, parameters, **more)
    return respond(house, client, "PASSWORD_VERIFIER", asked["Session"], USERNAME=username, **proof)


def offering(house: AwsHouse, mode: str = "OPTIONAL", **settings: Any) -> Any:
    """A pool with every second factor."""
    pool = house.pool(**settings)
    house.idp.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id,
        MfaConfiguration=mode,
        SoftwareTokenMfaConfiguration={"Enabled": True},
        SmsMfaConfiguration={"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
        EmailMfaConfiguration={"Message": "Code {####}", "Subject": "Code"},
    )
    return house.services.pools.get(pool.pool_id)


DEVELOPER_MAIL = {
    "EmailConfiguration": {
        "EmailSendingAccount": "DEVELOPER",
        "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com",
    }
}


def with_factor(house: AwsHouse, user: User, *enabled: str, preferred: str | None = None) -> User:
    store = house.services.users.users
    return store.save(replace(user, mfa=MfaPreference(enabled=enabled, preferred=preferred)))


def with_totp(house: AwsHouse, pool: Any, user: User) -> pyotp.TOTP:
    seed = house.services.totp.begin(pool, user)
    otp = pyotp.TOTP(seed.reveal())
    house.services.totp.confirm(pool, user, Secret(otp.at(house.clock.now())))
    with_factor(house, user, "SOFTWARE_TOKEN_MFA", preferred="SOFTWARE_TOKEN_MFA")
    house.clock.advance(seconds=30)
    return otp
