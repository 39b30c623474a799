from dataclasses import replace

import pytest

from app.core.kernel.errors import (
    AttemptLimitExceeded,
    CodeExpired,
    CodeMismatch,
    IncorrectCredentials,
    InvalidParameter,
    LockedOut,
    NoRecoveryChannel,
    PasswordPolicyViolation,
    PasswordReused,
    RecoveryByAdministratorOnly,
    SessionExpired,
    UserDisabled,
    UserNotFound,
)
from app.core.kernel.secret import Secret
from app.core.messages.model import Channel, NoticeKind
from app.core.sign_in.model import NewPassword, SignedIn
from app.core.users.model import UserStatus
from tests.support.directory import BROWSER, JANE, OTHER, PASSWORD, STRANGER


@pytest.fixture
def pool(house):
    return house.world.a_pool({"Policies": {"PasswordPolicy": {"PasswordHistorySize": 2}}})


@pytest.fixture
def client(house, pool):
    return house.world.a_client(pool)


@pytest.fixture
def forgot(house, pool, client):
    def act(name=JANE, **options):
        return house.recovery.forgot(pool, client, name, BROWSER, **options)

    return act


@pytest.fixture
def reset(house, pool, client):
    def act(code, name=JANE, password=OTHER, **options):
        return house.recovery.reset(pool, client, name, code, password, BROWSER, **options)

    return act


def wrong(code):
    return Secret("000000" if code.reveal() != "000000" else "111111")


@pytest.mark.spec("Cognito: ConfirmForgotPassword")
def test_a_code_to_the_verified_address_sets_a_new_password(house, pool, client, forgot, reset):
    house.a_user(pool)
    assert forgot().masked == "j***@e***"
    notice = house.mailbox.queued[-1]
    assert (notice.kind, notice.channel, notice.address) == (NoticeKind.FORGOT_PASSWORD, Channel.EMAIL, JANE)
    house.clock.advance(minutes=5)
    reset(notice.code)
    user = house.directory.get(pool, JANE)
    assert (user.status, user.sessions_valid_after) == (UserStatus.CONFIRMED, house.clock.now())
    assert isinstance(house.enter(pool, client, password=OTHER), SignedIn)
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client)


def test_a_spent_code_is_refused(house, pool, forgot, reset):
    house.a_user(pool)
    forgot()
    reset(house.last_code())
    with pytest.raises(CodeExpired):
        reset(house.last_code(), password=Secret("Third-Word-33"))


def test_a_code_lives_an_hour(house, pool, forgot, reset):
    house.a_user(pool)
    forgot()
    house.clock.advance(hours=1)
    with pytest.raises(CodeExpired):
        reset(house.last_code())


def test_five_wrong_codes_end_it(house, pool, client, forgot, reset):
    house.a_user(pool)
    forgot()
    for _ in range(5):
        with pytest.raises(CodeMismatch):
            reset(wrong(house.last_code()))
    with pytest.raises(CodeExpired):
        reset(house.last_code())
    assert isinstance(house.enter(pool, client), SignedIn)


def test_a_sign_up_code_resets_nothing(house, pool, client, reset):
    house.sign_up.register(pool, client, house.registration(), BROWSER)
    house.directory.update_attributes(pool, JANE, {"email_verified": "true"})
    with pytest.raises(CodeExpired):
        reset(house.last_code())


def test_a_password_that_is_refused_consumes_nothing(house, pool, forgot, reset):
    house.a_user(pool)
    forgot()
    code = house.last_code()
    for _ in range(3):
        with pytest.raises(PasswordPolicyViolation):
            reset(code, password=Secret("weak"))
        with pytest.raises(PasswordReused):
            reset(code, password=PASSWORD)
    reset(code)


def test_a_reset_lifts_the_lock_and_ends_what_was_in_progress(house, pool, client, forgot, reset):
    house.directory.create(pool, "temp@example.com", {"email_verified": "true"}, temporary_password=PASSWORD)
    house.a_user(pool)
    expiring = replace(pool, extensions=replace(pool.extensions, password_expires_days=1))
    house.clock.advance(days=1)
    challenge = house.enter(expiring, client)
    for _ in range(5):
        with pytest.raises(IncorrectCredentials):
            house.enter(pool, client, password=OTHER)
    with pytest.raises(LockedOut):
        house.enter(pool, client)
    forgot()
    reset(house.last_code())
    assert isinstance(house.enter(pool, client, password=OTHER), SignedIn)
    with pytest.raises(SessionExpired):
        house.sign_in.answer(
            expiring, client, challenge.session, NewPassword(password=Secret("Third-Word-33")), BROWSER
        )


