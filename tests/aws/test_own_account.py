"""Users through stock boto3, as somebody who registers and somebody signed in."""

import pytest
from botocore.exceptions import ClientError

from tests.support.aws_house import AwsHouse
from tests.support.aws_refused import refusal
from tests.support.aws_users import listed, named, signed_in
from tests.support.house import PASSWORD

OTHER = "Another-horse-8-battery"
CONCEALING = {"PreventUserExistenceErrors": "ENABLED"}


# -- registering ---------------------------------------------------------------------------------------------------------


@pytest.mark.operation("SignUp")
@pytest.mark.operation("ConfirmSignUp")
@pytest.mark.operation("ResendConfirmationCode")
def test_somebody_registers_confirms_and_is_signed_in(house):
    pool = house.pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    client, name = house.app_client(pool), "new@example.com"
    made = house.unsigned.sign_up(ClientId=client.client_id, Username=name, Password=PASSWORD)
    assert made["UserConfirmed"] is False
    assert made["CodeDeliveryDetails"] == {
        "Destination": "n***@e***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    again = house.unsigned.resend_confirmation_code(ClientId=client.client_id, Username=name)
    assert again["CodeDeliveryDetails"]["AttributeName"] == "email"
    code = house.outbox(name)[0]["code"]
    done = house.unsigned.confirm_sign_up(
        ClientId=client.client_id, Username=name, ConfirmationCode=code, Session=made["Session"]
    )
    found = house.unsigned.initiate_auth(
        ClientId=client.client_id,
        AuthFlow="USER_AUTH",
        AuthParameters={"USERNAME": name},
        Session=done["Session"],
    )
    assert "AccessToken" in found["AuthenticationResult"]
    told = refusal(
        house.unsigned.initiate_auth,
        ClientId=client.client_id,
        AuthFlow="USER_AUTH",
        AuthParameters={"USERNAME": name},
        Session=done["Session"],
    )
    assert told[0] == "NotAuthorized"


@pytest.mark.operation("SignUp", "UsernameExistsException")
@pytest.mark.operation("SignUp", "InvalidPasswordException")
@pytest.mark.operation("SignUp", "InvalidParameterException")
@pytest.mark.operation("SignUp", "NotAuthorizedException")
@pytest.mark.operation("SignUp", "ResourceNotFoundException")
def test_a_registration_that_does_not_fit_is_refused(house):
    pool = house.pool(UsernameAttributes=["email"], AutoVerifiedAttributes=["email"])
    client = house.app_client(pool, **CONCEALING)
    closed = house.app_client(house.pool(AdminCreateUserConfig={"AllowAdminCreateUserOnly": True}))
    confidential = house.app_client(pool, confidential=True)
    house.user(pool, "ada@example.com")
    sign_up = house.unsigned.sign_up
    given = {"ClientId": client.client_id, "Username": "bob@example.com", "Password": PASSWORD}
    assert refusal(sign_up, **{**given, "Username": "ada@example.com"})[0] == "UsernameExists"
    assert refusal(sign_up, **{**given, "Password": "weakweak"})[0] == "InvalidPassword"
    assert refusal(sign_up, **{**given, "Username": "bob"})[0] == "InvalidParameter"
    unauthorized = refusal(sign_up, **given, UserAttributes=listed(email_verified="true"))
    assert unauthorized == ("NotAuthorized", "A client attempted to write unauthorized attribute")
    assert refusal(sign_up, **{**given, "ClientId": closed.client_id})[0] == "NotAuthorized"
    assert refusal(sign_up, **{**given, "ClientId": confidential.client_id})[0] == "NotAuthorized"
    assert refusal(sign_up, **{**given, "ClientId": "nobody"})[0] == "ResourceNotFound"
    nothing = {name: value for name, value in given.items() if name != "Password"}
    assert refusal(sign_up, **nothing)[0] == "InvalidParameter"


@pytest.mark.operation("ConfirmSignUp", "CodeMismatchException")
@pytest.mark.operation("ConfirmSignUp", "ExpiredCodeException")
@pytest.mark.operation("ConfirmSignUp", "UserNotFoundException")
@pytest.mark.operation("ConfirmSignUp", "NotAuthorizedException")
@pytest.mark.operation("ResendConfirmationCode", "InvalidParameterException")
@pytest.mark.operation("ResendConfirmationCode", "UserNotFoundException")
def test_a_confirmation_that_is_none_is_refused(house):
    pool = house.pool(AutoVerifiedAttributes=["email"])
    client, closed = house.app_client(pool), house.app_client(pool, **CONCEALING)
    confirm, address = house.unsigned.confirm_sign_up, "c@example.com"
    house.unsigned.sign_up(
        ClientId=client.client_id, Username="ada", Password=PASSWORD, UserAttributes=listed(email=address)
    )
    code = house.outbox(address)[0]["code"]
    wrong = "000000" if code != "000000" else "111111"
    given = {"ClientId": client.client_id, "Username": "ada"}
    assert refusal(confirm, **given, ConfirmationCode=wrong)[0] == "CodeMismatch"
    assert refusal(confirm, **{**given, "Username": "bob"}, ConfirmationCode=wrong)[0] == "UserNotFound"
    hidden = refusal(confirm, ClientId=closed.client_id, Username="bob", ConfirmationCode=wrong)
    assert hidden[0] == "ExpiredCode"
    assert refusal(house.unsigned.resend_confirmation_code, **{**given, "Username": "bob"})[0] == "UserNotFound"
    house.clock.advance(days=1)
    assert refusal(confirm, **given, ConfirmationCode=code)[0] == "ExpiredCode"
    house.unsigned.resend_confirmation_code(**given)
    confirm(**given, ConfirmationCode=house.outbox(address)[0]["code"])
    assert refusal(confirm, **given, ConfirmationCode=code)[0] == "NotAuthorized"
    assert refusal(house.unsigned.resend_confirmation_code, **given) == (
        "InvalidParameter",
        "User is already confirmed.",
    )


@pytest.mark.operation("ForgotPassword")
@pytest.mark.operation("ForgotPassword", "UserNotFoundException")
@pytest.mark.operation("ForgotPassword", "InvalidParameterException")
@pytest.mark.operation("ForgotPassword", "NotAuthorizedException")
@pytest.mark.operation("ConfirmForgotPassword", "CodeMismatchException")
@pytest.mark.operation("ConfirmForgotPassword", "ExpiredCodeException")
@pytest.mark.operation("ConfirmForgotPassword", "InvalidPasswordException")
@pytest.mark.operation("ConfirmForgotPassword", "UserNotFoundException")
def test_a_forgotten_password_tells_only_what_the_client_allows(house):
    pool = house.pool()
    client, closed = house.app_client(pool), house.app_client(pool, **CONCEALING)
    house.user(pool, email="f@example.com", email_verified="true")
    house.user(pool, "bob")
    forgot, confirm = house.unsigned.forgot_password, house.unsigned.confirm_forgot_password
    told = forgot(ClientId=client.client_id, Username="ada")["CodeDeliveryDetails"]
    assert told["Destination"] == "f***@e***"
    assert refusal(forgot, ClientId=client.client_id, Username="eve")[0] == "UserNotFound"
    assert refusal(forgot, ClientId=client.client_id, Username="bob")[0] == "InvalidParameter"
    hidden = [forgot(ClientId=closed.client_id, Username=name)["CodeDeliveryDetails"] for name in ("ada", "eve", "bob")]
    assert hidden[0] == hidden[1] == hidden[2]
    code = house.outbox("f@example.com")[0]["code"]
    wrong = "000000" if code != "000000" else "111111"
    given = {"ClientId": client.client_id, "Username": "ada", "Password": OTHER}
    assert refusal(confirm, **given, ConfirmationCode=wrong)[0] == "CodeMismatch"
    assert refusal(confirm, **{**given, "Username": "eve"}, ConfirmationCode=wrong)[0] == "UserNotFound"
    assert refusal(confirm, **{**given, "Password": "x"}, ConfirmationCode=code)[0] == "InvalidPassword"
    house.clock.advance(hours=2)
    assert refusal(confirm, **given, ConfirmationCode=code)[0] == "ExpiredCode"
    mechanisms = [{"Priority": 1, "Name": "admin_only"}]
    strict = house.app_client(house.pool(AccountRecoverySetting={"RecoveryMechanisms": mechanisms}))
    assert refusal(forgot, ClientId=strict.client_id, Username="ada") == (
        "NotAuthorized",
        "Contact administrator to reset password.",
    )


@pytest.mark.operation("ForgotPassword", "LimitExceededException")
@pytest.mark.operation("ResendConfirmationCode", "LimitExceededException")
def test_asking_again_and_again_ends(house):
    pool = house.pool(AutoVerifiedAttributes=["email"])
    client = house.app_client(pool)
    house.user(pool, email="l@example.com", email_verified="true")
    given = {"ClientId": client.client_id, "Username": "bob"}
    house.unsigned.sign_up(**given, Password=PASSWORD, UserAttributes=listed(email="b@example.com"))
    for _ in range(5):
        house.unsigned.forgot_password(ClientId=client.client_id, Username="ada")
        house.unsigned.resend_confirmation_code(**given)
    told = refusal(house.unsigned.forgot_password, ClientId=client.client_id, Username="ada")
    assert told == ("LimitExceeded", "Attempt limit exceeded, please try after some time.")
    assert refusal(house.unsigned.resend_confirmation_code, **given)[0] == "LimitExceeded"


# -- one's own account ---------------------------------------------------------------------------------------------------


@pytest.mark.operation("GetUser")
def test_a_user_sees_what_the_client_may_read(house):
    pool = house.pool()
    client = house.app_client(pool, ReadAttributes=["email"])
    user = house.user(pool, email="a@example.com", name="Ada")
    found = house.unsigned.get_user(AccessToken=signed_in(house, client)["AccessToken"])
    assert found["Username"] == "ada"
    assert named(found["UserAttributes"]) == {"sub": user.sub, "email": "a@example.com"}


@pytest.mark.operation("GetUser", "NotAuthorizedException")
def test_a_token_that_is_none_is_refused_with_its_reason(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    result, get = signed_in(house, client), house.unsigned.get_user
    assert refusal(get, AccessToken="x") == ("NotAuthorized", "Invalid Access Token")
    assert refusal(get, AccessToken=result["IdToken"]) == ("NotAuthorized", "Invalid Access Token")
    assert refusal(get, AccessToken=result["AccessToken"][:-4] + "AAAA")[1] == "Invalid Access Token"
    house.clock.advance(hours=2)
    assert refusal(get, AccessToken=result["AccessToken"]) == ("NotAuthorized", "Access Token has expired")


@pytest.mark.operation("UpdateUserAttributes")
@pytest.mark.operation("VerifyUserAttribute")
@pytest.mark.operation("VerifyUserAttribute", "CodeMismatchException")
@pytest.mark.operation("VerifyUserAttribute", "ExpiredCodeException")
@pytest.mark.operation("GetUserAttributeVerificationCode")
def test_an_address_waits_until_it_is_proven(house):
    pool = house.pool(
        AutoVerifiedAttributes=["email"],
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
    )
    client = house.app_client(pool)
    house.user(pool, email="old@example.com", email_verified="true")
    token = signed_in(house, client)["AccessToken"]
    sent = house.unsigned.update_user_attributes(
        AccessToken=token, UserAttributes=listed(email="fresh@example.com", name="Ada")
    )["CodeDeliveryDetailsList"]
    assert [one["Destination"] for one in sent] == ["f***@e***"]

    def mine() -> dict[str, str]:
        return named(house.unsigned.get_user(AccessToken=token)["UserAttributes"])

    assert (mine()["email"], mine()["email_verified"], mine()["name"]) == ("old@example.com", "true", "Ada")
    first = house.outbox("fresh@example.com")[0]["code"]
    house.unsigned.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    code = house.outbox("fresh@example.com")[0]["code"]
    verify = {"AccessToken": token, "AttributeName": "email"}
    if first != code:
        assert refusal(house.unsigned.verify_user_attribute, **verify, Code=first)[0] == "CodeMismatch"
    house.unsigned.verify_user_attribute(**verify, Code=code)
    assert (mine()["email"], mine()["email_verified"]) == ("fresh@example.com", "true")
    assert refusal(house.unsigned.verify_user_attribute, **verify, Code=code)[0] == "ExpiredCode"


@pytest.mark.operation("UpdateUserAttributes", "NotAuthorizedException")
@pytest.mark.operation("UpdateUserAttributes", "InvalidParameterException")
@pytest.mark.operation("UpdateUserAttributes", "AliasExistsException")
@pytest.mark.operation("VerifyUserAttribute", "AliasExistsException")
@pytest.mark.operation("VerifyUserAttribute", "InvalidParameterException")
@pytest.mark.operation("DeleteUserAttributes")
@pytest.mark.operation("DeleteUserAttributes", "InvalidParameterException")
def test_what_a_user_may_not_change_stays(house):
    schema = [{"Name": "name", "Required": True, "Mutable": True}]
    pool = house.pool(AliasAttributes=["email", "preferred_username"], Schema=schema)
    client = house.app_client(pool, WriteAttributes=["name", "email", "nickname", "preferred_username"])
    house.user(pool, name="Ada", email="ada@example.com", email_verified="true", preferred_username="countess")
    house.user(pool, "bob", name="Bob")
    token = signed_in(house, client, "bob")["AccessToken"]
    update = house.unsigned.update_user_attributes
    denied = refusal(update, AccessToken=token, UserAttributes=listed(gender="x"))
    assert denied == ("NotAuthorized", "A client attempted to write unauthorized attribute")
    assert refusal(update, AccessToken=token, UserAttributes=listed(email="nonsense"))[0] == "InvalidParameter"
    taken = refusal(update, AccessToken=token, UserAttributes=listed(preferred_username="countess"))
    assert taken[0] == "AliasExists"
    update(AccessToken=token, UserAttributes=listed(email="ada@example.com", nickname="B"))
    house.unsigned.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    code = house.outbox("ada@example.com")[0]["code"]
    verify = house.unsigned.verify_user_attribute
    assert refusal(verify, AccessToken=token, AttributeName="email", Code=code)[0] == "AliasExists"
    assert refusal(verify, AccessToken=token, AttributeName="name", Code=code)[0] == "InvalidParameter"
    delete = house.unsigned.delete_user_attributes
    delete(AccessToken=token, UserAttributeNames=["nickname"])
    assert refusal(delete, AccessToken=token, UserAttributeNames=["name"])[0] == "InvalidParameter"


@pytest.mark.operation("GetUserAttributeVerificationCode", "LimitExceededException")
@pytest.mark.operation("GetUserAttributeVerificationCode", "InvalidParameterException")
@pytest.mark.operation("VerifyUserAttribute", "LimitExceededException")
def test_codes_for_addresses_are_rationed(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool, email="r@example.com")
    token = signed_in(house, client)["AccessToken"]
    ask, verify = house.unsigned.get_user_attribute_verification_code, house.unsigned.verify_user_attribute
    assert refusal(ask, AccessToken=token, AttributeName="phone_number")[0] == "InvalidParameter"
    for _ in range(5):
        ask(AccessToken=token, AttributeName="email")
    assert refusal(ask, AccessToken=token, AttributeName="email")[0] == "LimitExceeded"
    for _ in range(15):
        refusal(verify, AccessToken=token, AttributeName="email", Code="000000")
    assert refusal(verify, AccessToken=token, AttributeName="email", Code="000000")[0] == "LimitExceeded"


@pytest.mark.operation("ChangePassword")
@pytest.mark.operation("ChangePassword", "NotAuthorizedException")
@pytest.mark.operation("ChangePassword", "InvalidPasswordException")
@pytest.mark.operation("ChangePassword", "LimitExceededException")
def test_a_password_is_changed_by_who_knows_it(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    token, change = signed_in(house, client)["AccessToken"], house.unsigned.change_password
    assert refusal(change, AccessToken=token, PreviousPassword="x", ProposedPassword=OTHER)[0] == "NotAuthorized"
    assert refusal(change, AccessToken=token, ProposedPassword=OTHER)[0] == "NotAuthorized"
    weak = refusal(change, AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword="x")
    assert weak[0] == "InvalidPassword"
    change(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=OTHER)
    assert "AccessToken" in signed_in(house, client, password=OTHER)
    for _ in range(2):
        change(AccessToken=token, PreviousPassword=OTHER, ProposedPassword=OTHER)
    limited = refusal(change, AccessToken=token, PreviousPassword=OTHER, ProposedPassword=OTHER)
    assert limited[0] == "LimitExceeded"


@pytest.mark.operation("DeleteUser")
@pytest.mark.operation("DeleteUser", "NotAuthorizedException")
def test_a_user_leaves(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    token = signed_in(house, client)["AccessToken"]
    house.unsigned.delete_user(AccessToken=token)
    assert refusal(lambda: signed_in(house, client))[0] == "UserNotFound"
    assert refusal(house.unsigned.delete_user, AccessToken=token)[0] == "NotAuthorized"


# -- sessions ------------------------------------------------------------------------------------------------------------


@pytest.mark.operation("ListUserSessions")
@pytest.mark.operation("RevokeUserSession")
@pytest.mark.operation("RevokeUserSession", "InvalidParameterException")
@pytest.mark.operation("RevokeUserSession", "ResourceNotFoundException")
@pytest.mark.operation("AdminListUserSessions")
@pytest.mark.operation("AdminRevokeUserSession")
def test_sessions_are_listed_and_ended_one_by_one(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    house.user(pool, "bob")
    one, two, three = (signed_in(house, client)["AccessToken"] for _ in range(3))
    stranger = signed_in(house, client, "bob")["AccessToken"]
    found = house.unsigned.list_user_sessions(AccessToken=one)["Sessions"]
    assert len(found) == 3
    assert {session["SessionType"] for session in found} == {"TOKEN"}
    [current] = [session["SessionId"] for session in found if session["IsCurrentSession"]]
    others = [session["SessionId"] for session in found if not session["IsCurrentSession"]]
    revoke = house.unsigned.revoke_user_session
    assert refusal(revoke, AccessToken=one, SessionId=current)[0] == "InvalidParameter"
    assert refusal(revoke, AccessToken=stranger, SessionId=current)[0] == "ResourceNotFound"
    assert refusal(revoke, AccessToken=one, SessionId="sso" + "a" * 25)[0] == "ResourceNotFound"
    revoke(AccessToken=one, SessionId=others[0])
    given = {"UserPoolId": pool.pool_id, "Username": "ada"}
    left = house.idp.admin_list_user_sessions(**given)["Sessions"]
    assert {session["SessionId"] for session in left} == {current, others[1]}
    house.idp.admin_revoke_user_session(**given, SessionId=current)
    assert refusal(house.unsigned.get_user, AccessToken=one)[1] == "Access Token has been revoked"
    living = [token for token in (two, three) if _lives(house, token)]
    assert len(living) == 1


def _lives(house: AwsHouse, token: str) -> bool:
    try:
        house.unsigned.get_user(AccessToken=token)
    except ClientError:
        return False
    return True
