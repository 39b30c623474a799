"""People on the real pages of a real server, in Chromium, with JavaScript and without."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import PASSWORD

NEW = "New-Horse-12"


def fill(page, **fields):
    for name, value in fields.items():
        page.locator(f"input[name={name}]:visible").fill(value)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def sign_in(page, address, password=PASSWORD):
    fill(page, username=address, password=password)
    press(page, "Sign in")


def enter_code(page, code, javascript):
    """With JavaScript a complete code needs no button."""
    if javascript:
        page.locator("[name=code]").press_sequentially(code)
    else:
        fill(page, code=code)
        press(page, "Confirm")


def has_javascript(page):
    return page.locator("button.reveal:visible").count() > 0


def expect_tokens(page, house):
    page.wait_for_url(f"{house.app_url}/tokens")
    assert page.get_by_text("verified", exact=True).count() == 2


def expect_callback(page, house):
    """The demo application is not asked for by us, so it refuses the answer; that it got one is what counts."""
    page.wait_for_url(re.compile(re.escape(f"{house.app_url}/callback?")))
    assert "code" in parse_qs(urlsplit(page.url).query)


def test_from_the_application_over_sign_up_to_verified_tokens_and_out_again(page, house):
    address = house.new_address()
    page.goto(house.app_url)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Create an account").click()
    javascript = has_javascript(page)
    fill(page, username=address, password=PASSWORD)
    press(page, "Create account")
    page.wait_for_url("**/confirm?*")
    enter_code(page, house.mail(address)["code"], javascript)
    expect_tokens(page, house)
    assert address in page.locator("#id-token").inner_text()

    press(page, "Call userInfo")
    assert address in page.locator("#user-info").inner_text()
    press(page, "Refresh")
    page.get_by_role("status").wait_for()
    expect_tokens(page, house)
    press(page, "Sign out")
    page.wait_for_url(f"{house.app_url}/")
    page.get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/login?*")


def test_somebody_with_an_account_signs_in_and_again_without_a_password(page, house):
    address = house.a_user()
    page.goto(f"{house.app_url}/sign-in")
    sign_in(page, address)
    expect_tokens(page, house)
    page.context.clear_cookies(name="poolhouse_demo")
    page.goto(f"{house.app_url}/sign-in")
    expect_tokens(page, house)


def test_a_wrong_password_is_told_where_the_eye_and_the_ear_are(page, house):
    address = house.a_user()
    page.goto(house.page("login"))
    sign_in(page, address, "Wrong-Horse-7")
    alert = page.locator("[role=alert]:focus")
    alert.wait_for()
    assert alert.inner_text() == "Incorrect username or password."
    assert page.title().startswith("Error:")
    assert page.locator("[name=username]").input_value() == address
    assert page.locator("[name=password]").input_value() == ""
    assert "Wrong-Horse-7" not in page.content()
    sign_in(page, address)
    expect_callback(page, house)


def test_a_forgotten_password_is_replaced_and_works(page, house):
    address = house.a_user()
    page.goto(f"{house.app_url}/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    fill(page, username=address)
    press(page, "Send code")
    page.wait_for_url("**/confirmForgotPassword?*")
    fill(page, code=house.mail(address)["code"], new_password=NEW, confirm_password="Other-Horse-12")
    press(page, "Save password")
    assert page.get_by_role("alert").inner_text() == "The two passwords are not the same."
    fill(page, code=house.mail(address)["code"], new_password=NEW, confirm_password=NEW)
    press(page, "Save password")
    page.get_by_text("Your password is saved.").wait_for()
    sign_in(page, address, NEW)
    expect_tokens(page, house)


def test_a_temporary_password_is_replaced_on_the_way_to_the_application(page, house):
    address = house.a_user(temporary=True)
    page.goto(f"{house.app_url}/sign-in")
    sign_in(page, address)
    page.wait_for_url("**/changePassword?*")
    assert address in page.locator("main").inner_text()
    fill(page, new_password="weak", confirm_password="weak")
    press(page, "Save and continue")
    page.locator("[role=alert]:focus").wait_for()
    fill(page, new_password=NEW, confirm_password=NEW)
    press(page, "Save and continue")
    expect_tokens(page, house)


def test_somebody_unconfirmed_is_sent_for_the_code_and_may_ask_for_another(page, house):
    address = house.new_address()
    page.goto(house.page("signup"))
    javascript = has_javascript(page)
    fill(page, username=address, password=PASSWORD)
    press(page, "Create account")
    page.wait_for_url("**/confirm?*")
    page.context.clear_cookies()
    page.goto(house.page("login"))
    sign_in(page, address)
    page.wait_for_url("**/confirm?*")
    assert "not confirmed yet" in page.get_by_role("status").inner_text()
    press(page, "Send a new code")
    page.get_by_text("a new code is on its way").wait_for()
    enter_code(page, house.mail(address, 2)["code"], javascript)
    page.wait_for_url("**/login?*")
    sign_in(page, address)
    expect_callback(page, house)


def test_a_link_from_a_mail_confirms_by_its_button_only(page, house):
    pool = house.a_pool(VerificationMessageTemplate={"DefaultEmailOption": "CONFIRM_WITH_LINK"})
    client, address = house.a_client(pool), house.new_address()
    page.goto(house.page("signup", client))
    fill(page, username=address, password=PASSWORD)
    press(page, "Create account")
    page.wait_for_url("**/confirm?*")
    link = house.mail(address)["link"]
    page.goto(link)
    assert house.services.users.get(pool, address).status.value == "UNCONFIRMED"
    press(page, "Confirm my account")
    expect_callback(page, house)
    assert house.services.users.get(pool, address).status.value == "CONFIRMED"


def test_the_language_is_switched_and_remembered(page, house):
    page.goto(house.page("login"))
    page.get_by_role("link", name="Deutsch").click()
    page.get_by_role("heading", name="Anmelden").wait_for()
    assert page.locator("html").get_attribute("lang") == "de"
    page.goto(house.page("signup"))
    assert page.locator("html").get_attribute("lang") == "de"
    page.get_by_role("link", name="English").click()
    page.goto(house.page("login"))
    page.get_by_role("heading", name="Sign in").wait_for()


def test_a_pool_has_its_own_colours_words_and_theme_without_code(browsing, house):
    pool = house.a_pool()
    client = house.a_client(pool)
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    branding = {
        "accent": "#7a1fa2",
        "display_name": "Violet Bank",
        "theme": "harbour",
        "logo": f"data:image/png;base64,{dot}",
        "texts": {"en": {"sign_in.title": "Welcome aboard"}},
    }
    house.cli("pool", "set", pool.pool_id, f"branding={json.dumps(branding)}")
    page = browsing.page()
    page.goto(house.page("login", client), wait_until="networkidle")
    page.get_by_role("heading", name="Welcome aboard").wait_for()
    assert "Violet Bank" in page.title()
    assert page.locator(".button").first.evaluate("b => getComputedStyle(b).backgroundColor") == "rgb(122, 31, 162)"
    assert page.locator(".brand-logo").evaluate("image => image.complete && image.naturalWidth") == 1
    assert page.locator("link[href*='harbour.css']").count() == 1


def test_a_redirect_uri_of_somebody_else_ends_on_a_page(page, house):
    page.goto(house.page("oauth2/authorize", redirect_uri="http://localhost:1/callback"))
    assert page.get_by_role("alert").inner_text() == "The redirect URI is not registered for this client."
    assert page.title().startswith("Error:")
    page.goto(f"{house.server.url}/error?error=<b>x</b>")
    assert page.get_by_role("alert").inner_text() == "The request is not valid."


def test_two_tabs_the_back_button_and_a_second_submit_do_no_harm(page, house):
    address = house.a_user(temporary=True)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(house.page("login"))
    sign_in(page, address)
    page.wait_for_url("**/changePassword?*")
    fill(page, new_password=NEW, confirm_password=NEW)
    press(page, "Save and continue")
    expect_callback(page, house)
    sign_in(other, address, NEW)
    expect_callback(other, house)
    page.go_back()
    if page.url.startswith(f"{house.server.url}/changePassword") and page.locator("[name=new_password]").count():
        fill(page, new_password="Third-Horse-1", confirm_password="Third-Horse-1")
        press(page, "Save and continue")
        page.wait_for_load_state()
    other.context.clear_cookies()
    other.goto(house.page("login"))
    sign_in(other, address, NEW)
    expect_callback(other, house)


@pytest.mark.parametrize("callback", ["com.example.app://signed-in", "http://127.0.0.1:1/callback"])
def test_the_policy_lets_a_sign_in_end_at_the_applications_own_address(browsing, house, callback):
    """Chromium applies form-action to redirects; that it blocks none of them is what `browsing` checks."""
    client, address = house.a_client(house.demo_pool, callback), house.a_user()
    page = browsing.page()
    tried = []
    page.on("requestfailed", lambda request: tried.append(request.url))
    page.on("request", lambda request: tried.append(request.url))
    page.goto(house.page("login", client, callback))
    fill(page, username=address, password=PASSWORD)
    press(page, "Sign in")
    page.wait_for_timeout(300) if callback.startswith("com.") else page.wait_for_event("requestfailed")
    if callback.startswith("http"):
        assert any(url.startswith(f"{callback}?code=") for url in tried)
    assert browsing.complaints == []


def test_a_first_view_is_small_and_all_ours(browsing, house):
    page = browsing.page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes, urls = [], []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.on("request", lambda request: urls.append(request.url))
    page.goto(house.page("login"), wait_until="networkidle")
    assert len(urls) <= 10
    assert sum(sizes) < 50 * 1024
    assert all(url.startswith((house.server.url, "data:")) for url in urls)


def test_the_keyboard_alone_signs_in(browsing, house):
    address = house.a_user()
    page = browsing.page()
    page.goto(house.page("login"))
    page.locator("[name=username]:focus").wait_for()
    page.keyboard.type(address)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect_callback(page, house)


def test_a_form_that_another_site_sends_signs_nobody_in(browsing, house):
    address = house.a_user()
    page = browsing.page()
    page.goto(house.page("login"))
    token = page.locator("[name=csrf_token]").first.get_attribute("value")
    action = house.page("login")
    # Another port is another origin, and 127.0.0.1 another site.
    page.goto(f"http://127.0.0.1:{house.server.port}/healthz")
    page.evaluate(
        """([action, fields]) => { const form = document.createElement("form"); form.method = "post"; form.action = action;
            for (const [name, value] of Object.entries(fields)) { const input = document.createElement("input");
                input.name = name; input.value = value; form.append(input); }
            document.documentElement.append(form); HTMLFormElement.prototype.submit.call(form); }""",
        [action, {"username": address, "password": PASSWORD, "csrf_token": token}],
    )
    page.wait_for_url(f"{house.server.url}/login?*")
    assert page.locator("[name=username]").input_value() == ""
    assert not [cookie for cookie in page.context.cookies() if "session" in cookie["name"]]


def test_no_other_site_shows_our_pages_in_a_frame(browsing, house):
    page = browsing.page()
    # A page of the same origin even, whose own policy would allow frames: it has none.
    page.goto("about:blank")
    page.set_content(f'<iframe src="{house.page("login")}"></iframe>')
    page.wait_for_load_state("networkidle")
    assert [frame for frame in page.frames if frame.locator("input").count()] == []
    browsing.complaints.clear()


def test_cookies_are_seen_by_no_script(browsing, house):
    page = browsing.page()
    page.goto(house.page("login"))
    sign_in(page, house.a_user())
    expect_callback(page, house)
    page.goto(house.page("error"))
    assert page.evaluate("document.cookie") == ""
    cookies = [cookie for cookie in page.context.cookies() if cookie["name"].startswith("poolhouse-")]
    assert cookies
    assert {(cookie["httpOnly"], cookie["sameSite"], cookie["domain"]) for cookie in cookies} == {
        (True, "Lax", "localhost")
    }