def test_a_wrong_code_lifts_no_lock(house, pool, client, forgot, reset):
    house.a_user(pool)
    for _ in range(5):
        with pytest.raises(IncorrectCredentials):
            house.enter(pool, client, password=OTHER)
    forgot()
    with pytest.raises(CodeMismatch):
        reset(wrong(house.last_code()))
    with pytest.raises(LockedOut):
        house.enter(pool, client)


@pytest.fixture
def people(house, pool, client):
    """Everybody for whom nothing can be recovered, and one for whom it can."""
    house.a_user(pool, "able@example.com")
    house.a_user(pool, "aged@example.com")
    house.directory.disable(pool, "aged@example.com")
    house.a_user(pool, "anon@example.com", email_verified="false")
    house.directory.create(pool, "temp@example.com", {"email_verified": "true"}, temporary_password=PASSWORD)
    house.sign_up.register(pool, client, house.registration("anew@example.com"), BROWSER)
    return ("aged@example.com", "anon@example.com", "anew@example.com", "away@example.com")


@pytest.mark.spec("Cognito: PreventUserExistenceErrors")
def test_forgetting_answers_and_costs_alike_whoever_exists(house, forgot, people):
    able, cost = house.cost(lambda: forgot("able@example.com"))
    assert cost["hash"] == cost["sent"] == 0
    for name in people:
        outcome, other = house.cost(lambda name=name: forgot(name))
        assert outcome == able
        assert other == cost
    assert [notice.address for notice in house.mailbox.queued] == ["able@example.com", "anew@example.com"]
    # Nobody's message is queued as well, and dropped: the same write for everybody.
    assert house.mailbox.queued_nothing == len(people) - 1


def test_the_answer_tells_nothing_of_the_record(house):
    """A verified phone that the code goes to, another user's lack of one, and nobody: one answer for each spelling."""
    pool = house.world.a_pool({"UsernameAttributes": None, "AliasAttributes": ["email"]})
    client = house.world.a_client(pool)
    house.a_user(
        pool, "jane", email=JANE, email_verified="true", phone_number="+15550001212", phone_number_verified="true"
    )
    house.a_user(pool, "joan", email="joan@example.com", email_verified="true")

    def told(name):
        return house.recovery.forgot(pool, client, name, BROWSER)

    assert told("jane") == told("joan") == told("nobody")
    assert told("jane").masked is None
    assert told(JANE) == told("joan@example.com") == told("jim@example.com")
    assert told(JANE).masked == "j***@e***"


def test_an_unconfirmed_user_recovers_by_the_address_of_the_sign_up(house, pool, client, forgot, reset):
    registration = house.registration(attributes={"phone_number": "+15550001212"})
    registered = house.sign_up.register(pool, client, registration, BROWSER)
    forgot()
    assert (house.mailbox.queued[-1].kind, house.mailbox.queued[-1].address) == (NoticeKind.FORGOT_PASSWORD, JANE)
    reset(house.last_code())
    user = house.directory.get(pool, JANE)
    assert (user.sub, user.status, user.is_verified("email")) == (registered.user_sub, UserStatus.CONFIRMED, True)
    assert "phone_number" not in user.attributes
    with pytest.raises(IncorrectCredentials):
        house.enter(pool, client)
    assert isinstance(house.enter(pool, client, password=OTHER), SignedIn)


@pytest.mark.spec("Cognito: ForgotPassword")
def test_where_nothing_is_concealed_an_unproven_address_recovers_nothing(house, pool, client, forgot, reset):
    house.sign_up.register(pool, client, house.registration(), BROWSER)
    with pytest.raises(NoRecoveryChannel):
        forgot(conceal=False)
    forgot()
    with pytest.raises(NoRecoveryChannel):
        reset(house.last_code(), conceal=False)


@pytest.mark.parametrize("browser", [BROWSER.browser, None, STRANGER.browser])
@pytest.mark.parametrize("hours", [0, 24 * 31])
def test_recovering_keeps_nothing_that_another_browser_registered(house, browser, hours):
    pool = house.world.a_pool(
        {"SchemaAttributes": [{"Name": "custom:role", "AttributeDataType": "String", "Mutable": True}]}
    )
    client = house.world.a_client(pool)
    eve = {"name": "Eve", "website": "https://eve.example.com"}
    house.sign_up.register(pool, client, house.registration(attributes=eve), STRANGER)
    house.directory.update_attributes(pool, JANE, {"custom:role": "clerk"})
    house.clock.advance(hours=hours)
    caller = replace(BROWSER, browser=browser)
    house.recovery.forgot(pool, client, JANE, caller)
    house.recovery.reset(pool, client, JANE, house.last_code(), OTHER, caller)
    attributes = dict(house.directory.get(pool, JANE).attributes)
    assert (attributes.pop("email"), attributes.pop("email_verified")) == (JANE, "true")
    role = {"custom:role": "clerk"} if hours == 0 else {}
    own = hours == 0 and browser == STRANGER.browser
    assert attributes == (role | eve if own else role)


