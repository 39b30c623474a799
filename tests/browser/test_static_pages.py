"""Every page of every theme in a real browser: accessible, readable, sober, and helpful with and without JavaScript.

The pages are the samples of `app.web.page_samples`, served by the preview under the real Content-Security-Policy.
POOLHOUSE_SCREENSHOTS=<folder> keeps a picture of each.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from app.web.page_preview import Preview
from app.web.page_samples import sample_mails, sample_pages
from app.web.pages import Pages, shipped_themes

PAGES = Pages([shipped_themes()], pseudo_locale=True)
THEMES = sorted(PAGES.theme_names)
# The page that carries an answer to the application leaves at once: test_form_post.py.
NAMES = [name for name in sample_pages(PAGES, "default", "en") if name != "form-post"]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

RUN_AXE = """async (tags) => (await axe.run(document, {runOnly: tags})).violations
    .map(found => found.id + ": " + found.nodes.map(node => node.html + " " + node.failureSummary).join(" | "))"""


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def serving(application) -> Iterator[str]:
    with make_server("127.0.0.1", 0, application, handler_class=QuietHandler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def preview() -> Iterator[str]:
    with serving(Preview([shipped_themes()])) as url:
        yield url


@pytest.fixture(scope="module")
def preview_of_real_languages() -> Iterator[str]:
    """Without the pseudo-locale, whose tag is rightly no language to axe."""
    with serving(Preview([shipped_themes()], pseudo_locale=False)) as url:
        yield url


def keep_picture(page, *name):
    folder = os.environ.get("POOLHOUSE_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{'-'.join(map(str, name))}.png", full_page=True)


# The harbour theme changes the frame and the colours; pages that differ in neither say the same twice.
SEEN_IN = {"default": NAMES, "harbour": ["sign-in-providers", "sign-up-refused", "confirm", "change-password", "error"]}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.spec("WCAG 2.2 AA")
def test_axe_finds_nothing_on_any_page_in_light_and_dark(preview_of_real_languages, browsing, axe_source, theme):
    page = browsing.page(color_scheme="light", viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    found = {}
    for name in SEEN_IN.get(theme, NAMES):
        page.emulate_media(color_scheme="light")
        page.goto(f"{preview_of_real_languages}/{theme}/{name}?lang=en")
        keep_picture(page, theme, name, "light", 390)
        page.evaluate(axe_source)
        violations = page.evaluate(RUN_AXE, AXE_TAGS)
        page.emulate_media(color_scheme="dark")
        keep_picture(page, theme, name, "dark", 390)
        # Colours are all that dark mode changes.
        violations += page.evaluate(RUN_AXE, ["color-contrast"])
        if violations:
            found[name] = violations
    assert found == {}


@pytest.mark.parametrize(("theme", "scheme"), list(zip(THEMES, ["light", "dark"], strict=False)))
def test_axe_finds_nothing_in_mails(preview, browsing, axe_source, theme, scheme):
    page = browsing.page(color_scheme=scheme, javascript=True)
    for name in sample_mails(PAGES, theme, "en"):
        page.goto(f"{preview}/{theme}/{name}")
        page.evaluate(axe_source)
        assert page.evaluate(RUN_AXE, ["wcag2a", "wcag2aa"]) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.spec("WCAG 2.2 §1.4.10")
@pytest.mark.spec("WCAG 2.2 §1.4.12")
def test_nothing_is_cut_off_at_320_pixels_with_long_words_and_wide_spacing(preview, browsing, theme):
    page = browsing.page(viewport={"width": 320, "height": 640})
    for name in SEEN_IN.get(theme, NAMES):
        page.goto(f"{preview}/{theme}/{name}?lang=qps")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
        # Properties set through the object model pass the Content-Security-Policy; a style attribute would not.
        page.evaluate(
            """() => { for (const element of document.body.querySelectorAll("*")) {
                element.style?.setProperty("line-height", "1.5", "important");
                element.style?.setProperty("letter-spacing", "0.12em", "important");
                element.style?.setProperty("word-spacing", "0.16em", "important"); } }"""
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
        cut = page.evaluate(
            """() => [...document.querySelectorAll("h1, p, label, a, .button, li")]
                .filter(element => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline"
                    && !element.classList.contains("visually-hidden")).map(element => element.outerHTML)"""
        )
        assert cut == [], name


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
@pytest.mark.parametrize("name", [name for name in NAMES if "refused" in name or name.startswith("error")])
def test_the_error_summary_has_the_focus(preview, browsing, name, javascript):
    page = browsing.page(javascript=javascript)
    page.goto(f"{preview}/default/{name}")
    page.locator("[role=alert]:focus").wait_for(timeout=15_000)
    assert page.title().startswith("Error:")


@pytest.mark.parametrize(("theme", "scheme"), list(zip(THEMES, ["light", "dark"], strict=False)))
@pytest.mark.spec("WCAG 2.2 §2.4.7")
def test_focus_is_visible_wherever_the_keyboard_goes(preview, browsing, theme, scheme):
    page = browsing.page(color_scheme=scheme)
    for name in ("sign-in-providers", "sign-up"):
        page.goto(f"{preview}/{theme}/{name}")
        reachable = page.evaluate("""() => [...document.querySelectorAll("a[href], button, input")]
            .filter(element => element.tabIndex >= 0 && element.type !== "hidden" && element.checkVisibility()).length""")
        page.evaluate("document.activeElement.blur()")
        page.locator("h1").click()
        seen = set()
        for _ in range(reachable + 2):
            page.keyboard.press("Tab")
            state = page.evaluate("""() => { const element = document.activeElement, style = getComputedStyle(element);
                return element === document.body ? null
                    : [element.outerHTML, style.outlineStyle, parseFloat(style.outlineWidth)]; }""")
            if state is not None:
                seen.add(state[0])
                assert state[1] != "none", state
                assert state[2] >= 2, state
        assert len(seen) == reachable, name


def test_a_page_without_javascript_shows_no_dead_button(preview, browsing):
    page = browsing.page(javascript=False)
    page.goto(f"{preview}/default/sign-up")
    assert page.locator("button:visible").count() == 1


def test_a_password_can_be_shown_and_leaves_as_a_password(preview, browsing):
    page = browsing.page()
    page.goto(f"{preview}/default/sign-in")
    page.get_by_label("Password", exact=True).fill("correct horse")
    button = page.get_by_role("button", name="Show")
    button.click()
    assert page.locator("[name=password]").get_attribute("type") == "text"
    page.get_by_role("button", name="Hide").click()
    assert page.locator("[name=password]").get_attribute("type") == "password"
    page.get_by_role("button", name="Show").click()
    page.evaluate("document.querySelector('form').addEventListener('submit', event => event.preventDefault())")
    page.get_by_role("button", name="Sign in").click()
    assert page.locator("[name=password]").get_attribute("type") == "password"


def test_requirements_are_ticked_as_they_are_met(preview, browsing):
    page = browsing.page()
    page.goto(f"{preview}/default/sign-up")
    box = page.locator("[name=password]")

    def met():
        return page.eval_on_selector_all(".met", "items => items.map(item => item.dataset.rule)")

    assert met() == []
    box.fill("abc")
    assert met() == ["lowercase"]
    box.fill("Abcdefghijk1!")
    assert met() == ["length", "uppercase", "lowercase", "number", "symbol"]
    assert page.locator("[data-rule=length]").inner_text().startswith("At least 12 characters")
    assert "done" in page.locator("[data-rule=length]").text_content()
    box.fill("ABC")
    assert met() == ["uppercase"]


def posted(request):
    return {key: values[0] for key, values in parse_qs(request.post_data).items()}


@pytest.mark.parametrize("typed", ["418207", "418 207", "418-207"])
def test_a_complete_code_is_sent_by_itself(preview, browsing, typed):
    page = browsing.page()
    page.goto(f"{preview}/default/confirm")
    with page.expect_request(re.compile("/nowhere")) as request:
        page.locator("[name=code]").press_sequentially(typed)
    assert posted(request.value)["action"] == "confirm"
    assert posted(request.value)["code"] == typed
    assert posted(request.value)["username"] == "ada@example.com"


@pytest.mark.parametrize(
    ("name", "typed"), [("confirm", "41820"), ("confirm", "abcdef"), ("confirm-refused", "418207")]
)
def test_any_other_code_waits_for_the_button(preview, browsing, name, typed):
    page = browsing.page()
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(f"{preview}/default/{name}")
    page.locator("[name=code]").press_sequentially(typed)
    with page.expect_request(re.compile("/nowhere")):
        page.get_by_role("button", name="Confirm").click()
    assert len([url for url in sent if "/nowhere" in url]) == 1


def test_a_double_click_sends_the_form_once_with_its_button_until_the_page_is_shown_again(preview, browsing):
    page = browsing.page()
    page.goto(f"{preview}/default/sign-in")
    sent = page.evaluate(
        """() => {
            const sent = [], form = document.querySelector("form"), button = form.querySelector("[value=sign_in]");
            form.addEventListener("submit", event => {
                if (!event.defaultPrevented) sent.push(new FormData(form, event.submitter).get("action"));
                event.preventDefault();
            });
            button.click(); button.click();
            sent.push(button.getAttribute("aria-disabled"));
            dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}));
            sent.push(button.getAttribute("aria-disabled"));
            button.click(); button.click();
            return sent;
        }"""
    )
    assert sent == ["sign_in", "true", None, "sign_in"]


@pytest.mark.parametrize("theme", THEMES)
def test_nothing_moves_while_a_page_loads(preview, browsing, theme):
    page = browsing.page()
    page.add_init_script(
        """window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries()) window.shift += entry.value; })
            .observe({type: "layout-shift", buffered: true});"""
    )
    for name in ("sign-in-branded", "sign-up", "confirm-refused"):
        page.goto(f"{preview}/{theme}/{name}", wait_until="networkidle")
        assert page.evaluate("window.shift") < 0.01, name


def test_no_page_moves_for_whoever_does_not_want_it(preview, browsing):
    page = browsing.page(reduced_motion="reduce")
    page.goto(f"{preview}/default/sign-in")
    durations = page.evaluate(
        "[...document.querySelectorAll('*')].map(element => getComputedStyle(element).transitionDuration)"
    )
    assert set(durations) == {"0s"}


def test_forced_colours_keep_every_control_visible(preview, browsing):
    page = browsing.page(forced_colors="active")
    page.goto(f"{preview}/default/sign-in-providers")
    for control in page.locator(".button, input:not([type=hidden])").all():
        assert control.evaluate("element => getComputedStyle(element).borderTopStyle") == "solid"
