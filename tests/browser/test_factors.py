"""Second factors, codes in the place of passwords, passkeys and the account page in a real browser, accessible in every state."""

import re
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import requests

from app.core.factors.preferences import Choice
from app.core.kernel.caller import Caller
from app.core.kernel.secret import Secret
from tests.browser.conftest import PASSWORD
from tests.browser.test_flows import fill, press, sign_in
from tests.browser.test_real_pages import Looking

TOTP = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}


@pytest.fixture
def looking(browsing, axe_source):
    looking = Looking(browsing.page(color_scheme="light", reduced_motion="reduce"), axe_source)
    yield looking
    assert looking.found == {}


def a_pool(house, *first, mode=None, **members):
    settings = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": list(first)}}} if first else {}
    pool = house.a_pool(**settings, **{name: members.pop(name) for name in ("SmsConfiguration",) if name in members})
    if mode:
        pool = house.services.pools.set_mfa(pool.pool_id, {"MfaConfiguration": mode, **members})
    return pool, house.a_client(pool)


def seed_on(page):
    return re.sub(r"\s", "", page.locator(".secret code").inner_text())


def later_code(house, seed, used):
    """A code that was not used a moment ago: that of the next half minute counts already."""
    now = requests.get(f"{house.server.url}/dev/clock", timeout=10).json()["now"]
    totp = pyotp.TOTP(seed)
    return next(code for code in (totp.at(now), totp.at(now + 30)) if code != used)


def arrived(page, house):
    page.wait_for_url(re.compile(re.escape(f"{house.app_url}/callback") + r".*|" + re.escape(house.app_url) + "/.*"))


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_an_authenticator_app_is_set_up_and_asked_for(browsing, house, javascript):
    pool, client = a_pool(house, mode="ON", **TOTP)
    address = house.a_user(pool)
    page = browsing.page(javascript=javascript)
    page.goto(house.page("login", client))
    sign_in(page, address)
    page.wait_for_url("**/mfa?*")
    seed = seed_on(page)
    used = pyotp.TOTP(seed).now()
    page.locator("[name=code]").fill(used)
    if not javascript:
        press(page, "Confirm")
    arrived(page, house)
    page.context.clear_cookies()
    page.goto(house.page("login", client))
    sign_in(page, address)
    page.get_by_role("heading", name="Enter your code").wait_for()
    page.locator("[name=code]").fill(later_code(house, seed, used))
    if not javascript:
        press(page, "Continue")
    arrived(page, house)


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_a_code_by_mail_in_the_place_of_the_password(browsing, house, javascript):
    pool, client = a_pool(house, "PASSWORD", "EMAIL_OTP")
    address = house.a_user(pool)
    page = browsing.page(javascript=javascript)
    page.goto(house.page("login", client))
    page.locator("[name=username]").fill(address)
    press(page, "Continue")
    page.get_by_role("button", name="Code by email").click()
    page.get_by_role("heading", name="Check your email").wait_for()
    page.locator("[name=code]").fill(house.mail(address)["code"])
    if not javascript:
        press(page, "Continue")
    arrived(page, house)


@pytest.fixture
def authenticator(browsing):
    """A page in a browser with a passkey device in it."""
    page = browsing.page()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    found = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page, session, found["authenticatorId"]


def with_passkey(page, house):
    """Somebody who made a passkey on the account page, and has left."""
    pool, client = a_pool(house, "PASSWORD", "WEB_AUTHN")
    address = house.a_user(pool)
    page.goto(f"{house.server.url}/account?client_id={client}")
    sign_in(page, address)
    page.get_by_role("link", name="Add a passkey").click()
    press(page, "Create passkey")
    page.get_by_role("status").filter(has_text="Your passkey is ready.").wait_for()
    page.context.clear_cookies()
    return pool, client, house.services.users.get(pool, address)


def test_a_passkey_is_made_signs_in_by_autofill_and_is_removed(authenticator, house):
    page, session, device = authenticator
    pool, client, user = with_passkey(page, house)
    held = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert [one["rpId"] for one in held] == ["localhost"]
    # This device chooses by itself what people choose from the list below the name.
    page.goto(house.page("login", client))
    arrived(page, house)
    page.goto(f"{house.server.url}/account?client_id={client}")
    page.get_by_role("button", name=re.compile("^Remove")).click()
    page.get_by_role("status").filter(has_text="The passkey is removed.").wait_for()
    assert house.services.passkeys.list_of(pool, user) == []


def without_autofill(page):
    """As in a browser that offers no passkeys among what it fills in."""
    page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")


def test_a_passkey_signs_in_by_its_button(authenticator, house):
    page, _, _ = authenticator
    without_autofill(page)
    _, client, _ = with_passkey(page, house)
    page.goto(house.page("login", client))
    press(page, "Sign in with a passkey")
    arrived(page, house)


def test_a_passkey_that_the_server_forgot_is_refused_kindly_and_once(authenticator, house):
    page, _, _ = authenticator
    pool, client, user = with_passkey(page, house)
    for passkey in house.services.passkeys.list_of(pool, user):
        house.services.passkeys.remove(pool, user, passkey.credential_id, Caller())
    page.goto(house.page("login", client))
    page.get_by_role("alert").filter(has_text="This passkey was not accepted.").wait_for()
    fill(page, username=user.attributes["email"], password=PASSWORD)
    press(page, "Sign in")
    arrived(page, house)


