"""A look at a theme without a server, pool or user: `python -m app.web.page_preview --themes DIRECTORY`.

Every page in every state, on loopback, under the same Content-Security-Policy as the real ones. Themes are read again
when a file changes, so that saving a file and reloading the page is all there is to do.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server

from markupsafe import escape

from app.web.page_samples import SAMPLE_STYLESHEET_URL, sample_mails, sample_pages, sample_stylesheet
from app.web.page_themes import ThemeInvalid
from app.web.pages import Pages, shipped_themes

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
)
# The HTML of a mail brings its own style element, as mails must; it is only ever a page in this preview.
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Preview:
    """The preview as a WSGI application: `/`, `/<theme>/<page>?lang=…`, `/assets/…`."""

    def __init__(self, theme_directories: Sequence[Path], *, pseudo_locale: bool = True) -> None:
        self._directories = tuple(theme_directories)
        self._pseudo_locale = pseudo_locale
        self._read: tuple[int, Pages] | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", "/"))
        lang = parse_qs(str(environ.get("QUERY_STRING", ""))).get("lang", ["en"])[0]
        try:
            status, content_type, policy, body = self._answer(path, lang)
        except (ThemeInvalid, LookupError) as error:
            status, content_type, policy = (
                "500 Internal Server Error",
                "text/plain; charset=utf-8",
                "default-src 'none'",
            )
            body = str(error).encode()
        headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "max-age=31536000, immutable" if path.startswith("/assets/") else "no-store"),
        ]
        start_response(status, headers)
        return [body]

    def _pages(self) -> Pages:
        """The themes as they are on disk now; read again when any file below them was changed, added or removed."""
        stamps = [
            (str(path), path.stat().st_mtime_ns)
            for directory in self._directories
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        ]
        fingerprint = hash(tuple(stamps))
        if self._read is None or self._read[0] != fingerprint:
            self._read = (fingerprint, Pages(self._directories, pseudo_locale=self._pseudo_locale))
        return self._read[1]

    def _answer(self, path: str, lang: str) -> tuple[str, str, str, bytes]:
        pages = self._pages()
        html = "text/html; charset=utf-8"
        parts = path.strip("/").split("/")
        if path == "/":
            return "200 OK", html, CONTENT_SECURITY_POLICY, _index(pages).encode()
        if path == SAMPLE_STYLESHEET_URL:
            return "200 OK", "text/css; charset=utf-8", CONTENT_SECURITY_POLICY, sample_stylesheet().encode()
        if parts[0] == "assets" and len(parts) > 3:
            asset = pages.find_asset(parts[1], parts[2], "/".join(parts[3:]))
            if asset is not None:
                return "200 OK", asset[1], CONTENT_SECURITY_POLICY, asset[0]
        if len(parts) == 2 and parts[0] in pages.theme_names:
            page = sample_pages(pages, parts[0], lang).get(parts[1])
            if page is not None:
                return "200 OK", html, CONTENT_SECURITY_POLICY, pages.render(parts[0], page).encode()
            mail = sample_mails(pages, parts[0], lang).get(parts[1])
            if mail is not None:
                return "200 OK", html, _MAIL_POLICY, pages.render_mail(parts[0], mail).html.encode()
        return "404 Not Found", "text/plain; charset=utf-8", "default-src 'none'", b"There is no page at this address."


def _index(pages: Pages) -> str:
    lists = []
    for theme in sorted(pages.theme_names):
        names = [*sample_pages(pages, theme, "en"), *sample_mails(pages, theme, "en")]
        items = "".join(f'<li><a href="/{escape(theme)}/{escape(name)}">{escape(name)}</a></li>' for name in names)
        lists.append(f"<h2>{escape(theme)}</h2><ul>{items}</ul>")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Themes</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f"<body><main><h1>Themes</h1>{''.join(lists)}</main></body></html>"
    )


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's.
        """Says nothing: a preview's access log helps nobody."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves the preview on loopback until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m app.web.page_preview", description=__doc__)
    parser.add_argument("--themes", type=Path, action="append", default=[], help="a folder of further themes")
    parser.add_argument("--port", type=int, default=8001)
    options = parser.parse_args(arguments)
    preview = Preview([shipped_themes(), *options.themes])
    with make_server("127.0.0.1", options.port, preview, handler_class=_QuietHandler) as server:
        print(f"Themes: http://localhost:{server.server_port}/", flush=True)  # noqa: T201
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
