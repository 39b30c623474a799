"""The hosted pages without a browser: what they keep, what they refuse, and what nobody can make them do."""

import re
from collections.abc import Iterator
from copy import copy
from html import unescape
from urllib.parse import quote, unquote, urlsplit

import pytest

from app.core.kernel.errors import UsernameExists
from app.core.users.identifiers import identifiers_of
from tests.support.hosted_app import APP, ORIGIN, PASSWORD, HostedApp, Visitor
from tests.support.world import fresh_sqlite

ADA = "ada@example.com"
NEW = "New-Horse-12"
EVIL = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[HostedApp]:
    folder = tmp_path_factory.mktemp("hosted")
    server = HostedApp(folder, fresh_sqlite(folder))
    yield server
    server.close()


@pytest.fixture
def house(server) -> HostedApp:
    """With a pool and a client of this test's own."""
    return server.begin_anew()


@pytest.fixture(scope="module")
def lasting(server) -> HostedApp:
    """With one pool and client for all tests that change nothing."""
    return copy(server.begin_anew())


@pytest.fixture
def house_with_links(server) -> HostedApp:
    """Whose pool confirms by a link."""
    return server.begin_anew({"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"}})


@pytest.fixture
def visitor(house) -> Visitor:
    return house.browser()


def at_sign_in(house: HostedApp, visitor: Visitor, **changes: str | None) -> Visitor:
    return visitor.go(f"/oauth2/authorize?{house.query(**changes)}")


def sign_up(house: HostedApp, visitor: Visitor, email: str = ADA, password: str = PASSWORD) -> Visitor:
    visitor.go(f"/signup?{house.query()}")
    return visitor.send(username=email, password=password)


# -- the ways through ---------------------------------------------------------------------------------------------------


def test_signing_up_ends_at_the_application_with_a_code(house, visitor):
    sign_up(house, visitor)
    assert urlsplit(visitor.address).path == "/confirm"
    visitor.send(code=visitor.mail(ADA)["code"])
    assert visitor.left.startswith(f"{APP}/callback?")
    assert visitor.landed["state"] == "s1"
    assert "code" in visitor.landed


def test_every_successful_post_answers_303_to_a_page_of_ours(house, visitor):
    sign_up(house, visitor)
    assert visitor.statuses == [303, 200]


def test_a_sign_in_ends_at_the_application(house, visitor):
    house.a_user()
    at_sign_in(house, visitor).sign_in()
    assert "code" in visitor.landed


def test_whoever_is_signed_in_sees_no_page(house, visitor):
    house.a_user()
    at_sign_in(house, visitor).sign_in()
    assert "code" in at_sign_in(house, visitor).landed


def test_a_forgotten_password_is_replaced_by_a_code(house, visitor):
    house.a_user()
    visitor.go(f"/forgotPassword?{house.query()}").send(username=ADA)
    visitor.send(code=visitor.mail(ADA)["code"], new_password=NEW, confirm_password=NEW)
    assert visitor.page.status == "Your password is saved. You can sign in now."
    assert "code" in visitor.sign_in(password=NEW).landed


def test_a_temporary_password_must_be_replaced_before_the_application(house, visitor):
    house.a_user(temporary=True)
    at_sign_in(house, visitor).sign_in()
    assert urlsplit(visitor.address).path == "/changePassword"
    assert "code" in visitor.send(new_password=NEW, confirm_password=NEW).landed


def test_an_unconfirmed_person_is_led_to_the_code(house, visitor):
    sign_up(house, visitor)
    other = house.browser()
    at_sign_in(house, other).sign_in()
    assert urlsplit(other.address).path == "/confirm"
    assert other.page.status.startswith("Your account is not confirmed yet.")
    other.send(code=other.mail(ADA)["code"])
    assert other.page.status.startswith("Your account is confirmed.")
    assert "code" in other.sign_in().landed


def test_a_new_code_replaces_the_first(house, visitor):
    sign_up(house, visitor)
    first = visitor.mail(ADA)["code"]
    visitor.send(1)
    assert visitor.page.status.startswith("If there is an account")
    second = visitor.mail(ADA, 2)["code"]
    if first != second:
        visitor.send(code=first)
        assert visitor.page.alert == "This code is not right, or no longer valid. Check it, or ask for a new one."
    assert "code" in visitor.send(code=second).landed


