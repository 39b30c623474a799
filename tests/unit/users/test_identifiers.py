import pytest

from app.core.kernel.errors import AttributeViolation, InvalidParameter
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


MODES = {
    "plain": {"UsernameAttributes": None},
    "plain, case matters": {"UsernameAttributes": None, "UsernameConfiguration": {"CaseSensitive": True}},
    "aliases": {"UsernameAttributes": None, "AliasAttributes": ALIASES},
    "aliases, case matters": {
        "UsernameAttributes": None,
        "AliasAttributes": ALIASES,
        "UsernameConfiguration": {"CaseSensitive": True},
    },
    "e-mail": {"UsernameAttributes": ["email"]},
    "phone": {"UsernameAttributes": ["phone_number"]},
    "either": {"UsernameAttributes": ["email", "phone_number"], "UsernameConfiguration": {"CaseSensitive": True}},
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ghost@example.com", "Ghost@Example.com"),
        ("ghost@example.com", "ｇhost@example.com "),
        ("+15550101", "+1 555 0101"),
        ("+15550101", "+1-(555)-0101"),
        ("ghost", "GHOST"),
        ("ghost", " ghost"),
        ("00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000A"),
    ],
)
def test_spellings_of_an_unknown_name_are_one_where_they_would_find_one_user(house, mode, one, other):
    """Else the lock of a name would tell whether somebody has it."""
    pool = house.world.a_pool(MODES[mode])
    hasher = house.world.hasher
    named_by = {"username": one}
    if looks_like_email(one):
        named_by["email"], named_by["email_verified"] = one, "true"
    if looks_like_phone(one):
        named_by["phone_number"], named_by["phone_number_verified"] = one, "true"
    known = a_record(pool, **named_by)
    names = set(identifiers_of(pool, known))
    both_find = all(names.intersection(candidates(pool, typed)) for typed in (one, other))
    if both_find:
        assert key_of(hasher, pool, None, one) == key_of(hasher, pool, None, other)


LETTERS, CODED = "jane@bücher.example", "jane@xn--bcher-kva.example"


@pytest.mark.spec("UTS #46")
@pytest.mark.parametrize(
    "typed", [LETTERS, CODED, "Jane@BÜCHER.Example", "jane@bu\u0308cher.example", "JANE@XN--BCHER-KVA.example"]
)
@pytest.mark.parametrize("stored", [LETTERS, CODED])
def test_an_international_domain_is_one_however_it_is_written(house, stored, typed):
    pool, hasher = house.world.a_pool(), house.world.hasher
    held = {i.value for i in identifiers_of(pool, a_record(pool, email=stored)) if i.kind.value == "email"}
    assert held == {LETTERS, CODED}
    assert {value for kind, value in named(pool, typed) if kind == "email"} == held
    assert key_of(hasher, pool, None, typed) == key_of(hasher, pool, None, stored)


@pytest.mark.parametrize("typed", [LETTERS, CODED])
def test_who_registered_before_domains_were_folded_is_still_found_by_what_they_type(house, typed):
    """Of two such people with one address each finds themselves: what is typed is looked for first."""
    assert named(house.world.a_pool(), typed)[0] == ("email", typed)


@pytest.mark.parametrize(
    "address",
    [
        "jane@xn--zz--.example", "jane@xn--a.example", "jane@xn--.example", "jane@a_b.bücher.example", "jane@bücher-.example",
        f"jane@{'ü' * 64}.example", f"jane@{'ü.' * 120}example", "jane@\U0001f4a9\u0301.example",
    ],
)  # fmt: skip
def test_a_domain_that_cannot_be_folded_is_compared_as_it_is_and_nothing_fails(house, address):
    pool = house.world.a_pool()
    held = [i for i in identifiers_of(pool, a_record(pool, email=address)) if i.kind.value == "email"]
    assert len(held) == 1
    assert set(held) <= set(candidates(pool, address)) or not candidates(pool, address)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jane@straße.example", "jane@strasse.example"),
        ("jane@bücher.example", "jane@bucher.example"),
        ("bücher@example.com", "xn--bcher-kva@example.com"),
        ("jane@paypal.example", "jane@p\u0430ypal.example"),
    ],
)
def test_domains_that_only_look_alike_stay_two(house, one, other):
    pool = house.world.a_pool()
    assert not set(named(pool, one)) & set(named(pool, other))


def test_case_is_folded_but_letters_are_not_exchanged(house):
    pool = house.world.a_pool()
    assert named(pool, "Straße@Example.com")[0] == ("email", "straße@example.com")
    assert named(pool, "strasse@example.com")[0] == ("email", "strasse@example.com")
    assert named(pool, "jane@STRASSE.example") != named(pool, "jane@straße.example")


@pytest.mark.parametrize(
    ("kinds", "attribute", "rule"),
    [
        (["email"], "email", "bad_email"),
        (["phone_number"], "phone_number", "bad_phone"),
        (["email", "phone_number"], "username", "bad_address"),
    ],
)
def test_a_name_that_does_not_fit_says_which_rule(house, kinds, attribute, rule):
    with pytest.raises(AttributeViolation) as caught:
        choose_username_attribute(house.world.a_pool({"UsernameAttributes": kinds}), "jane")
    assert (caught.value.attribute, caught.value.rule) == (attribute, rule)
