from dataclasses import asdict, replace

import pytest

from app.core.kernel.errors import (
    AliasExists,
    AttemptLimitExceeded,
    AttributeViolation,
    CodeDeliveryFailed,
    CodeExpired,
    CodeMismatch,
    IncorrectCredentials,
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


class TestTwoRegistrationsOfOneAddress:
    """Somebody registers an address that is not theirs, before its owner does or after."""

    @pytest.fixture(params=["first", "last"])
    def codes(self, request, house, register):
        """The owner's code and the stranger's, and the session of each."""
        found = {}
        for who in ("stranger", "owner") if request.param == "first" else ("owner", "stranger"):
            options = {"attributes": {"name": "Jane"}}
            if who == "stranger":
                options = {"attributes": {"name": "Eve"}, "password": OTHER, "caller": STRANGER}
            registered = register(conceal=True, **options)
            found[who] = (house.mailbox.sent[-1].code, registered.session)
        return found

    def test_each_is_sent_a_code_of_its_own(self, house, codes):
        assert [notice.kind for notice in house.mailbox.sent] == [NoticeKind.SIGN_UP] * 2
        assert {notice.address for notice in house.mailbox.sent} == {JANE}

    def test_the_owners_code_installs_what_the_owner_registered(self, house, pool, client, confirm, codes):
        confirm(codes["owner"][0])
        user = house.directory.get(pool, JANE)
        assert (user.status, user.attributes["name"], user.is_verified("email")) == (
            UserStatus.CONFIRMED,
            "Jane",
            True,
        )
        with pytest.raises(IncorrectCredentials):
            house.enter(pool, client, password=OTHER)
        assert isinstance(house.enter(pool, client), SignedIn)

    def test_the_strangers_code_is_wrong_in_the_owners_browser(self, house, pool, confirm, codes):
        if codes["owner"][0] != codes["stranger"][0]:
            with pytest.raises(CodeMismatch):
                confirm(codes["stranger"][0])
        assert house.directory.get(pool, JANE).status is UserStatus.UNCONFIRMED

    @pytest.mark.parametrize("whose", ["owner", "stranger"])
    @pytest.mark.parametrize("browser", ["telephone", None])
    def test_elsewhere_either_code_proves_the_address_and_installs_nobodys_password(  # noqa: PLR0917
        self, house, pool, client, confirm, codes, whose, browser
    ):
        confirm(codes[whose][0], caller=replace(BROWSER, browser=browser))
        user = house.directory.get(pool, JANE)
        assert (user.status, user.password, "name" in user.attributes) == (UserStatus.RESET_REQUIRED, None, False)
        for password in (PASSWORD, OTHER):
            with pytest.raises(IncorrectCredentials):
                house.enter(pool, client, password=password)
        house.recovery.forgot(pool, client, JANE, BROWSER)
        third = Secret("Third-Word-33")
        house.recovery.reset(pool, client, JANE, house.last_code(), third, BROWSER)
        assert isinstance(house.enter(pool, client, password=third), SignedIn)

    def test_a_code_that_was_sent_again_elsewhere_installs_nobodys_password(self, house, pool, client, confirm, codes):
        telephone = replace(BROWSER, browser="telephone")
        house.sign_up.resend(pool, client, JANE, telephone)
        confirm(house.last_code(), caller=telephone)
        assert house.directory.get(pool, JANE).password is None

    def test_a_code_that_was_sent_again_installs_the_browsers_own(self, house, pool, client, confirm, codes):
        house.sign_up.resend(pool, client, JANE, BROWSER)
        confirm(house.last_code())
        assert isinstance(house.enter(pool, client), SignedIn)

    def test_a_code_that_a_stranger_had_sent_again_is_as_good_where_it_is_the_same_registration(
        self, house, pool, client, register, confirm
    ):
        registered = register()
        house.sign_up.resend(pool, client, JANE, STRANGER)
        confirm(house.last_code())
        assert isinstance(house.sign_in.after_sign_up(pool, client, registered.session, BROWSER), SignedIn)

    def test_when_both_codes_have_expired_neither_password_comes_back(self, house, pool, client, confirm, codes):
        house.clock.advance(hours=24)
        house.sign_up.resend(pool, client, JANE, BROWSER)
        confirm(house.last_code())
        user = house.directory.get(pool, JANE)
        assert (user.status, user.password, user.is_verified("email")) == (UserStatus.RESET_REQUIRED, None, True)

    def test_the_other_code_is_dead_afterwards(self, confirm, codes):
        confirm(codes["owner"][0])
        with pytest.raises(CodeExpired):
            confirm(codes["stranger"][0], caller=STRANGER)

    def test_the_losing_browser_is_not_signed_in(self, house, pool, client, confirm, codes):
        confirm(codes["owner"][0])
        with pytest.raises(SessionExpired):
            house.sign_in.after_sign_up(pool, client, codes["stranger"][1], STRANGER)
        assert isinstance(house.sign_in.after_sign_up(pool, client, codes["owner"][1], BROWSER), SignedIn)

    def test_a_recovery_ends_both(self, house, pool, client, confirm, codes):
        house.recovery.forgot(pool, client, JANE, BROWSER)
        house.recovery.reset(pool, client, JANE, house.last_code(), Secret("Third-Word-33"), BROWSER)
        assert "name" not in house.directory.get(pool, JANE).attributes
        for who, caller in (("owner", BROWSER), ("stranger", STRANGER)):
            with pytest.raises(CodeExpired):
                confirm(codes[who][0], caller=caller)

    def test_a_code_sent_again_to_fresh_browsers_pushes_no_registration_out(self, house, pool, client, confirm, codes):
        for n in range(12):
            network = f"203.0.113.{n // 4}"
            house.sign_up.resend(pool, client, JANE, replace(STRANGER, browser=f"fresh-{n}", address=network))
        confirm(codes["owner"][0])
        assert house.directory.get(pool, JANE).attributes["name"] == "Jane"
        assert isinstance(house.enter(pool, client), SignedIn)

    @pytest.mark.parametrize("where", [BROWSER, replace(BROWSER, browser="telephone"), STRANGER])
    def test_a_code_sent_again_to_fresh_browsers_installs_nobodys_password(  # noqa: PLR0917
        self, house, pool, client, confirm, codes, where
    ):
        for n in range(4):
            house.sign_up.resend(pool, client, JANE, replace(STRANGER, browser=f"fresh-{n}"))
        if where.browser in {BROWSER.browser, STRANGER.browser}:
            with pytest.raises(CodeMismatch):
                confirm(house.last_code(), caller=where)
        else:
            confirm(house.last_code(), caller=where)
        user = house.directory.get(pool, JANE)
        assert (user.password, "name" in user.attributes) == (None, False)

    def test_further_registrations_push_neither_out(  # noqa: PLR0917
        self, house, pool, client, register, confirm, codes
    ):
        for n in range(12):
            caller = replace(STRANGER, browser=f"fresh-{n}", address=f"203.0.113.{20 + n // 4}")
            register(conceal=True, password=OTHER, caller=caller)
        confirm(codes["owner"][0])
        assert isinstance(house.enter(pool, client), SignedIn)

    def test_who_comes_after_too_many_strangers_proves_the_address_only(self, house, pool, client, register, confirm):
        for n in range(12):
            caller = replace(STRANGER, browser=f"fresh-{n}", address=f"203.0.113.{20 + n // 4}")
            register(conceal=True, password=OTHER, caller=caller)
        register(conceal=True)
        confirm(house.last_code())
        user = house.directory.get(pool, JANE)
        assert (user.status, user.password) == (UserStatus.RESET_REQUIRED, None)

    @pytest.mark.parametrize("where", ["browser-one", "telephone", None])
    @pytest.mark.parametrize("again", [False, True])
    def test_it_stays_contested_after_the_first_code_has_expired(  # noqa: PLR0917
        self, house, pool, client, register, confirm, again, where
    ):
        register(conceal=True)
        house.clock.advance(hours=24)
        register(conceal=True, password=OTHER, caller=STRANGER, attributes={"name": "Eve"})
        if again:
            house.sign_up.resend(pool, client, JANE, replace(BROWSER, browser=where))
        confirm(house.last_code(), caller=replace(BROWSER, browser=where))
        user = house.directory.get(pool, JANE)
        assert (user.status, user.password, "name" in user.attributes) == (UserStatus.RESET_REQUIRED, None, False)

    def test_it_stays_contested_when_only_the_strangers_code_is_left(self, house, pool, client, confirm, codes):
        house.clock.advance(hours=23)
        house.sign_up.resend(pool, client, JANE, STRANGER)
        house.clock.advance(hours=2)
        confirm(house.last_code())
        assert house.directory.get(pool, JANE).password is None

    def test_who_registers_again_in_the_same_browser_contests_nothing(self, house, pool, client, register, confirm):
        register(conceal=True, password=OTHER)
        register(conceal=True)
        confirm(house.last_code(), caller=replace(BROWSER, browser="telephone"))
        assert isinstance(house.enter(pool, client), SignedIn)

    def test_what_an_administrator_set_meanwhile_stays(self, house):
        pool = house.world.a_pool(
            {"SchemaAttributes": [{"Name": "custom:role", "AttributeDataType": "String", "Mutable": True}]}
        )
        client = house.world.a_client(pool)

        def register(caller, **options):
            house.sign_up.register(pool, client, house.registration(conceal=True, **options), caller)
            return house.last_code()

        register(STRANGER, attributes={"name": "Eve", "phone_number": "+15550001212"}, password=OTHER)
        house.directory.update_attributes(pool, JANE, {"custom:role": "clerk", "zoneinfo": "Europe/Berlin"})
        code = register(BROWSER, attributes={"name": "Jane", "zoneinfo": "Asia/Tokyo"})
        before = house.directory.get(pool, JANE).attributes
        assert before == {
            "email": JANE,
            "email_verified": "false",
            "custom:role": "clerk",
            "zoneinfo": "Europe/Berlin",
        }
        house.sign_up.confirm(pool, client, JANE, code, BROWSER)
        after = house.directory.get(pool, JANE).attributes
        assert after == {**before, "email_verified": "true", "name": "Jane"}

    def test_the_api_still_says_that_the_address_is_taken(self, register, codes):
        with pytest.raises(UsernameExists):
            register()


def test_a_further_address_of_somebody_else_does_not_take_their_account(house):
    """A registration never waits beside an account that it merely names among its attributes."""
    pool = house.world.a_pool({"UsernameAttributes": ["email", "phone_number"]})
    client = house.world.a_client(pool)
    house.sign_up.register(pool, client, house.registration("+15550001212"), BROWSER)
    eve = house.registration("eve@example.com", attributes={"phone_number": "+15550001212"}, conceal=True)
    house.sign_up.register(pool, client, eve, STRANGER)
    assert house.directory.get(pool, "+15550001212").password is not None
    assert house.directory.find(pool, "eve@example.com") is None


def test_mistakes_do_not_use_up_the_allowance(house, pool, register):
    for options in ({"password": Secret("weak")}, {"attributes": {"birthdate": "1.1.2000"}}) * 5:
        with pytest.raises((PasswordPolicyViolation, AttributeViolation)):
            register(conceal=True, **options)
    register(conceal=True)


def test_one_stranger_does_not_use_up_the_allowance_of_an_address(house, register):
    for _ in range(5):
        register(conceal=True, caller=STRANGER, password=OTHER)
    with pytest.raises(AttemptLimitExceeded):
        register(conceal=True, caller=STRANGER, password=OTHER)
    register(conceal=True)


def test_strangers_confirmations_do_not_use_up_the_browsers_own(house, register, confirm):
    register()
    code = house.last_code()
    for _ in range(15):
        with pytest.raises((CodeMismatch, CodeExpired)):
            confirm(wrong(code), caller=STRANGER)
    with pytest.raises(AttemptLimitExceeded):
        confirm(wrong(code), caller=STRANGER)
    confirm(code)


def test_an_address_that_confirms_masses_is_slowed_down(house, pool, confirm):
    for _ in range(300):
        house.rates.check_address("confirm_sign_up", pool.pool_id, BROWSER.address, 15)
    with pytest.raises(TooManyRequests):
        confirm(Secret("123456"))


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


def test_strangers_do_not_use_up_the_resends_of_a_browser_that_registered(house, pool, client, register, confirm):
    register()
    for n in range(20):
        house.sign_up.resend(pool, client, JANE, replace(STRANGER, address=f"203.0.113.{n // 5}"))
    with pytest.raises(AttemptLimitExceeded):
        house.sign_up.resend(pool, client, JANE, replace(STRANGER, address="203.0.113.99"))
    house.sign_up.resend(pool, client, JANE, BROWSER)
    confirm(house.last_code())


def test_one_network_does_not_use_up_the_resends_of_an_address(house, pool, client, register):
    register()
    telephone = replace(BROWSER, browser="telephone")
    for n in range(5):
        house.sign_up.resend(pool, client, JANE, replace(STRANGER, browser=f"fresh-{n}"))
    with pytest.raises(AttemptLimitExceeded):
        house.sign_up.resend(pool, client, JANE, STRANGER)
    house.sign_up.resend(pool, client, JANE, telephone)


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

    def test_an_unconfirmed_user_neither_blocks_nor_captures_an_address(self, house, pool, client, register, confirm):
        register("eve", attributes={"email": JANE}, password=OTHER, caller=STRANGER)
        eves = house.last_code()
        register("jane", attributes={"email": JANE})
        janes = house.last_code()
        if eves != janes:
            with pytest.raises(CodeMismatch):
                confirm(eves, "jane")
        confirm(janes, "jane")
        assert house.directory.get(pool, JANE).username == "jane"
        assert isinstance(house.enter(pool, client, JANE), SignedIn)
        with pytest.raises(IncorrectCredentials):
            house.enter(pool, client, JANE, password=OTHER)

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
