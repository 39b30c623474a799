import pytest

from app.core.kernel.errors import (
    AliasExists,
    AttributeViolation,
    IncorrectCredentials,
    InvalidParameter,
    PasswordPolicyViolation,
    UserAlreadyConfirmed,
    UsernameExists,
    UserNotFound,
)
from app.core.kernel.secret import Secret
from app.core.messages.model import Channel, NoticeKind
from app.core.sign_in.model import Challenge, SignedIn
from app.core.users.model import UserStatus
from tests.support.directory import BROWSER, JANE, OTHER, PASSWORD


@pytest.fixture
def pool(house):
    return house.world.a_pool()


@pytest.fixture
def alias_pool(house):
    return house.world.a_pool({"UsernameAttributes": None, "AliasAttributes": ["email", "preferred_username"]})


def test_a_created_user_must_change_the_temporary_password(house, pool):
    user = house.directory.create(pool, JANE, {}, temporary_password=PASSWORD)
    assert (user.status, user.username) == (UserStatus.FORCE_CHANGE_PASSWORD, user.sub)
    assert user.attributes == {"email": JANE, "email_verified": "false"}
    assert isinstance(house.enter(pool, house.world.a_client(pool)), Challenge)


def test_a_permanent_password_confirms(house, pool):
    house.a_user(pool)
    assert isinstance(house.enter(pool, house.world.a_client(pool)), SignedIn)


def test_an_invitation_carries_a_generated_password_that_works(house, pool):
    house.directory.create(pool, JANE, {}, send_invitation=True)
    notice = house.mailbox.sent[-1]
    assert (notice.kind, notice.channel, notice.address) == (NoticeKind.INVITATION, Channel.EMAIL, JANE)
    assert isinstance(house.enter(pool, house.world.a_client(pool), password=notice.code), Challenge)


def test_an_invitation_without_an_address_creates_nobody(house, alias_pool):
    with pytest.raises(InvalidParameter):
        house.directory.create(alias_pool, "jane", {}, send_invitation=True)
    assert house.directory.find(alias_pool, "jane") is None


@pytest.mark.parametrize(
    ("name", "attributes", "options", "refusal"),
    [
        ("JANE@example.com", {}, {}, UsernameExists),
        ("ｊane@example.com", {}, {}, UsernameExists),
        ("jane", {}, {}, InvalidParameter),
        ("joe@example.com", {"email": "eve@example.com"}, {}, InvalidParameter),
        ("joe@example.com", {"sub": "x"}, {}, InvalidParameter),
        ("joe@example.com", {"custom:x": "x"}, {}, AttributeViolation),
        ("joe@example.com", {}, {"temporary_password": Secret("weak")}, PasswordPolicyViolation),
        ("joe@example.com", {}, {"temporary_password": PASSWORD, "permanent_password": PASSWORD}, InvalidParameter),
    ],
)
def test_what_does_not_fit_creates_nobody(  # noqa: PLR0917
    house, pool, name, attributes, options, refusal
):
    house.a_user(pool)
    with pytest.raises(refusal):
        house.directory.create(pool, name, attributes, **options)
    assert house.directory.find(pool, "joe@example.com") is None


def test_nobody_takes_anothers_sub_as_a_name(house, alias_pool):
    jane = house.directory.create(alias_pool, "jane", {})
    with pytest.raises(UsernameExists):
        house.directory.create(alias_pool, jane.sub, {})


@pytest.mark.spec("Cognito: AliasExistsException")
def test_only_one_user_holds_a_verified_alias(house, alias_pool):
    verified = {"email": "shared@example.com", "email_verified": "true"}
    jane = house.directory.create(alias_pool, "jane", verified)
    joe = house.directory.create(alias_pool, "joe", {"email": "Shared@example.com"})
    assert house.directory.get(alias_pool, "shared@example.com").sub == jane.sub
    with pytest.raises(AliasExists, match=r"An account with the email already exists\."):
        house.directory.create(alias_pool, "eve", verified)
    with pytest.raises(AliasExists):
        house.directory.update_attributes(alias_pool, "joe", {"email_verified": "true"})
    assert house.directory.get(alias_pool, "joe") == joe


@pytest.mark.spec("Cognito: ForceAliasCreation")
def test_forcing_an_alias_strips_the_old_owner(house, alias_pool):
    verified = {"email": "shared@example.com", "email_verified": "true"}
    house.directory.create(alias_pool, "jane", verified)
    joe = house.directory.create(alias_pool, "joe", verified, force_alias=True)
    assert house.directory.get(alias_pool, "shared@example.com").sub == joe.sub
    assert house.directory.get(alias_pool, "jane").attributes["email_verified"] == "false"


def test_forcing_an_alias_takes_no_username(house, alias_pool):
    house.directory.create(alias_pool, "jane", {})
    with pytest.raises(UsernameExists):
        house.directory.create(alias_pool, "jane", {}, force_alias=True)


