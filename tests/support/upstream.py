"""Stand-ins for providers elsewhere, on loopback: they publish keys or answer about tokens, and sign what a test asks for.

They speak as much of Google, Apple, Facebook and Amazon as identity pools need, written from those providers' documentation; nothing
here has met the real ones.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.support.prepared_keys import PreparedKeys


def rsa_keys() -> Iterator[Any]:
    """RSA private keys from the prepared ones."""
    factory = PreparedKeys()
    while True:
        yield load_pem_private_key(factory.new_private_pem("RS256").reveal().encode(), None)


def public_jwk(key: Any, kid: str = "1", **members: Any) -> dict[str, Any]:
    kind = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    return {**json.loads(kind.to_jwk(key.public_key())), "kid": kid, "use": "sig", **members}


def signed(key: Any, claims: Mapping[str, Any], *, algorithm: str = "RS256", **header: Any) -> str:
    return jwt.encode(dict(claims), key, algorithm=algorithm, headers={"kid": "1", **header})


@dataclass
class StandIn:
    """``answers`` are by path; each gets the query. ``asked`` are the paths that were asked for."""

    url: str
    answers: dict[str, Callable[[dict[str, str]], tuple[int, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def publish(self, issuer: str, *keys: Mapping[str, Any], **metadata: Any) -> None:
        """Discovery and keys of an issuer below its own path here."""
        path = urlsplit(issuer).path.rstrip("/")
        document = {"issuer": issuer, "jwks_uri": f"{self.url}{path}/keys", **metadata}
        self.answers[f"{path}/.well-known/openid-configuration"] = lambda _query: (200, document)
        self.answers[f"{path}/keys"] = lambda _query: (200, {"keys": list(keys)})


@contextmanager
def standing_in() -> Iterator[StandIn]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            stand_in.asked.append(parts.path)
            answer = stand_in.answers.get(parts.path, lambda _query: (404, {}))
            status, document = answer(dict(parse_qsl(parts.query)))
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in = StandIn(url=f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield stand_in
    server.shutdown()
    thread.join()
    server.server_close()
