from dataclasses import asdict

import pytest

from app.core.kernel.errors import (
    AliasExists,
    AttemptLimitExceeded,
    AttributeViolation,
    CodeDeliveryFailed,
    CodeExpired,
    CodeMismatch,
    InvalidParameter,
    PasswordPolicyViolation,
    SessionExpired,
    SessionUsed,
    SignUpNotPermitted,
    TooManyRequests,
    UnauthorizedAttribute,
    UserAlreadyConfirmed,
    UserDisabled,
    UsernameExists,
    UserNotConfirmed,
    UserNotFound,
)
from app.core.kernel.secret import Secret
from app.core.messages.model import Channel, NoticeKind
from app.core.sign_in.model import SignedIn
from app.core.users.model import UserStatus
from tests.support.directory import BROWSER, JANE, OTHER, PASSWORD, STRANGER


@pytest.fixture
def pool(house):
    return house.world.a_pool()


@pytest.fixture
def client(house, pool):
    return house.world.a_client(pool)


@pytest.fixture
def register(house, pool, client):
    def act(name=JANE, caller=BROWSER, **options):
        return house.sign_up.register(pool, client, house.registration(name, **options), caller)

    return act


@pytest.fixture
def confirm(house, pool, client):
    def act(code, name=JANE, caller=BROWSER, **options):
        return house.sign_up.confirm(pool, client, name, code, caller, **options)

    return act


def wrong(code):
    return Secret("000000" if code.reveal() != "000000" else "111111")


@pytest.mark.spec("Cognito: SignUp")
def test_registering_sends_a_code_and_confirming_verifies_the_address(house, pool, client, register, confirm):
    registered = register()
    assert asdict(registered.destination) == {"channel": Channel.EMAIL, "masked": "j***@e***", "attribute": "email"}
    assert not registered.confirmed
    notice = house.mailbox.sent[0]
    assert (notice.kind, notice.address, notice.username) == (NoticeKind.SIGN_UP, JANE, JANE)
    confirm(notice.code)
    user = house.directory.get(pool, JANE)
    assert (user.sub, user.status, user.is_verified("email")) == (registered.user_sub, UserStatus.CONFIRMED, True)
    assert isinstance(house.enter(pool, client), SignedIn)


def test_the_username_may_stand_among_the_attributes_only(house, register):
    assert register(None, attributes={"email": JANE}).destination.masked == "j***@e***"
    assert house.mailbox.sent[0].username == JANE


@pytest.mark.parametrize(
    ("name", "options", "refusal"),
    [
        ("jane", {}, InvalidParameter),
        ("", {}, InvalidParameter),
        (None, {}, InvalidParameter),
        ("jane@example.com\x00", {}, InvalidParameter),
        ("\ud800@example.com", {}, InvalidParameter),
        ("j@" + "x" * 400 + ".com", {}, InvalidParameter),
        (JANE, {"attributes": {"email": "eve@example.com"}}, InvalidParameter),
        (JANE, {"attributes": {"email_verified": "true"}}, UnauthorizedAttribute),
        (JANE, {"attributes": {"sub": "chosen"}}, UnauthorizedAttribute),
        (JANE, {"attributes": {"custom:role": "admin"}}, UnauthorizedAttribute),
        (JANE, {"attributes": {"dev:custom:role": "admin"}}, UnauthorizedAttribute),
        (JANE, {"attributes": {"birthdate": "1.1.2000"}}, AttributeViolation),
        (JANE, {"password": Secret("weak")}, PasswordPolicyViolation),
        (JANE, {"password": Secret("")}, PasswordPolicyViolation),
    ],
)
def test_what_does_not_fit_registers_nobody(  # noqa: PLR0917
    house, pool, register, name, options, refusal
):
    with pytest.raises(refusal):
        register(name, **options)
    assert house.directory.find(pool, JANE) is None
    assert house.mailbox.sent == []
    assert house.last_audit()[0] == "sign_up.register"


