import threading

import pytest

from app.adapters.system.argon2 import Argon2Hasher
from app.adapters.system.common_passwords import ZxcvbnPasswords
from app.core.factors.password_policy import SYMBOLS, broken_rules
from app.core.kernel.errors import PasswordPolicyViolation, PasswordReused, TooManyRequests
from app.core.kernel.secret import Secret
from app.core.pools.settings import PasswordPolicy
from tests.support.directory import JANE, PASSWORD

POLICY = PasswordPolicy()


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("Correct-Horse-9", ()),
        ("Aa1!aaaa", ()),
        ("Aa1 aaaa", ()),
        ("Aa1!aaa", ("too_short",)),
        ("aa1!aaaa", ("no_uppercase",)),
        ("AA1!AAAA", ("no_lowercase",)),
        ("Aaa!aaaa", ("no_digit",)),
        ("Aa11aaaa", ("no_symbol",)),
        ("Äa1!aaaa"[:1] + "a1!aaaaa", ("no_uppercase",)),
        ("Aa٣!aaaaa", ("no_digit",)),
        ("Aa1§aaaa", ("no_symbol",)),
        ("Aa1aaaaa ", ("no_symbol", "edge_space")),
        (" Aa1!aaaa", ("edge_space",)),
        ("Aa1!aaaa\x00", ("characters",)),
        ("Aa1!aaaa\ud800", ("characters",)),
        ("Aa1!" + "a" * 252, ()),
        ("Aa1!" + "a" * 253, ("too_long",)),
        ("", ("too_short", "no_uppercase", "no_lowercase", "no_digit", "no_symbol")),
    ],
)
@pytest.mark.spec("Cognito: PasswordPolicyType")
def test_each_broken_rule_is_named(password, rules):
    assert broken_rules(POLICY, password) == rules


@pytest.mark.parametrize("symbol", sorted(SYMBOLS))
def test_each_symbol_of_the_list_counts(symbol):
    assert broken_rules(POLICY, f"Aaaa1{symbol}aaa") == ()


def test_a_policy_may_ask_for_nothing_but_length():
    policy = PasswordPolicy(
        minimum_length=6, require_uppercase=False, require_lowercase=False, require_numbers=False, require_symbols=False
    )
    assert broken_rules(policy, "ababab") == ()
    assert broken_rules(policy, "ababa") == ("too_short",)


def test_the_message_names_the_first_rule_and_the_fact_all(house):
    pool = house.world.a_pool()
    with pytest.raises(PasswordPolicyViolation) as caught:
        house.passwords.check(pool, Secret("aaaaaaaa"))
    assert caught.value.rules == ("no_uppercase", "no_digit", "no_symbol")
    assert caught.value.text == "Password did not conform with policy: Password must have uppercase characters"


@pytest.mark.parametrize("password", ["Password1!", "P@ssw0rd", "Sunshine-1", "Iloveyou!9", "Qwerty12!"])
def test_common_passwords_are_refused_where_the_pool_refuses_them(house, password):
    pool = house.world.a_pool(extensions={"refuse_common_passwords": True})
    with pytest.raises(PasswordPolicyViolation) as caught:
        house.passwords.check(pool, Secret(password))
    assert caught.value.rules == ("common",)
    house.passwords.check(house.world.a_pool(), Secret(password))
    house.passwords.check(pool, PASSWORD)


def test_the_list_is_zxcvbns():
    common = ZxcvbnPasswords()
    assert common.contains("password")
    assert common.contains("123456")
    assert not common.contains("correct-horse-9")


def a_pool_that_remembers(house, count):
    return house.world.a_pool({"Policies": {"PasswordPolicy": {"PasswordHistorySize": count}}})


def passwords_taken(house, pool, chosen):
    for text in chosen:
        house.directory.set_password(pool, JANE, Secret(text), permanent=True)