def test_without_javascript_passkeys_are_not_offered_and_all_else_works(browsing, house):
    pool, client = a_pool(house, "PASSWORD", "WEB_AUTHN")
    page = browsing.page(javascript=False)
    page.goto(house.page("login", client))
    assert page.get_by_role("button", name="Sign in with a passkey").count() == 0
    sign_in(page, house.a_user(pool))
    arrived(page, house)
    page.goto(f"{house.server.url}/passkeys/add?client_id={client}")
    assert page.get_by_text("Passkeys need JavaScript.").is_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_a_recovery_code_stands_for_the_lost_phone(browsing, house, javascript):
    pool, client = a_pool(house, mode="OPTIONAL", **TOTP)
    address = house.a_user(pool)
    page = browsing.page(javascript=javascript)
    page.goto(f"{house.server.url}/account?client_id={client}")
    sign_in(page, address)
    page.get_by_role("button", name=re.compile("^Set up")).click()
    page.locator("[name=code]").fill(pyotp.TOTP(seed_on(page)).now())
    if not javascript:
        press(page, "Confirm")
    page.get_by_role("button", name=re.compile("^Create")).click()
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    page.context.clear_cookies()
    page.goto(house.page("login", client))
    sign_in(page, address)
    page.get_by_role("link", name="I lost my phone").click()
    page.locator("[name=code]").fill(codes[0])
    press(page, "Continue")
    arrived(page, house)


@pytest.mark.spec("WCAG 2.2 AA")
def test_every_state_is_accessible_in_light_and_dark(looking, house):
    pool, client = a_pool(house, "PASSWORD", "EMAIL_OTP", "WEB_AUTHN", mode="OPTIONAL", **TOTP)
    address = house.a_user(pool)
    page = looking.page
    page.goto(house.page("login", client))
    looking.look("username-first")
    page.locator("[name=username]").fill(address)
    press(page, "Continue")
    looking.look("choose")
    page.get_by_role("button", name="Code by email").click()
    looking.look("code-email")
    page.locator("[name=code]").fill("12345")
    press(page, "Continue")
    page.get_by_role("alert").wait_for()
    looking.look("code-refused")
    page.get_by_role("link", name="Use another way").click()
    page.get_by_role("button", name=re.compile("^Password")).click()
    looking.look("password")
    fill(page, password=PASSWORD)
    press(page, "Sign in")
    arrived(page, house)
    page.goto(f"{house.server.url}/account?client_id={client}")
    looking.look("account")
    page.get_by_role("link", name="Change Password").click()
    looking.look("account-password")
    page.go_back()
    page.get_by_role("link", name="Change Email address").click()
    looking.look("account-email")
    page.go_back()
    page.get_by_role("link", name="Add a passkey").click()
    looking.look("add-passkey")
    page.get_by_role("link", name="Back to your account").click()
    page.get_by_role("button", name=re.compile("^Set up")).click()
    looking.look("authenticator")
    link = page.get_by_role("link", name="Open the app on this device").get_attribute("href")
    seed = parse_qs(urlsplit(link).query)["secret"][0]
    used = pyotp.TOTP(seed).now()
    page.locator("[name=code]").fill(used)
    page.get_by_role("status").filter(has_text="Your second step is on.").wait_for()
    page.get_by_role("button", name=re.compile("^Create")).click()
    looking.look("recovery-codes")
    page.get_by_role("link", name="I have kept them").click()
    looking.look("account-with-all")


@pytest.mark.spec("WCAG 2.2 AA")
def test_every_second_step_is_accessible_in_light_and_dark(looking, house):
    pool, client = a_pool(house, mode="OPTIONAL", **TOTP)
    address = house.a_user(pool)
    user = house.services.users.get(pool, address)
    seed = house.services.totp.begin(pool, user).reveal()
    house.services.totp.confirm(pool, user, Secret(pyotp.TOTP(seed).now()))
    choice = Choice(enabled=True, preferred=True)
    house.services.preferences.choose(pool, user, {"SOFTWARE_TOKEN_MFA": choice}, Caller())
    page = looking.page
    page.goto(house.page("login", client))
    sign_in(page, address)
    page.get_by_role("heading", name="Enter your code").wait_for()
    looking.look("code-authenticator")
    page.get_by_role("link", name="Use another way").click()
    looking.look("choose-second")
    page.get_by_role("button", name="Recovery code").click()
    looking.look("code-recovery")


def test_a_phone_number_is_set_up_where_a_second_step_is_demanded(looking, house):
    sms = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
    offered = {"SmsMfaConfiguration": {"SmsConfiguration": sms}, **TOTP}
    pool, client = a_pool(house, mode="ON", SmsConfiguration=sms, **offered)
    address, number = house.a_user(pool), "+15555550147"
    page = looking.page
    page.goto(house.page("login", client))
    sign_in(page, address)
    looking.look("choose-set-up")
    page.get_by_role("button", name="Code by text message").click()
    looking.look("set-up-contact")
    page.locator("[name=phone_number]").fill("555 0147")
    press(page, "Send code")
    page.get_by_role("alert").wait_for()
    page.locator("[name=phone_number]").fill("+1 555 555-0147")
    press(page, "Send code")
    page.get_by_role("link", name="Use another phone number").wait_for()
    looking.look("set-up-code")
    page.locator("[name=code]").fill(house.mail(number)["code"])
    arrived(page, house)
