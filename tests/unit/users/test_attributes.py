import pytest

from app.core.kernel.errors import AttributeViolation, UnauthorizedAttribute
from app.core.users.attributes import (
    change,
    check_client_writes,
    check_new,
    check_required,
    readable_by,
    writable_by,
)
from tests.support.directory import JANE

SCHEMA = [
    {"Name": "name", "Required": True, "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "10"}},
    {"Name": "custom:plan", "AttributeDataType": "String", "Mutable": False},
    {"Name": "custom:age", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "0", "MaxValue": "150"}},
    {"Name": "custom:vip", "AttributeDataType": "Boolean"},
    {"Name": "custom:since", "AttributeDataType": "DateTime"},
    {"Name": "dev:custom:score", "AttributeDataType": "Number", "DeveloperOnlyAttribute": True},
]  # fmt: skip


@pytest.fixture
def pool(house):
    return house.world.a_pool({"SchemaAttributes": SCHEMA})


@pytest.fixture
def user(house, pool):
    attributes = {"name": "Jane", "email_verified": "true", "custom:plan": "gold"}
    return house.directory.create(pool, JANE, attributes)


@pytest.mark.parametrize(
    ("name", "value", "rule", "bound"),
    [
        ("name", "J", "too_short", 2),
        ("name", "Jane-Elizabeth", "too_long", 10),
        ("birthdate", "2000-1-1", "too_short", 10),
        ("birthdate", "2000-01-011", "too_long", 10),
        ("nickname", "x" * 2049, "too_long", 2048),
        ("nickname", "é" * 1025, "too_long", 2048),
        ("nickname", "a\x00b", "characters", None),
        ("nickname", "\x00" * 1_000_000, "too_long", 2048),
        ("nickname", "a\nb", "characters", None),
        ("nickname", "a\x1b[0m", "characters", None),
        ("nickname", "\ud800", "characters", None),
        ("email", "jane", "bad_email", None),
        ("email", "Jane <jane@example.com>", "bad_email", None),
        ("phone_number", "5550001212", "bad_phone", None),
        ("phone_number", "+1 555 000 1212", "bad_phone", None),
        ("updated_at", "yesterday", "not_a_number", None),
        ("updated_at", "-1", "too_small", 0),
        ("custom:age", "151", "too_large", 150),
        ("custom:age", "1.5", "not_a_number", None),
        ("custom:age", "1" * 2000, "not_a_number", None),
        ("custom:age", "٣", "not_a_number", None),
        ("custom:vip", "yes", "not_a_boolean", None),
        ("custom:vip", "True", "not_a_boolean", None),
        ("custom:since", "soon", "not_a_datetime", None),
        ("email_verified", "1", "not_a_boolean", None),
        ("custom:unheard", "x", "unknown", None),
        ("Email", "jane@example.com", "unknown", None),
        ("identities", "[]", "unknown", None),
    ],
)
@pytest.mark.spec("Cognito: SchemaAttributeType")
def test_a_value_outside_its_schema_is_refused(pool, name, value, rule, bound):
    with pytest.raises(AttributeViolation) as caught:
        check_new(pool, {name: value})
    assert (caught.value.rule, caught.value.bound) == (rule, bound)
    assert "\x00" not in caught.value.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "Jo"),
        ("birthdate", "2000-01-01"),
        ("nickname", "x" * 2048),
        ("address", '{"formatted": "1 Road"}'),
        ("custom:age", "150"),
        ("custom:vip", "false"),
        ("custom:since", "2030-03-17T17:46:40Z"),
        ("updated_at", "1900000000"),
        ("phone_number", "+15550001212"),
        ("dev:custom:score", "7"),
    ],
)
def test_a_value_within_its_schema_is_taken(pool, name, value):
    check_new(pool, {name: value})


@pytest.mark.parametrize("given", [{}, {"name": ""}, {"nickname": "J"}])
def test_what_is_required_must_be_there(pool, given):
    with pytest.raises(
        AttributeViolation, match="Attributes did not conform to the schema: name: The attribute is required"
    ):
        check_required(pool, given)


@pytest.mark.parametrize(
    "name",
    ["sub", "email_verified", "phone_number_verified", "custom:plan", "dev:custom:score", "identities", "Name", ""],
)
def test_a_client_without_a_list_writes_standard_attributes_only(house, pool, name):
    with pytest.raises(UnauthorizedAttribute):
        check_client_writes(house.world.a_client(pool), [name])


@pytest.mark.parametrize("name", ["sub", "email_verified", "phone_number_verified", "dev:custom:score"])
def test_no_list_makes_a_client_write_what_is_the_servers(house, pool, name):
    client = house.world.a_client(pool, {"WriteAttributes": [name, "custom:plan"]})
    assert writable_by(client) == {"custom:plan"}
    with pytest.raises(UnauthorizedAttribute):
        check_client_writes(client, [name])


def test_an_explicit_list_is_the_whole_list(house, pool):
    client = house.world.a_client(pool, {"WriteAttributes": ["name"]})
    with pytest.raises(UnauthorizedAttribute):
        check_client_writes(client, ["name", "nickname"])
    check_client_writes(client, ["name"])


def test_custom_attributes_are_read_only_where_listed(house, pool, user):
    default = readable_by(house.world.a_client(pool), user)
    assert "custom:plan" not in default
    assert default["email_verified"] == "true"
    listed = readable_by(house.world.a_client(pool, {"ReadAttributes": ["custom:plan"]}), user)
    assert listed == {"sub": user.sub, "custom:plan": "gold"}


@pytest.mark.parametrize("name", ["sub", "custom:plan"])
def test_what_is_immutable_is_not_changed_nor_removed(pool, user, name):
    for value in ("other", ""):
        with pytest.raises(AttributeViolation, match=f"user.{name}: Attribute cannot be updated."):
            change(pool, user, {name: value})


@pytest.mark.parametrize("name", ["name", "email"])
def test_what_is_required_or_signs_in_is_not_removed(pool, user, name):
    with pytest.raises(AttributeViolation) as caught:
        change(pool, user, {name: ""})
    assert caught.value.rule == "required"


def test_an_empty_value_removes(pool, user):
    with_nickname = change(pool, user, {"nickname": "J"})
    assert "nickname" not in change(pool, with_nickname, {"nickname": ""}).attributes


def test_a_changed_address_is_unverified(pool, user):
    assert change(pool, user, {"email": "new@example.com"}).attributes["email_verified"] == "false"
    assert change(pool, user, {"email": JANE}).attributes["email_verified"] == "true"


def test_a_removed_number_takes_its_verification_along(pool, user):
    with_phone = change(pool, user, {"phone_number": "+15550001212", "phone_number_verified": "true"})
    removed = change(pool, with_phone, {"phone_number": ""})
    assert not {"phone_number", "phone_number_verified"} & set(removed.attributes)


def test_an_administrator_may_verify_in_the_same_change(pool, user):
    changed = change(pool, user, {"email": "new@example.com", "email_verified": "true"})
    assert changed.is_verified("email")


def test_a_preferred_username_may_not_look_like_an_alias(house):
    pool = house.world.a_pool({"UsernameAttributes": None, "AliasAttributes": ["email", "preferred_username"]})
    user = house.directory.create(pool, "jane", {})
    with pytest.raises(Exception, match="preferred_username cannot be of email format"):
        change(pool, user, {"preferred_username": "joe@example.com"})
