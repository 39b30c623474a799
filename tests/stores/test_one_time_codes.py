import threading

import pytest

from app.core.factors.one_time_code import SIGN_UP, AskedCodes, OneTimeCodes
from app.core.kernel.errors import CodeExpired, CodeMismatch
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret


@pytest.fixture
def codes(short):
    return OneTimeCodes(ephemeral=short.store, clock=short.clock, hasher=Hasher(bytes(32)))


def test_a_code_stands_with_the_registration_of_its_browser(codes):
    first = codes.issue("pool", SIGN_UP, "jane", {"registration": "one"}, browser="one")
    codes.issue("pool", SIGN_UP, "jane", {"registration": "two"}, browser="two", standing={"contested": "yes"})
    taken = codes.take("pool", SIGN_UP, "jane", first, browser="one")
    assert (taken.data, taken.own, taken.standing) == ({"registration": "one"}, True, {"contested": "yes"})
    codes.bury(taken)
    assert codes.was_spent("pool", SIGN_UP, "jane", first)
    assert codes.find_asked("pool", SIGN_UP, "jane", "two") == AskedCodes(own=None, newest=None, standing={})


def test_what_stands_with_the_owner_outlives_the_codes(codes, short):
    codes.issue("pool", SIGN_UP, "jane", {}, standing={"contested": "yes"})
    short.clock.advance(days=25)
    asked = codes.find_asked("pool", SIGN_UP, "jane", None)
    assert asked == AskedCodes(own=None, newest=None, standing={"contested": "yes"})


def test_a_code_that_was_the_last_one_can_be_restored(codes, short):
    code = codes.issue("pool", SIGN_UP, "jane", {})
    taken = codes.take("pool", SIGN_UP, "jane", code)
    with pytest.raises(CodeExpired):
        codes.take("pool", SIGN_UP, "jane", code)
    short.clock.advance(minutes=5)
    codes.restore(taken)
    assert codes.take("pool", SIGN_UP, "jane", code)


def test_parallel_requests_lose_no_code_and_parallel_guesses_win_no_try(codes):
    start = threading.Barrier(4)
    issued, outcomes = {}, []

    def act(name):
        start.wait()
        issued[name] = codes.issue("pool", SIGN_UP, "jane", {"of": name}, browser=name)
        start.wait()
        for _ in range(3):
            try:
                codes.take("pool", SIGN_UP, "jane", Secret("x"), browser="stranger")
            except (CodeMismatch, CodeExpired) as error:
                outcomes.append(type(error))

    threads = [threading.Thread(target=act, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(CodeMismatch) == 2
    for name, code in issued.items():
        assert codes.take("pool", SIGN_UP, "jane", code, browser=name).data == {"of": name}