def test_a_link_confirms_by_its_button_and_goes_on_where_the_sign_up_began(house_with_links):
    house = house_with_links
    visitor, stranger = house.browser(), house.browser()
    sign_up(house, visitor)
    link = visitor.mail(ADA)["link"]
    assert stranger.go(link).response.status_code == 200
    assert stranger.go(link).page.forms[0].fields["action"] == "confirm"
    at_sign_in(house, stranger).sign_in()
    assert urlsplit(stranger.address).path == "/confirm"
    assert "code" in visitor.go(link).send().landed
    stranger.go(link).send()
    assert stranger.left is None


def test_a_link_opened_elsewhere_confirms_and_offers_no_way_that_leads_nowhere(house_with_links):
    house = house_with_links
    visitor, phone = house.browser(), house.browser()
    sign_up(house, visitor)
    phone.go(visitor.mail(ADA)["link"]).send()
    assert phone.page.status.startswith("Your account is confirmed.")
    assert phone.page.forms == []
    assert not [link for link in phone.page.links if "/login" in link]


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "0"}])
@pytest.mark.spec("OpenID Connect Core §3.1.2.1")
def test_a_wish_for_a_fresh_sign_in_survives_the_pages(house, visitor, wish):
    house.a_user()
    at_sign_in(house, visitor).sign_in()
    house.clock.advance(seconds=5)
    at_sign_in(house, visitor, **wish)
    assert urlsplit(visitor.address).path == "/login"
    german = next(link for link in visitor.page.links if "lang=de" in link)
    visitor.go(german)
    visitor.sign_in(password="wrong")
    house.clock.advance(seconds=5)
    assert "code" in visitor.sign_in().landed


# -- what a person reads ------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_kindly_and_never_sent_back(house, visitor):
    house.a_user()
    at_sign_in(house, visitor).sign_in(password="My-Secret-1")
    assert visitor.response.status_code == 400
    assert visitor.page.alert == "Incorrect username or password."
    assert visitor.page.title.startswith("Error:")
    assert visitor.page.forms[0].fields["username"] == ADA
    assert "My-Secret-1" not in visitor.response.text


@pytest.mark.parametrize("who", ["nobody@example.com", "disabled@example.com", "not an address", "x" * 5000, "☃"])
def test_pages_tell_nobody_who_exists(house, visitor, who):
    house.a_user("disabled@example.com")
    house.services.users.disable(house.pool, "disabled@example.com")
    at_sign_in(house, visitor).sign_in(who)
    assert visitor.page.alert == "Incorrect username or password."
    visitor.go(f"/forgotPassword?{house.query()}").send(username=who)
    assert urlsplit(visitor.address).path == "/confirmForgotPassword"
    assert visitor.page.status.startswith("If there is an account")


def test_signing_up_with_a_taken_address_looks_like_any_other_and_tells_its_owner(house, visitor):
    house.a_user()
    sign_up(house, visitor)
    taken = visitor.page
    sign_up(house, fresh := house.browser(), "free@example.com")
    assert taken.title == fresh.page.title
    assert taken.status == fresh.page.status
    assert visitor.mail(ADA)["subject"] == "You already have an account"
    assert visitor.mail(ADA)["code"] is None


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"username": ""}, "username", "Please fill this in."),
        ({"password": ""}, "password", "Please fill this in."),
        ({"username": "ada"}, "username", "This is not an email address. It should look like name@example.com."),
        ({"password": "short"}, "password", "The password needs at least 8 characters."),
        ({"password": "lowercase-1"}, "password", "The password needs a capital letter."),
        ({"password": "No-Number-"}, "password", "The password needs a number."),
        ({"password": " Edge-Space-1"}, "password", "The password must not begin or end with a space."),
        ({"password": "Control-\x07-12"}, "password", "The password has characters that are not allowed."),
        ({"password": "A1-" + "x" * 300}, "password", "The password may have at most 256 characters."),
    ],
)
def test_each_mistake_at_sign_up_has_its_own_sentence_at_its_field(lasting, typed, field, sentence):
    visitor = lasting.browser()
    visitor.go(f"/signup?{lasting.query()}").send(**{"username": ADA, "password": PASSWORD, **typed})
    assert visitor.response.status_code == 400
    page = visitor.page
    assert sentence in visitor.response.text
    assert page.forms[0].inputs[field]["aria-invalid"] == "true"
    assert page.forms[0].inputs[field]["aria-describedby"]
    assert [name for name, given in page.forms[0].inputs.items() if "aria-invalid" in given] == [field]
    assert page.title.startswith("Error:")


