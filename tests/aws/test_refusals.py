"""What users and administrators are told on the ways that seldom go wrong."""

from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError

from app.core.kernel.secret import Secret
from tests.support.aws_house import AwsHouse
from tests.support.aws_sign_in import DEVELOPER_MAIL, offering, with_totp
from tests.support.free_port import free_port
from tests.support.house import PASSWORD
from tests.support.srp_client import SrpClient

OTHER = "Another-horse-8-battery"
THIRD = "Third-horse-9-battery"


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"].removesuffix("Exception")


def password_of(username: str = "ada", password: str = PASSWORD) -> dict[str, Any]:
    return {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": username, "PASSWORD": password}}


def as_administrator(pool: Any, username: str = "ada") -> dict[str, Any]:
    parameters = {"USERNAME": username, "PASSWORD": PASSWORD}
    return {"UserPoolId": pool.pool_id, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": parameters}


class Doors:
    """The same challenge answered through the users' and through the administrators' operation."""

    def __init__(self, house: AwsHouse, pool: Any, *, admin: bool) -> None:
        self.house, self.pool, self.client = house, pool, house.app_client(pool)
        self._more = {"UserPoolId": pool.pool_id} if admin else {}
        api = house.idp if admin else house.unsigned
        self._start = api.admin_initiate_auth if admin else api.initiate_auth
        self._answer = api.admin_respond_to_auth_challenge if admin else api.respond_to_auth_challenge

    def start(self, flow: str, **parameters: str) -> dict[str, Any]:
        return self._start(ClientId=self.client.client_id, AuthFlow=flow, AuthParameters=parameters, **self._more)

    def answer(self, asked: dict[str, Any], challenge: str | None = None, **responses: str) -> dict[str, Any]:
        return self._answer(
            ClientId=self.client.client_id,
            ChallengeName=challenge or asked["ChallengeName"],
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": "ada", **responses},
            **self._more,
        )

    def proof(self) -> tuple[dict[str, Any], dict[str, str]]:
        srp = SrpClient()
        asked = self.start("USER_SRP_AUTH", USERNAME="ada", SRP_A=srp.a)
        return asked, srp.answer(self.pool.pool_id.split("_")[1], "ada", PASSWORD, asked["ChallengeParameters"])


@pytest.mark.operation("InitiateAuth", "UserNotConfirmedException")
@pytest.mark.operation("AdminInitiateAuth", "UserNotConfirmedException")
@pytest.mark.operation("AdminInitiateAuth", "UserNotFoundException")
@pytest.mark.operation("AdminInitiateAuth", "PasswordResetRequiredException")
@pytest.mark.operation("AdminInitiateAuth", "NotAuthorizedException")
def test_a_right_password_is_told_why_it_does_not_sign_in(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool, "reset")
    house.services.users.require_reset(pool, "reset")
    house.unsigned.sign_up(ClientId=client.client_id, Username="new", Password=PASSWORD)
    admin, given = house.idp.admin_initiate_auth, {"ClientId": client.client_id}
    assert refused(house.unsigned.initiate_auth, **given, **password_of("new")) == "UserNotConfirmed"
    assert refused(admin, **given, **as_administrator(pool, "new")) == "UserNotConfirmed"
    assert refused(admin, **given, **as_administrator(pool, "reset")) == "PasswordResetRequired"
    assert refused(admin, **given, **as_administrator(pool, "nobody")) == "UserNotFound"


@pytest.mark.operation("RespondToAuthChallenge", "UserNotConfirmedException")
@pytest.mark.operation("RespondToAuthChallenge", "PasswordResetRequiredException")
@pytest.mark.operation("RespondToAuthChallenge", "UserNotFoundException")
@pytest.mark.operation("AdminRespondToAuthChallenge", "UserNotConfirmedException")
@pytest.mark.operation("AdminRespondToAuthChallenge", "PasswordResetRequiredException")
@pytest.mark.operation("AdminRespondToAuthChallenge", "UserNotFoundException")
@pytest.mark.parametrize("admin", [False, True])
def test_what_happens_to_a_user_between_two_messages_counts(house, admin):
    doors = Doors(house, house.pool(), admin=admin)
    house.unsigned.sign_up(ClientId=doors.client.client_id, Username="ada", Password=PASSWORD)
    asked, proof = doors.proof()
    assert refused(lambda: doors.answer(asked, **proof)) == "UserNotConfirmed"
    house.services.users.confirm(doors.pool, "ada")
    asked, proof = doors.proof()
    house.services.users.require_reset(doors.pool, "ada")
    told = refused(lambda: doors.answer(asked, **proof))
    assert told in {"PasswordResetRequired", "NotAuthorized"}
    asked, proof = doors.proof()
    assert refused(lambda: doors.answer(asked, **proof)) == "PasswordResetRequired"
    asked, proof = doors.proof()
    house.services.users.delete(doors.pool, "ada")
    assert refused(lambda: doors.answer(asked, **proof)) == "UserNotFound"


@pytest.mark.operation("RespondToAuthChallenge", "PasswordHistoryPolicyViolationException")
@pytest.mark.operation("RespondToAuthChallenge", "AliasExistsException")
@pytest.mark.operation("AdminRespondToAuthChallenge", "PasswordHistoryPolicyViolationException")
@pytest.mark.operation("AdminRespondToAuthChallenge", "InvalidPasswordException")
@pytest.mark.operation("AdminRespondToAuthChallenge", "AliasExistsException")
@pytest.mark.parametrize("admin", [False, True])
def test_a_new_password_that_does_not_do_may_be_mended(house, admin):
    pool = house.pool(AliasAttributes=["preferred_username"], Policies={"PasswordPolicy": {"PasswordHistorySize": 2}})
    doors = Doors(house, pool, admin=admin)
    house.user(pool, "bob", preferred_username="countess")
    house.services.users.create(pool, "ada", {}, temporary_password=Secret(PASSWORD))
    offered, proof = doors.proof()
    asked = doors.answer(offered, **proof)

    def answered(password: str, **attributes: str) -> str:
        named = {f"userAttributes.{name}": value for name, value in attributes.items()}
        return refused(lambda: doors.answer(asked, NEW_PASSWORD=password, **named))

    assert answered("x") == "InvalidPassword"
    assert answered(PASSWORD) == "PasswordHistoryPolicyViolation"
    assert answered(OTHER, preferred_username="countess") == "AliasExists"
    assert "AccessToken" in doors.answer(asked, NEW_PASSWORD=OTHER)["AuthenticationResult"]


@pytest.mark.operation("AdminRespondToAuthChallenge", "CodeMismatchException")
@pytest.mark.operation("AdminRespondToAuthChallenge", "ExpiredCodeException")
@pytest.mark.operation("AdminRespondToAuthChallenge", "SoftwareTokenMFANotFoundException")
@pytest.mark.operation("RespondToAuthChallenge", "SoftwareTokenMFANotFoundException")
@pytest.mark.parametrize("admin", [False, True])
def test_a_software_token_that_is_gone_proves_nothing(house, admin):
    pool = offering(house, **DEVELOPER_MAIL)
    doors = Doors(house, pool, admin=admin)
    otp: pyotp.TOTP = with_totp(house, pool, house.user(pool))
    flow = "ADMIN_USER_PASSWORD_AUTH" if admin else "USER_PASSWORD_AUTH"
    asked = doors.start(flow, USERNAME="ada", PASSWORD=PASSWORD)
    assert refused(lambda: doors.answer(asked, SOFTWARE_TOKEN_MFA_CODE="000000")) == "CodeMismatch"
    code = otp.at(house.clock.now())
    doors.answer(asked, SOFTWARE_TOKEN_MFA_CODE=code)
    asked = doors.start(flow, USERNAME="ada", PASSWORD=PASSWORD)
    assert refused(lambda: doors.answer(asked, SOFTWARE_TOKEN_MFA_CODE=code)) == "ExpiredCode"
    house.idp.admin_delete_software_token(UserPoolId=pool.pool_id, Username="ada")
    told = refused(lambda: doors.answer(asked, SOFTWARE_TOKEN_MFA_CODE=code))
    assert told == "SoftwareTokenMFANotFound"


@pytest.mark.operation("ChangePassword", "PasswordHistoryPolicyViolationException")
@pytest.mark.operation("ConfirmForgotPassword", "PasswordHistoryPolicyViolationException")
@pytest.mark.operation("ConfirmForgotPassword", "NotAuthorizedException")
@pytest.mark.operation("ResendConfirmationCode", "NotAuthorizedException")
def test_an_old_password_stays_old(house):
    pool = house.pool(Policies={"PasswordPolicy": {"PasswordHistorySize": 3}})
    client, confidential = house.app_client(pool), house.app_client(pool, confidential=True)
    house.user(pool, email="h@example.com", email_verified="true")
    result = house.unsigned.initiate_auth(ClientId=client.client_id, **password_of())["AuthenticationResult"]
    change, token = house.unsigned.change_password, result["AccessToken"]
    change(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=OTHER)
    again = {"AccessToken": token, "PreviousPassword": OTHER, "ProposedPassword": PASSWORD}
    assert refused(change, **again) == "PasswordHistoryPolicyViolation"
    house.unsigned.forgot_password(ClientId=client.client_id, Username="ada")
    given = {"Username": "ada", "ConfirmationCode": house.outbox("h@example.com")[0]["code"]}
    confirm = house.unsigned.confirm_forgot_password
    assert refused(confirm, ClientId=client.client_id, Password=PASSWORD, **given) == "PasswordHistoryPolicyViolation"
    assert refused(confirm, ClientId=confidential.client_id, Password=THIRD, **given) == "NotAuthorized"
    resend = house.unsigned.resend_confirmation_code
    assert refused(resend, ClientId=confidential.client_id, Username="ada") == "NotAuthorized"
    confirm(ClientId=client.client_id, Password=THIRD, **given)


@pytest.mark.operation("ConfirmSignUp", "AliasExistsException")
@pytest.mark.operation("ConfirmSignUp", "LimitExceededException")
@pytest.mark.operation("ConfirmForgotPassword", "LimitExceededException")
def test_a_code_does_not_take_somebodys_address_unless_it_is_forced(house):
    pool = house.pool(AliasAttributes=["email"], AutoVerifiedAttributes=["email"])
    client = house.app_client(pool)
    house.user(pool, email="s@example.com", email_verified="true")
    house.unsigned.sign_up(
        ClientId=client.client_id,
        Username="bob",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "s@example.com"}],
    )
    given = {"ClientId": client.client_id, "Username": "bob"}
    code, confirm = house.outbox("s@example.com")[0]["code"], house.unsigned.confirm_sign_up
    assert refused(confirm, **given, ConfirmationCode=code) == "AliasExists"
    confirm(**given, ConfirmationCode=code, ForceAliasCreation=True)
    assert house.services.users.get(pool, "s@example.com").username == "bob"
    given["Username"] = "ada"
    told = [refused(confirm, **given, ConfirmationCode="000000") for _ in range(16)]
    assert (told[0], told[-1]) == ("NotAuthorized", "LimitExceeded")
    house.unsigned.forgot_password(ClientId=client.client_id, Username="bob")
    given["Username"] = "bob"
    reset = house.unsigned.confirm_forgot_password
    told = [refused(reset, **given, ConfirmationCode="000000", Password=OTHER) for _ in range(16)]
    assert told[-1] == "LimitExceeded"