@pytest.mark.spec("Cognito: PasswordHistorySize")
def test_the_history_includes_the_current_password_and_no_more_than_its_size(house):
    pool = a_pool_that_remembers(house, 3)
    house.a_user(pool)
    passwords_taken(house, pool, ["Second-Word-2", "Third-Word-3"])
    for spent in ("Correct-Horse-9", "Second-Word-2", "Third-Word-3"):
        with pytest.raises(PasswordReused):
            passwords_taken(house, pool, [spent])
    passwords_taken(house, pool, ["Fourth-Word-4", "Correct-Horse-9"])


def test_a_history_of_one_is_the_current_password(house):
    pool = a_pool_that_remembers(house, 1)
    house.a_user(pool)
    with pytest.raises(PasswordReused):
        passwords_taken(house, pool, ["Correct-Horse-9"])
    passwords_taken(house, pool, ["Second-Word-2", "Correct-Horse-9"])


def test_without_a_history_nothing_is_remembered(house):
    pool = house.world.a_pool()
    user = house.a_user(pool)
    passwords_taken(house, pool, ["Correct-Horse-9", "Second-Word-2"])
    assert house.world.users.find_password_history(pool.pool_id, user.sub, limit=9) == []


@pytest.mark.parametrize("minimum", [6, 8, 99])
def test_a_generated_password_fits_the_policy(house, minimum):
    pool = house.world.a_pool({"Policies": {"PasswordPolicy": {"MinimumLength": minimum}}})
    drawn = {house.passwords.generate(pool) for _ in range(20)}
    assert len(drawn) == 20
    for password in drawn:
        house.passwords.check(pool, password)


def test_verifying_costs_one_hash_for_anybody(house):
    pool = house.world.a_pool()
    user = house.a_user(pool)
    for who, password in ((user, PASSWORD), (user, Secret("x" * 10_000)), (None, PASSWORD), (None, Secret("\ud800"))):
        house.counts.clear()
        assert house.passwords.verify(who, password) is (who is user and password is PASSWORD)
        assert house.counts["hash"] == 1


def test_two_unicode_forms_are_two_passwords(house):
    pool = house.world.a_pool()
    user = house.a_user(pool, password=Secret("Caf\u00e9-Latte-9"))
    assert house.passwords.verify(user, Secret("Caf\u00e9-Latte-9"))
    assert not house.passwords.verify(user, Secret("Cafe\u0301-Latte-9"))


@pytest.mark.spec("OWASP Password Storage Cheat Sheet: Argon2id")
def test_the_default_profile_is_owasps():
    encoded = Argon2Hasher().hash(PASSWORD).reveal()
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_nothing_matches_nobody_nor_a_broken_hash():
    hasher = Argon2Hasher("test")
    assert not hasher.verify(None, PASSWORD)
    assert not hasher.verify(Secret("not a hash"), PASSWORD)
    assert not hasher.verify(Secret(""), Secret(""))


def test_a_hash_of_another_profile_verifies_and_wants_renewal():
    encoded = Argon2Hasher("test").hash(PASSWORD)
    today = Argon2Hasher("owasp")
    assert today.verify(encoded, PASSWORD)
    assert today.needs_rehash(encoded)
    assert not today.needs_rehash(today.hash(PASSWORD))


def test_beyond_its_queue_the_hasher_refuses_at_once():
    hasher = Argon2Hasher("test", width=1, waiting=1)
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with hasher._slot():
            entered.set()
            leave.wait(5)

    def wait():
        hasher.hash(PASSWORD)

    holder, waiter = threading.Thread(target=hold), threading.Thread(target=wait)
    holder.start()
    entered.wait(5)
    waiter.start()
    while hasher._room._value:
        leave.wait(0.001)
    with pytest.raises(TooManyRequests):
        hasher.hash(PASSWORD)
    leave.set()
    holder.join()
    waiter.join()
    assert hasher.hash(PASSWORD)
