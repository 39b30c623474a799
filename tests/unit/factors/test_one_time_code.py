import threading

import pytest

from app.core.factors.destination import mask_email, mask_phone, pretend_destination
from app.core.factors.one_time_code import FORGOT_PASSWORD, SIGN_UP
from app.core.kernel.errors import CodeExpired, CodeMismatch
from app.core.kernel.secret import Secret


def wrong(code):
    return Secret("000000" if code.reveal() != "000000" else "111111")


@pytest.fixture
def code(house):
    return house.codes.issue("pool", SIGN_UP, "jane", {"attribute": "email"})


def take(house, code, *, pool="pool", purpose=SIGN_UP, owner="jane"):
    return house.codes.take(pool, purpose, owner, code)


def test_a_code_is_six_digits_and_works_once(house, code):
    assert len(code.reveal()) == 6
    assert code.reveal().isdecimal()
    assert take(house, code).data == {"attribute": "email"}
    with pytest.raises(CodeExpired):
        take(house, code)


def test_the_code_is_not_in_the_store(house):
    codes = [house.codes.issue("pool", SIGN_UP, str(n), {}) for n in range(20)]
    with house.world.database.connection() as connection:
        values = connection.exec_driver_sql("SELECT value FROM ephemeral").scalars().all()
    assert len(values) == 20
    assert not any(f'"{code.reveal()}"' in value for code in codes for value in values)


def test_five_wrong_tries_kill_it(house, code):
    for _ in range(5):
        with pytest.raises(CodeMismatch):
            take(house, wrong(code))
    with pytest.raises(CodeExpired):
        take(house, code)


def test_the_fifth_try_may_be_right(house, code):
    for _ in range(4):
        with pytest.raises(CodeMismatch):
            take(house, wrong(code))
    assert take(house, code)


@pytest.mark.parametrize("text", ["", " ", "abcdef", "\x00", "\ud800", "１２３４５６", "-1", "1" * 10_000])
def test_what_is_no_code_is_a_wrong_one(house, code, text):
    with pytest.raises(CodeMismatch):
        take(house, Secret(text))


def test_spaces_around_and_inside_are_forgiven(house, code):
    digits = code.reveal()
    assert take(house, Secret(f" {digits[:3]} {digits[3:]} "))


def test_a_newer_code_kills_the_older(house, code):
    newer = house.codes.issue("pool", SIGN_UP, "jane", {})
    if newer != code:
        with pytest.raises(CodeMismatch):
            take(house, code)
    assert take(house, newer)


def test_a_code_is_of_one_pool_purpose_and_owner(house, code):
    house.codes.issue("pool", FORGOT_PASSWORD, "jane", {})
    house.codes.issue("pool", SIGN_UP, "joe", {})
    with pytest.raises(CodeExpired):
        take(house, code, pool="another")
    for other in ({"purpose": FORGOT_PASSWORD}, {"owner": "joe"}):
        with pytest.raises(CodeMismatch):
            take(house, code, **other)


@pytest.mark.parametrize(("purpose", "hours"), [(SIGN_UP, 24), (FORGOT_PASSWORD, 1)])
def test_a_code_expires(house, purpose, hours):
    early = house.codes.issue("pool", purpose, "early", {})
    late = house.codes.issue("pool", purpose, "late", {})
    house.clock.advance(seconds=hours * 3600 - 1)
    assert take(house, early, purpose=purpose, owner="early")
    house.clock.advance(seconds=1)
    with pytest.raises(CodeExpired):
        take(house, late, purpose=purpose, owner="late")


def test_wrong_tries_do_not_lengthen_its_life(house, code):
    house.clock.advance(hours=23)
    with pytest.raises(CodeMismatch):
        take(house, wrong(code))
    house.clock.advance(hours=1)
    with pytest.raises(CodeExpired):
        take(house, code)


def test_a_restored_code_works_again_and_costs_no_try(house, code):
    for _ in range(7):
        house.codes.restore(take(house, code))
    assert take(house, code)


def test_a_restored_code_never_replaces_a_newer_one(house, code):
    taken = take(house, code)
    newer = house.codes.issue("pool", SIGN_UP, "jane", {"newer": "yes"})
    house.codes.restore(taken)
    assert take(house, newer).data == {"newer": "yes"}


def test_a_pretended_code_is_wrong_five_times_and_then_expired(house):
    house.codes.pretend("pool", SIGN_UP, "nobody", {}, keep=False)
    outcomes = []
    for n in range(7):
        with pytest.raises((CodeMismatch, CodeExpired)) as caught:
            take(house, Secret(f"77777{n}"), owner="nobody")
        outcomes.append(caught.type)
    assert outcomes == [CodeMismatch] * 5 + [CodeExpired] * 2


def test_parallel_guesses_get_five_tries_and_the_right_code_one_taker(house, code):
    start = threading.Barrier(16)
    outcomes = []

    def act(guess):
        start.wait()
        try:
            take(house, guess)
            outcomes.append("taken")
        except (CodeMismatch, CodeExpired) as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=act, args=(code if n % 4 == 0 else wrong(code),)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("taken") <= 1
    assert outcomes.count("CodeMismatch") <= 5


@pytest.mark.parametrize(
    ("address", "masked"),
    [("jane@example.com", "j***@e***"), ("JANE@Example.com", "j***@e***"), ("j@e.de", "j***@e***")],
)
def test_an_address_is_masked(address, masked):
    assert mask_email(address) == masked


def test_a_number_is_masked_to_one_width():
    assert mask_phone("+15555551212") == mask_phone("+4915551212") == "+*******1212"


def test_a_pretended_destination_is_the_same_each_time_and_tells_the_typed_address_only(house):
    pool = house.world.a_pool()
    hasher = house.world.hasher
    assert pretend_destination(hasher, pool, "Joe@Mail.example", ["email"]).masked == "j***@m***"
    assert pretend_destination(hasher, pool, "+15555551212", ["email"]).masked == "+*******1212"
    first = pretend_destination(hasher, pool, "joe", ["email"])
    assert first == pretend_destination(hasher, pool, "joe", ["email"])
    assert len(first.masked) == len("j***@e***")
    assert pretend_destination(hasher, pool, "\ud800", ["phone_number"]).masked.startswith("+*******")
