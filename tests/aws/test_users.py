"""Users through stock boto3, as an administrator makes, changes and finds them."""

import hashlib

import pytest

from app.core.kernel.secret import Secret
from tests.support.aws_refused import refusal
from tests.support.aws_users import listed, named, signed_in
from tests.support.house import PASSWORD

OTHER = "Another-horse-8-battery"
NOWHERE = "us-east-1_nothing00"


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
    assert refusal(make, UserPoolId=pool.pool_id, Username="ada")[0] == "UsernameExists"
    assert refusal(make, UserPoolId=NOWHERE, Username="bob")[0] == "ResourceNotFound"
    weak = refusal(make, UserPoolId=pool.pool_id, Username="bob", TemporaryPassword="weakweak")
    assert weak[0] == "InvalidPassword"
    strange = refusal(make, UserPoolId=pool.pool_id, Username="bob", UserAttributes=listed(custom__x="1"))
    assert strange[0] == "InvalidParameter"
    again = refusal(make, UserPoolId=pool.pool_id, Username="ada", MessageAction="RESEND")
    assert again[0] == "UnsupportedUserState"
    nobody = refusal(make, UserPoolId=pool.pool_id, Username="bob", MessageAction="RESEND")
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
    assert refusal(lambda: signed_in(house, client, password=first))[0] == "NotAuthorized"


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
    taken = refusal(update, **given, UserAttributes=listed(email="ada@example.com", email_verified="true"))
    assert taken[0] == "AliasExists"
    assert refusal(update, **given, UserAttributes=listed(sub="x"))[0] == "InvalidParameter"
    assert refusal(update, **given, UserAttributes=listed(birthdate="short"))[0] == "InvalidParameter"


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
    assert refusal(put, **given, Password="short")[0] == "InvalidPassword"
    assert refusal(put, **given, Password=OTHER)[0] == "PasswordHistoryPolicyViolation"
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
    assert refusal(lambda: signed_in(house, client)) == ("NotAuthorized", "User is disabled.")
    assert refusal(house.unsigned.get_user, AccessToken=token)[0] == "NotAuthorized"
    house.idp.admin_enable_user(**given)
    assert "AccessToken" in signed_in(house, client)
    assert refusal(house.unsigned.get_user, AccessToken=token)[0] == "NotAuthorized"


@pytest.mark.operation("AdminConfirmSignUp")
@pytest.mark.operation("AdminConfirmSignUp", "NotAuthorizedException")
def test_an_administrator_confirms_once(house):
    pool = house.pool()
    client = house.app_client(pool)
    house.unsigned.sign_up(ClientId=client.client_id, Username="ada", Password=PASSWORD)
    given = {"UserPoolId": pool.pool_id, "Username": "ada"}
    assert refusal(lambda: signed_in(house, client))[0] == "UserNotConfirmed"
    house.idp.admin_confirm_sign_up(**given)
    assert "AccessToken" in signed_in(house, client)
    told = refusal(house.idp.admin_confirm_sign_up, **given)
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
    assert refusal(lambda: signed_in(house, client))[0] == "PasswordResetRequired"
    code = house.outbox("reset@example.com")[0]["code"]
    house.unsigned.confirm_forgot_password(
        ClientId=client.client_id, Username="ada", ConfirmationCode=code, Password=OTHER
    )
    assert "AccessToken" in signed_in(house, client, password=OTHER)
    told = refusal(house.idp.admin_reset_user_password, UserPoolId=pool.pool_id, Username="bob")
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
    assert refusal(call, UserPoolId=pool.pool_id, Username="ada", **more)[0] == "UserNotFound"
    assert refusal(call, UserPoolId=NOWHERE, Username="ada", **more)[0] == "ResourceNotFound"


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
    assert refusal(house.idp.list_users, UserPoolId=pool.pool_id, Filter=text)[0] == "InvalidParameter"
    assert refusal(house.idp.list_users, UserPoolId=NOWHERE)[0] == "ResourceNotFound"


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
        assert refusal(house.idp.list_users, **arguments)[0] == "InvalidParameter"
    house.clock.advance(hours=1)
    assert refusal(house.idp.list_users, UserPoolId=pool.pool_id, PaginationToken=token)[0] == "InvalidParameter"


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
