"""Second factors and passwordless sign-in on the hosted pages, without a browser: what they ask, and what goes round no step."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from app.core.factors.preferences import Choice
from app.core.kernel.caller import Caller
from app.core.kernel.secret import Secret
from tests.support.factor_pages import (
    EMAIL,
    TOTP,
    ask_second,
    at_sign_in,
    code_of,
    first_factors,
    next_code,
    prefer,
    seed_on,
    with_authenticator,
)
from tests.support.hosted_app import PASSWORD, HostedApp, Visitor
from tests.support.world import fresh_sqlite

ADA = "ada@example.com"
NOBODY = "nobody@example.com"
MISMATCH = "This code is not right, or no longer valid. Check it, or ask for a new one."


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[HostedApp]:
    folder = tmp_path_factory.mktemp("factors")
    server = HostedApp(folder, fresh_sqlite(folder))
    yield server
    server.close()


@pytest.fixture
def house(server) -> HostedApp:
    return server.begin_anew()


@pytest.fixture
def visitor(house) -> Visitor:
    return house.browser()


def path_of(visitor: Visitor) -> str:
    return urlsplit(visitor.address).path


# -- authenticator apps ---------------------------------------------------------------------------------------------------


def test_a_code_of_the_app_lets_in(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    assert path_of(visitor) == "/mfa"
    assert "code" in visitor.send(code=next_code(house, seed)).landed


def test_spaces_in_a_code_do_no_harm(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    code = next_code(house, seed)
    assert "code" in visitor.send(code=f" {code[:3]} {code[3:]} ").landed


def test_a_wrong_code_is_said_kindly_and_the_attempt_goes_on(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    at_sign_in(house, visitor).sign_in().send(code="000000")
    assert visitor.page.alert == MISMATCH
    assert visitor.page.title.startswith("Error:")
    assert "code" in visitor.send(code=next_code(house, seed)).landed


def test_no_code_at_all_is_asked_for_again(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    with_authenticator(house)
    at_sign_in(house, visitor).sign_in().send(code="")
    assert visitor.page.alert == "Please check the marked fields."


def test_a_code_works_once(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    other = house.browser()
    at_sign_in(house, visitor).sign_in()
    at_sign_in(house, other).sign_in()
    code = next_code(house, seed)
    assert "code" in visitor.send(code=code).landed
    assert other.send(code=code).page.alert == "This code was used already. Wait for the next one."


def test_five_wrong_codes_end_the_attempt(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    for _ in range(5):
        visitor.send(code="000000")
    house.clock.advance(seconds=60)
    visitor.send(code=code_of(house, seed))
    assert path_of(visitor) == "/login"
    assert visitor.page.alert.startswith("This took too long")


def test_the_authorize_endpoint_still_asks_to_sign_in_while_a_code_is_due(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    assert path_of(at_sign_in(house, visitor)) == "/login"
    assert visitor.cookie("session") is None


def test_another_browser_cannot_answer(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    thief = house.browser()
    at_sign_in(house, thief)
    at_sign_in(house, visitor).sign_in()
    stolen = visitor.cookie("progress")
    thief.http.set_cookie(stolen.key, stolen.value, domain="localhost")
    thief.go(f"/mfa?{house.query()}").send(code=next_code(house, seed))
    assert path_of(thief) == "/login"
    assert thief.cookie("session") is None


def test_another_applications_page_cannot_answer(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    other = house.a_client(house.pool, name="Another app")
    at_sign_in(house, visitor).sign_in()
    visitor.go(f"/mfa?{house.query(client_id=other.client_id)}").send(code=next_code(house, seed))
    assert path_of(visitor) == "/login"
    assert visitor.cookie("session") is None


def test_without_the_forms_token_nothing_is_answered(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    code = next_code(house, seed)
    visitor.send(code=code, csrf_token="forged")
    assert visitor.response.status_code == 403
    assert visitor.cookie("session") is None
    assert "code" in visitor.send(code=code).landed


def test_a_form_of_another_site_answers_nothing(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    visitor.send(headers={"Sec-Fetch-Site": "cross-site"}, code=next_code(house, seed))
    assert visitor.cookie("session") is None


def test_an_attempt_that_took_too_long_begins_anew(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    house.clock.advance(seconds=181)
    visitor.send(code=code_of(house, seed))
    assert path_of(visitor) == "/login"
    assert visitor.page.alert.startswith("This took too long")


def test_whoever_comes_to_the_page_without_an_attempt_begins_anew(house, visitor):
    visitor.go(f"/mfa?{house.query()}")
    assert path_of(visitor) == "/login"


def test_the_same_form_twice_is_no_error(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    form = visitor.page.forms[0]
    given = {**form.fields, "code": next_code(house, seed)}
    progress = visitor.cookie("progress")
    visitor.post(form.action, given)
    visitor.http.set_cookie(progress.key, progress.value, domain="localhost")
    assert "code" in visitor.post(form.action, given).landed


def test_a_choice_that_the_sign_in_does_not_offer_is_refused(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    for way in ("SMS_MFA", "EMAIL_OTP", "PASSWORD", "WEB_AUTHN", ""):
        visitor.send(action="choose", way=way)
        assert visitor.page.alert == "Please choose one of the ways below."
        assert path_of(visitor) == "/mfa"


def test_a_password_is_no_second_factor(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    visitor.send(action="sign_in", password="Correct-Horse-7")
    assert visitor.cookie("session") is None
    visitor.go(f"/mfa?{house.query()}&view=password")
    assert "password" not in visitor.page.forms[0].inputs


# -- setting up -----------------------------------------------------------------------------------------------------------


def test_where_a_second_factor_is_demanded_it_is_set_up_first(house, visitor):
    ask_second(house, "ON", TOTP)
    house.a_user()
    at_sign_in(house, visitor).sign_in()
    assert path_of(visitor) == "/mfa"
    seed = seed_on(visitor)
    assert "code" in visitor.send(code=code_of(house, seed)).landed
    again = house.browser()
    at_sign_in(house, again).sign_in()
    assert "code" in again.send(code=next_code(house, seed)).landed


def test_the_set_up_shows_one_seed_as_picture_text_and_link(house, visitor):
    ask_second(house, "ON", TOTP)
    house.a_user()
    at_sign_in(house, visitor).sign_in()
    seed = seed_on(visitor)
    links = [link for link in visitor.page.links if link.startswith("otpauth://totp/")]
    assert parse_qs(urlsplit(links[0]).query)["secret"] == [seed]
    assert '<path class="qr-modules" d="M' in visitor.response.text
    visitor.go(visitor.address)
    assert seed_on(visitor) == seed


def test_a_wrong_first_code_keeps_the_seed(house, visitor):
    ask_second(house, "ON", TOTP)
    house.a_user()
    at_sign_in(house, visitor).sign_in()
    seed = seed_on(visitor)
    visitor.send(code="000000")
    assert visitor.page.alert == MISMATCH
    assert seed_on(visitor) == seed
    assert "code" in visitor.send(code=code_of(house, seed)).landed


def test_nobody_goes_round_the_set_up(house, visitor):
    ask_second(house, "ON", TOTP)
    house.a_user()
    at_sign_in(house, visitor).sign_in()
    assert path_of(at_sign_in(house, visitor)) == "/login"
    visitor.go(f"/mfa?{house.query()}&view=recovery")
    assert "qr-modules" in visitor.response.text
    assert visitor.cookie("session") is None


def test_a_step_that_the_pages_do_not_know_is_refused_and_not_skipped(server):
    mail = {"EmailConfiguration": DEVELOPER, "UsernameAttributes": None, "AutoVerifiedAttributes": None}
    house = server.begin_anew(mail)
    ask_second(house, "ON", EMAIL)
    house.services.users.create(house.pool, "ada", {}, permanent_password=Secret(PASSWORD))
    # The one factor is a code by mail; there is no address, and the client may not write one.
    client = house.a_client(house.pool, name="Narrow", WriteAttributes=["name"])
    visitor = house.browser()
    at_sign_in(house, visitor, client_id=client.client_id).sign_in(username="ada")
    assert path_of(visitor) == "/login"
    assert visitor.page.alert.startswith("This sign-in asks for a step that these pages do not offer.")
    assert visitor.cookie("session") is None


# -- codes by mail --------------------------------------------------------------------------------------------------------


@pytest.fixture
def mail_house(server) -> HostedApp:
    house = server.begin_anew({"EmailConfiguration": DEVELOPER})
    ask_second(house, "OPTIONAL", TOTP, EMAIL)
    return house


DEVELOPER = {
    "EmailSendingAccount": "DEVELOPER",
    "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/mail@example.com",
}


def test_a_code_by_mail_lets_in_and_can_be_sent_again(mail_house):
    house, visitor = mail_house, mail_house.browser()
    prefer(house, house.a_user(), "EMAIL_OTP")
    at_sign_in(house, visitor).sign_in()
    assert "a***@e***" in visitor.response.text
    first = visitor.mail(ADA)["code"]
    visitor.send(1)
    assert visitor.page.status == "A new code is on its way."
    second = visitor.mail(ADA, 2)["code"]
    if first != second:
        assert visitor.send(code=first).page.alert == MISMATCH
    assert "code" in visitor.send(code=second).landed


def test_several_factors_are_offered_to_choose_from(mail_house):
    house, visitor = mail_house, mail_house.browser()
    seed = with_authenticator(house)
    user = house.services.users.get(house.pool, ADA)
    house.services.preferences.choose(
        house.pool,
        user,
        {"EMAIL_OTP": Choice(enabled=True), "SOFTWARE_TOKEN_MFA": Choice(enabled=True, preferred=False)},
        Caller(),
    )
    at_sign_in(house, visitor).sign_in()
    assert 'value="EMAIL_OTP"' in visitor.response.text
    visitor.send(way="EMAIL_OTP")
    assert path_of(visitor) == "/mfa"
    visitor.go(f"/mfa?{house.query()}&view=ways").send(way="SOFTWARE_TOKEN_MFA")
    assert "code" in visitor.send(code=next_code(house, seed)).landed


SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}


def test_a_code_by_text_message_lets_in(server):
    house = server.begin_anew({"SmsConfiguration": SMS})
    ask_second(house, "ON", {"SmsMfaConfiguration": {"SmsConfiguration": SMS}})
    house.a_user()
    house.services.users.update_attributes(house.pool, ADA, {"phone_number": "+15555551212"})
    visitor = house.browser()
    at_sign_in(house, visitor).sign_in()
    assert "+*******1212" in visitor.response.text
    assert "code" in visitor.send(code=visitor.mail("+15555551212")["code"]).landed


def test_codes_are_sent_only_so_often(mail_house):
    house, visitor = mail_house, mail_house.browser()
    prefer(house, house.a_user(), "EMAIL_OTP")
    for _ in range(31):
        at_sign_in(house, visitor).sign_in()
    assert path_of(visitor) == "/login"
    assert visitor.page.alert == "Too many attempts. Please wait a while and try again."
    assert visitor.cookie("session") is None


# -- setting up what a code is sent to ------------------------------------------------------------------------------------


@pytest.fixture
def bare_house(server) -> HostedApp:
    """Demands a second step of any kind; its people are called by a name and have no address."""
    house = server.begin_anew(
        {
            "EmailConfiguration": DEVELOPER,
            "SmsConfiguration": SMS,
            "UsernameAttributes": None,
            "AutoVerifiedAttributes": None,
            "AliasAttributes": ["phone_number"],
        }
    )
    ask_second(house, "ON", TOTP, EMAIL, {"SmsMfaConfiguration": {"SmsConfiguration": SMS}})
    nameless(house, "ada")
    return house


def nameless(house: HostedApp, name: str) -> None:
    house.services.users.create(house.pool, name, {}, permanent_password=Secret(PASSWORD))


def choosing(house: HostedApp, way: str = "", name: str = "ada") -> Visitor:
    """Somebody who has to set up a second step, and has chosen which."""
    visitor = house.browser()
    at_sign_in(house, visitor).sign_in(username=name)
    assert path_of(visitor) == "/mfa"
    return visitor.send(way=way) if way else visitor


PHONE = "+15555551212"


def test_all_that_the_pool_has_is_offered_to_be_set_up(bare_house):
    page = choosing(bare_house).response.text
    assert [f'value="{way}"' in page for way in ("SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP")] == [True] * 3
    assert "Protect your account" in page


@pytest.mark.parametrize(
    ("way", "field", "typed", "address", "masked"),
    [
        ("SMS_MFA", "phone_number", "+1 (555) 555-1212", PHONE, "+*******1212"),
        ("EMAIL_OTP", "email", ADA, ADA, "a***@e***"),
    ],
)
def test_an_address_is_given_proven_and_asked_for_from_then_on(bare_house, way, field, typed, address, masked):  # noqa: PLR0917
    visitor = choosing(bare_house, way).send(**{field: typed})
    assert masked in visitor.response.text
    assert "code" in visitor.send(code=visitor.mail(address)["code"]).landed
    user = bare_house.services.users.get(bare_house.pool, "ada")
    assert (user.attributes[field], user.is_verified(field)) == (address, True)
    assert (user.mfa.enabled, user.mfa.preferred) == ((way,), way)
    again = choosing(bare_house)
    assert masked in again.response.text
    assert "code" in again.send(code=again.mail(address, 2)["code"]).landed


def test_nothing_is_stored_before_the_code_comes_back(bare_house):
    visitor = choosing(bare_house, "SMS_MFA").send(phone_number=PHONE)
    visitor.send(code="000000")
    assert visitor.page.alert == MISMATCH
    assert path_of(at_sign_in(bare_house, visitor)) == "/login"
    user = bare_house.services.users.get(bare_house.pool, "ada")
    assert "phone_number" not in user.attributes
    assert user.mfa.enabled == ()
    assert visitor.cookie("session") is None


def test_a_mistyped_number_can_be_corrected_and_its_code_is_dead(bare_house):
    visitor = choosing(bare_house, "SMS_MFA").send(phone_number="+15555550000")
    first = visitor.mail("+15555550000")["code"]
    visitor.go(f"/mfa?{bare_house.query()}&view=phone_number").send(phone_number=PHONE)
    second = visitor.mail(PHONE)["code"]
    if first != second:
        assert visitor.send(code=first).page.alert == MISMATCH
    assert "code" in visitor.send(code=second).landed
    assert bare_house.services.users.get(bare_house.pool, "ada").attributes["phone_number"] == PHONE


def test_a_code_to_a_new_address_is_sent_again_to_the_same(bare_house):
    visitor = choosing(bare_house, "EMAIL_OTP").send(email=ADA).send(1)
    assert visitor.page.status == "A new code is on its way."
    assert "code" in visitor.send(code=visitor.mail(ADA, 2)["code"]).landed


@pytest.mark.parametrize("typed", ["", "020 7946", "+1", "ada@example.com", "+1x5555551212", "x" * 5000])
def test_what_is_no_number_is_refused_at_its_field(bare_house, typed):
    visitor = choosing(bare_house, "SMS_MFA").send(phone_number=typed)
    assert visitor.response.status_code == 400
    assert visitor.page.forms[0].inputs["phone_number"]["aria-invalid"] == "true"
    assert "code" in visitor.send(phone_number=PHONE).send(code=visitor.mail(PHONE)["code"]).landed


def test_a_number_that_somebody_else_has_proven_is_refused_and_another_taken(bare_house):
    nameless(bare_house, "bea")
    bare_house.services.users.update_attributes(
        bare_house.pool, "bea", {"phone_number": PHONE, "phone_number_verified": "true"}
    )
    visitor = choosing(bare_house, "SMS_MFA").send(phone_number=PHONE)
    visitor.send(code=visitor.mail(PHONE)["code"])
    assert visitor.page.alert == "This address belongs to another account already."
    assert "phone_number" not in bare_house.services.users.get(bare_house.pool, "ada").attributes
    visitor.send(phone_number="+15555550000")
    assert "code" in visitor.send(code=visitor.mail("+15555550000")["code"]).landed


def test_one_can_go_to_and_fro_between_the_ways(bare_house):
    house, visitor = bare_house, choosing(bare_house, "SMS_MFA").send(phone_number=PHONE)
    ways = f"/mfa?{house.query()}&view=ways"
    visitor.go(ways).send(way="SOFTWARE_TOKEN_MFA")
    seed = seed_on(visitor)
    visitor.go(ways).send(way="EMAIL_OTP")
    visitor.go(ways).send(way="SOFTWARE_TOKEN_MFA")
    assert seed_on(visitor) == seed
    assert "code" in visitor.send(code=code_of(house, seed)).landed
    assert house.services.users.get(house.pool, "ada").mfa.enabled == ("SOFTWARE_TOKEN_MFA",)


def test_an_address_that_is_there_gets_the_code_and_no_other_does(bare_house):
    house = bare_house
    house.services.users.update_attributes(house.pool, "ada", {"email": ADA, "phone_number": PHONE})
    prefer(house, house.services.users.get(house.pool, "ada"), "SMS_MFA")
    house.services.users.update_attributes(house.pool, "ada", {"phone_number": ""})
    visitor = choosing(house)
    form = visitor.page.forms[0]
    visitor.post(f"/mfa?{house.query()}&view=email", {**form.fields, "action": "send_code", "email": "eve@example.com"})
    assert visitor.page.alert == "Please choose one of the ways below."
    assert visitor.mails("eve@example.com") == []
    visitor.send(way="EMAIL_OTP")
    assert "a***@e***" in visitor.response.text
    assert "code" in visitor.send(code=visitor.mail(ADA)["code"]).landed


def test_a_client_that_may_not_write_an_address_has_none_set_up(bare_house):
    house = bare_house
    client = house.a_client(house.pool, name="Narrow", WriteAttributes=["email", "name"])
    visitor = house.browser()
    at_sign_in(house, visitor, client_id=client.client_id).sign_in(username="ada")
    assert 'value="SMS_MFA"' not in visitor.response.text
    visitor.send(action="choose", way="SMS_MFA")
    assert visitor.page.alert == "Please choose one of the ways below."
    form = visitor.page.forms[0]
    there = f"/mfa?{house.query(client_id=client.client_id)}&view=phone_number"
    visitor.post(there, {**form.fields, "action": "send_code", "phone_number": PHONE})
    assert visitor.page.alert == "Please choose one of the ways below."
    assert visitor.mails(PHONE) == []


def test_codes_to_addresses_typed_here_are_few(bare_house):
    visitor = choosing(bare_house, "SMS_MFA")
    for number in range(6):
        visitor.go(f"/mfa?{bare_house.query()}&view=phone_number").send(phone_number=f"+1555555121{number}")
    assert visitor.page.alert == "Too many attempts. Please wait a while and try again."
    assert visitor.mails("+15555551215") == []
    ways = visitor.go(f"/mfa?{bare_house.query()}&view=ways").send(way="SOFTWARE_TOKEN_MFA")
    assert "code" in ways.send(code=code_of(bare_house, seed_on(ways))).landed


@pytest.mark.parametrize("action", ["choose", "send_code", "resend", "confirm"])
def test_no_set_up_without_the_forms_token(bare_house, action):
    visitor = choosing(bare_house, "SMS_MFA")
    visitor.send(action=action, phone_number=PHONE, way="SMS_MFA", code="123456", csrf_token="forged")
    assert visitor.response.status_code == 403
    assert visitor.mails(PHONE) == []


def test_a_set_up_without_a_code_on_its_way_takes_none(bare_house):
    visitor = choosing(bare_house)
    for action in ("confirm", "resend", "nonsense"):
        visitor.send(action=action, code="000000")
        assert visitor.page.alert == "Please choose one of the ways below."
    assert visitor.cookie("session") is None


def test_a_factor_that_the_pool_gives_up_meanwhile_ends_no_set_up(bare_house):
    house, visitor = bare_house, choosing(bare_house, "EMAIL_OTP").send(email=ADA)
    sms = {"SmsMfaConfiguration": {"SmsConfiguration": SMS}}
    house.pool = house.services.pools.set_mfa(house.pool.pool_id, {"MfaConfiguration": "ON", **TOTP, **sms})
    visitor.send(code=visitor.mail(ADA)["code"])
    assert visitor.page.alert == "The request is not valid."
    assert "email" not in house.services.users.get(house.pool, "ada").attributes
    visitor.go(f"/mfa?{house.query()}&view=ways").send(way="SMS_MFA").send(phone_number=PHONE)
    assert "code" in visitor.send(code=visitor.mail(PHONE)["code"]).landed


@pytest.mark.parametrize(
    "address", ["a@" + "\u337f" * 80 + ".example", f"a@{'b' * 250}.example", f"a@{'b.' * 125}example"]
)
def test_an_address_that_no_mail_can_go_to_is_refused_at_its_field(bare_house, address):
    """The first is compared in NFKC, which makes four characters of one."""
    visitor = choosing(bare_house, "EMAIL_OTP").send(email=address)
    assert visitor.response.status_code == 400
    assert visitor.page.forms[0].inputs["email"]["aria-invalid"] == "true"
    assert bare_house.installation.messaging.outbox.list() == []


def test_where_codes_by_text_message_are_all_the_number_is_asked_for_at_once(server):
    plain = {"SmsConfiguration": SMS, "UsernameAttributes": None, "AutoVerifiedAttributes": None}
    house = server.begin_anew(plain)
    ask_second(house, "ON", {"SmsMfaConfiguration": {"SmsConfiguration": SMS}})
    nameless(house, "ada")
    visitor = choosing(house)
    assert "Add your phone number" in visitor.page.title
    visitor.send(phone_number=PHONE)
    assert "code" in visitor.send(code=visitor.mail(PHONE)["code"]).landed


def test_a_password_that_changes_meanwhile_ends_the_set_up(bare_house):
    visitor = choosing(bare_house, "SMS_MFA").send(phone_number=PHONE)
    bare_house.services.users.set_password(bare_house.pool, "ada", Secret("Other-Horse-9"), permanent=True)
    visitor.send(code=visitor.mail(PHONE)["code"])
    assert path_of(visitor) == "/login"
    assert "phone_number" not in bare_house.services.users.get(bare_house.pool, "ada").attributes


# -- without a password ---------------------------------------------------------------------------------------------------


@pytest.fixture
def choice_house(server) -> HostedApp:
    return server.begin_anew(first_factors("PASSWORD", "EMAIL_OTP"))


def test_pools_with_passwords_alone_keep_their_one_page(house, visitor):
    assert "password" in at_sign_in(house, visitor).page.forms[0].inputs


def test_a_code_by_mail_stands_in_the_place_of_the_password(choice_house):
    house, visitor = choice_house, choice_house.browser()
    house.a_user()
    at_sign_in(house, visitor)
    assert "password" not in visitor.page.forms[0].inputs
    visitor.send(username=ADA).send(way="EMAIL_OTP")
    assert "a***@e***" in visitor.response.text
    assert "code" in visitor.send(code=visitor.mail(ADA)["code"]).landed


def test_the_password_can_be_chosen_and_a_wrong_one_corrected(choice_house):
    house, visitor = choice_house, choice_house.browser()
    house.a_user()
    at_sign_in(house, visitor).send(username=ADA).send(way="PASSWORD")
    visitor.send(password="wrong")
    assert visitor.page.alert == "Incorrect username or password."
    assert "code" in visitor.send(password="Correct-Horse-7").landed


def test_where_there_is_one_way_alone_nothing_is_chosen(server):
    house = server.begin_anew(first_factors("EMAIL_OTP"))
    visitor = house.browser()
    house.a_user()
    at_sign_in(house, visitor).send(username=ADA)
    assert "code" in visitor.send(code=visitor.mail(ADA)["code"]).landed


@pytest.mark.parametrize("way", ["PASSWORD", "EMAIL_OTP"])
def test_a_name_that_nobody_has_is_answered_like_any_other(choice_house, way):
    house = choice_house
    house.a_user()
    seen = []
    for name in (ADA, NOBODY):
        visitor = house.browser()
        pages = [at_sign_in(house, visitor).send(username=name)]
        texts = [without_names(visitor)]
        visitor.send(way=way)
        texts.append(without_names(visitor))
        visitor.send(password="wrong") if way == "PASSWORD" else visitor.send(code="000000")
        texts.append(without_names(visitor))
        seen.append((texts, visitor.statuses, len(pages)))
    assert seen[0] == seen[1]
    assert "Incorrect" in seen[0][0][2] or MISMATCH in seen[0][0][2]


def without_names(visitor: Visitor) -> str:
    """The page without what differs between any two visits: the name that was typed, and the form's token."""
    import re

    text = re.sub(r'name="csrf_token" value="[^"]*"', "", visitor.response.text)
    for name in (ADA, NOBODY, "a***@e***", "n***@e***"):
        text = text.replace(name, "NAME")
    return text