class TestStrangers:
    def test_they_do_not_lock_out_the_browser_that_began(self, house, pool, client, forgot, reset):
        house.a_user(pool)
        forgot()
        code = house.last_code()
        for _ in range(15):
            with pytest.raises((CodeMismatch, CodeExpired)):
                house.recovery.reset(pool, client, JANE, wrong(code), OTHER, STRANGER)
        with pytest.raises(AttemptLimitExceeded):
            house.recovery.reset(pool, client, JANE, wrong(code), OTHER, STRANGER)
        reset(code)

    def test_their_requests_do_not_kill_its_code(self, house, pool, client, forgot, reset):
        house.a_user(pool)
        forgot()
        code = house.last_code()
        for n in range(4):
            house.recovery.forgot(pool, client, JANE, replace(STRANGER, browser=f"stranger-{n}"))
        reset(code)

    def test_a_later_mail_that_they_asked_for_is_as_good(self, house, pool, client, forgot, reset):
        house.a_user(pool)
        forgot()
        house.recovery.forgot(pool, client, JANE, STRANGER)
        reset(house.last_code())
        assert isinstance(house.enter(pool, client, password=OTHER), SignedIn)

    def test_one_network_does_not_use_up_the_requests_of_a_name(self, house, pool, forgot, reset, client):
        house.a_user(pool)
        for n in range(5):
            house.recovery.forgot(pool, client, JANE, replace(STRANGER, browser=f"stranger-{n}"))
        with pytest.raises(AttemptLimitExceeded):
            house.recovery.forgot(pool, client, JANE, STRANGER)
        forgot()
        reset(house.last_code())

    @pytest.mark.parametrize("name", [JANE, "nobody@example.com"])
    def test_all_together_flood_no_mailbox_and_leave_the_browser_that_began_its_own(self, house, pool, client, name):
        house.a_user(pool)
        house.recovery.forgot(pool, client, name, BROWSER)
        for n in range(19):
            house.recovery.forgot(pool, client, name, replace(STRANGER, browser=None, address=f"203.0.113.{n // 5}"))
        with pytest.raises(AttemptLimitExceeded):
            house.recovery.forgot(pool, client, name, replace(STRANGER, browser=None, address="203.0.113.99"))
        house.recovery.forgot(pool, client, name, BROWSER)

    def test_a_code_that_came_to_another_browser_dies_with_the_reset(self, house, pool, client, forgot, reset):
        house.a_user(pool)
        forgot()
        code = house.last_code()
        house.recovery.forgot(pool, client, JANE, STRANGER)
        reset(code)
        with pytest.raises(CodeExpired):
            house.recovery.reset(pool, client, JANE, house.last_code(), Secret("Third-Word-33"), STRANGER)

    def test_a_code_may_be_typed_in_another_browser(self, house, pool, client, forgot):
        house.a_user(pool)
        forgot()
        house.recovery.reset(pool, client, JANE, house.last_code(), OTHER, STRANGER)
        assert isinstance(house.enter(pool, client, password=OTHER), SignedIn)


@pytest.mark.spec("Cognito: PreventUserExistenceErrors")
def test_resetting_answers_and_costs_alike_whoever_exists(house, forgot, reset, people):
    names = ("able@example.com", *people)
    before = [house.cost(lambda n=n: reset(Secret("123456"), n)) for n in names]
    assert all(result == before[0] for result in before)
    assert before[0][0][0] == "CodeExpired"
    for name in names:
        forgot(name)
    guesses = [wrong(house.mailbox.queued[-1].code)] * 6
    for guess in guesses:
        results = [house.cost(lambda n=n, g=guess: reset(g, n)) for n in names]
        outcomes = {result[0] for result in results}
        assert outcomes <= {
            ("CodeMismatch", CodeMismatch.message),
            ("CodeExpired", CodeExpired.message),
        }
        assert all(result[1]["hash"] == 0 for result in results)
        assert results[0] == results[-1]