def test_a_preferred_username_is_unique(house, alias_pool):
    house.directory.create(alias_pool, "jane", {"preferred_username": "jay"})
    house.directory.create(alias_pool, "joe", {})
    with pytest.raises(AliasExists):
        house.directory.update_attributes(alias_pool, "joe", {"preferred_username": "jay"})
    assert house.directory.get(alias_pool, "jay").username == "jane"


def test_a_username_and_a_preferred_username_are_one_name_space(house, alias_pool):
    house.directory.create(alias_pool, "jane", {"preferred_username": "jay"})
    house.directory.create(alias_pool, "joe", {})
    with pytest.raises(UsernameExists):
        house.directory.create(alias_pool, "jay", {})
    with pytest.raises(AliasExists):
        house.directory.update_attributes(alias_pool, "joe", {"preferred_username": "jane"})
    house.directory.update_attributes(alias_pool, "jane", {"preferred_username": "jane"})
    house.directory.create(alias_pool, "jay", {})


@pytest.mark.parametrize("name", ["a b", "joe@example.com", "x" * 129, "j\u200bay"])
def test_a_preferred_username_that_signs_in_is_held_to_the_rules_of_usernames(house, alias_pool, name):
    with pytest.raises(InvalidParameter):
        house.directory.create(alias_pool, "jane", {"preferred_username": name})


def test_a_changed_address_is_the_new_name_and_the_old_one_is_free(house, pool):
    jane = house.a_user(pool)
    house.directory.update_attributes(pool, JANE, {"email": "new@example.com"})
    assert house.directory.find(pool, JANE) is None
    assert house.directory.get(pool, "new@example.com").sub == jane.sub
    house.a_user(pool)


def test_an_unverified_alias_signs_nobody_in(house, alias_pool):
    client = house.world.a_client(alias_pool)
    house.directory.create(alias_pool, "jane", {"email": JANE}, permanent_password=PASSWORD)
    with pytest.raises(IncorrectCredentials):
        house.enter(alias_pool, client, JANE)
    assert isinstance(house.enter(alias_pool, client, "jane"), SignedIn)


def test_a_name_keeps_its_case_where_case_matters_and_not_elsewhere(house):
    sensitive = house.world.a_pool({"UsernameAttributes": None, "UsernameConfiguration": {"CaseSensitive": True}})
    house.directory.create(sensitive, "Jane", {})
    assert house.directory.find(sensitive, "jane") is None
    house.directory.create(sensitive, "jane", {})
    insensitive = house.world.a_pool({"UsernameAttributes": None, "UsernameConfiguration": {"CaseSensitive": False}})
    assert house.directory.create(insensitive, "Jane", {}).username == "jane"
    with pytest.raises(UsernameExists):
        house.directory.create(insensitive, "JANE", {})


def test_disabling_ends_sessions_and_enabling_lets_in_again(house, pool):
    house.a_user(pool)
    client = house.world.a_client(pool)
    assert house.directory.disable(pool, JANE).sessions_valid_after == house.clock.now()
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client)
    house.directory.enable(pool, JANE)
    assert isinstance(house.enter(pool, client), SignedIn)


def test_a_deleted_user_is_gone_and_the_name_free(house, pool):
    house.a_user(pool)
    house.directory.delete(pool, JANE)
    for act in (house.directory.get, house.directory.delete, house.directory.disable, house.directory.confirm):
        with pytest.raises(UserNotFound):
            act(pool, JANE)
    house.a_user(pool, password=OTHER)


def test_confirming_confirms_once_and_verifies_nothing(house, pool):
    client = house.world.a_client(pool)
    house.sign_up.register(pool, client, house.registration(), BROWSER)
    assert house.directory.confirm(pool, JANE).attributes["email_verified"] == "false"
    assert isinstance(house.enter(pool, client), SignedIn)
    with pytest.raises(UserAlreadyConfirmed):
        house.directory.confirm(pool, JANE)


def test_a_temporary_password_cannot_be_reset_only_renewed(house, pool):
    house.directory.create(pool, JANE, {}, temporary_password=PASSWORD)
    with pytest.raises(InvalidParameter):
        house.directory.require_reset(pool, JANE)
    house.directory.set_password(pool, JANE, OTHER, permanent=True)
    assert isinstance(house.enter(pool, house.world.a_client(pool), password=OTHER), SignedIn)


def test_every_change_leaves_its_row(house, pool):
    house.a_user(pool)
    house.directory.disable(pool, JANE)
    house.directory.set_password(pool, JANE, OTHER, permanent=True)
    house.directory.delete(pool, JANE)
    events = [row.event for row in house.audit_rows()]
    assert events == ["directory.create", "directory.disable", "directory.set_password", "directory.delete"]
