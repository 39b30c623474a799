import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# The browser shall do what the pages ask, and nothing else: no updates, no reports, no second protocol.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SLOWEST_STEP_MS = 30_000


def program() -> str | None:
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass  # Without slots: Playwright keeps a note on the owner of each handler.
class Browsing:
    """Opens pages, each with cookies of its own, and remembers what no page of ours may ever do."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def context(self, *, javascript: bool = True, **options: Any) -> BrowserContext:
        """A browser profile of its own; `options` are Playwright's (`color_scheme`, `viewport`, `locale`, …)."""
        context = self.browser.new_context(java_script_enabled=javascript, **options)
        context.set_default_timeout(SLOWEST_STEP_MS)
        context.on("request", self._watch_request)
        context.on("console", self._watch_console)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        self._contexts.append(context)
        return context

    def page(self, *, javascript: bool = True, **options: Any) -> Page:
        """A page in a profile of its own."""
        return self.context(javascript=javascript, **options).new_page()

    def close(self) -> None:
        while self._contexts:
            self._contexts.pop().close()

    def _watch_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        host = address.hostname or ""
        local = host in {"localhost", "127.0.0.1", "::1"} or host.endswith(".localhost")
        if address.scheme in {"http", "https", "ws", "wss"} and not local:
            self.complaints.append(f"left this machine: {request.url}")

    def _watch_console(self, message: ConsoleMessage) -> None:
        # Chromium reports a violated Content-Security-Policy as a console error.
        if message.type == "error" and "Content Security Policy" in message.text:
            self.complaints.append(message.text)
