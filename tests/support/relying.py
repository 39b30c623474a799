"""A relying party's server side in a hundred lines: it receives logout tokens, and answers as a test tells it to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@dataclass
class RelyingParty:
    """``posts`` are the forms that came; ``gets`` the paths with their queries. ``statuses`` are given out in turn, then 200."""

    url: str = ""
    posts: list[dict[str, str]] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@contextmanager
def relying_party() -> Iterator[RelyingParty]:
    party = RelyingParty()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            read = parse_qs(self.rfile.read(length).decode(), strict_parsing=True)
            party.posts.append({name: values[0] for name, values in read.items()})
            self._answer(party.statuses.pop(0) if party.statuses else 200)

        def do_GET(self):
            party.gets.append(self.path)
            self._answer(200)

        def _answer(self, status: int) -> None:
            body = b"<!doctype html><title>App</title><p>Here is the app.</p>"
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        party.url = f"http://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield party
        finally:
            server.shutdown()
            thread.join()
