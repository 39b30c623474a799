"""The account page, recovery codes and passkeys without a browser: who sees what, who may change it, and who may not."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.core.factors.passkey import Passkey
from app.core.kernel.caller import Caller
from app.core.kernel.errors import Unavailable
from app.core.kernel.secret import Secret
from app.core.sessions.service import MOST_LISTED
from tests.support.factor_pages import (
    TOTP,
    ask_second,
    at_sign_in,
    code_of,
    first_factors,
    next_code,
    seed_on,
    with_authenticator,
)
from tests.support.hosted_app import APP, ORIGIN, PASSWORD, HostedApp, Visitor
from tests.support.world import fresh_sqlite

ADA = "ada@example.com"
NEW = "New-Horse-12"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
"""That of ``hosted_app.CHALLENGE`` (RFC 7636 appendix B)."""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[HostedApp]:
    folder = tmp_path_factory.mktemp("account")
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


def account(house: HostedApp, view: str = "") -> str:
    return f"/account?client_id={house.client.client_id}{f'&view={view}' if view else ''}"


def signed_in(house: HostedApp, visitor: Visitor) -> Visitor:
    house.a_user()
    visitor.go(account(house)).sign_in()
    assert path_of(visitor) == "/account", visitor.response.text
    return visitor


def act(visitor: Visitor, action: str, **given: str) -> Visitor:
    """Presses a button of the account page."""
    form = next(form for form in visitor.page.forms if form.fields.get("action") == action)
    return visitor.post(form.action, {**form.fields, **given})


# -- coming in ------------------------------------------------------------------------------------------------------------


def test_the_page_asks_to_sign_in_and_comes_back(house, visitor):
    house.a_user()
    visitor.go(account(house))
    assert path_of(visitor) == "/login"
    visitor.sign_in()
    assert path_of(visitor) == "/account"
    assert ADA in visitor.response.text


def test_the_page_needs_no_client_where_one_pool_is_signed_in_to(house, visitor):
    signed_in(house, visitor)
    visitor.go("/account")
    assert path_of(visitor) == "/account"
    assert ADA in visitor.response.text


def test_without_client_and_session_there_is_nothing_to_see(visitor):
    assert visitor.go("/account").response.status_code == 400


def test_a_session_of_another_pool_shows_nothing(house, visitor):
    signed_in(house, visitor)
    other = house.a_client(house.a_pool())
    visitor.go(f"/account?client_id={other.client_id}")
    assert path_of(visitor) == "/login"
    assert ADA not in visitor.response.text


def test_the_page_leads_nowhere_but_to_pages_of_ours(house, visitor):
    house.a_user()
    visitor.go(f"{account(house)}&then=https%3A%2F%2Fevil.example").sign_in()
    assert path_of(visitor) == "/account"
    again = house.browser()
    again.go(f"/login?client_id={house.client.client_id}&then=https%3A%2F%2Fevil.example").sign_in()
    assert path_of(again) == "/account"


@pytest.mark.parametrize(
    "action",
    [
        "set_up",
        "confirm",
        "turn_on",
        "turn_off",
        "remove_passkey",
        "rename_passkey",
        "save_passkey",
        "recovery_codes",
        "end_others",
        "end_session",
    ],
)
def test_after_five_minutes_a_change_asks_to_sign_in_again(house, visitor, action):
    ask_second(house, "OPTIONAL", TOTP)
    signed_in(house, visitor)
    form = visitor.page.forms[0]
    house.clock.advance(seconds=301)
    visitor.post(
        form.action, {"csrf_token": form.fields["csrf_token"], "action": action, "factor": "SOFTWARE_TOKEN_MFA"}
    )
    assert path_of(visitor) == "/login"
    assert visitor.page.alert == "Please sign in again before you change this."
    visitor.sign_in()
    assert path_of(visitor) == "/account"


@pytest.mark.parametrize(
    "action",
    [
        "set_up",
        "turn_off",
        "remove_passkey",
        "rename_passkey",
        "save_passkey",
        "recovery_codes",
        "end_others",
        "end_session",
        "change_password",
    ],
)
def test_without_the_forms_token_nothing_changes(house, visitor, action):
    ask_second(house, "OPTIONAL", TOTP)
    signed_in(house, visitor)
    visitor.post(visitor.page.forms[0].action, {"csrf_token": "forged", "action": action})
    assert visitor.response.status_code == 403


def test_a_button_that_does_not_exist_does_nothing(house, visitor):
    signed_in(house, visitor)
    form = visitor.page.forms[0]
    visitor.post(form.action, {**form.fields, "action": "delete_everything"})
    assert visitor.page.alert == "The request is not valid."


# -- the password ---------------------------------------------------------------------------------------------------------


def test_the_password_is_changed_by_the_present_one(house, visitor):
    signed_in(house, visitor)
    visitor.go(account(house, "password")).send(password=PASSWORD, new_password=NEW, confirm_password=NEW)
    assert visitor.page.status == "Your password is changed."
    other = house.browser()
    at_sign_in(house, other).sign_in()
    assert other.page.alert == "Incorrect username or password."
    assert "code" in at_sign_in(house, other).sign_in(password=NEW).landed


@pytest.mark.parametrize(
    ("typed", "alert"),
    [
        ({"password": "wrong", "new_password": NEW, "confirm_password": NEW}, "This is not your current password."),
        ({"password": PASSWORD, "new_password": NEW, "confirm_password": "x"}, "The two passwords are not the same."),
        ({"password": PASSWORD, "new_password": "short", "confirm_password": "short"}, "at least 8 characters"),
        ({"password": "", "new_password": NEW, "confirm_password": NEW}, "Please check the marked fields."),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(house, visitor, typed, alert):
    signed_in(house, visitor)
    visitor.go(account(house, "password")).send(**typed)
    assert alert in visitor.page.alert
    assert "code" in at_sign_in(house, house.browser()).sign_in().landed


# -- addresses ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def careful_house(server) -> HostedApp:
    """Whose addresses count only once they are verified."""
    return server.begin_anew({"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}})


def test_a_new_address_counts_once_its_code_came_back(careful_house):
    house, visitor = careful_house, careful_house.browser()
    signed_in(house, visitor)
    visitor.go(account(house, "email")).send(email="bea@example.com")
    assert "b***@e***" in visitor.response.text
    assert "bea@example.com waits" in re.sub(r"<[^>]+>", "", visitor.go(account(house)).response.text)
    assert "code" in at_sign_in(house, house.browser()).sign_in().landed
    code = visitor.mail("bea@example.com")["code"]
    visitor.go(account(house, "email_code")).send(code="000000" if code != "000000" else "000001")
    assert "This code is not right" in visitor.page.alert
    visitor.send(code=code)
    assert visitor.page.status == "This address is confirmed."
    assert "code" in at_sign_in(house, house.browser()).sign_in(username="bea@example.com").landed


def test_the_code_can_be_sent_again(careful_house):
    house, visitor = careful_house, careful_house.browser()
    signed_in(house, visitor)
    visitor.go(account(house, "email")).send(email="bea@example.com").send(1)
    assert visitor.page.status == "A new code is on its way."
    visitor.send(code=visitor.mail("bea@example.com", 2)["code"])
    assert visitor.page.status == "This address is confirmed."


def test_what_is_no_address_is_refused_at_its_field(careful_house):
    house, visitor = careful_house, careful_house.browser()
    signed_in(house, visitor)
    visitor.go(account(house, "email")).send(email="not an address")
    assert visitor.page.forms[0].inputs["email"]["aria-invalid"] == "true"
    assert visitor.mails("not an address") == []


def test_somebody_elses_address_is_not_taken_over(careful_house):
    house, visitor = careful_house, careful_house.browser()
    house.a_user("bea@example.com")
    signed_in(house, visitor)
    visitor.go(account(house, "email")).send(email="bea@example.com")
    if visitor.mails("bea@example.com"):
        visitor.send(code=visitor.mail("bea@example.com")["code"])
    assert visitor.page.alert == "This address belongs to another account already."
    assert "code" in at_sign_in(house, house.browser()).sign_in(username="bea@example.com").landed


def test_an_address_is_changed_only_by_who_signed_in_a_moment_ago(careful_house):
    house, visitor = careful_house, careful_house.browser()
    signed_in(house, visitor)
    visitor.go(account(house, "email"))
    house.clock.advance(seconds=301)
    visitor.send(email="bea@example.com")
    assert path_of(visitor) == "/login"
    assert visitor.mails("bea@example.com") == []


@pytest.mark.parametrize("view", ["email_code", "phone_number_code", "name", "x_code", "recovery", "authenticator"])
def test_a_face_of_the_page_that_means_nothing_is_the_page_itself(house, visitor, view):
    signed_in(house, visitor).go(account(house, view))
    assert "Your account" in visitor.page.title
    form = visitor.page.forms[0]
    visitor.post(account(house, view), {**form.fields, "action": "confirm", "code": "123456"})
    assert visitor.page.alert


# -- the second step ------------------------------------------------------------------------------------------------------


def set_up(house: HostedApp, visitor: Visitor) -> str:
    act(visitor, "set_up")
    seed = seed_on(visitor)
    visitor.send(code=code_of(house, seed))
    return seed


def test_an_app_is_set_up_asked_for_and_removed(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    signed_in(house, visitor)
    seed = set_up(house, visitor)
    assert visitor.page.status == "Your second step is on."
    other = house.browser()
    at_sign_in(house, other).sign_in()
    assert path_of(other) == "/mfa"
    assert "code" in other.send(code=next_code(house, seed)).landed
    act(visitor, "turn_off")
    assert visitor.page.status == "It is off now."
    assert "code" in at_sign_in(house, house.browser()).sign_in().landed


def test_an_app_counts_only_after_its_first_code(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    signed_in(house, visitor)
    act(visitor, "set_up").send(code="000000")
    assert "This code is not right" in visitor.page.alert
    assert "code" in at_sign_in(house, house.browser()).sign_in().landed


def test_where_a_second_step_is_demanded_the_last_one_stays(house, visitor):
    ask_second(house, "ON", TOTP)
    house.a_user()
    visitor.go(account(house)).sign_in()
    seed = seed_on(visitor)
    visitor.send(code=code_of(house, seed))
    assert path_of(visitor) == "/account"
    form = next(form for form in visitor.page.forms if form.fields.get("factor") == "SOFTWARE_TOKEN_MFA")
    visitor.post(form.action, {**form.fields, "action": "turn_off"})
    assert visitor.page.alert == "This service requires a second step, so this one stays on."
    assert path_of(at_sign_in(house, house.browser()).sign_in()) == "/mfa"


def test_a_factor_that_the_pool_does_not_offer_cannot_be_switched_on(house, visitor):
    ask_second(house, "OPTIONAL", TOTP)
    signed_in(house, visitor)
    form = visitor.page.forms[0]
    for factor in ("SMS_MFA", "EMAIL_OTP", "WEB_AUTHN", "x"):
        visitor.post(form.action, {**form.fields, "action": "turn_on", "factor": factor})
        assert visitor.page.alert == "The request is not valid."


# -- recovery codes -------------------------------------------------------------------------------------------------------


def recovery_codes(visitor: Visitor) -> list[str]:
    act(visitor, "recovery_codes")
    return re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", visitor.response.text)


def with_codes(house: HostedApp, visitor: Visitor) -> tuple[str, list[str]]:
    ask_second(house, "OPTIONAL", TOTP)
    signed_in(house, visitor)
    seed = set_up(house, visitor)
    return seed, recovery_codes(visitor)


def test_recovery_codes_are_shown_once(house, visitor):
    _, codes = with_codes(house, visitor)
    assert len(codes) == len(set(codes)) == 10
    visitor.go(visitor.address)
    assert codes[0] not in visitor.response.text
    assert "10 codes left" in visitor.go(account(house)).response.text


def test_a_recovery_code_stands_for_the_lost_phone_once(house, visitor):
    _, codes = with_codes(house, visitor)
    other = house.browser()
    at_sign_in(house, other).sign_in()
    other.go(f"/mfa?{house.query()}&view=recovery")
    assert "code" in other.send(code=codes[0].upper()).landed
    third = house.browser()
    at_sign_in(house, third).sign_in()
    third.go(f"/mfa?{house.query()}&view=recovery").send(code=codes[0])
    assert "This code is not right" in third.page.alert
    assert "code" in third.send(code=codes[1]).landed


def test_recovery_codes_are_guessed_no_more_often_than_others(house, visitor):
    seed, codes = with_codes(house, visitor)
    other = house.browser()
    at_sign_in(house, other).sign_in()
    other.go(f"/mfa?{house.query()}&view=recovery")
    for _ in range(5):
        other.send(code="aaaaa-aaaaa")
    house.clock.advance(seconds=60)
    other.send(code=codes[0])
    assert path_of(other) == "/login"
    assert seed


def test_new_recovery_codes_end_the_earlier_ones(house, visitor):
    _, codes = with_codes(house, visitor)
    visitor.go(account(house))
    recovery_codes(visitor)
    other = house.browser()
    at_sign_in(house, other).sign_in()
    other.go(f"/mfa?{house.query()}&view=recovery").send(code=codes[0])
    assert "This code is not right" in other.page.alert


def test_a_recovery_code_is_no_first_factor(server):
    house = server.begin_anew(first_factors("PASSWORD", "EMAIL_OTP"))
    visitor, other = house.browser(), house.browser()
    ask_second(house, "OPTIONAL", TOTP)
    with_authenticator(house)
    user = house.services.users.get(house.pool, ADA)
    code = house.services.recovery_codes.issue(house.pool, user)[0].reveal()
    at_sign_in(house, visitor).send(username=ADA).send(way="EMAIL_OTP")
    visitor.go(f"/mfa?{house.query()}&view=recovery").send(code=code)
    assert visitor.cookie("session") is None
    assert other.cookie("session") is None


# -- other sessions -------------------------------------------------------------------------------------------------------


def test_all_sessions_but_this_one_end(house, visitor):
    signed_in(house, visitor)
    other = house.browser()
    at_sign_in(house, other).sign_in()
    assert "code" in at_sign_in(house, other).landed
    house.clock.advance(seconds=2)
    act(visitor, "end_others")
    assert visitor.page.status == "You are signed out everywhere else."
    assert path_of(at_sign_in(house, other)) == "/login"
    assert path_of(visitor.go(account(house))) == "/account"
    house.clock.advance(seconds=1)
    assert ADA in visitor.go(account(house)).response.text


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"


def browser_called(house: HostedApp, agent: str) -> Visitor:
    visitor = house.browser()
    visitor.http.environ_base["HTTP_USER_AGENT"] = agent
    return visitor


def sid_of(house: HostedApp, visitor: Visitor, pool: Any = None) -> str:
    pool = pool or house.pool
    return house.services.sessions.find(pool.pool_id, Secret(visitor.cookie("session", pool).value)).sid


def at_token_endpoint(house: HostedApp, **given: str) -> dict[str, Any]:
    data = {"client_id": house.client.client_id, "redirect_uri": f"{APP}/callback", "code_verifier": VERIFIER, **given}
    return house.flask.test_client().post("/oauth2/token", base_url=ORIGIN, data=data).get_json()


def listed(visitor: Visitor) -> list[tuple[str, str]]:
    """The browsers that the page shows: the words of each row, and what its button names."""
    part = visitor.response.text.split('id="account-sessions"')[1].split("</section>")[0]
    rows = [row for row in part.split('<li class="row">')[1:] if "end_others" not in row]
    names = [re.search(r'name="session" value="([^"]*)"', row) for row in rows]
    words = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]
    return [(text, "" if name is None else name[1]) for text, name in zip(words, names, strict=True)]


def test_each_browser_is_listed_with_its_name_and_last_use_and_this_one_first(house):
    visitor, phone = browser_called(house, FIREFOX), browser_called(house, SAFARI)
    signed_in(house, visitor)
    at_sign_in(house, phone).sign_in()
    house.clock.advance(seconds=420)
    at_sign_in(house, phone)
    house.clock.advance(seconds=360)
    (here, button), (there, other) = listed(visitor.go(account(house)))
    assert (here, button) == ("Linux, Firefox This browser Active now", "")
    assert there.startswith("iOS, Safari Last active 6 minutes ago")
    assert other


def test_one_browser_is_signed_out_alone_with_its_codes_and_tokens(house, visitor):
    signed_in(house, visitor)
    lost, kept = house.browser(), house.browser()
    at_sign_in(house, lost).sign_in()
    tokens = at_token_endpoint(house, grant_type="authorization_code", code=lost.landed["code"])
    at_sign_in(house, kept).sign_in()
    code = at_sign_in(house, lost).landed["code"]
    ended = sid_of(house, lost)
    assert ended in [name for _, name in listed(visitor.go(account(house)))]
    act(visitor, "end_session", session=ended)
    assert visitor.page.status == "You are signed out there."
    assert ended not in visitor.response.text
    assert path_of(at_sign_in(house, lost)) == "/login"
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert at_token_endpoint(house, **refresh)["error"] == "invalid_grant"
    assert at_token_endpoint(house, grant_type="authorization_code", code=code)["error"] == "invalid_grant"
    assert "code" in at_sign_in(house, kept).landed
    assert len(listed(visitor.go(account(house)))) == 2


def test_another_persons_session_is_refused_exactly_like_an_unknown_one(house, visitor):
    house.a_user("bea@example.com")
    bea = house.browser()
    at_sign_in(house, bea).sign_in(username="bea@example.com")
    sid = sid_of(house, bea)
    signed_in(house, visitor)
    other = house.browser()
    at_sign_in(house, other).sign_in()
    answers = []
    for session in (
        sid,
        sid[:-1] + ("a" if sid[-1] != "a" else "b"),
        "",
        "x" * 9000,
        f"{house.pool.pool_id}:{sid}",
    ):
        visitor.go(account(house))
        act(visitor, "end_session", session=session)
        answers.append((visitor.response.status_code, visitor.page.alert))
    assert set(answers) == {(400, "That sign-in has ended already.")}
    assert "code" in at_sign_in(house, bea).landed
    assert "code" in at_sign_in(house, other).landed


def test_a_session_of_another_pool_is_refused_like_an_unknown_one(house, visitor):
    elsewhere = house.browser()
    pool = house.a_pool()
    house.a_user(pool=pool)
    client = house.a_client(pool)
    at_sign_in(house, elsewhere, client_id=client.client_id).sign_in()
    sid = sid_of(house, elsewhere, pool)
    signed_in(house, visitor)
    second = house.browser()
    at_sign_in(house, second).sign_in()
    act(visitor.go(account(house)), "end_session", session=sid)
    assert visitor.page.alert == "That sign-in has ended already."


def test_this_very_browser_has_no_button_and_is_not_ended_by_its_name(house, visitor):
    signed_in(house, visitor)
    assert [name for _, name in listed(visitor)] == [""]
    own, form = sid_of(house, visitor), visitor.page.forms[0]
    visitor.post(form.action, {**form.fields, "action": "end_session", "session": own})
    assert visitor.page.alert == "The request is not valid."
    assert path_of(visitor.go(account(house))) == "/account"


def test_a_browser_that_was_signed_out_or_is_over_is_listed_no_more(house, visitor):
    signed_in(house, visitor)
    gone, old = house.browser(), house.browser()
    at_sign_in(house, gone).sign_in()
    at_sign_in(house, old).sign_in()
    act(gone.go(account(house)), "sign_out")
    assert len(listed(visitor.go(account(house)))) == 2
    house.clock.advance(seconds=3601)
    visitor.go(account(house)).sign_in()
    assert len(listed(visitor)) == 1


def test_signing_in_and_out_again_hides_no_other_browser(house, visitor):
    signed_in(house, visitor)
    stranger, sessions, pool_id = house.browser(), house.services.sessions, house.pool.pool_id
    at_sign_in(house, stranger).sign_in()
    user = house.services.users.get(house.pool, ADA)
    for _ in range(MOST_LISTED):
        handle, _ = sessions.open(pool_id, user, ("pwd",), house.clock.now(), Caller())
        sessions.close(pool_id, handle)
    assert sid_of(house, stranger) in [name for _, name in listed(visitor.go(account(house)))]


def test_of_two_sign_ins_that_go_on_from_one_session_each_is_listed_and_ended(house, visitor):
    """Both were under way with the same cookie: under one name, ending it would leave one of the two signed in."""
    signed_in(house, visitor)
    other, sessions, pool_id = house.browser(), house.services.sessions, house.pool.pool_id
    at_sign_in(house, other).sign_in()
    old = Secret(other.cookie("session").value)
    before, user = sessions.find(pool_id, old), house.services.users.get(house.pool, ADA)
    begun = [sessions.open(pool_id, user, ("pwd",), house.clock.now(), Caller(), continues=before) for _ in range(2)]
    sessions.close(pool_id, old)
    assert [session.sid == before.sid for _, session in begun] == [True, False]
    for _, session in begun:
        assert session.sid in [name for _, name in listed(visitor.go(account(house)))]
        act(visitor, "end_session", session=session.sid)
    assert [sessions.find(pool_id, handle) for handle, _ in begun] == [None, None]


def test_where_ending_a_browser_fails_half_way_it_is_listed_still_and_ended_again(house, visitor):
    signed_in(house, visitor)
    other = house.browser()
    at_sign_in(house, other).sign_in()
    tokens = at_token_endpoint(house, grant_type="authorization_code", code=other.landed["code"])
    room, user = house.services.user_sessions, house.services.users.get(house.pool, ADA)
    sid = sid_of(house, other)
    current = house.services.sessions.find(house.pool.pool_id, Secret(visitor.cookie("session").value))
    with pytest.raises(Unavailable):
        replace(room, store=Unreachable()).end_browser(house.pool, user, sid, Caller(), current=current)
    assert sid in [name for _, name in listed(visitor.go(account(house)))]
    act(visitor, "end_session", session=sid)
    assert visitor.page.status == "You are signed out there."
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert at_token_endpoint(house, **refresh)["error"] == "invalid_grant"


class Unreachable:
    """A token store that does not answer."""

    def __getattr__(self, name: str) -> Any:
        raise Unavailable


def test_a_sign_in_that_was_under_way_brings_no_ended_session_back(house, visitor):
    signed_in(house, visitor)
    other, sessions, pool_id = house.browser(), house.services.sessions, house.pool.pool_id
    at_sign_in(house, other).sign_in()
    before, user = (
        sessions.find(pool_id, Secret(other.cookie("session").value)),
        house.services.users.get(house.pool, ADA),
    )
    act(visitor.go(account(house)), "end_session", session=before.sid)
    _, after = sessions.open(pool_id, user, ("pwd",), house.clock.now(), Caller(), continues=before)
    assert after.sid != before.sid
    assert not sessions.is_live(pool_id, before.sid)


def test_a_name_that_a_browser_gives_itself_is_no_markup(house):
    visitor, other = house.browser(), browser_called(house, "<script>alert(1)</script> Firefox")
    signed_in(house, visitor)
    at_sign_in(house, other).sign_in()
    assert "<script>alert" not in visitor.go(account(house)).response.text


def test_signing_out_ends_this_session(house, visitor):
    signed_in(house, visitor)
    act(visitor, "sign_out")
    assert "You are signed out" in visitor.response.text
    assert path_of(visitor.go(account(house))) == "/login"


# -- passkeys, as far as they need no browser -----------------------------------------------------------------------------


@pytest.fixture
def passkey_house(server) -> HostedApp:
    return server.begin_anew(first_factors("PASSWORD", "WEB_AUTHN"))


def test_the_sign_in_page_offers_any_passkey_and_names_none(passkey_house):
    visitor = passkey_house.browser()
    page = at_sign_in(passkey_house, visitor).page
    assert "password" in page.forms[0].inputs
    assert page.forms[0].inputs["username"]["autocomplete"] == "username webauthn"
    options = json.loads(re.search(r'data-passkey-options="([^"]*)"', visitor.response.text)[1].replace("&#34;", '"'))
    assert options["allowCredentials"] == []
    assert options["rpId"] == "localhost"


@pytest.mark.parametrize("credential", ["", "{}", "[]", "x", '{"id":"a"}', "9" * 20000])
def test_an_answer_that_is_no_passkey_is_refused(passkey_house, credential):
    visitor = passkey_house.browser()
    at_sign_in(passkey_house, visitor).send(1, credential=credential)
    assert visitor.page.alert == "This passkey was not accepted. Try again, or use another way."
    assert visitor.cookie("session") is None


@pytest.mark.parametrize("credential", ["", "{}", "[]", "x", "9" * 20000])
def test_a_new_passkey_that_is_none_is_refused(passkey_house, credential):
    house, visitor = passkey_house, passkey_house.browser()
    signed_in(house, visitor).go(f"/passkeys/add?client_id={house.client.client_id}")
    visitor.send(credential=credential)
    assert visitor.page.alert
    assert house.services.passkeys.list_of(house.pool, house.services.users.get(house.pool, ADA)) == []


def with_passkey(house: HostedApp, email: str, credential_id: str, name: str) -> None:
    user = house.services.users.get(house.pool, email)
    house.services.passkeys.store.add(
        Passkey(
            pool_id=user.pool_id, credential_id=credential_id, sub=user.sub, public_key=b"", sign_count=0, name=name,
            aaguid="00000000-0000-0000-0000-000000000000", rp_id="localhost", created_at=house.clock.now(),
        ),
        most=20,
    )  # fmt: skip


def passkey_names(house: HostedApp, email: str = ADA) -> list[str]:
    return [
        one.name for one in house.services.passkeys.list_of(house.pool, house.services.users.get(house.pool, email))
    ]


@pytest.fixture
def owner(passkey_house) -> Visitor:
    """Ada, on the page that renames her one passkey."""
    house, visitor = passkey_house, passkey_house.browser()
    signed_in(house, visitor)
    with_passkey(house, ADA, "adas", "Passkey")
    return act(visitor.go(account(house)), "rename_passkey")


@pytest.mark.parametrize(
    "name", ["Laptop", "  Ada\u2019s phone  ", "\U0001f469\u200d\U0001f4bb", "x" * 64, "a\u0308" * 64]
)
def test_a_passkey_is_called_what_its_owner_says(passkey_house, owner, name):
    assert owner.page.forms[0].fields["passkey_name"] == "Passkey"
    owner.send(passkey_name=name)
    assert owner.page.status == "Your passkey has its new name."
    assert passkey_names(passkey_house) == [unicodedata.normalize("NFC", name).strip()]
    assert passkey_names(passkey_house)[0] in owner.response.text


@pytest.mark.parametrize(
    ("name", "alert"),
    [
        ("", "Please check the marked fields."),
        (" \u2003 ", "Please check the marked fields."),
        ("x" * 65, "Use at most 64 characters."),
        ("x" * 9000, "Use at most 64 characters."),
        ("a\u0007b", "This value is not allowed here."),
    ],
)
def test_what_is_no_name_is_refused_at_its_field(passkey_house, owner, name, alert):
    owner.send(passkey_name=name)
    assert (owner.response.status_code, owner.page.alert) == (400, alert)
    assert owner.page.forms[0].inputs["passkey_name"]["aria-invalid"] == "true"
    assert passkey_names(passkey_house) == ["Passkey"]


def test_a_passkeys_name_is_no_markup(passkey_house, owner):
    owner.send(passkey_name="<b>&\"'</b>")
    assert "&lt;b&gt;&amp;&#34;&#39;&lt;/b&gt;" in owner.response.text
    assert "<b>" not in owner.response.text


@pytest.mark.parametrize("action", ["rename_passkey", "save_passkey", "remove_passkey"])
def test_another_persons_passkey_is_refused_like_an_unknown_one(passkey_house, owner, action):
    passkey_house.a_user("bea@example.com")
    with_passkey(passkey_house, "bea@example.com", "beas", "Bea's")
    answers = []
    for credential in ("beas", "nobodys", "", "x" * 5000):
        form = owner.go(account(passkey_house)).page.forms[0]
        for name in ("Mine", ""):
            owner.post(form.action, {**form.fields, "action": action, "passkey": credential, "passkey_name": name})
            answers.append((owner.response.status_code, owner.page.alert))
    assert set(answers) == {(400, "The request is not valid.")}
    assert passkey_names(passkey_house, "bea@example.com") == ["Bea's"]
    assert passkey_names(passkey_house) == ["Passkey"]


def test_a_form_of_another_tab_renames_the_passkey_it_was_opened_for(passkey_house, owner):
    form = owner.page.forms[0]
    with_passkey(passkey_house, ADA, "other", "Other")
    act(owner.go(account(passkey_house)), "rename_passkey", passkey="other")
    owner.post(form.action, {**form.fields, "passkey_name": "Laptop"})
    assert sorted(passkey_names(passkey_house)) == ["Laptop", "Other"]


def test_adding_a_passkey_needs_a_fresh_sign_in(passkey_house):
    house, visitor = passkey_house, passkey_house.browser()
    signed_in(house, visitor)
    house.clock.advance(seconds=301)
    visitor.go(f"/passkeys/add?{house.query()}")
    assert path_of(visitor) == "/login"
    visitor.sign_in()
    assert path_of(visitor) == "/passkeys/add"


def test_pools_without_passkeys_offer_none(house, visitor):
    signed_in(house, visitor)
    assert "/passkeys/add" not in visitor.response.text
    visitor.go(f"/passkeys/add?client_id={house.client.client_id}")
    assert path_of(visitor) == "/account"
    assert visitor.page.alert == "This passkey was not accepted. Try again, or use another way."


def test_well_known_passkey_endpoints_name_the_pages(passkey_house):
    house, visitor = passkey_house, passkey_house.browser()
    assert visitor.go("/.well-known/passkey-endpoints").response.status_code == 404
    signed_in(house, visitor)
    found = visitor.go("/.well-known/passkey-endpoints").response.json
    assert urlsplit(found["enroll"]).path == "/passkeys/add"
    assert urlsplit(found["manage"]).path == "/account"


def test_a_pool_that_confirms_by_link_asks_for_no_code(server):
    house = server.begin_anew({"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"}})
    visitor = house.browser()
    visitor.go(f"/signup?{house.query()}").send(username=ADA, password=PASSWORD)
    assert path_of(visitor) == "/confirm"
    assert "Enter the code" not in visitor.response.text
    assert "Open the link in the message we sent to" in visitor.response.text
    visitor.send()
    assert "Enter the code" not in visitor.response.text


def on_host(house: HostedApp, host: str, path: str):
    return house.flask.test_client().get(path, base_url=f"http://{host}:8000")


@pytest.mark.spec("WebAuthn Level 3 §5.11")
def test_a_pools_own_host_names_the_origins_of_its_passkeys(passkey_house):
    house = passkey_house
    house.services.pools.add_domain(house.pool.pool_id, "harbour-one")
    host = "harbour-one.auth.us-east-1.localhost"
    assert on_host(house, host, "/.well-known/webauthn").json == {"origins": [f"http://{host}:8000"]}
    assert on_host(house, "localhost", "/.well-known/webauthn").status_code == 404


def test_passkeys_are_offered_only_on_the_host_that_they_are_for(passkey_house):
    house = passkey_house
    house.services.pools.add_domain(house.pool.pool_id, "harbour-two")
    own = on_host(house, "harbour-two.auth.us-east-1.localhost", f"/login?{house.query()}")
    assert "data-passkey-options" in own.text
    assert "data-passkey-options" not in on_host(house, "localhost", f"/login?{house.query()}").text