def test_a_temporary_password_is_not_recovered(house, pool, forgot, reset, people):
    forgot("temp@example.com")
    assert house.mailbox.queued == []
    with pytest.raises(InvalidParameter, match=r"User password cannot be reset in the current state\."):
        forgot("temp@example.com", conceal=False)


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("away@example.com", UserNotFound), ("aged@example.com", UserDisabled), ("anon@example.com", NoRecoveryChannel)],
)
def test_where_nothing_is_concealed_the_api_says_what_it_is(forgot, reset, people, name, refusal):
    with pytest.raises(refusal):
        forgot(name, conceal=False)
    with pytest.raises(refusal):
        reset(Secret("123456"), name, conceal=False)


def test_a_reset_never_lets_a_disabled_user_in(house, pool, client, forgot, reset):
    house.a_user(pool)
    forgot()
    house.directory.disable(pool, JANE)
    with pytest.raises(CodeExpired):
        reset(house.last_code())
    house.directory.enable(pool, JANE)
    assert isinstance(house.enter(pool, client), SignedIn)


def test_a_code_for_an_address_that_changed_since_is_dead(house, pool, forgot, reset):
    user = house.a_user(pool)
    forgot()
    house.directory.update_attributes(pool, JANE, {"email": "new@example.com", "email_verified": "true"})
    with pytest.raises(CodeExpired):
        reset(house.last_code(), user.sub)


@pytest.mark.parametrize("status", [UserStatus.RESET_REQUIRED, UserStatus.UNCONFIRMED])
def test_a_reset_confirms_who_has_a_verified_address(  # noqa: PLR0917
    house, pool, client, forgot, reset, status
):
    user = house.a_user(pool)
    house.world.users.save(replace(user, status=status))
    forgot()
    reset(house.last_code())
    assert house.enter(pool, client, password=OTHER).user.status is UserStatus.CONFIRMED


@pytest.mark.parametrize(
    ("mechanisms", "channel"),
    [
        (None, Channel.SMS),
        (["verified_email"], Channel.EMAIL),
        (["verified_email", "verified_phone_number"], Channel.EMAIL),
        (["verified_phone_number"], Channel.SMS),
    ],
)
@pytest.mark.spec("Cognito: AccountRecoverySetting")
def test_the_pool_orders_the_channels(house, mechanisms, channel):
    setting = {"RecoveryMechanisms": [{"Priority": n, "Name": m} for n, m in enumerate(mechanisms or (), 1)]}
    pool = house.world.a_pool({"AccountRecoverySetting": setting if mechanisms else None})
    house.a_user(pool, phone_number="+15550001212", phone_number_verified="true")
    house.recovery.forgot(pool, house.world.a_client(pool), JANE, BROWSER)
    assert house.mailbox.queued[-1].channel is channel


def test_where_only_an_administrator_resets_everybody_is_told_so(house):
    setting = {"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]}
    pool = house.world.a_pool({"AccountRecoverySetting": setting})
    house.a_user(pool)
    for name in (JANE, "nobody@example.com"):
        with pytest.raises(RecoveryByAdministratorOnly):
            house.recovery.forgot(pool, house.world.a_client(pool), name, BROWSER)


def test_requests_and_resets_are_limited_by_the_hour_for_anybody(house, pool, forgot, reset):
    house.a_user(pool)
    for name in (JANE, "nobody@example.com"):
        for _ in range(1 + 5):  # the first begins; those of the browser that began are counted on their own
            forgot(name)
        with pytest.raises(AttemptLimitExceeded):
            forgot(name)
        for _ in range(15):
            with pytest.raises((CodeMismatch, CodeExpired)):
                reset(wrong(house.last_code()), name)
        with pytest.raises(AttemptLimitExceeded):
            reset(wrong(house.last_code()), name)


@pytest.mark.parametrize("name", ["", "\x00", "\ud800", "x" * 100_000])
def test_an_absurd_name_is_answered_like_any_other(forgot, reset, name):
    assert forgot(name).masked is None
    with pytest.raises(CodeMismatch):
        reset(Secret("x"), name)


def test_every_refusal_leaves_its_row(house, pool, forgot, reset):
    house.a_user(pool)
    forgot()
    with pytest.raises(CodeMismatch):
        reset(wrong(house.last_code()))
    reset(house.last_code())
    rows = [(row.event, row.outcome) for row in house.audit_rows()][-3:]
    assert rows == [("recovery.forgot", "ok"), ("recovery.reset", "CodeMismatch"), ("recovery.reset", "ok")]
    secrets = [house.last_code().reveal(), OTHER.reveal()]
    assert not any(secret in str(row) for row in house.audit_rows() for secret in secrets[1:])