@pytest.mark.operation("RevokeToken", "UnsupportedOperationException")
def test_a_client_without_revocation_revokes_nothing(house):
    pool = house.pool()
    client = house.app_client(pool, EnableTokenRevocation=False)
    house.user(pool)
    result = house.unsigned.initiate_auth(ClientId=client.client_id, **password_of())["AuthenticationResult"]
    told = refused(house.unsigned.revoke_token, ClientId=client.client_id, Token=result["RefreshToken"])
    assert told == "UnsupportedOperation"


@pytest.mark.operation("InitiateAuth", "TooManyRequestsException")
@pytest.mark.operation("SignUp", "TooManyRequestsException")
@pytest.mark.operation("ForgotPassword", "TooManyRequestsException")
@pytest.mark.operation("ResendConfirmationCode", "TooManyRequestsException")
@pytest.mark.operation("ConfirmSignUp", "TooManyRequestsException")
@pytest.mark.operation("ConfirmForgotPassword", "TooManyRequestsException")
@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("initiate_auth", {"AuthFlow": "USER_PASSWORD_AUTH", "Username": None}),
        ("sign_up", {"Password": "x"}),
        ("forgot_password", {}),
        ("resend_confirmation_code", {}),
        ("confirm_sign_up", {"ConfirmationCode": "000000"}),
        ("confirm_forgot_password", {"ConfirmationCode": "000000", "Password": OTHER}),
    ],
)
def test_one_address_may_not_try_everybody(house, name, more):
    pool = house.pool()
    client = house.app_client(pool)
    call = getattr(house.unsigned, name)
    for number in range(400):
        given = {"ClientId": client.client_id, **more, "Username": f"user{number}"}
        if name == "initiate_auth":
            del given["Username"]
            given["AuthParameters"] = {"USERNAME": f"user{number}", "PASSWORD": "x"}
        told = refused(call, **given)
        if told == "TooManyRequests":
            break
    assert told == "TooManyRequests"
    assert number >= 99


