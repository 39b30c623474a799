"""Every state of the pages as the server itself serves them: accessible in light and dark, and whole at 320 pixels.

POOLHOUSE_SCREENSHOTS=<folder> keeps pictures of each, narrow and wide, light and dark.
"""

import os
from pathlib import Path

import pytest

from tests.browser.conftest import PASSWORD
from tests.browser.test_flows import fill, press, sign_in
from tests.browser.test_static_pages import AXE_TAGS, RUN_AXE

SIZES = [(320, 640), (390, 844), (1280, 900)]


class Looking:
    """Collects what is wrong with each state of a page that a test brings about."""

    def __init__(self, page, axe_source):
        self.page = page
        self.axe_source = axe_source
        self.found = {}

    def look(self, name):
        self.page.wait_for_load_state()
        self.page.set_viewport_size({"width": 320, "height": 640})
        wrong = ["wider than 320 pixels"] if self.page.evaluate("document.documentElement.scrollWidth > 320") else []
        self.page.evaluate(self.axe_source)
        wrong += self.page.evaluate(RUN_AXE, AXE_TAGS)
        self.page.emulate_media(color_scheme="dark")
        wrong += self.page.evaluate(RUN_AXE, ["color-contrast"])
        self.keep_pictures(name)
        self.page.emulate_media(color_scheme="light")
        if wrong:
            self.found[name] = wrong

    def keep_pictures(self, name):
        folder = os.environ.get("POOLHOUSE_SCREENSHOTS")
        if not folder:
            return
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            for width, height in SIZES[1:]:
                self.page.set_viewport_size({"width": width, "height": height})
                self.page.screenshot(path=Path(folder) / f"real-{name}-{scheme}-{width}.png")


@pytest.fixture
def looking(browsing, axe_source):
    looking = Looking(browsing.page(color_scheme="light", reduced_motion="reduce"), axe_source)
    yield looking
    assert looking.found == {}


@pytest.mark.spec("WCAG 2.2 AA")
def test_signing_in_and_signing_up(looking, house):
    page = looking.page
    page.goto(house.page("login"))
    looking.look("sign-in")
    sign_in(page, "nobody@example.com", "x")
    looking.look("sign-in-refused")
    page.goto(house.page("signup"))
    fill(page, username="not an address", password="short")
    press(page, "Create account")
    looking.look("sign-up-refused")
    address = house.new_address()
    fill(page, username=address, password=PASSWORD)
    press(page, "Create account")
    page.wait_for_url("**/confirm?*")
    looking.look("confirm")
    page.locator("[name=code]").fill("12345")
    press(page, "Confirm")
    looking.look("confirm-refused")
    press(page, "Send a new code")
    page.get_by_role("status").wait_for()
    looking.look("confirm-resent")
    page.context.clear_cookies()
    page.goto(house.page("resendcode"))
    looking.look("resend")


@pytest.mark.spec("WCAG 2.2 AA")
def test_recovering_changing_and_failing(looking, house):
    page = looking.page
    page.goto(house.page("forgotPassword"))
    looking.look("forgot")
    fill(page, username=house.a_user())
    press(page, "Send code")
    page.wait_for_url("**/confirmForgotPassword?*")
    looking.look("reset")
    fill(page, code="000000", new_password="short", confirm_password="short")
    press(page, "Save password")
    page.get_by_role("alert").wait_for()
    looking.look("reset-refused")
    page.goto(house.page("login"))
    sign_in(page, house.a_user(temporary=True))
    page.wait_for_url("**/changePassword?*")
    looking.look("change-password")
    page.goto(
        f"{house.server.url}/confirmUser?client_id={house.demo_client}&user_name=a@example.com&confirmation_code=123456"
    )
    looking.look("confirm-link")
    press(page, "Confirm my account")
    page.get_by_role("alert").wait_for()
    looking.look("confirm-link-refused")
    page.goto(f"{house.server.url}/error")
    looking.look("error")
    page.goto(f"{house.server.url}/nowhere")
    looking.look("not-found")


def test_the_demo_application(looking, house):
    page = looking.page
    page.goto(house.app_url)
    looking.look("demo")
    page.get_by_role("link", name="Sign in").click()
    sign_in(page, house.a_user())
    page.wait_for_url(f"{house.app_url}/tokens")
    looking.look("demo-tokens")
    page.goto(f"{house.app_url}/callback?error=access_denied")
    looking.look("demo-refused")