@pytest.mark.parametrize("path", ["/login", "/forgotPassword", "/resendcode", "/confirm", "/confirmForgotPassword"])
def test_an_empty_form_is_a_mistake_and_nothing_else(lasting, path):
    visitor = lasting.browser()
    visitor.go(f"{path}?{lasting.query()}").send()
    assert visitor.response.status_code == 400
    assert visitor.page.alert == "Please check the marked fields."


def test_an_expired_temporary_password_is_told_as_such_after_the_right_password(house, visitor):
    house.a_user(temporary=True)
    house.clock.advance(days=8)
    at_sign_in(house, visitor).sign_in()
    assert visitor.page.alert.startswith("This temporary password has expired.")
    at_sign_in(house, visitor).sign_in(password="wrong")
    assert visitor.page.alert == "Incorrect username or password."


def test_a_pool_without_recovery_says_so(house, visitor):
    mechanisms = {"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]}
    pool = house.a_pool({"AccountRecoverySetting": mechanisms})
    house.client = house.a_client(pool)
    house.pool = pool
    assert not [link for link in at_sign_in(house, visitor).page.links if "forgot" in link]
    visitor.go(f"/forgotPassword?{house.query()}").send(username=ADA)
    assert visitor.page.alert == "Passwords are not reset here. Please ask your administrator."
    assert visitor.response.status_code == 403


def test_a_language_once_chosen_is_kept(house, visitor):
    assert "Sign in" in at_sign_in(house, visitor).page.title
    visitor.go(next(link for link in visitor.page.links if "lang=de" in link))
    assert "Anmelden" in visitor.page.title
    assert "Anmelden" in at_sign_in(house, visitor).page.title
    assert "Fehler" in visitor.sign_in(password="x").page.title


# -- twice, backwards and in two tabs -----------------------------------------------------------------------------------


def test_two_tabs_work_side_by_side(house, visitor):
    house.a_user()
    first, second = at_sign_in(house, visitor).page, at_sign_in(house, visitor).page
    for page in (first, second):
        form = page.forms[0]
        visitor.post(form.action, {**form.fields, "username": ADA, "password": PASSWORD})
        assert "code" in visitor.landed


def test_a_confirmation_sent_twice_signs_in_once_and_harms_nothing(house, visitor):
    form = sign_up(house, visitor).page.forms[0]
    typed = {**form.fields, "code": visitor.mail(ADA)["code"]}
    assert "code" in visitor.post(form.action, typed).landed
    assert "code" in visitor.post(form.action, typed).landed
    stranger = house.browser()
    stranger.go(f"/confirm?{house.query()}").send(username=ADA, code=typed["code"])
    assert stranger.left is None
    assert urlsplit(stranger.address).path == "/login"


def test_a_new_password_sent_twice_is_set_once(house, visitor):
    house.a_user(temporary=True)
    form = at_sign_in(house, visitor).sign_in().page.forms[0]
    cookies = visitor.cookie("progress").value
    typed = {**form.fields, "new_password": NEW, "confirm_password": NEW}
    assert "code" in visitor.post(form.action, typed).landed
    visitor.http.set_cookie(f"poolhouse-progress-{house.pool.pool_id}", cookies, domain="localhost")
    again = {**typed, "new_password": "Other-Horse-3", "confirm_password": "Other-Horse-3"}
    assert "code" in visitor.post(form.action, again).landed
    assert at_sign_in(house, house.browser()).sign_in(password="Other-Horse-3").left is None
    assert "code" in at_sign_in(house, house.browser()).sign_in(password=NEW).landed


def test_the_page_for_a_new_password_without_a_sign_in_starts_again(house, visitor):
    visitor.go(f"/changePassword?{house.query()}")
    assert urlsplit(visitor.address).path == "/login"
    assert visitor.page.alert.startswith("This took too long")


def test_a_good_news_is_shown_once(house, visitor):
    sign_up(house, visitor).send(1)
    assert visitor.page.status is not None
    assert visitor.go(visitor.address).page.status is None


def test_head_spends_no_news(house, visitor):
    form = sign_up(house, visitor).page.forms[1]
    answer = visitor.http.post(form.action, base_url=ORIGIN, data=form.fields)
    address = answer.headers["Location"]
    assert visitor.http.head(address, base_url=ORIGIN).status_code == 200
    assert visitor.go(address).page.status is not None


# -- forms of others ----------------------------------------------------------------------------------------------------

POSTS = ("/login", "/signup", "/confirm", "/resendcode", "/forgotPassword", "/confirmForgotPassword", "/changePassword")
TYPED = {"username": ADA, "password": PASSWORD, "code": "123456", "new_password": NEW, "confirm_password": NEW}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("token", [None, "", "x", "a.b", "é.é"])
def test_a_form_without_its_token_does_nothing_and_is_offered_again(house, visitor, path, token):
    house.a_user()
    at_sign_in(house, visitor)
    given = TYPED if token is None else {**TYPED, "csrf_token": token}
    visitor.post(f"{path}?{house.query()}", given)
    assert visitor.left is None
    assert visitor.cookie("session") is None
    assert visitor.mails(ADA) == []
    assert visitor.page.forms
    if path != "/changePassword":
        assert visitor.page.alert == "This page was open too long. Please send the form again."
        assert visitor.response.status_code == 403
        assert visitor.page.forms[0].fields["username"] == ADA
        assert PASSWORD not in visitor.response.text
        assert NEW not in visitor.response.text


def test_a_form_offered_again_works(house, visitor):
    house.a_user()
    at_sign_in(house, visitor).send(username=ADA, password=PASSWORD, csrf_token="old")
    assert "code" in visitor.sign_in().landed


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
def test_a_form_from_another_site_does_nothing_even_with_a_token(house, visitor, path, headers):
    house.a_user()
    token = at_sign_in(house, visitor).page.forms[0].fields["csrf_token"]
    before = [visitor.cookie("browser").value, visitor.cookie("progress")]
    visitor.post(f"{path}?{house.query()}", {**TYPED, "csrf_token": token}, headers=headers)
    assert visitor.statuses[0] == 303
    assert visitor.left is None
    assert visitor.cookie("session") is None
    assert visitor.mails(ADA) == []
    assert ADA not in visitor.response.text
    if path != "/changePassword":
        assert [visitor.cookie("browser").value, visitor.cookie("progress")] == before


def test_a_token_of_another_browser_signs_nobody_in(house, visitor):
    house.a_user()
    attacker = house.browser()
    token = at_sign_in(house, attacker).page.forms[0].fields["csrf_token"]
    at_sign_in(house, visitor).send(username=ADA, password=PASSWORD, csrf_token=token)
    assert visitor.cookie("session") is None


def test_a_token_of_another_pool_signs_nobody_in(house, visitor):
    house.a_user()
    token = (
        at_sign_in(house, visitor, client_id=house.a_client(house.a_pool()).client_id)
        .page.forms[0]
        .fields["csrf_token"]
    )
    at_sign_in(house, visitor).send(username=ADA, password=PASSWORD, csrf_token=token)
    assert visitor.cookie("session") is None


def test_a_planted_session_is_never_used(house, visitor):
    house.a_user()
    planted = "A" * 43
    visitor.http.set_cookie(f"poolhouse-session-{house.pool.pool_id}", planted, domain="localhost")
    at_sign_in(house, visitor).sign_in()
    assert visitor.cookie("session").value != planted
    thief = house.browser()
    thief.http.set_cookie(f"poolhouse-session-{house.pool.pool_id}", planted, domain="localhost")
    assert at_sign_in(house, thief).left is None


def test_a_session_from_before_ends_when_somebody_signs_in(house, visitor):
    house.a_user()
    house.a_user("eve@example.com")
    eve = house.browser()
    at_sign_in(house, eve).sign_in("eve@example.com")
    planted = eve.cookie("session").value
    visitor.http.set_cookie(f"poolhouse-session-{house.pool.pool_id}", planted, domain="localhost")
    at_sign_in(house, visitor, prompt="login").sign_in()
    assert visitor.cookie("session").value != planted
    assert at_sign_in(house, eve).left is None


def test_an_attempt_of_another_browser_is_not_continued(house, visitor):
    house.a_user(temporary=True)
    at_sign_in(house, visitor).sign_in()
    thief = house.browser()
    at_sign_in(house, thief)
    name = f"poolhouse-progress-{house.pool.pool_id}"
    thief.http.set_cookie(name, visitor.cookie("progress").value, domain="localhost")
    thief.go(f"/changePassword?{house.query()}").send(new_password=NEW, confirm_password=NEW)
    assert thief.left is None
    assert thief.cookie("session") is None
    assert "code" in visitor.send(new_password=NEW, confirm_password=NEW).landed


@pytest.mark.parametrize("value", ["", "x", "A" * 3000, "é", "eyJhIjoxfQ"])
def test_a_forged_progress_is_no_progress(lasting, value):
    visitor = lasting.browser()
    visitor.http.set_cookie(f"poolhouse-progress-{lasting.pool.pool_id}", quote(value), domain="localhost")
    assert visitor.go(f"/confirm?{lasting.query()}").response.status_code == 200
    assert visitor.page.forms[0].inputs["username"]["type"] == "email"


# -- cookies and pools --------------------------------------------------------------------------------------------------


def cookies_set(answer) -> list[str]:
    return answer.headers.getlist("Set-Cookie")


def test_every_cookie_is_out_of_reach_of_scripts_and_other_sites(house, visitor):
    house.a_user()
    at_sign_in(house, visitor)
    form = visitor.page.forms[0]
    answers = [
        house.flask.test_client().get(f"/login?{house.query()}&lang=de", base_url=ORIGIN),
        visitor.http.post(form.action, base_url=ORIGIN, data={**form.fields, "username": ADA, "password": PASSWORD}),
    ]
    seen = [cookie for answer in answers for cookie in cookies_set(answer)]
    assert len(seen) >= 3
    for cookie in seen:
        assert "; HttpOnly" in cookie, cookie
        assert "; SameSite=Lax" in cookie, cookie
        assert "; Path=/" in cookie, cookie
        assert "domain=" not in cookie.lower(), cookie


def test_two_pools_on_one_origin_never_share_a_session(house, visitor):
    house.a_user()
    at_sign_in(house, visitor).sign_in()
    other = house.a_client(house.a_pool())
    assert at_sign_in(house, visitor, client_id=other.client_id).left is None
    handle = visitor.cookie("session").value
    visitor.http.set_cookie(f"poolhouse-session-{other.pool_id}", handle, domain="localhost")
    assert at_sign_in(house, visitor, client_id=other.client_id).left is None
    assert visitor.sign_in().page.alert == "Incorrect username or password."
    assert "code" in at_sign_in(house, visitor).landed


# -- what stands in addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/login", "/signup", "/forgotPassword", "/confirm", "/resendcode", "/confirmUser"])
@pytest.mark.parametrize(
    "name", ["login_hint", "state", "lang", "ui_locales", "nonce", "scope", "user_name", "error", "x"]
)
def test_nothing_from_the_address_becomes_markup(lasting, path, name):
    visitor = lasting.browser()
    visitor.go(f"{path}?{lasting.query()}&{name}={quote(EVIL)}")
    assert visitor.response.status_code == 200
    assert "<script>alert" not in visitor.response.text
    assert not re.search(r"<script(?! src=\"/assets/)|<style| style=| on[a-z]+=", visitor.response.text)


@pytest.mark.parametrize("name", ["error", "error_description", "client_id", "redirect_uri", "lang", "state"])
def test_the_error_page_repeats_nothing(lasting, name):
    visitor = lasting.browser()
    visitor.go(f"/error?{name}={quote(EVIL)}&error_description=You+won")
    assert visitor.response.status_code == 400
    assert "alert(1)" not in visitor.response.text
    assert "You won" not in visitor.response.text


def test_what_was_typed_comes_back_as_text(house, visitor):
    at_sign_in(house, visitor).sign_in(EVIL)
    assert visitor.page.forms[0].fields["username"] == EVIL
    assert "<script>alert" not in visitor.response.text
    visitor.go(f"/signup?{house.query()}").send(username=EVIL, password=PASSWORD)
    assert visitor.page.forms[0].fields["username"] == EVIL
    assert "<script>alert" not in visitor.response.text


def test_a_name_with_markup_is_text_on_every_page(house, visitor):
    name = {"display_name": "Foo <img src=x onerror=alert(1)>"}
    house.services.pools.set_extension(house.pool.pool_id, "branding", name)
    sign_up(house, visitor, '"<b>x"@example.com')
    assert "<img src=x" not in visitor.response.text
    visitor.go(f"/login?{house.query()}")
    assert "<img src=x" not in visitor.response.text
    assert "&lt;img src=x" in visitor.response.text
    visitor.go(f"/oauth2/authorize?client_id={house.client.client_id}&redirect_uri=x")
    assert "<img src=x" not in visitor.response.text


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        "//evil.example",
        f"{APP}/callback/",
        f"{APP}/callback?x=1",
        f"{APP}/callback#x",
        f"{APP}@evil.example/callback",
        f"{APP}/CALLBACK",
        "javascript:alert(1)",
        "/\\evil.example",
    ],
)
@pytest.mark.parametrize("path", ["/login", "/signup", "/forgotPassword", "/oauth2/authorize", "/confirm"])
@pytest.mark.spec("RFC 9700 §2.1")
def test_a_redirect_uri_that_is_not_registered_is_refused_on_a_page(lasting, path, uri):
    visitor = lasting.browser()
    visitor.go(f"{path}?{lasting.query(redirect_uri=uri)}")
    assert visitor.left is None
    assert visitor.response.status_code == 400
    assert visitor.page.alert == "The redirect URI is not registered for this client."
    # The same request in another language carries it, to this server alone.
    page, again = visitor.response.text, switched(visitor)
    assert "evil" not in page.partition('<nav class="languages"')[0] + page.partition("</nav>")[2]
    assert [urlsplit(url).path for url in visitor.page.links] == [path] * len(again)
    assert all(url.startswith(f"{path}?") for url in again)


