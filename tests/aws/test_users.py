"""Users through stock boto3: as an administrator, as somebody who registers, as somebody signed in."""

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from app.core.kernel.secret import Secret
from tests.support.aws_house import AwsHouse
from tests.support.house import PASSWORD

OTHER = "Another-horse-8-battery"
CONCEALING = {"PreventUserExistenceErrors": "ENABLED"}
NOWHERE = "us-east-1_nothing00"


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    told = error.value.response["Error"]
    return told["Code"].removesuffix("Exception"), told["Message"]


def listed(**attributes: str) -> list[dict[str, str]]:
    return [{"Name": name.replace("__", ":"), "Value": value} for name, value in attributes.items()]


def named(attributes: list[dict[str, str]]) -> dict[str, str]:
    return {attribute["Name"]: attribute["Value"] for attribute in attributes}


def signed_in(house: AwsHouse, client: Any, username: str = "ada", password: str = PASSWORD) -> dict[str, Any]:
    return house.unsigned.initiate_auth(
        ClientId=client.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )["AuthenticationResult"]


# -- administrators ------------------------------------------------------------------------------------------------------


@pytest.mark.operation("AdminCreateUser")
@pytest.mark.operation("AdminGetUser")
def test_a_user_is_made_and_invited(house):
    pool = house.pool(UsernameAttributes=["email"])
    made = house.idp.admin_create_user(
        UserPoolId=pool.pool_id,
        Username="ada@example.com",
        UserAttributes=listed(name="Ada", email_verified="true"),
        DesiredDeliveryMediums=["EMAIL"],
    )["User"]
    assert made["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    attributes = named(made["Attributes"])
    assert made["Username"] == attributes["sub"]
    assert attributes["email"] == "ada@example.com"
    assert house.outbox("ada@example.com")[0]["code"]
    for name in ("ada@example.com", made["Username"]):
        found = house.idp.admin_get_user(UserPoolId=pool.pool_id, Username=name)
        assert named(found["UserAttributes"]) == attributes
        assert found["Enabled"] is True
        assert "UserMFASettingList" not in found


@pytest.mark.operation("AdminCreateUser", "UsernameExistsException")
@pytest.mark.operation("AdminCreateUser", "InvalidPasswordException")
@pytest.mark.operation("AdminCreateUser", "InvalidParameterException")
@pytest.mark.operation("AdminCreateUser", "ResourceNotFoundException")
@pytest.mark.operation("AdminCreateUser", "UserNotFoundException")
@pytest.mark.operation("AdminCreateUser", "UnsupportedUserStateException")
def test_a_user_that_cannot_be_made_is_refused(house):
    pool = house.pool()
    house.user(pool)
    make = house.idp.admin_create_user
    assert refused(make, UserPoolId=pool.pool_id, Username="ada")[0] == "UsernameExists"
    assert refused(make, UserPoolId=NOWHERE, Username="bob")[0] == "ResourceNotFound"
    weak = refused(make, UserPoolId=pool.pool_id, Username="bob", TemporaryPassword="weakweak")
    assert weak[0] == "InvalidPassword"
    strange = refused(make, UserPoolId=pool.pool_id, Username="bob", UserAttributes=listed(custom__x="1"))
    assert strange[0] == "InvalidParameter"
    again = refused(make, UserPoolId=pool.pool_id, Username="ada", MessageAction="RESEND")
    assert again[0] == "UnsupportedUserState"
    nobody = refused(make, UserPoolId=pool.pool_id, Username="bob", MessageAction="RESEND")
    assert nobody[0] == "UserNotFound"


def test_an_invitation_sent_again_has_another_password(house):
    pool = house.pool()
    make = house.idp.admin_create_user
    given = {"UserPoolId": pool.pool_id, "Username": "ada"}
    make(**given, UserAttributes=listed(email="again@example.com"))
    first = house.outbox("again@example.com")[0]["code"]
    make(**given, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"])
    second = house.outbox("again@example.com")[0]["code"]
    assert first != second
    client = house.app_client(pool)
    assert refused(lambda: signed_in(house, client, password=first))[0] == "NotAuthorized"


@pytest.mark.operation("AdminUpdateUserAttributes")
@pytest.mark.operation("AdminDeleteUserAttributes")
@pytest.mark.operation("AdminUpdateUserAttributes", "AliasExistsException")
@pytest.mark.operation("AdminUpdateUserAttributes", "InvalidParameterException")
def test_attributes_are_set_and_removed(house):
    pool = house.pool(AliasAttributes=["email"])
    house.user(pool, email="ada@example.com", email_verified="true")
    house.user(pool, "bob")
    update, given = house.idp.admin_update_user_attributes, {"UserPoolId": pool.pool_id, "Username": "bob"}
    update(**given, UserAttributes=listed(nickname="B", name="Bob"))
    house.idp.admin_delete_user_attributes(**given, UserAttributeNames=["nickname"])
    attributes = named(house.idp.admin_get_user(**given)["UserAttributes"])
    assert attributes["name"] == "Bob"
    assert "nickname" not in attributes
    taken = refused(update, **given, UserAttributes=listed(email="ada@example.com", email_verified="true"))
    assert taken[0] == "AliasExists"
    assert refused(update, **given, UserAttributes=listed(sub="x"))[0] == "InvalidParameter"
    assert refused(update, **given, UserAttributes=listed(birthdate="short"))[0] == "InvalidParameter"


@pytest.mark.operation("AdminSetUserPassword")
@pytest.mark.operation("AdminSetUserPassword", "InvalidPasswordException")
@pytest.mark.operation("AdminSetUserPassword", "PasswordHistoryPolicyViolationException")
def test_a_password_is_set_for_good_or_for_a_while(house):
    pool = house.pool(Policies={"PasswordPolicy": {"PasswordHistorySize": 2}})
    client = house.app_client(pool)
    house.user(pool)
    put, given = house.idp.admin_set_user_password, {"UserPoolId": pool.pool_id, "Username": "ada"}
    put(**given, Password=OTHER, Permanent=True)
    assert "AccessToken" in signed_in(house, client, password=OTHER)
    assert refused(put, **given, Password="short")[0] == "InvalidPassword"
    assert refused(put, **given, Password=OTHER)[0] == "PasswordHistoryPolicyViolation"
    put(**given, Password="Third-horse-9-battery")
    assert house.idp.admin_get_user(**given)["UserStatus"] == "FORCE_CHANGE_PASSWORD"


@pytest.mark.operation("AdminDisableUser")
@pytest.mark.operation("AdminEnableUser")
def test_a_disabled_user_is_nobody_until_enabled(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    given = {"UserPoolId": pool.pool_id, "Username": "ada"}
    token = signed_in(house, client)["AccessToken"]
    house.idp.admin_disable_user(**given)
    assert refused(lambda: signed_in(house, client)) == ("NotAuthorized", "User is disabled.")
    assert refused(house.unsigned.get_user, AccessToken=token)[0] == "NotAuthorized"
    house.idp.admin_enable_user(**given)
    assert "AccessToken" in signed_in(house, client)
    assert refused(house.unsigned.get_user, AccessToken=token)[0] == "NotAuthorized"


@pytest.mark.operation("AdminConfirmSignUp")
@pytest.mark.operation("AdminConfirmSignUp", "NotAuthorizedException")
def test_an_administrator_confirms_once(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.unsigned.sign_up(ClientId=client.client_id, Username="ada", Password=PASSWORD)
    given = {"UserPoolId": pool.pool_id, "Username": "ada"}
    assert refused(lambda: signed_in(house, client))[0] == "UserNotConfirmed"
    house.idp.admin_confirm_sign_up(**given)
    assert "AccessToken" in signed_in(house, client)
    told = refused(house.idp.admin_confirm_sign_up, **given)
    assert told == ("NotAuthorized", "User cannot be confirmed. Current status is CONFIRMED")


@pytest.mark.operation("AdminResetUserPassword")
@pytest.mark.operation("AdminResetUserPassword", "InvalidParameterException")
@pytest.mark.operation("InitiateAuth", "PasswordResetRequiredException")
@pytest.mark.operation("ConfirmForgotPassword")
def test_a_reset_password_is_renewed_by_code(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool, email="reset@example.com", email_verified="true")
    house.user(pool, "bob")
    house.idp.admin_reset_user_password(UserPoolId=pool.pool_id, Username="ada")
    assert refused(lambda: signed_in(house, client))[0] == "PasswordResetRequired"
    code = house.outbox("reset@example.com")[0]["code"]
    house.unsigned.confirm_forgot_password(
        ClientId=client.client_id, Username="ada", ConfirmationCode=code, Password=OTHER
    )
    assert "AccessToken" in signed_in(house, client, password=OTHER)
    told = refused(house.idp.admin_reset_user_password, UserPoolId=pool.pool_id, Username="bob")
    assert told[0] == "InvalidParameter"


@pytest.mark.operation("AdminDeleteUser")
def test_a_deleted_user_may_come_back_as_another(house):
    pool = house.pool()
    first = house.user(pool)
    house.idp.admin_delete_user(UserPoolId=pool.pool_id, Username="ada")
    assert house.user(pool).sub != first.sub


OF_ONE_USER = {
    "AdminGetUser": {},
    "AdminUpdateUserAttributes": {"UserAttributes": []},
    "AdminDeleteUserAttributes": {"UserAttributeNames": ["name"]},
    "AdminConfirmSignUp": {},
    "AdminEnableUser": {},
    "AdminDisableUser": {},
    "AdminDeleteUser": {},
    "AdminSetUserPassword": {"Password": OTHER},
    "AdminResetUserPassword": {},
    "AdminListUserSessions": {},
    "AdminRevokeUserSession": {"SessionId": "tkn" + "0" * 25},
}


@pytest.mark.operation("AdminGetUser", "UserNotFoundException")
@pytest.mark.operation("AdminGetUser", "ResourceNotFoundException")
@pytest.mark.operation("AdminUpdateUserAttributes", "UserNotFoundException")
@pytest.mark.operation("AdminUpdateUserAttributes", "ResourceNotFoundException")
@pytest.mark.operation("AdminDeleteUserAttributes", "UserNotFoundException")
@pytest.mark.operation("AdminDeleteUserAttributes", "ResourceNotFoundException")
@pytest.mark.operation("AdminConfirmSignUp", "UserNotFoundException")
@pytest.mark.operation("AdminConfirmSignUp", "ResourceNotFoundException")
@pytest.mark.operation("AdminEnableUser", "UserNotFoundException")
@pytest.mark.operation("AdminEnableUser", "ResourceNotFoundException")
@pytest.mark.operation("AdminDisableUser", "UserNotFoundException")
@pytest.mark.operation("AdminDisableUser", "ResourceNotFoundException")
@pytest.mark.operation("AdminDeleteUser", "UserNotFoundException")
@pytest.mark.operation("AdminDeleteUser", "ResourceNotFoundException")
@pytest.mark.operation("AdminSetUserPassword", "UserNotFoundException")
@pytest.mark.operation("AdminSetUserPassword", "ResourceNotFoundException")
@pytest.mark.operation("AdminResetUserPassword", "UserNotFoundException")
@pytest.mark.operation("AdminResetUserPassword", "ResourceNotFoundException")
@pytest.mark.operation("AdminListUserSessions", "UserNotFoundException")
@pytest.mark.operation("AdminListUserSessions", "ResourceNotFoundException")
@pytest.mark.operation("AdminRevokeUserSession", "UserNotFoundException")
@pytest.mark.operation("AdminRevokeUserSession", "ResourceNotFoundException")
@pytest.mark.parametrize("name", sorted(OF_ONE_USER))
def test_who_is_not_there_is_not_found(house, name):
    pool, other = house.pool(), house.pool()
    house.user(other)
    call = getattr(house.idp, "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_"))
    more = OF_ONE_USER[name]
    assert refused(call, UserPoolId=pool.pool_id, Username="ada", **more)[0] == "UserNotFound"
    assert refused(call, UserPoolId=NOWHERE, Username="ada", **more)[0] == "ResourceNotFound"


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
    told = refused(
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
    assert refused(sign_up, **{**given, "Username": "ada@example.com"})[0] == "UsernameExists"
    assert refused(sign_up, **{**given, "Password": "weakweak"})[0] == "InvalidPassword"
    assert refused(sign_up, **{**given, "Username": "bob"})[0] == "InvalidParameter"
    unauthorized = refused(sign_up, **given, UserAttributes=listed(email_verified="true"))
    assert unauthorized == ("NotAuthorized", "A client attempted to write unauthorized attribute")
    assert refused(sign_up, **{**given, "ClientId": closed.client_id})[0] == "NotAuthorized"
    assert refused(sign_up, **{**given, "ClientId": confidential.client_id})[0] == "NotAuthorized"
    assert refused(sign_up, **{**given, "ClientId": "nobody"})[0] == "ResourceNotFound"
    nothing = {name: value for name, value in given.items() if name != "Password"}
    assert refused(sign_up, **nothing)[0] == "InvalidParameter"


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
    assert refused(confirm, **given, ConfirmationCode=wrong)[0] == "CodeMismatch"
    assert refused(confirm, **{**given, "Username": "bob"}, ConfirmationCode=wrong)[0] == "UserNotFound"
    hidden = refused(confirm, ClientId=closed.client_id, Username="bob", ConfirmationCode=wrong)
    assert hidden[0] == "ExpiredCode"
    assert refused(house.unsigned.resend_confirmation_code, **{**given, "Username": "bob"})[0] == "UserNotFound"
    house.clock.advance(days=1)
    assert refused(confirm, **given, ConfirmationCode=code)[0] == "ExpiredCode"
    house.unsigned.resend_confirmation_code(**given)
    confirm(**given, ConfirmationCode=house.outbox(address)[0]["code"])
    assert refused(confirm, **given, ConfirmationCode=code)[0] == "NotAuthorized"
    assert refused(house.unsigned.resend_confirmation_code, **given) == (
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
    assert refused(forgot, ClientId=client.client_id, Username="eve")[0] == "UserNotFound"
    assert refused(forgot, ClientId=client.client_id, Username="bob")[0] == "InvalidParameter"
    hidden = [forgot(ClientId=closed.client_id, Username=name)["CodeDeliveryDetails"] for name in ("ada", "eve", "bob")]
    assert hidden[0] == hidden[1] == hidden[2]
    code = house.outbox("f@example.com")[0]["code"]
    wrong = "000000" if code != "000000" else "111111"
    given = {"ClientId": client.client_id, "Username": "ada", "Password": OTHER}
    assert refused(confirm, **given, ConfirmationCode=wrong)[0] == "CodeMismatch"
    assert refused(confirm, **{**given, "Username": "eve"}, ConfirmationCode=wrong)[0] == "UserNotFound"
    assert refused(confirm, **{**given, "Password": "x"}, ConfirmationCode=code)[0] == "InvalidPassword"
    house.clock.advance(hours=2)
    assert refused(confirm, **given, ConfirmationCode=code)[0] == "ExpiredCode"
    mechanisms = [{"Priority": 1, "Name": "admin_only"}]
    strict = house.app_client(house.pool(AccountRecoverySetting={"RecoveryMechanisms": mechanisms}))
    assert refused(forgot, ClientId=strict.client_id, Username="ada") == (
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
    told = refused(house.unsigned.forgot_password, ClientId=client.client_id, Username="ada")
    assert told == ("LimitExceeded", "Attempt limit exceeded, please try after some time.")
    assert refused(house.unsigned.resend_confirmation_code, **given)[0] == "LimitExceeded"


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
    assert refused(get, AccessToken="x") == ("NotAuthorized", "Invalid Access Token")
    assert refused(get, AccessToken=result["IdToken"]) == ("NotAuthorized", "Invalid Access Token")
    assert refused(get, AccessToken=result["AccessToken"][:-4] + "AAAA")[1] == "Invalid Access Token"
    house.clock.advance(hours=2)
    assert refused(get, AccessToken=result["AccessToken"]) == ("NotAuthorized", "Access Token has expired")


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
        assert refused(house.unsigned.verify_user_attribute, **verify, Code=first)[0] == "CodeMismatch"
    house.unsigned.verify_user_attribute(**verify, Code=code)
    assert (mine()["email"], mine()["email_verified"]) == ("fresh@example.com", "true")
    assert refused(house.unsigned.verify_user_attribute, **verify, Code=code)[0] == "ExpiredCode"


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
    denied = refused(update, AccessToken=token, UserAttributes=listed(gender="x"))
    assert denied == ("NotAuthorized", "A client attempted to write unauthorized attribute")
    assert refused(update, AccessToken=token, UserAttributes=listed(email="nonsense"))[0] == "InvalidParameter"
    taken = refused(update, AccessToken=token, UserAttributes=listed(preferred_username="countess"))
    assert taken[0] == "AliasExists"
    update(AccessToken=token, UserAttributes=listed(email="ada@example.com", nickname="B"))
    house.unsigned.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    code = house.outbox("ada@example.com")[0]["code"]
    verify = house.unsigned.verify_user_attribute
    assert refused(verify, AccessToken=token, AttributeName="email", Code=code)[0] == "AliasExists"
    assert refused(verify, AccessToken=token, AttributeName="name", Code=code)[0] == "InvalidParameter"
    delete = house.unsigned.delete_user_attributes
    delete(AccessToken=token, UserAttributeNames=["nickname"])
    assert refused(delete, AccessToken=token, UserAttributeNames=["name"])[0] == "InvalidParameter"


@pytest.mark.operation("GetUserAttributeVerificationCode", "LimitExceededException")
@pytest.mark.operation("GetUserAttributeVerificationCode", "InvalidParameterException")
@pytest.mark.operation("VerifyUserAttribute", "LimitExceededException")
def test_codes_for_addresses_are_rationed(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool, email="r@example.com")
    token = signed_in(house, client)["AccessToken"]
    ask, verify = house.unsigned.get_user_attribute_verification_code, house.unsigned.verify_user_attribute
    assert refused(ask, AccessToken=token, AttributeName="phone_number")[0] == "InvalidParameter"
    for _ in range(5):
        ask(AccessToken=token, AttributeName="email")
    assert refused(ask, AccessToken=token, AttributeName="email")[0] == "LimitExceeded"
    for _ in range(15):
        refused(verify, AccessToken=token, AttributeName="email", Code="000000")
    assert refused(verify, AccessToken=token, AttributeName="email", Code="000000")[0] == "LimitExceeded"


@pytest.mark.operation("ChangePassword")
@pytest.mark.operation("ChangePassword", "NotAuthorizedException")
@pytest.mark.operation("ChangePassword", "InvalidPasswordException")
@pytest.mark.operation("ChangePassword", "LimitExceededException")
def test_a_password_is_changed_by_who_knows_it(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    token, change = signed_in(house, client)["AccessToken"], house.unsigned.change_password
    assert refused(change, AccessToken=token, PreviousPassword="x", ProposedPassword=OTHER)[0] == "NotAuthorized"
    assert refused(change, AccessToken=token, ProposedPassword=OTHER)[0] == "NotAuthorized"
    weak = refused(change, AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword="x")
    assert weak[0] == "InvalidPassword"
    change(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=OTHER)
    assert "AccessToken" in signed_in(house, client, password=OTHER)
    for _ in range(2):
        change(AccessToken=token, PreviousPassword=OTHER, ProposedPassword=OTHER)
    limited = refused(change, AccessToken=token, PreviousPassword=OTHER, ProposedPassword=OTHER)
    assert limited[0] == "LimitExceeded"


@pytest.mark.operation("DeleteUser")
@pytest.mark.operation("DeleteUser", "NotAuthorizedException")
def test_a_user_leaves(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool)
    token = signed_in(house, client)["AccessToken"]
    house.unsigned.delete_user(AccessToken=token)
    assert refused(lambda: signed_in(house, client))[0] == "UserNotFound"
    assert refused(house.unsigned.delete_user, AccessToken=token)[0] == "NotAuthorized"


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
    assert refused(revoke, AccessToken=one, SessionId=current)[0] == "InvalidParameter"
    assert refused(revoke, AccessToken=stranger, SessionId=current)[0] == "ResourceNotFound"
    assert refused(revoke, AccessToken=one, SessionId="sso" + "a" * 25)[0] == "ResourceNotFound"
    revoke(AccessToken=one, SessionId=others[0])
    given = {"UserPoolId": pool.pool_id, "Username": "ada"}
    left = house.idp.admin_list_user_sessions(**given)["Sessions"]
    assert {session["SessionId"] for session in left} == {current, others[1]}
    house.idp.admin_revoke_user_session(**given, SessionId=current)
    assert refused(house.unsigned.get_user, AccessToken=one)[1] == "Access Token has been revoked"
    living = [token for token in (two, three) if _lives(house, token)]
    assert len(living) == 1


def _lives(house: AwsHouse, token: str) -> bool:
    try:
        house.unsigned.get_user(AccessToken=token)
    except ClientError:
        return False
    return True


# -- lists ---------------------------------------------------------------------------------------------------------------


@pytest.mark.operation("ListUsers")
def test_all_users_come_in_pages(house):
    pool = house.pool()
    names = {house.user(pool, f"user{number}").username for number in range(7)}
    house.user(house.pool(), "other")
    found: list[str] = []
    token: dict[str, str] = {}
    pages = 0
    while True:
        page = house.idp.list_users(UserPoolId=pool.pool_id, Limit=3, AttributesToGet=["sub"], **token)
        found += [user["Username"] for user in page["Users"]]
        pages += 1
        if "PaginationToken" not in page:
            break
        token = {"PaginationToken": page["PaginationToken"]}
    assert pages == 3
    assert len(found) == 7
    assert set(found) == names
    assert [attribute["Name"] for attribute in page["Users"][0]["Attributes"]] == ["sub"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"Ada", "bob", "cleo"}),
        ('username = "Ada"', {"Ada"}),
        ('username = "ada"', set()),
        ('username ^= "A"', {"Ada"}),
        ('email = "ADA@example.com"', {"Ada"}),
        ('email^="a"', {"Ada"}),
        ('name ^= "Ü\\"x"', {"bob"}),
        ('given_name = "Zoë"', {"cleo"}),
        ('cognito:user_status = "confirmed"', {"Ada", "cleo"}),
        ('cognito:user_status ^= "UNCONF"', {"bob"}),
        ('status = "Disabled"', {"cleo"}),
        ('status = "Enabled"', {"Ada", "bob"}),
        ('family_name = "nobody"', set()),
    ],
)
def test_a_filter_finds_whom_it_describes(house, text, expected):
    pool = house.pool()
    client = house.app_client(pool)
    house.user(pool, "Ada", email="Ada@Example.com")
    house.unsigned.sign_up(
        ClientId=client.client_id, Username="bob", Password=PASSWORD, UserAttributes=listed(name='ü"X y')
    )
    house.user(pool, "cleo", given_name="Zoë")
    house.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="cleo")
    found = house.idp.list_users(UserPoolId=pool.pool_id, Filter=text)["Users"]
    assert {user["Username"] for user in found} == expected


def test_a_value_longer_than_the_index_is_found_exactly(house):
    pool = house.pool()
    house.user(pool, "one", name="x" * 130 + "a")
    house.user(pool, "two", name="x" * 130 + "b")
    found = house.idp.list_users(UserPoolId=pool.pool_id, Filter=f'name = "{"x" * 130}b"')["Users"]
    assert [user["Username"] for user in found] == ["two"]


@pytest.mark.operation("ListUsers", "InvalidParameterException")
@pytest.mark.operation("ListUsers", "ResourceNotFoundException")
@pytest.mark.parametrize(
    "text",
    ["x", "=", "username", "username =", 'username = "a', "username = a", 'username = "a" x', 'username ~ "a"',
     'custom:x = "a"', 'gender = "a"', '^= "a"', 'username == "a"', 'email = "a" and name = "b"', '"' * 255],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused(house, text):
    pool = house.pool()
    assert refused(house.idp.list_users, UserPoolId=pool.pool_id, Filter=text)[0] == "InvalidParameter"
    assert refused(house.idp.list_users, UserPoolId=NOWHERE)[0] == "ResourceNotFound"


def test_a_page_token_is_good_for_its_own_query(house):
    pool, other = house.pool(), house.pool()
    for number in range(3):
        house.user(pool, f"user{number}")
    token = house.idp.list_users(UserPoolId=pool.pool_id, Limit=1)["PaginationToken"]
    for arguments in (
        {"UserPoolId": other.pool_id, "PaginationToken": token},
        {"UserPoolId": pool.pool_id, "PaginationToken": token, "Filter": 'username ^= "u"'},
        {"UserPoolId": pool.pool_id, "PaginationToken": token[:-4] + "AAAA"},
        {"UserPoolId": pool.pool_id, "PaginationToken": hashlib.sha256(b"x").hexdigest()},
    ):
        assert refused(house.idp.list_users, **arguments)[0] == "InvalidParameter"
    house.clock.advance(hours=1)
    assert refused(house.idp.list_users, UserPoolId=pool.pool_id, PaginationToken=token)[0] == "InvalidParameter"


def test_a_changed_user_is_found_as_changed(house):
    pool = house.pool()
    house.user(pool, "ada", name="Before")
    house.services.users.set_password(pool, "ada", Secret(OTHER), permanent=False)
    house.idp.admin_update_user_attributes(UserPoolId=pool.pool_id, Username="ada", UserAttributes=listed(name="After"))

    def found(text: str) -> int:
        return len(house.idp.list_users(UserPoolId=pool.pool_id, Filter=text)["Users"])

    assert (found('name = "before"'), found('name = "after"')) == (0, 1)
    assert found('cognito:user_status = "FORCE_CHANGE_PASSWORD"') == 1
    house.idp.admin_delete_user(UserPoolId=pool.pool_id, Username="ada")
    assert found('name = "after"') == 0
