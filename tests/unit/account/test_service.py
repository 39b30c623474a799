import pytest

from app.core.kernel.errors import (
    AttemptLimitExceeded,
    IncorrectCredentials,
    LockedOut,
    PasswordPolicyViolation,
    PasswordReused,
    UserDisabled,
)
from app.core.kernel.secret import Secret
from app.core.sign_in.model import SignedIn
from tests.support.directory import BROWSER, JANE, OTHER, PASSWORD


@pytest.fixture
def pool(house):
    return house.world.a_pool({"Policies": {"PasswordPolicy": {"PasswordHistorySize": 2}}})


@pytest.fixture
def client(house, pool):
    return house.world.a_client(pool)


@pytest.fixture
def user(house, pool):
    return house.a_user(pool)


@pytest.fixture
def change(house, pool, client, user):
    def act(old=PASSWORD, new=OTHER):
        return house.account.change_password(pool, client, user, old, new, BROWSER)

    return act


@pytest.mark.spec("Cognito: ChangePassword")
def test_the_old_password_gives_way_to_the_new(house, pool, client, change):
    change()
    assert isinstance(house.enter(pool, client, password=OTHER), SignedIn)
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client)


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        (OTHER, Secret("Third-Word-33"), IncorrectCredentials),
        (Secret(""), OTHER, IncorrectCredentials),
        (PASSWORD, Secret("weak"), PasswordPolicyViolation),
        (PASSWORD, PASSWORD, PasswordReused),
        (PASSWORD, Secret("x" * 10_000), PasswordPolicyViolation),
    ],
)
def test_what_does_not_fit_changes_nothing(house, pool, client, change, old, new, refusal):
    with pytest.raises(refusal):
        change(old, new)
    assert house.last_audit() == ("account.change_password", refusal.__name__)
    assert isinstance(house.enter(pool, client), SignedIn)


def test_a_stolen_session_is_no_way_around_the_lockout(house, pool, client, change):
    for _ in range(4):
        with pytest.raises(IncorrectCredentials):
            house.enter(pool, client, password=OTHER)
    with pytest.raises(IncorrectCredentials):
        change(Secret("Guess-Number-5"))
    with pytest.raises(LockedOut):
        change()


def test_changes_are_limited_by_the_hour(house, change):
    for _ in range(5):
        with pytest.raises(IncorrectCredentials):
            change(Secret("Guess-Number-5"))
        house.clock.advance(minutes=1)
    with pytest.raises(AttemptLimitExceeded):
        change()


def test_a_disabled_user_changes_nothing(house, pool, change):
    house.directory.disable(pool, JANE)
    with pytest.raises(UserDisabled):
        change()


def test_who_has_only_a_temporary_password_takes_the_challenge_instead(house, pool, change):
    house.directory.set_password(pool, JANE, OTHER, permanent=False)
    with pytest.raises(IncorrectCredentials):
        change(OTHER, Secret("Third-Word-33"))


def test_the_history_holds_here_too(change):
    change()
    with pytest.raises(PasswordReused):
        change(OTHER, PASSWORD)