def test_two_redirect_uris_are_refused(lasting):
    visitor = lasting.browser()
    visitor.go(f"/login?{lasting.query()}&redirect_uri=https://evil.example/")
    assert visitor.response.status_code == 400


@pytest.mark.parametrize("name", ["next", "return_to", "continue", "url", "logout_uri", "redirect"])
def test_no_other_parameter_says_where_to_go(house, visitor, name):
    house.a_user()
    visitor.go(f"/login?{house.query()}&{name}=https://evil.example/").sign_in()
    assert visitor.left.startswith(f"{APP}/callback?")


@pytest.mark.parametrize("client_id", ["", "nobody", "x" * 300, "é", "a\tb"])
def test_an_unknown_client_gets_a_page(lasting, client_id):
    visitor = lasting.browser()
    visitor.go(f"/login?client_id={quote(client_id)}")
    assert visitor.response.status_code == 400
    assert visitor.page.alert == "The application that sent you here is not known."


# -- headers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/login", "/signup", "/forgotPassword", "/confirm", "/resendcode", "/error"])
def test_every_page_is_guarded_by_its_headers(lasting, path):
    visitor = lasting.browser()
    headers = visitor.go(f"{path}?{lasting.query()}").response.headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        *("/login", "/signup", "/forgotPassword", "/confirm", "/resendcode", "/changePassword", "/consent", "/error"),
        *("/oauth2/authorize", "/logout"),
    ],
)
def test_no_answer_on_the_way_cuts_a_popup_off_from_the_app(lasting, path):
    """oidc-client-ts and Amplify sign in through a popup; a redirect's policy counts as much as a page's."""
    headers = lasting.browser().go(f"{path}?{lasting.query()}").response.headers
    assert headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


