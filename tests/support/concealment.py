"""The same deed done to somebody who exists and to somebody who does not, and what can be seen of the difference."""

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

from app.core.kernel.secret import Secret
from tests.support.house import PASSWORD
from tests.support.whole_app import ORIGIN, WholeApp

NEW_PASSWORD = "Another-horse-8-battery"


@dataclass(frozen=True)
class Deed:
    """What a stranger does on the pages with a name; ``prepare`` happens before, unseen and untimed."""

    page: str
    action: str
    typed: dict[str, str]
    prepare: Callable[["Stranger"], None] = lambda _: None


@dataclass
class Stranger:
    """A browser that nobody knows, at a page, about to type one name."""

    app: WholeApp
    name: str
    browser: FlaskClient

    def post(self, page: str, action: str, **typed: str) -> Any:
        form = {"csrf_token": self.app.csrf(self.browser, page), "action": action, "username": self.name, **typed}
        return self.browser.post(f"{page}?{self.app.query}", data=form, base_url=ORIGIN)


def _asked_for_a_code(stranger: Stranger) -> None:
    stranger.post("/forgotPassword", "send_code")


def _asked_again(stranger: Stranger) -> None:
    stranger.post("/resendcode", "resend")


RESET = {"code": "000000", "new_password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
DEEDS = {
    "sign-in": Deed("/login", "sign_in", {"password": "wrong-Horse-7"}),
    "sign-up": Deed("/signup", "sign_up", {"password": NEW_PASSWORD}),
    "resend": Deed("/resendcode", "resend", {}),
    "confirm": Deed("/confirm", "confirm", {"code": "000000"}),
    "confirm-after-resend": Deed("/confirm", "confirm", {"code": "000000"}, _asked_again),
    "forgot": Deed("/forgotPassword", "send_code", {}),
    "reset": Deed("/confirmForgotPassword", "reset_password", RESET),
    "reset-after-forgot": Deed("/confirmForgotPassword", "reset_password", RESET, _asked_for_a_code),
}
KINDS = ("confirmed", "unconfirmed", "disabled", "temporary")
"""Who may stand behind a name that exists."""


def name_of(kind: str, number: int) -> str:
    """All names have the same length and the same first letter, so that their masks are alike."""
    return f"x{KINDS.index(kind) if kind in KINDS else 9}{number:05d}@example.com"


def add_user(app: WholeApp, kind: str, number: int) -> str:
    rooms, name = app.installation.services, name_of(kind, number)
    if kind == "unconfirmed":
        Stranger(app, name, app.browser()).post("/signup", "sign_up", password=PASSWORD)
        return name
    attributes = {"email": name, "email_verified": "true"}
    if kind == "temporary":
        rooms.users.create(app.pool, name, attributes, temporary_password=Secret(PASSWORD))
    else:
        rooms.users.create(app.pool, name, attributes, permanent_password=Secret(PASSWORD))
    if kind == "disabled":
        rooms.users.disable(app.pool, name)
    return name


def do(app: WholeApp, deed: Deed, name: str) -> tuple[list[Any], float]:
    """All answers until the last page, and the milliseconds of the first."""
    app.clock.advance(hours=3)  # Rates and locks are another matter: nobody learns from his own.
    stranger = Stranger(app, name, app.browser())
    deed.prepare(stranger)
    form = {"csrf_token": app.csrf(stranger.browser, deed.page), "action": deed.action, "username": name, **deed.typed}
    address = f"{deed.page}?{app.query}"
    started = time.perf_counter()
    answer = stranger.browser.post(address, data=form, base_url=ORIGIN)
    spent = 1000 * (time.perf_counter() - started)
    answers = [answer]
    while answer.status_code in {302, 303}:
        answer = stranger.browser.get(answer.headers["Location"], base_url=ORIGIN)
        answers.append(answer)
    return answers, spent


def seen(answers: list[Any], name: str) -> list[Any]:
    """What is left of the answers without what differs by chance: tokens, request ids, the name that was typed."""
    return [_seen(answer, name) for answer in answers]


def _seen(answer: Any, name: str) -> tuple[Any, ...]:
    text = re.sub(r'name="csrf_token" value="[^"]+"', "TOKEN", answer.text)
    for spelling in (name, name.replace("@", "%40"), name.replace("@", "&#64;")):
        text = text.replace(spelling, "NAME")
    text = text.replace(answer.headers["X-Request-Id"], "REQUEST")
    cookies = sorted((line.split("=")[0], len(line)) for line in answer.headers.getlist("Set-Cookie"))
    varying = {"X-Request-Id", "Set-Cookie", "Date"}
    headers = sorted((key, value) for key, value in answer.headers.items() if key not in varying)
    return answer.status_code, headers, cookies, text


@dataclass(frozen=True)
class Timing:
    """Milliseconds: the medians of both, and the median of the paired differences."""

    existing: float
    unknown: float
    difference: float


def measure(app: WholeApp, deed: Deed, kind: str, pairs: int, *, first: int = 10_000) -> Timing:
    """Existing and unknown in turn, the order of each pair turned around, so that drift of the machine cancels."""
    existing, unknown = [], []
    for number in range(first, first + pairs):
        known = add_user(app, kind, number)
        turns = [(existing, known), (unknown, name_of("unknown", number))]
        for spent, name in turns if number % 2 else reversed(turns):
            spent.append(do(app, deed, name)[1])
    return Timing(
        statistics.median(existing),
        statistics.median(unknown),
        statistics.median(one - other for one, other in zip(existing, unknown, strict=True)),
    )
