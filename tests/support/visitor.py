"""A person with a browser that has no JavaScript, over real HTTP: follows our redirects, fills in our forms, stops at the application."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

MOST_REDIRECTS = 10


@dataclass
class HtmlForm:
    """One form as the page offers it."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self.alert: list[str] = []
        self._alerts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._alerts and tag not in {"br", "input", "img", "link", "meta"}:
            self._alerts += 1
        elif given.get("role") == "alert":
            self._alerts = 1
        if tag == "form":
            self.forms.append(HtmlForm(given.get("action", "")))
        if tag == "input" and self.forms and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        if tag == "button" and self.forms and given.get("name") == "action":
            self.forms[-1].actions.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        self._alerts -= bool(self._alerts)

    def handle_data(self, data: str) -> None:
        if self._alerts:
            self.alert.append(data)


@dataclass(frozen=True)
class Page:
    """Where the visitor stands: a page of ours, or an address of an application, which is not opened."""

    url: str
    status: int
    text: str = ""
    opened: bool = True
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.text)
        return reader

    @property
    def alert(self) -> str:
        """What stands in ``role="alert"``."""
        return " ".join("".join(self.read().alert).split())

    def form(self, action: str) -> HtmlForm:
        """The form with this submit button."""
        found = [form for form in self.read().forms if action in form.actions]
        assert found, f"{self.url} ({self.status}) has no form for {action}:\n{self.text[:3000]}"
        return found[0]


class Visitor:
    """``origin`` is where we listen; ``headers`` are what a proxy in front of us adds. Close it."""

    def __init__(self, origin: str, *, headers: dict[str, str] | None = None) -> None:
        self.origin = origin
        self.http = requests.Session()
        self.http.headers.update(headers or {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.http.close()

    def open(self, url: str, *, form: dict[str, str] | None = None) -> Page:
        """The page at the address, redirects of ours followed."""
        url = urljoin(self.origin, url)
        for _ in range(MOST_REDIRECTS):
            if not url.startswith(self.origin + "/"):
                return Page(url, 302, opened=False)
            # All cookies, the secure ones too: behind a proxy that ended TLS they travel on in clear text.
            kept = {"Cookie": "; ".join(f"{one.name}={one.value}" for one in self.http.cookies)}
            with self.http.request(
                "GET" if form is None else "POST", url, data=form, headers=kept, allow_redirects=False, timeout=30
            ) as answer:
                if "Location" not in answer.headers:
                    return Page(url, answer.status_code, answer.text, headers=dict(answer.headers))
                url, form = urljoin(url, answer.headers["Location"]), None
        raise AssertionError(f"more than {MOST_REDIRECTS} redirects, the last to {url}")

    def submit(self, page: Page, action: str, **values: str) -> Page:
        """Presses the button with what was typed, and lands somewhere."""
        form = page.form(action)
        unknown = set(values) - set(form.fields)
        assert not unknown, f"{page.url} has no field {unknown}"
        return self.open(urljoin(page.url, form.action), form={**form.fields, **values, "action": action})

    def sign_in(self, page: Page, username: str, password: str) -> Page:
        return self.submit(page, "sign_in", username=username, password=password)