@pytest.mark.parametrize(
    ("callback", "source"),
    [
        (f"{APP}/callback", APP),
        ("com.example.app://signed-in", "com.example.app:"),
        ("https://app.example.com/callback", None),
    ],
)
def test_forms_may_end_where_the_application_is_and_nowhere_else(house, visitor, callback, source):
    house.client = house.a_client(house.pool, callback)
    policy = at_sign_in(house, visitor).response.headers["Content-Security-Policy"]
    targets = policy.partition("form-action ")[2].split()
    assert targets == ["'self'", "https:", *([source] if source else [])]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "localhost.evil.example"])
def test_a_strange_host_is_not_answered(lasting, host):
    answer = lasting.flask.test_client().get(f"/login?{lasting.query()}", base_url=f"http://{host}")
    assert answer.status_code == 421


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Forwarded", "X-Forwarded-Proto", "X-Host", "X-Original-URL"])
def test_links_in_mails_name_the_public_origin_whatever_headers_say(house_with_links, name):
    house = house_with_links
    visitor = house.browser()
    evil = {name: "host=evil.example" if name == "Forwarded" else "evil.example"}
    visitor.go(f"/signup?{house.query()}", headers=evil)
    visitor.send(username=ADA, password=PASSWORD, headers=evil)
    mail = visitor.mail(ADA)
    assert mail["link"].startswith(f"{ORIGIN}/confirmUser?")
    assert "evil" not in str(mail)


