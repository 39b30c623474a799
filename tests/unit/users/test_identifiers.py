import pytest

from app.core.kernel.errors import InvalidParameter
from app.core.users.identifiers import (
    candidates,
    check_username,
    choose_username_attribute,
    identifiers_of,
    key_of,
    looks_like_email,
    looks_like_phone,
)
from app.core.users.model import User, UserStatus

ALIASES = ["email", "phone_number", "preferred_username"]


def plain(house, **settings):
    return house.world.a_pool({"UsernameAttributes": None, **settings})


def named(pool, typed):
    return [(c.kind.value, c.value) for c in candidates(pool, typed)]


def a_record(pool, username="jane", **attributes):
    return User(
        pool_id=pool.pool_id,
        sub="00000000-0000-4000-8000-000000000001",
        username=username,
        status=UserStatus.CONFIRMED,
        attributes=attributes,
        created_at=0,
        updated_at=0,
    )


def held(pool, user):
    return sorted((i.kind.value, i.value) for i in identifiers_of(pool, user))


def test_a_plain_name_is_only_a_username(house):
    assert named(plain(house), "jane@example.com") == [("username", "jane@example.com")]


def test_case_matters_where_the_pool_says_so(house):
    insensitive = plain(house, UsernameConfiguration={"CaseSensitive": False})
    sensitive = plain(house, UsernameConfiguration={"CaseSensitive": True})
    assert named(insensitive, "JANE") == [("username", "jane")]
    assert named(sensitive, "JANE") == [("username", "JANE")]


def test_an_address_never_differs_by_case(house):
    pool = plain(house, AliasAttributes=["email"], UsernameConfiguration={"CaseSensitive": True})
    assert ("email", "jane@example.com") in named(pool, "JANE@Example.COM")


def test_an_alias_pool_tries_the_username_first(house):
    pool = plain(house, AliasAttributes=ALIASES)
    assert [kind for kind, _ in named(pool, "jane@example.com")] == ["username", "email", "preferred_username"]
    assert [kind for kind, _ in named(pool, "+1 (555) 000-1212")] == ["username", "phone_number", "preferred_username"]


def test_where_an_address_is_the_username_nothing_else_is_but_the_sub(house):
    pool = house.world.a_pool()
    assert named(pool, "Jane@Example.com") == [("email", "jane@example.com"), ("username", "jane@example.com")]
    assert named(pool, "+15550001212") == [("username", "+15550001212")]


@pytest.mark.parametrize("typed", ["", "  ", "\x00", "a\x00b", "\ud800", "x" * 321, "\n\n", "ﷺ" * 300])
def test_what_nobody_can_be_called_means_nobody(house, typed):
    assert named(plain(house, AliasAttributes=ALIASES), typed) == []


@pytest.mark.parametrize(
    "look_alike", ["ｊane@example.com", "jane＠example.com", "JANE@EXAMPLE.COM ", "\u2003jane@example.com"]
)
def test_look_alike_encodings_are_one_address(house, look_alike):
    pool = house.world.a_pool()
    assert named(pool, look_alike)[0] == ("email", "jane@example.com")


@pytest.mark.parametrize(
    "text",
    ["", "jane", "@example.com", "jane@", "jane@example", "a b@example.com", "a@b@example.com", "a@.com", "a@b..c",
     "a@example.com\n", "<a@example.com>", "a,b@example.com", '"a"@example.com', "a;b@example.com",
     "ja\u200bne@example.com", "a\x00@example.com", "a@example.com\u202e", "a@" + "x" * 320 + ".com", "jane＠example.com", "x" * 65 + "@example.com"],
)  # fmt: skip
def test_what_is_no_address(text):
    assert not looks_like_email(text)


@pytest.mark.parametrize(
    "text", ["", "+", "15550001212", "+1555000121x", "+1 555", "+1234567890123456", "+٣٣٣٣٣", "+123\n"]
)
def test_what_is_no_number(text):
    assert not looks_like_phone(text)


def test_an_alias_is_held_only_when_verified(house):
    pool = plain(house, AliasAttributes=ALIASES)
    unverified = a_record(pool, email="jane@example.com", phone_number="+15550001212", email_verified="false")
    assert [kind for kind, _ in held(pool, unverified)] == ["username", "username"]
    verified = unverified.with_attributes({"email_verified": "true", "preferred_username": "Jay"})
    assert ("email", "jane@example.com") in held(pool, verified)
    assert ("preferred_username", "jay") in held(pool, verified)
    assert ("phone_number", "+15550001212") not in held(pool, verified)


def test_a_username_attribute_is_held_unverified_too(house):
    pool = house.world.a_pool()
    assert ("email", "jane@example.com") in held(pool, a_record(pool, email="Jane@Example.com"))


def test_a_sub_is_held_as_a_username(house):
    pool = plain(house)
    user = a_record(pool)
    assert held(pool, user) == [("username", user.sub), ("username", "jane")]


def test_an_address_that_is_too_long_in_its_comparison_form_is_refused(house):
    pool = house.world.a_pool()
    with pytest.raises(InvalidParameter):
        identifiers_of(pool, a_record(pool, email="a@" + "ﷺ" * 100 + ".com"))


@pytest.mark.parametrize(
    "username", ["", "a b", "x" * 129, "a\tb", "a\x00", "\ud800", "a\u200bb", "a\u00a0b", "\ue000", "İ" * 65]
)
def test_a_username_of_other_characters_is_refused(house, username):
    with pytest.raises(InvalidParameter):
        check_username(plain(house), username)


@pytest.mark.parametrize("username", ["jane", "JANE", "josé", "日本", "a+b_c.d-e", "💡", "x" * 128, "jane@example.com"])
def test_a_username_may_be_letters_marks_symbols_numbers_punctuation(house, username):
    check_username(plain(house), username)


@pytest.mark.parametrize(
    ("alias", "username", "words"),
    [
        ("email", "jane@example.com", "Username cannot be of email format"),
        ("email", "jane＠example.com", "Username cannot be of email format"),
        ("phone_number", "+15550001212", "Username cannot be of phone number format"),
    ],
)
def test_a_username_may_not_look_like_an_alias(house, alias, username, words):
    with pytest.raises(InvalidParameter, match=words):
        check_username(plain(house, AliasAttributes=[alias]), username)


@pytest.mark.parametrize(
    ("kinds", "submitted", "words"),
    [
        (["email"], "jane", "Username should be an email."),
        (["email"], "+15550001212", "Username should be an email."),
        (["phone_number"], "jane@example.com", "Username should be a phone number."),
        (["email", "phone_number"], "jane", "Username should be either an email or a phone number."),
    ],
)
def test_a_name_that_is_not_the_pools_attribute_is_refused(house, kinds, submitted, words):
    with pytest.raises(InvalidParameter, match=words):
        choose_username_attribute(house.world.a_pool({"UsernameAttributes": kinds}), submitted)


def test_forms_of_an_unknown_name_share_one_key_and_pools_do_not(house):
    pool, other = house.world.a_pool(), house.world.a_pool()
    hasher = house.world.hasher
    key = key_of(hasher, pool, None, "nobody@example.com")
    assert key == key_of(hasher, pool, None, " NOBODY@example.com")
    assert key != key_of(hasher, other, None, "nobody@example.com")
    assert "nobody" not in key
    assert len(key_of(hasher, pool, None, "\ud800" * 100_000)) < 64
