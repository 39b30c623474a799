"""A static site on a loopback port of its own."""

import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit


@contextmanager
def serving(files: Mapping[str, str], *, otherwise: str) -> Iterator[str]:
    """The origin where these texts lie by path, until the block ends; any other path is answered with the page `otherwise`."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 - the library's name
            path = urlsplit(self.path).path
            body = files.get(path, otherwise).encode()
            kind = mimetypes.guess_type(path)[0] if path in files else None
            self.send_response(200)
            self.send_header("Content-Type", f"{kind or 'text/html'}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