def test_a_person_without_a_second_factor_and_one_with_are_offered_the_same(server):
    house = server.begin_anew(first_factors("PASSWORD", "EMAIL_OTP"))
    ask_second(house, "OPTIONAL", TOTP)
    with_authenticator(house, "ada@example.com")
    house.a_user("bea@example.com")
    offered = []
    for name in ("ada@example.com", "bea@example.com", NOBODY):
        visitor = house.browser()
        at_sign_in(house, visitor).send(username=name)
        offered.append([line for line in visitor.response.text.splitlines() if 'name="way"' in line])
    assert offered[0] == offered[1] == offered[2]


def test_a_code_by_mail_goes_round_no_second_factor(server):
    house = server.begin_anew(first_factors("PASSWORD", "EMAIL_OTP"))
    ask_second(house, "OPTIONAL", TOTP)
    with_authenticator(house)
    visitor = house.browser()
    at_sign_in(house, visitor).send(username=ADA).send(way="EMAIL_OTP")
    visitor.send(code="123456")
    assert visitor.page.alert == MISMATCH
    assert visitor.mails(ADA) == []


def test_a_disabled_person_is_answered_like_nobody(choice_house):
    house, visitor = choice_house, choice_house.browser()
    house.a_user()
    house.services.users.disable(house.pool, ADA)
    at_sign_in(house, visitor).send(username=ADA).send(way="EMAIL_OTP")
    assert visitor.send(code="000000").page.alert == MISMATCH
    assert visitor.mails(ADA) == []