def test_a_pool_of_administrators_registers_nobody(house):
    pool = house.world.a_pool({"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}})
    with pytest.raises(SignUpNotPermitted, match="SignUp is not permitted for this user pool"):
        house.sign_up.register(pool, house.world.a_client(pool), house.registration(), BROWSER)


def test_a_required_attribute_must_be_given(house):
    pool = house.world.a_pool({"SchemaAttributes": [{"Name": "name", "Required": True}]})
    with pytest.raises(AttributeViolation, match="name: The attribute is required"):
        house.sign_up.register(pool, house.world.a_client(pool), house.registration(), BROWSER)


@pytest.mark.parametrize("name", [JANE, "JANE@EXAMPLE.COM", "ｊane@example.com"])
@pytest.mark.spec("Cognito: UsernameExistsException")
def test_the_api_says_that_an_address_has_an_account(house, register, name):
    register()
    with pytest.raises(UsernameExists, match=r"An account with the given email already exists\."):
        register(name, password=OTHER)
    assert len(house.mailbox.sent) == 1


def test_a_repeated_registration_answers_the_same_each_time(register):
    register()
    for _ in range(3):
        with pytest.raises(UsernameExists):
            register()


def outcome_of(registered):
    return registered.confirmed, registered.destination, type(registered.session), len(registered.user_sub)


@pytest.mark.parametrize("status", ["confirmed", "disabled", "waiting"])
def test_a_page_answers_and_costs_alike_where_the_address_has_an_account(house, pool, register, status):
    register() if status == "waiting" else house.a_user(pool)
    if status == "disabled":
        house.directory.disable(pool, JANE)
    new = house.cost(lambda: outcome_of(register("joe@example.com", conceal=True)))
    old = house.cost(lambda: outcome_of(register(JANE, conceal=True, password=OTHER)))
    assert (new[0][:1], new[0][2:]) == (old[0][:1], old[0][2:])
    puts = ("ephemeral.put", "ephemeral.add_once")
    for cost in (new[1], old[1]):
        cost["writes"] = sum(cost.pop(name, 0) for name in puts)
    assert new[1] == old[1]
    assert (new[1]["hash"], new[1]["sent"]) == (1, 1)


def test_the_owner_is_told_and_nothing_changes(house, pool, client, register):
    before = house.a_user(pool)
    register("JANE@example.com", conceal=True, password=OTHER, attributes={"name": "Eve"})
    notice = house.mailbox.sent[-1]
    assert (notice.kind, notice.address, notice.code) == (NoticeKind.ACCOUNT_EXISTS, JANE, None)
    assert house.directory.get(pool, JANE) == before
    assert isinstance(house.enter(pool, client), SignedIn)


def test_confirming_a_pretended_registration_answers_like_a_real_one(house, pool, register, confirm):
    house.a_user(pool)
    register(JANE, conceal=True, password=OTHER)
    register("joe@example.com", conceal=True)
    guesses = [wrong(house.last_code())] * 7
    real = [house.cost(lambda g=g: confirm(g, "joe@example.com")) for g in guesses]
    pretended = [house.cost(lambda g=g: confirm(g, JANE)) for g in guesses]
    assert [outcome for outcome, _ in real] == [outcome for outcome, _ in pretended]
    assert [cost for _, cost in real] == [cost for _, cost in pretended]
    assert real[0][0][0] == "CodeMismatch"
    assert real[-1][0][0] == "CodeExpired"


def test_a_strangers_registration_does_not_kill_a_waiting_code(house, register, confirm):
    register()
    code = house.last_code()
    register(conceal=True, password=OTHER, caller=STRANGER)
    confirm(code)


def test_a_strangers_registration_does_not_change_the_password(house, pool, client, register, confirm):
    register()
    code = house.last_code()
    register(conceal=True, password=OTHER, caller=STRANGER)
    confirm(code)
    assert isinstance(house.enter(pool, client), SignedIn)


def test_a_taken_plain_username_is_told_on_pages_too(house):
    pool = house.world.a_pool({"UsernameAttributes": None})
    client = house.world.a_client(pool)
    house.sign_up.register(pool, client, house.registration("jane"), BROWSER)
    with pytest.raises(UsernameExists, match="User already exists"):
        house.sign_up.register(pool, client, house.registration("jane", conceal=True), BROWSER)


def test_a_dead_mail_server_is_reported_and_the_code_may_be_sent_again(house, pool, client, register, confirm):
    house.mailbox.broken = True
    with pytest.raises(CodeDeliveryFailed):
        register()
    house.sign_up.resend(pool, client, JANE, BROWSER)
    confirm(house.last_code())


def test_the_phone_is_verified_where_both_are(house):
    pool = house.world.a_pool({"AutoVerifiedAttributes": ["email", "phone_number"]})
    client = house.world.a_client(pool)
    registration = house.registration(attributes={"phone_number": "+15550001212"})
    registered = house.sign_up.register(pool, client, registration, BROWSER)
    assert (registered.destination.channel, registered.destination.masked) == (Channel.SMS, "+*******1212")
    house.sign_up.confirm(pool, client, JANE, house.last_code(), BROWSER)
    user = house.directory.get(pool, JANE)
    assert (user.is_verified("phone_number"), user.is_verified("email")) == (True, False)


def test_where_nothing_is_verified_an_administrator_confirms(house):
    pool = house.world.a_pool({"AutoVerifiedAttributes": None})
    client = house.world.a_client(pool)
    registered = house.sign_up.register(pool, client, house.registration(), BROWSER)
    assert (registered.confirmed, registered.destination) == (False, None)
    assert house.mailbox.sent == []
    with pytest.raises(UserNotConfirmed):
        house.enter(pool, client)
    house.directory.confirm(pool, JANE)
    assert isinstance(house.sign_in.after_sign_up(pool, client, registered.session, BROWSER), SignedIn)


def test_a_spent_code_is_refused_and_its_bearer_told_why(house, register, confirm):
    register()
    code = house.last_code()
    confirm(code)
    with pytest.raises(UserAlreadyConfirmed):
        confirm(code)
    with pytest.raises(CodeExpired):
        confirm(wrong(code))
    with pytest.raises(UserAlreadyConfirmed):
        confirm(wrong(code), conceal=False)


def test_an_expired_code_confirms_nobody(house, pool, register, confirm):
    register()
    house.clock.advance(hours=24)
    with pytest.raises(CodeExpired):
        confirm(house.last_code())
    assert house.directory.get(pool, JANE).status is UserStatus.UNCONFIRMED


def test_a_code_confirms_only_its_own_user(house, register, confirm):
    register()
    janes = house.last_code()
    register("joe@example.com")
    if janes != house.last_code():
        with pytest.raises(CodeMismatch):
            confirm(janes, "joe@example.com")


def test_a_code_for_an_address_that_changed_since_proves_nothing(house, pool, register, confirm):
    registered = register()
    house.directory.update_attributes(pool, JANE, {"email": "new@example.com"})
    with pytest.raises(CodeExpired):
        confirm(house.last_code(), registered.user_sub)


def test_a_disabled_user_is_not_confirmed(house, pool, register, confirm):
    register()
    house.directory.disable(pool, JANE)
    with pytest.raises(CodeExpired):
        confirm(house.last_code())
    with pytest.raises(UserDisabled):
        confirm(house.last_code(), conceal=False)
    assert house.directory.get(pool, JANE).status is UserStatus.UNCONFIRMED


def test_the_api_in_legacy_mode_knows_no_such_user(house, pool, client, confirm):
    with pytest.raises(UserNotFound):
        confirm(Secret("123456"), "nobody@example.com", conceal=False)
    with pytest.raises(UserNotFound):
        house.sign_up.resend(pool, client, "nobody@example.com", BROWSER, conceal=False)


def test_confirmations_are_limited_by_the_hour_for_anybody(house, pool, client, register, confirm):
    register()
    for name in (JANE, "nobody@example.com"):
        for _ in range(15):
            with pytest.raises((CodeMismatch, CodeExpired)):
                confirm(Secret("x"), name)
        with pytest.raises(AttemptLimitExceeded):
            confirm(house.last_code(), name)
    house.clock.advance(hours=1)
    house.sign_up.resend(pool, client, JANE, BROWSER)
    confirm(house.last_code())


def test_resending_kills_the_earlier_code(house, pool, client, register, confirm):
    register()
    earlier = house.last_code()
    destination = house.sign_up.resend(pool, client, JANE, BROWSER)
    later = house.last_code()
    assert destination.masked == "j***@e***"
    if earlier != later:
        with pytest.raises(CodeMismatch):
            confirm(earlier)
    confirm(later)


def test_resending_is_limited_by_the_hour_for_anybody(house, pool, client, register):
    register()
    for name in (JANE, "nobody@example.com"):
        for _ in range(5):
            house.sign_up.resend(pool, client, name, BROWSER)
        with pytest.raises(AttemptLimitExceeded):
            house.sign_up.resend(pool, client, name, BROWSER)


def test_resending_answers_alike_whoever_exists_and_writes_only_to_who_waits(house, pool, client, register):
    register()
    house.a_user(pool, "joan@example.com")
    house.a_user(pool, "jo@example.com")
    house.directory.disable(pool, "jo@example.com")
    names = (JANE, "joan@example.com", "jo@example.com", "jack@example.com")
    results = [house.cost(lambda n=n: house.sign_up.resend(pool, client, n, BROWSER)) for n in names]
    assert all(result == results[0] for result in results)
    assert [notice.address for notice in house.mailbox.queued] == [JANE]


def test_resending_to_a_confirmed_user_is_refused_where_nothing_is_concealed(house, pool, client):
    house.a_user(pool)
    with pytest.raises(InvalidParameter, match=r"User is already confirmed\."):
        house.sign_up.resend(pool, client, JANE, BROWSER, conceal=False)


def test_nobodys_mailbox_is_flooded_by_registrations(house, pool, register):
    house.a_user(pool)
    for name in (JANE, "new@example.com"):
        for _ in range(5):
            register(name, conceal=True)
        with pytest.raises(AttemptLimitExceeded):
            register(name, conceal=True)
    assert [notice.address for notice in house.mailbox.sent].count(JANE) == 5


def test_an_address_that_registers_masses_is_slowed_down(house, pool, register):
    pool = house.world.a_pool({"AutoVerifiedAttributes": None})
    client = house.world.a_client(pool)
    for _ in range(299):
        house.rates.check_address("sign_up", pool.pool_id, BROWSER.address, 15)
    house.sign_up.register(pool, client, house.registration("last@example.com"), BROWSER)
    with pytest.raises(TooManyRequests):
        house.sign_up.register(pool, client, house.registration("one-more@example.com"), BROWSER)
    house.sign_up.register(pool, client, house.registration(), STRANGER)


class TestAliases:
    @pytest.fixture
    def pool(self, house):
        return house.world.a_pool({"UsernameAttributes": None, "AliasAttributes": ["email", "preferred_username"]})

    def test_two_may_register_one_address_and_one_confirms_it(self, house, pool, client, register, confirm):
        register("jane", attributes={"email": JANE})
        janes = house.last_code()
        register("joe", attributes={"email": JANE})
        joes = house.last_code()
        confirm(janes, "jane")
        with pytest.raises(AliasExists, match=r"An account with the email already exists\."):
            confirm(joes, "joe")
        assert house.directory.get(pool, "joe").status is UserStatus.UNCONFIRMED
        confirm(joes, "joe", force_alias=True)
        assert house.directory.get(pool, JANE).username == "joe"
        assert house.directory.get(pool, "jane").attributes["email_verified"] == "false"

    @pytest.mark.parametrize(
        ("name", "attributes"),
        [("jane@example.com", {"email": JANE}), ("jane", {"preferred_username": "jay"}), (None, {"email": JANE})],
    )
    def test_names_that_would_be_aliases_are_refused(self, register, name, attributes):
        with pytest.raises(InvalidParameter):
            register(name, attributes=attributes)


class TestSignInAfterwards:
    @pytest.fixture
    def enter(self, house, pool, client):
        def act(session, caller=BROWSER, by=client):
            return house.sign_in.after_sign_up(pool, by, session, caller)

        return act

    def test_the_confirmed_browser_is_signed_in_once(self, house, register, confirm, enter):
        registered = register()
        confirm(house.last_code())
        assert enter(registered.session).user.sub == registered.user_sub
        with pytest.raises(SessionUsed):
            enter(registered.session)

    def test_before_the_confirmation_nothing_is_consumed(self, house, register, confirm, enter):
        registered = register()
        with pytest.raises(UserNotConfirmed):
            enter(registered.session)
        confirm(house.last_code())
        assert isinstance(enter(registered.session), SignedIn)

    def test_another_browser_is_not_signed_in(self, house, pool, register, confirm, enter):
        registered = register()
        confirm(house.last_code())
        with pytest.raises(SessionExpired):
            enter(registered.session, STRANGER)
        with pytest.raises(SessionExpired):
            enter(registered.session, by=house.world.a_client(pool))

    def test_after_a_quarter_of_an_hour_it_is_over(self, house, register, confirm, enter):
        registered = register()
        house.clock.advance(minutes=15)
        confirm(house.last_code())
        with pytest.raises(SessionExpired):
            enter(registered.session)

    def test_a_user_disabled_meanwhile_is_not_signed_in(self, house, pool, register, confirm, enter):
        registered = register()
        confirm(house.last_code())
        house.directory.disable(pool, JANE)
        with pytest.raises(UserDisabled):
            enter(registered.session)

    def test_a_pretended_registration_signs_nobody_in(self, house, pool, register, enter):
        house.a_user(pool)
        registered = register(conceal=True, password=PASSWORD)
        with pytest.raises(UserNotConfirmed):
            enter(registered.session)

    def test_a_password_set_meanwhile_ends_it(self, house, pool, register, confirm, enter):
        registered = register()
        confirm(house.last_code())
        house.clock.advance(seconds=1)
        house.directory.set_password(pool, JANE, OTHER, permanent=True)
        with pytest.raises(SessionExpired):
            enter(registered.session)
