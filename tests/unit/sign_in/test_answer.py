import threading

import pytest

from app.core.kernel.errors import (
    AliasExists,
    AttributeViolation,
    IncorrectCredentials,
    InvalidParameter,
    PasswordPolicyViolation,
    PasswordReused,
    SessionExpired,
    SessionUsed,
    UnauthorizedAttribute,
    UserDisabled,
)
from app.core.kernel.secret import Secret
from app.core.sign_in.model import Challenge, NewPassword, SignedIn
from app.core.users.model import UserStatus
from tests.support.directory import BROWSER, JANE, OTHER, PASSWORD, STRANGER

NEW = Secret("Fresh-Start-2030!")


@pytest.fixture
def pool(house):
    schema = [{"Name": "name", "Required": True}]
    policy = {"PasswordPolicy": {"PasswordHistorySize": 3}}
    return house.world.a_pool({"SchemaAttributes": schema, "Policies": policy})


@pytest.fixture
def client(house, pool):
    return house.world.a_client(pool)


@pytest.fixture
def challenge(house, pool, client):
    house.directory.create(pool, JANE, {"email_verified": "true"}, temporary_password=PASSWORD)
    return house.enter(pool, client)


def an_answer(password=NEW, **attributes):
    return NewPassword(password=password, attributes=attributes or {"name": "Jane"})


@pytest.fixture
def answer(house, pool, client, challenge):
    def act(given=None, caller=BROWSER, session=None, by=client):
        return house.sign_in.answer(pool, by, session or challenge.session, given or an_answer(), caller)

    return act


@pytest.mark.spec("Cognito: NEW_PASSWORD_REQUIRED")
def test_a_temporary_password_is_changed_before_anybody_is_signed_in(house, pool, client, challenge, answer):
    assert isinstance(challenge, Challenge)
    assert (challenge.step, challenge.missing_attributes) == ("NEW_PASSWORD_REQUIRED", ("name",))
    assert challenge.reason == "temporary"
    signed_in = answer()
    assert isinstance(signed_in, SignedIn)
    assert (signed_in.user.status, signed_in.user.attributes["name"]) == (UserStatus.CONFIRMED, "Jane")
    assert isinstance(house.enter(pool, client, password=NEW), SignedIn)
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client)


def test_a_session_works_once(answer):
    answer()
    with pytest.raises(SessionUsed):
        answer()


def test_a_made_up_session_is_refused(answer):
    for made_up in ("x", "\ud800", "a" * 10_000, "é"):
        with pytest.raises(SessionExpired):
            answer(session=Secret(made_up))


def test_a_session_expires(house, answer):
    house.clock.advance(minutes=3)
    with pytest.raises(SessionExpired):
        answer()


def test_a_session_of_another_browser_is_refused_and_not_consumed(answer):
    with pytest.raises(SessionExpired):
        answer(caller=STRANGER)
    assert isinstance(answer(), SignedIn)


def test_a_session_of_another_client_is_refused_and_not_consumed(house, pool, answer):
    with pytest.raises(SessionExpired):
        answer(by=house.world.a_client(pool))
    assert isinstance(answer(), SignedIn)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        (an_answer(Secret("weak")), PasswordPolicyViolation),
        (an_answer(PASSWORD), PasswordReused),
        (an_answer(nickname="J"), InvalidParameter),
        (an_answer(name="Jane", sub="another"), UnauthorizedAttribute),
        (an_answer(name="Jane", email_verified="true"), UnauthorizedAttribute),
        (an_answer(name="Jane", **{"custom:role": "admin"}), UnauthorizedAttribute),
        (an_answer(name="Jane", birthdate="1.1.2000"), AttributeViolation),
        (an_answer(name="\x00"), AttributeViolation),
    ],
)
def test_what_can_be_mended_leaves_the_session_usable(answer, given, refusal):
    with pytest.raises(refusal):
        answer(given)
    assert isinstance(answer(), SignedIn)


def test_a_required_attribute_that_is_there_is_not_replaced(house, pool, client):
    house.directory.create(pool, "joe@example.com", {"name": "Joe"}, temporary_password=PASSWORD)
    challenge = house.enter(pool, client, "joe@example.com")
    with pytest.raises(InvalidParameter, match="Cannot modify an already provided name"):
        house.sign_in.answer(pool, client, challenge.session, an_answer(name="Eve"), BROWSER)


def test_a_user_disabled_meanwhile_is_refused(house, pool, answer):
    house.directory.disable(pool, JANE)
    with pytest.raises(UserDisabled):
        answer()


def test_a_password_set_meanwhile_ends_the_attempt(house, pool, answer):
    house.directory.set_password(pool, JANE, OTHER, permanent=False)
    with pytest.raises(SessionExpired):
        answer()


def test_a_user_deleted_meanwhile_is_refused(house, pool, answer):
    house.directory.delete(pool, JANE)
    with pytest.raises(IncorrectCredentials):
        answer()


def test_an_address_of_another_user_is_not_taken(house, client):
    pool = house.world.a_pool({"UsernameAttributes": ["email", "phone_number"]})
    client = house.world.a_client(pool)
    house.directory.create(pool, "+15550001212", {}, permanent_password=PASSWORD)
    house.directory.create(pool, JANE, {}, temporary_password=PASSWORD)
    challenge = house.enter(pool, client)
    with pytest.raises(AliasExists):
        house.sign_in.answer(pool, client, challenge.session, an_answer(phone_number="+15550001212"), BROWSER)


def test_of_parallel_answers_one_goes_on(house, answer):
    outcomes = []
    start = threading.Barrier(8)

    def act():
        start.wait()
        try:
            outcomes.append(type(answer()).__name__)
        except SessionUsed:
            outcomes.append("SessionUsed")

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["SessionUsed"] * 7 + ["SignedIn"]


def test_an_expired_password_must_be_replaced_by_another(house):
    pool = house.world.a_pool(extensions={"password_expires_days": 90})
    client = house.world.a_client(pool)
    house.a_user(pool)
    house.clock.advance(days=90)
    challenge = house.enter(pool, client)
    assert (challenge.step, challenge.reason) == ("NEW_PASSWORD_REQUIRED", "expired")
    with pytest.raises(PasswordReused):
        house.sign_in.answer(pool, client, challenge.session, NewPassword(password=PASSWORD), BROWSER)
    answered = house.sign_in.answer(pool, client, challenge.session, NewPassword(password=NEW), BROWSER)
    assert isinstance(answered, SignedIn)


def test_a_challenges_session_is_no_sign_up_session(house, pool, client, challenge):
    with pytest.raises(SessionExpired):
        house.sign_in.after_sign_up(pool, client, challenge.session, BROWSER)


def test_every_step_leaves_its_row(house, answer):
    answer()
    rows = [(row.event, row.outcome) for row in house.audit_rows()][-3:]
    assert rows == [
        ("sign_in.password", "NEW_PASSWORD_REQUIRED"),
        ("sign_in.new_password", "ok"),
        ("sign_in.password", "ok"),
    ]