def test_an_unconfirmed_person_with_the_right_code_is_led_to_the_confirmation(choice_house):
    house, visitor = choice_house, choice_house.browser()
    visitor.go(f"/signup?{house.query()}").send(username=ADA, password=PASSWORD)
    first = visitor.mail(ADA)["code"]
    other = house.browser()
    at_sign_in(house, other).send(username=ADA).send(way="EMAIL_OTP")
    code = other.mail(ADA, 2)["code"]
    other.send(code=code)
    assert path_of(other) == "/confirm"
    assert other.page.status.startswith("Your account is not confirmed yet.")
    assert first


# -- remembered browsers --------------------------------------------------------------------------------------------------


@pytest.fixture(params=[False, True], ids=["always", "on-prompt"])
def remembering_house(server, request) -> HostedApp:
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": request.param}
    house = server.begin_anew({"DeviceConfiguration": devices})
    ask_second(house, "OPTIONAL", TOTP)
    return house


def remembered(house: HostedApp) -> tuple[Visitor, str]:
    """A browser that was told to remember, signed out again; and the seed."""
    seed, visitor = with_authenticator(house), house.browser()
    at_sign_in(house, visitor).sign_in()
    assert "code" in visitor.send(code=next_code(house, seed), remember_device="yes").landed
    return visitor, seed


