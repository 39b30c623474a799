"""A single-page application with oidc-client-ts in a real browser: another origin than ours, and nothing but its own JavaScript."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.cli.clients import code_flow
from tests.support.files import serving
from tests.support.house import PASSWORD, Tenant, house
from tests.support.node import Node

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.browser import Browsing

FOLDER = Path(__file__).parent / "spa"


@dataclass(frozen=True)
class App:
    url: str
    issuer: str
    client_id: str
    tenant: Tenant


@pytest.fixture(scope="module")
def app(node: Node, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:  # noqa: ARG001 - a skip first
    files = {
        "/app.js": (FOLDER / "app.js").read_text(),
        "/oidc-client-ts.min.js": node.package_file("oidc-client-ts/dist/browser/oidc-client-ts.min.js"),
    }
    page = (FOLDER / "index.html").read_text()
    with house(tmp_path_factory.mktemp("spa"), workers=1) as home, serving(files, otherwise=page) as url:
        tenant = home.tenant("spa")
        with home.services() as rooms:
            flow = code_flow((f"{url}/callback",), (f"{url}/signed-out",))
            client = rooms.clients.create(tenant.pool, "spa", flow)
        files["/settings.json"] = json.dumps({"authority": home.issuer(tenant), "clientId": client.client_id})
        yield App(url, home.issuer(tenant), client.client_id, tenant)


def state(page: "Page", name: str) -> Any:
    """What the application shows once it has come this far."""
    page.wait_for_function(
        "name => ['refused', name].includes(document.getElementById('state')?.textContent)", arg=name
    )
    shown = json.loads(page.locator("#shown").text_content() or "null")
    assert page.locator("#state").text_content() == name, shown
    return shown


def sign_in(page: "Page", app: App) -> dict[str, Any]:
    page.goto(app.url)
    state(page, "ready")
    page.click("#sign-in")
    page.fill("input[name=username]", app.tenant.username)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[name=action][value=sign_in]")
    return dict(state(page, "signed in"))


@pytest.mark.spec("OpenID Connect Core §3.1")
def test_a_person_signs_in_and_stays_signed_in(browsing: "Browsing", app: App):
    page = browsing.page()
    user = sign_in(page, app)
    assert (user["profile"]["email"], user["profile"]["iss"]) == (app.tenant.username, app.issuer)
    assert user["profile"]["email_verified"] is True
    page.click("#ask")
    asked = state(page, "asked")
    assert (asked["status"], asked["claims"]["sub"]) == (200, user["profile"]["sub"])
    page.reload()
    assert state(page, "ready")["access_token"] == user["access_token"]


@pytest.mark.spec("RFC 6749 §6")
def test_tokens_are_renewed_in_silence(browsing: "Browsing", app: App):
    page = browsing.page()
    user = sign_in(page, app)
    page.click("#renew")
    renewed = state(page, "renewed")
    assert renewed["access_token"] != user["access_token"]
    assert renewed["profile"]["sub"] == user["profile"]["sub"]
    # No frame, no second look at the sign-in page: the refresh token did it.
    assert len(page.frames) == 1
    assert page.url.startswith(app.url)


def test_the_second_sign_in_asks_nothing(browsing: "Browsing", app: App):
    page = browsing.page()
    first = sign_in(page, app)
    page.evaluate("sessionStorage.clear()")
    page.goto(app.url)
    assert state(page, "ready") is None
    page.click("#sign-in")
    assert state(page, "signed in")["profile"]["sub"] == first["profile"]["sub"]


@pytest.mark.parametrize("button", ["#sign-out", "#sign-out-cognito"], ids=["RP-initiated", "Cognito"])
def test_who_signs_out_is_asked_again(browsing: "Browsing", app: App, button: str):
    page = browsing.page()
    sign_in(page, app)
    page.click(button)
    assert state(page, "signed out") is None
    page.click("#sign-in")
    page.wait_for_selector("input[name=password]")


def test_an_answer_nobody_asked_for_is_refused(browsing: "Browsing", app: App):
    page = browsing.page()
    page.goto(f"{app.url}/callback?code=stolen&state=forged")
    shown = state(page, "refused")
    assert "state" in shown["message"]
