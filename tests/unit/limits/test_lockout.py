import threading

import pytest

from app.core.kernel.errors import AttemptLimitExceeded, LockedOut, TooManyRequests
from app.core.limits.lockout import lock_seconds

MINUTE = 60


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (14, 512), (15, 900), (16, 900), (10**9, 900)],
)
def test_the_lock_doubles_from_the_fifth_failure_to_a_quarter_of_an_hour(failures, seconds):
    assert lock_seconds(failures) == seconds


def guess(house, times=1, who="jane"):
    for _ in range(times):
        house.lockout.check_and_count("pool", who)


def test_the_fifth_guess_is_the_last_for_a_second(house):
    guess(house, 5)
    with pytest.raises(LockedOut):
        guess(house)
    house.clock.advance(seconds=1)
    guess(house)
    house.clock.advance(seconds=1)
    with pytest.raises(LockedOut):
        guess(house)


def test_attempts_while_locked_do_not_lengthen_the_lock(house):
    guess(house, 5)
    for _ in range(50):
        with pytest.raises(LockedOut):
            guess(house)
    house.clock.advance(seconds=1)
    guess(house)


def test_a_success_starts_over(house):
    guess(house, 4)
    house.lockout.clear("pool", "jane")
    guess(house, 5)


def test_fifteen_idle_minutes_start_over(house):
    guess(house, 4)
    house.clock.advance(minutes=15)
    guess(house, 5)


def test_a_second_less_does_not(house):
    guess(house, 4)
    house.clock.advance(seconds=15 * MINUTE - 1)
    guess(house)
    with pytest.raises(LockedOut):
        guess(house)


def test_idle_time_counts_from_the_end_of_a_lock(house):
    for _ in range(14):
        house.clock.advance(minutes=14)
        guess(house)
    house.clock.advance(seconds=512 + 15 * MINUTE - 1)
    guess(house)
    house.clock.advance(seconds=899)
    with pytest.raises(LockedOut):
        guess(house)


def test_users_and_pools_are_locked_apart(house):
    guess(house, 5)
    guess(house, who="joe")
    house.lockout.check_and_count("another pool", "jane")


def test_a_forgiven_guess_was_never_made(house):
    guess(house, 4)
    house.lockout.forgive(house.lockout.check_and_count("pool", "jane"))
    guess(house)


def test_parallel_guesses_are_counted_each(house):
    start = threading.Barrier(16)
    outcomes = []

    def act():
        start.wait()
        try:
            guess(house)
            outcomes.append("counted")
        except LockedOut:
            outcomes.append("locked")

    threads = [threading.Thread(target=act) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("counted") == 5


def test_an_allowance_is_used_up_and_comes_back_with_the_hour(house):
    for _ in range(3):
        house.rates.check("resend", "pool:jane", 3, 3600)
    for _ in range(3):
        with pytest.raises(AttemptLimitExceeded):
            house.rates.check("resend", "pool:jane", 3, 3600)
    house.rates.check("resend", "pool:joe", 3, 3600)
    house.rates.check("confirm", "pool:jane", 3, 3600)
    house.clock.advance(hours=1)
    house.rates.check("resend", "pool:jane", 3, 3600)


def test_an_address_has_twenty_users_worth(house):
    for _ in range(20):
        house.rates.check_address("forgot", "pool", "198.51.100.1", 1)
    with pytest.raises(TooManyRequests):
        house.rates.check_address("forgot", "pool", "198.51.100.1", 1)
    house.rates.check_address("forgot", "pool", "198.51.100.2", 1)


def test_an_unknown_address_is_not_everybodys(house):
    for _ in range(30):
        house.rates.check_address("forgot", "pool", None, 1)
    house.rates.check_failures("sign_in", "pool", None, 1)


def test_asking_for_failures_counts_none(house):
    for _ in range(30):
        house.rates.check_failures("sign_in", "pool", "198.51.100.1", 1)
    for _ in range(20):
        house.rates.count_failure("sign_in", "pool", "198.51.100.1", 60)
    with pytest.raises(TooManyRequests):
        house.rates.check_failures("sign_in", "pool", "198.51.100.1", 1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("::ffff:198.51.100.1", "198.51.100.1", True),
        ("::ffff:198.51.100.1", "::ffff:198.51.100.2", False),
        ("198.51.100.1", "198.51.100.2", False),
        ("no address", "no address", True),
    ],
)
def test_an_ipv6_network_is_one_address(house, one, other, same):
    for _ in range(20):
        house.rates.check_address("forgot", "pool", one, 1)
    if not same:
        house.rates.check_address("forgot", "pool", other, 1)
        return
    with pytest.raises(TooManyRequests):
        house.rates.check_address("forgot", "pool", other, 1)