def again(house: HostedApp, visitor: Visitor) -> Visitor:
    return at_sign_in(house, visitor, prompt="login").sign_in()


def test_a_remembered_browser_is_spared_the_second_step(remembering_house):
    house = remembering_house
    visitor, _ = remembered(house)
    assert "code" in again(house, visitor).landed
    assert path_of(again(house, house.browser())) == "/mfa"


def test_nothing_is_remembered_that_nobody_asked_for(remembering_house):
    house = remembering_house
    seed, visitor = with_authenticator(house), house.browser()
    at_sign_in(house, visitor).sign_in()
    form = visitor.page.forms[0]
    form.fields.pop("remember_device")
    visitor.post(form.action, {**form.fields, "code": next_code(house, seed)})
    assert visitor.cookie("device") is None
    assert path_of(again(house, visitor)) == "/mfa"


def test_a_remembered_browser_still_needs_the_password(remembering_house):
    house = remembering_house
    visitor, _ = remembered(house)
    at_sign_in(house, visitor, prompt="login").sign_in(password="wrong")
    assert visitor.page.alert == "Incorrect username or password."


def test_a_browser_is_remembered_for_its_person_alone(remembering_house):
    house = remembering_house
    visitor, _ = remembered(house)
    with_authenticator(house, "bea@example.com")
    at_sign_in(house, visitor, prompt="login").sign_in(username="bea@example.com")
    assert path_of(visitor) == "/mfa"


def test_a_forgotten_device_is_asked_again(remembering_house):
    house = remembering_house
    visitor, _ = remembered(house)
    user = house.services.users.get(house.pool, ADA)
    for device in house.services.devices.list_page(house.pool, user, limit=10):
        house.services.devices.forget(house.pool, user, device.device_key, Caller())
    assert path_of(again(house, visitor)) == "/mfa"


def test_a_browser_is_remembered_for_a_month(remembering_house):
    house = remembering_house
    visitor, _ = remembered(house)
    house.clock.advance(days=31)
    assert path_of(again(house, visitor)) == "/mfa"


def test_a_cookie_that_is_not_ours_is_no_second_step(remembering_house):
    house = remembering_house
    visitor, _ = remembered(house)
    cookie = visitor.cookie("device")
    thief = house.browser()
    thief.http.set_cookie(cookie.key, cookie.value[:-2] + "AA", domain="localhost")
    assert path_of(again(house, thief)) == "/mfa"


def test_pools_that_remember_no_devices_offer_no_box(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    seed = with_authenticator(house)
    at_sign_in(house, visitor).sign_in()
    assert "remember_device" not in visitor.response.text
    visitor.send(code=next_code(house, seed), remember_device="yes")
    assert visitor.cookie("device") is None
