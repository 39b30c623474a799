import json
import threading
from dataclasses import replace

import pytest

from app.core.factors.destination import destination_as_typed, mask_email, mask_phone
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
    house.codes.pretend("pool", SIGN_UP, "nobody", {})
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


@pytest.mark.parametrize(
    ("typed", "offered", "masked", "attribute"),
    [
        ("Joe@Mail.example", ["phone_number", "email"], "j***@m***", "email"),
        ("+1 555 555 1212", ["email", "phone_number"], "+*******1212", "phone_number"),
        ("Joe@Mail.example", ["phone_number"], None, "phone_number"),
        ("+15555551212", ["email"], None, "email"),
        ("joe", ["email"], None, "email"),
        ("\ud800", ["phone_number"], None, "phone_number"),
        ("", [], None, "email"),
    ],
)
def test_a_concealed_destination_is_what_was_typed_or_none(typed, offered, masked, attribute):
    told = destination_as_typed(typed, offered)
    assert (told.masked, told.attribute) == (masked, attribute)


def test_a_code_that_comes_while_another_is_taken_is_not_lost(house, code):
    """The store answers the taker with the earlier code; the later one is stored before the taker claims."""
    inner, later = house.world.ephemeral, []

    class Late:
        def __getattr__(self, name):
            return getattr(inner, name)

        def find(self, kind, key):
            found = inner.find(kind, key)
            if not later:
                later.append(None)
                later.append(house.codes.issue("pool", SIGN_UP, "jane", {"later": "yes"}))
            return found

    late = replace(house.codes, ephemeral=Late())
    if True:
        with pytest.raises(CodeMismatch):
            late.take("pool", SIGN_UP, "jane", code)
    assert take(house, later[1]).data == {"later": "yes"}


class TestBrowsers:
    @pytest.fixture
    def codes(self, house):
        return {name: house.codes.issue("pool", SIGN_UP, "jane", {"of": name}, browser=name) for name in ("one", "two")}

    def take(self, house, code, browser):
        return house.codes.take("pool", SIGN_UP, "jane", code, browser=browser)

    def test_each_has_its_own_code(self, house, codes):
        for name, code in codes.items():
            taken = self.take(house, code, name)
            assert (taken.data, taken.own) == ({"of": name}, True)

    def test_one_that_asked_for_a_code_must_know_that_one(self, house, codes):
        if codes["one"] != codes["two"]:
            with pytest.raises(CodeMismatch):
                self.take(house, codes["two"], "one")
        assert self.take(house, codes["two"], "two")

    @pytest.mark.parametrize("browser", ["elsewhere", None])
    def test_elsewhere_any_of_them_is_right(self, house, codes, browser):
        taken = self.take(house, codes["one"], browser)
        assert (taken.data, taken.own) == ({"of": "one"}, False)

    def test_strangers_spend_two_tries_and_the_owner_has_three_left(self, house, codes):
        outcomes = []
        for name in "abcd":
            with pytest.raises((CodeMismatch, CodeExpired)) as caught:
                self.take(house, Secret("x"), name)
            outcomes.append(caught.type)
        assert outcomes == [CodeMismatch] * 2 + [CodeExpired] * 2
        for _ in range(2):
            with pytest.raises(CodeMismatch):
                self.take(house, Secret("x"), "one")
        assert self.take(house, codes["one"], "one")

    def test_no_code_has_more_than_five_tries_from_everywhere(self, house, codes):
        for name in ["stranger"] * 2 + ["one"] * 3:
            with pytest.raises(CodeMismatch):
                self.take(house, Secret("x"), name)
        with pytest.raises(CodeExpired):
            self.take(house, codes["one"], "one")
        assert self.take(house, codes["two"], "two")

    def test_asking_again_kills_only_its_own(self, house, codes):
        again = house.codes.issue("pool", SIGN_UP, "jane", {}, browser="one")
        if again != codes["one"]:
            with pytest.raises(CodeMismatch):
                self.take(house, codes["one"], "one")
        assert self.take(house, codes["two"], "two")

    def test_there_are_never_more_than_eight_and_the_first_ones_stay(self, house, codes):
        for n in range(20):
            last = house.codes.issue("pool", SIGN_UP, "jane", {"of": "others"}, browser=f"more-{n}")
        assert len(json.loads(house.world.ephemeral.find("code", "pool:sign_up:jane"))["rows"]) == 8
        house.codes.restore(self.take(house, codes["one"], "one"))
        taken = self.take(house, last, "more-19")
        assert (taken.data, taken.own) == ({"of": "others"}, False)

    def test_asking_again_takes_no_other_place(self, house, codes):
        for _ in range(20):
            house.codes.issue("pool", SIGN_UP, "jane", {}, browser="more")
            house.codes.issue("pool", SIGN_UP, "jane", {}, browser=None)
        assert len(json.loads(house.world.ephemeral.find("code", "pool:sign_up:jane"))["rows"]) == 4

    def test_what_stands_with_the_owner_outlives_the_codes(self, house, codes):
        house.codes.issue("pool", SIGN_UP, "jane", {}, standing={"contested": "yes"})
        house.clock.advance(days=29)
        code = house.codes.issue("pool", SIGN_UP, "jane", {}, standing={"given": "[]"})
        house.clock.advance(days=29)
        again = house.codes.issue("pool", SIGN_UP, "jane", {})
        with pytest.raises((CodeExpired, CodeMismatch)):
            self.take(house, Secret("x") if again == code else code, "one")
        assert self.take(house, again, "one").standing == {"contested": "yes", "given": "[]"}

    @pytest.mark.parametrize("end", ["bury", "thirty days"])
    def test_what_stands_with_the_owner_ends(self, house, codes, end):
        code = house.codes.issue("pool", SIGN_UP, "jane", {}, standing={"contested": "yes"})
        if end == "bury":
            house.codes.bury(self.take(house, code, None))
        else:
            house.clock.advance(days=30)
        assert house.codes.find_asked("pool", SIGN_UP, "jane", None).standing == {}

    def test_wrong_and_refused_tries_leave_what_stands_with_the_owner(self, house, codes):
        code = house.codes.issue("pool", SIGN_UP, "jane", {}, standing={"contested": "yes"})
        with pytest.raises(CodeMismatch):
            self.take(house, wrong(code), None)
        house.codes.restore(self.take(house, code, None))
        assert self.take(house, code, None).standing == {"contested": "yes"}

    def test_a_spent_code_takes_the_others_with_it(self, house, codes):
        house.codes.bury(self.take(house, codes["one"], "one"))
        with pytest.raises(CodeExpired):
            self.take(house, codes["two"], "two")