@pytest.fixture(scope="module")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsHouse]:
    """A server whose mail server does not answer."""
    found = AwsHouse(tmp_path_factory.mktemp("mute"), smtp_url=f"smtp://127.0.0.1:{free_port()}")
    yield found
    found.close()


@pytest.mark.operation("SignUp", "CodeDeliveryFailureException")
@pytest.mark.operation("AdminCreateUser", "CodeDeliveryFailureException")
@pytest.mark.operation("UpdateUserAttributes", "CodeDeliveryFailureException")
@pytest.mark.operation("GetUserAttributeVerificationCode", "CodeDeliveryFailureException")
def test_a_code_that_cannot_be_delivered_is_told(mute):
    pool = mute.pool(AutoVerifiedAttributes=["email"])
    client = mute.app_client(pool)
    mute.user(pool, email="a@example.com")
    address = [{"Name": "email", "Value": "b@example.com"}]
    made = {"Username": "bob", "UserAttributes": address}
    told = refused(mute.unsigned.sign_up, ClientId=client.client_id, Password=PASSWORD, **made)
    assert told == "CodeDeliveryFailure"
    made["Username"] = "cleo"
    assert refused(mute.idp.admin_create_user, UserPoolId=pool.pool_id, **made) == "CodeDeliveryFailure"
    token = mute.unsigned.initiate_auth(ClientId=client.client_id, **password_of())["AuthenticationResult"][
        "AccessToken"
    ]
    ask = mute.unsigned.get_user_attribute_verification_code
    assert refused(ask, AccessToken=token, AttributeName="email") == "CodeDeliveryFailure"
    update = mute.unsigned.update_user_attributes
    assert refused(update, AccessToken=token, UserAttributes=address) == "CodeDeliveryFailure"