# -- addresses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/LOGIN", "/Login/", "/login/", "/SignUp", "/FORGOTPASSWORD/", "/confirmuser", "/resendCode"]
)
def test_a_page_is_found_however_it_is_spelled(lasting, path):
    visitor = lasting.browser()
    assert visitor.go(f"{path}?{lasting.query()}").response.status_code == 200


@pytest.mark.parametrize("path", ["/login/x", "//login", "/log in", "/login%00", "/login//"])
def test_other_spellings_are_no_page(lasting, path):
    visitor = lasting.browser()
    assert visitor.go(f"{path}?{lasting.query()}").response.status_code in {400, 404}


@pytest.mark.parametrize("path", ["/login", "/signup", "/forgotPassword", "/confirm", "/error"])
def test_head_answers_like_get_without_a_body(lasting, path):
    http = lasting.flask.test_client()
    got, head = (getattr(http, verb)(f"{path}?{lasting.query()}", base_url=ORIGIN) for verb in ("get", "head"))
    assert head.status_code == got.status_code
    assert head.content_type == got.content_type
    assert head.data == b""


@pytest.mark.parametrize("verb", ["put", "delete", "patch"])
def test_other_methods_are_refused(lasting, verb):
    assert getattr(lasting.flask.test_client(), verb)(f"/login?{lasting.query()}", base_url=ORIGIN).status_code == 405


def test_change_password_leads_to_the_page_of_the_hosts_pool(house):
    domain = house.services.pools.add_domain(
        house.pool.pool_id, "auth-test"
    )  # Domains are the server's, so this name is for this test alone.
    host = house.services.pools.hostname_of(house.pool, domain)
    answer = house.flask.test_client().get("/.well-known/change-password", base_url=f"http://{host}:8000")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"/forgotPassword?client_id={house.client.client_id}&")


def test_change_password_leads_to_the_page_of_the_browsers_pool(house, visitor):
    house.a_user()
    at_sign_in(house, visitor).sign_in()
    visitor.go("/.well-known/change-password")
    assert urlsplit(visitor.address).path == "/account"
    assert "new_password" in visitor.page.forms[0].inputs


def test_change_password_leads_to_a_code_where_the_session_is_over(house, visitor):
    house.a_user()
    at_sign_in(house, visitor).sign_in()
    house.clock.advance(hours=2)
    visitor.go("/.well-known/change-password")
    assert urlsplit(visitor.address).path == "/forgotPassword"
    assert visitor.response.status_code == 200


@pytest.mark.parametrize(
    "path", ["change-password", "resource-that-should-not-exist-whose-status-code-should-not-be-200"]
)
def test_where_there_is_no_pool_a_well_known_path_is_a_true_404(lasting, path):
    visitor = lasting.browser()
    assert visitor.go(f"/.well-known/{path}").response.status_code == 404


def test_two_sessions_do_not_say_whose_password_it_is(house, visitor):
    for pool in (house.pool.pool_id, house.a_pool().pool_id):
        visitor.http.set_cookie(f"poolhouse-session-{pool}", "x" * 43, domain="localhost")
    assert visitor.go("/.well-known/change-password").response.status_code == 404


@pytest.mark.parametrize("field", ["username", "password", "csrf_token", "action", "x"])
@pytest.mark.parametrize("value", ["x" * 30_000, "\u202e", "😀" * 200, "%00", "\x01"])
def test_nothing_that_is_typed_is_a_server_error(lasting, field, value):
    visitor = lasting.browser()
    at_sign_in(lasting, visitor).send(**{"username": ADA, "password": "x", field: value})
    assert visitor.response.status_code < 500
    visitor.go(f"/signup?{lasting.query()}").send(**{"username": ADA, "password": "x", field: value})
    assert visitor.response.status_code < 500


def test_a_dead_link_leads_to_a_new_one(house_with_links):
    house = house_with_links
    visitor = house.browser()
    sign_up(house, visitor)
    link = visitor.mail(ADA)["link"]
    house.browser().go(link).send()
    visitor.go(link.replace("confirmation_code=", "confirmation_code=9")).send()
    assert visitor.page.alert == "This link is not valid any more. Ask for a new code."
    assert visitor.page.forms == []
    assert visitor.go(next(link for link in visitor.page.links if "/resendcode" in link)).response.status_code == 200


def test_the_error_page_wears_the_applications_colours(house, visitor):
    branding = {"accent": "#7a1fa2", "display_name": "Violet Bank"}
    house.services.pools.set_extension(house.pool.pool_id, "branding", branding)
    visitor.go(f"/oauth2/authorize?{house.query(redirect_uri='https://evil.example/')}")
    assert "Violet Bank" in visitor.page.title
    stylesheet = re.search(r'href="(/assets/_brand/[^"]+/brand.css)"', visitor.response.text)
    assert stylesheet
    assert "#7a1fa2" in visitor.go(stylesheet[1]).response.text


# -- the error page in another language -------------------------------------------------------------------------------------


def switched(visitor):
    """The addresses of the language switcher."""
    part = visitor.response.text.partition('<nav class="languages"')[2].partition("</nav>")[0]
    return [unescape(found) for found in re.findall(r'href="([^"]*)"', part)]


def test_the_error_page_is_told_in_the_other_language_and_remembers_it(house, visitor):
    visitor.go(f"/login?{house.query(redirect_uri='https://elsewhere.example/?a=1&b=2')}")
    german = next(url for url in switched(visitor) if url.endswith("lang=de"))
    visitor.go(german)
    assert visitor.response.status_code == 400
    assert 'lang="de"' in visitor.response.text
    assert "redirect_uri=https%3A%2F%2Felsewhere.example%2F%3Fa%3D1%26b%3D2" in german
    assert '<html lang="de"' in visitor.go("/nowhere").response.text


@pytest.mark.parametrize(
    "path", ["/nowhere", "/oauth2/authorize?client_id=nobody", "/error?error=unknown_client", "/a%20b"]
)
def test_every_error_page_has_the_switcher(visitor, path):
    for url in switched(visitor.go(path)):
        assert url.partition("?")[0] == path.partition("?")[0]
    assert len(switched(visitor)) == 2


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/x",
        "///evil.example",
        "/%2F/evil.example",
        "/%5Cevil.example",
        "/%22%3E%3Cscript%3E",
        "/x?%22%3E%3Cb%3E=1",
    ],
)
def test_the_switcher_leads_to_no_other_host_and_is_no_markup(house, visitor, path):
    visitor.response = house.flask.test_client().open(path="/", environ_overrides=asked_for(path))
    urls = switched(visitor)
    assert urls
    for url in urls:
        assert url.startswith("/")
        assert url[1:2] not in {"/", "\\"}
        assert not set('"<>') & set(url)
    assert "<b>" not in visitor.response.text
    assert "<script>" not in visitor.response.text


def asked_for(target):
    """What a server makes of a request line, which a client library would have cleaned."""
    path, _, query = target.partition("?")
    return {"PATH_INFO": unquote(path), "QUERY_STRING": query, "HTTP_HOST": "localhost:8000"}


def test_what_cannot_be_asked_again_has_no_switcher(visitor):
    visitor.post("/nowhere", {})
    assert visitor.response.status_code in {404, 405}
    assert switched(visitor) == []
    assert switched(visitor.go(f"/nowhere?{'x' * 3000}")) == []


# -- one domain in two spellings --------------------------------------------------------------------------------------------

SPELLINGS = ["ada@bücher.example", "ada@xn--bcher-kva.example"]


@pytest.mark.parametrize(("stored", "typed"), [SPELLINGS, SPELLINGS[::-1]])
def test_an_address_signs_in_however_its_domain_is_written(house, visitor, stored, typed):
    user = house.a_user(stored)
    assert "code" in visitor.go(f"/oauth2/authorize?{house.query()}").sign_in(username=typed).landed
    # A row from before domains were one holds what was typed then.
    store = house.services.account.users
    store.save(
        user, [held for held in identifiers_of(house.pool, user) if "@" not in held.value or held.value == stored]
    )
    assert "code" in house.browser().go(f"/oauth2/authorize?{house.query()}").sign_in(username=typed).landed
    assert house.services.users.get(house.pool, typed).attributes["email"] == stored


@pytest.mark.parametrize(("stored", "typed"), [SPELLINGS, SPELLINGS[::-1]])
def test_nobody_registers_an_address_again_by_its_other_spelling(house, stored, typed):
    house.a_user(stored)
    with pytest.raises(UsernameExists):
        house.a_user(typed)


def test_guesses_at_either_spelling_are_one_count(house, visitor):
    house.a_user(SPELLINGS[0])
    for guess in range(8):
        visitor.go(f"/oauth2/authorize?{house.query()}").sign_in(
            username=SPELLINGS[guess % 2], password="Wrong-Horse-1"
        )
    assert visitor.page.alert == "Too many attempts. Please wait a while and try again."


@pytest.mark.parametrize("own", SPELLINGS)
def test_of_two_with_one_address_from_before_each_has_their_own_password_renewed(house, own):
    store = house.services.account.users
    for spelling in SPELLINGS:
        user = house.a_user(f"{spelling[:-8]}.other")
        moved = user.with_attributes({"email": spelling})
        held = identifiers_of(house.pool, moved)
        store.save(moved, [one for one in held if "@" not in one.value or one.value == spelling])
    visitor = house.browser()
    visitor.go(f"/forgotPassword?{house.query()}").send(username=own)
    visitor.send(code=visitor.mail(own)["code"], new_password="New-Horse-12", confirm_password="New-Horse-12")
    other = next(spelling for spelling in SPELLINGS if spelling != own)
    for name, password in ((own, "New-Horse-12"), (other, PASSWORD)):
        again = house.browser().go(f"/oauth2/authorize?{house.query()}").sign_in(username=name, password=password)
        assert "code" in again.landed, name
