"""The demo application against a provider of a hundred lines that can be told to misbehave."""

import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey

from app.demo import create_demo
from tests.support.free_port import free_port

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "http://localhost:8001"
CLIENT = "democlient"
FAR = 4_000_000_000
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@dataclass
class Provider:
    """Remembers what it was asked; `id_claims`, `access_claims` replace claims, `sign_with` the key."""

    issuer: str = ""
    nonce: str = ""
    challenge: str = ""
    id_claims: dict[str, Any] = field(default_factory=dict)
    access_claims: dict[str, Any] = field(default_factory=dict)
    sign_with: RSAKey = field(default_factory=lambda: KEY)
    token_error: str | None = None
    user_info_status: int = 200
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def metadata(self) -> dict[str, Any]:
        origin = self.issuer.rsplit("/", 1)[0]
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{origin}/oauth2/authorize",
            "token_endpoint": f"{origin}/oauth2/token",
            "userinfo_endpoint": f"{origin}/oauth2/userInfo",
            "revocation_endpoint": f"{origin}/oauth2/revoke",
            "jwks_uri": f"{self.issuer}/.well-known/jwks.json",
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self.token_error:
            return 400, {"error": self.token_error}
        digest = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if form["grant_type"] == "authorization_code" and digest.decode().rstrip("=") != self.challenge:
            return 400, {"error": "invalid_grant"}
        common = {"iss": self.issuer, "sub": "s1", "exp": FAR, "iat": 1_700_000_000}
        access = {**common, "client_id": CLIENT, "token_use": "access", "jti": form["grant_type"], **self.access_claims}
        access_token = jwt.encode({"alg": "RS256", "kid": "one"}, access, KEY)
        half = base64.urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()[:16]).decode().rstrip("=")
        claims = {**common, "aud": CLIENT, "token_use": "id", "at_hash": half, "name": "<b>Ada</b>"}
        if form["grant_type"] == "authorization_code":
            claims["nonce"] = self.nonce
        id_token = jwt.encode({"alg": "RS256", "kid": "one"}, {**claims, **self.id_claims}, self.sign_with)
        answer = {"access_token": access_token, "id_token": id_token, "token_type": "Bearer", "expires_in": 3600}
        return 200, answer if form["grant_type"] == "refresh_token" else {**answer, "refresh_token": "r1"}


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()

    class Endpoint(BaseHTTPRequestHandler):
        def answer(self, status: int, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:  # noqa: N802 - the library's name
            if self.path.endswith("openid-configuration"):
                self.answer(200, provider.metadata())
            elif self.path.endswith("jwks.json"):
                self.answer(200, {"keys": [KEY.as_dict(private=False)]})
            else:
                provider.asked.append((self.path, {"authorization": self.headers.get("Authorization", "")}))
                self.answer(provider.user_info_status, {"sub": "s1", "email": "ada@example.org"})

        def do_POST(self) -> None:  # noqa: N802 - the library's name
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            provider.asked.append((self.path, form))
            self.answer(*(provider.token(form) if self.path.endswith("/token") else (200, {})))

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    provider.issuer = f"http://127.0.0.1:{server.server_port}/pool"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def demo(provider: Provider) -> FlaskClient:
    return create_demo(issuer=provider.issuer, client_id=CLIENT, origin=ORIGIN, secret_key="k").test_client()


def begin(demo: FlaskClient, provider: Provider) -> dict[str, str]:
    """Starts a sign-in; what the provider was asked at its authorization endpoint."""
    location = demo.get("/sign-in").headers["Location"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    provider.nonce, provider.challenge = query["nonce"], query["code_challenge"]
    return query


def finish(demo: FlaskClient, provider: Provider, **changes: str | None):
    query = begin(demo, provider)
    answer = {"code": "c1", "state": query["state"], "iss": provider.issuer, **changes}
    return demo.get("/callback", query_string={k: v for k, v in answer.items() if v is not None})


def csrf(demo: FlaskClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', demo.get("/tokens").text)
    assert found
    return found[1]


def press(demo: FlaskClient, path: str):
    return demo.post(path, data={"csrf": csrf(demo)})


def test_signing_in_asks_for_a_code_with_pkce_state_and_nonce(demo, provider):
    query = begin(demo, provider)

    assert query["response_type"] == "code"
    assert query["client_id"] == CLIENT
    assert query["redirect_uri"] == f"{ORIGIN}/callback"
    assert query["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= query.keys()
    assert "openid" in query["scope"].split()


def test_both_tokens_are_shown_verified_and_escaped(demo, provider):
    assert finish(demo, provider).headers["Location"] == "/tokens"

    page = demo.get("/tokens").text
    assert page.count(">verified<") == 2
    assert "not verified" not in page
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    assert "<b>Ada" not in page
    assert "Nonce is the one sent" in page


def test_tokens_are_in_no_cookie(demo, provider):
    finish(demo, provider)

    cookie = demo.get_cookie("poolhouse_demo", domain="localhost")
    assert cookie is not None
    assert len(cookie.value) < 500
    assert cookie.http_only


@pytest.mark.parametrize(
    ("claims", "what"),
    [
        ({"token_use": "id"}, "Is an access token"),
        ({"client_id": "another"}, "Issued to this application"),
        ({"exp": 1}, "Not expired"),
        ({"iss": "https://evil.example"}, "Issuer is"),
    ],
)
def test_an_access_token_that_is_not_for_us_is_shown_as_not_verified(demo, provider, claims, what):
    provider.access_claims = claims
    finish(demo, provider)

    page = demo.get("/tokens").text
    assert page.count(">verified<") == 1
    assert page.count(">not verified<") == 1
    assert re.search(rf"{re.escape(what)}[^<]*: <strong>no</strong>", page)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"at_hash": "x"},
        {"iat": FAR},
    ],
)
def test_an_id_token_that_does_not_fit_signs_nobody_in(demo, provider, claims):
    provider.id_claims = claims

    answer = finish(demo, provider)

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert demo.get("/tokens").status_code == 303


def test_an_id_token_of_another_key_signs_nobody_in(demo, provider):
    provider.sign_with = OTHER

    assert finish(demo, provider).status_code == 400
    assert demo.get("/tokens").status_code == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "another"},
        {"state": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"code": None, "error": "access_denied", "error_description": "<script>no</script>"},
    ],
)
def test_an_answer_that_is_not_ours_signs_nobody_in(demo, provider, changes):
    answer = finish(demo, provider, **changes)

    assert answer.status_code == 400
    assert "<script>" not in answer.text
    assert [path for path, _ in provider.asked] == []
    assert demo.get("/tokens").status_code == 303


def test_an_answer_works_once(demo, provider):
    query = begin(demo, provider)
    answer = {"code": "c1", "state": query["state"], "iss": provider.issuer}
    assert demo.get("/callback", query_string=answer).status_code == 303

    assert demo.get("/callback", query_string=answer).status_code == 400


def test_an_answer_in_another_browser_signs_nobody_in(demo, provider):
    query = begin(demo, provider)
    other = demo.application.test_client()

    answer = other.get("/callback", query_string={"code": "c1", "state": query["state"], "iss": provider.issuer})

    assert answer.status_code == 400


def test_a_code_that_the_server_refuses_is_told_kindly(demo, provider):
    provider.token_error = "invalid_grant"

    answer = finish(demo, provider)

    assert answer.status_code == 400
    assert "Traceback" not in answer.text


def test_user_info_is_called_with_the_access_token_and_shown(demo, provider):
    finish(demo, provider)

    press(demo, "/user-info")

    path, headers = provider.asked[-1]
    assert path == "/oauth2/userInfo"
    assert headers["authorization"].startswith("Bearer ey")
    assert "ada@example.org" in demo.get("/tokens").text


def test_a_refused_user_info_is_told_kindly(demo, provider):
    finish(demo, provider)
    provider.user_info_status = 401

    press(demo, "/user-info")

    assert "userInfo answered 401" in demo.get("/tokens").text


def test_refreshing_brings_new_tokens_and_keeps_the_refresh_token(demo, provider):
    finish(demo, provider)

    press(demo, "/refresh")
    press(demo, "/refresh")

    assert [form.get("refresh_token") for path, form in provider.asked if path.endswith("/token")] == [None, "r1", "r1"]
    page = demo.get("/tokens").text
    assert page.count(">verified<") == 2
    assert "&#34;jti&#34;: &#34;refresh_token&#34;" in page


def test_signing_out_forgets_revokes_and_ends_the_servers_session_too(demo, provider):
    finish(demo, provider)

    location = press(demo, "/sign-out").headers["Location"]

    assert provider.asked[-1] == ("/oauth2/revoke", {"token": "r1", "client_id": CLIENT})
    origin = provider.issuer.rsplit("/", 1)[0]
    assert location == f"{origin}/logout?client_id={CLIENT}&logout_uri=http%3A%2F%2Flocalhost%3A8001%2F"
    assert demo.get("/tokens").status_code == 303


@pytest.mark.parametrize("path", ["/user-info", "/refresh", "/sign-out"])
@pytest.mark.parametrize("form", [{}, {"csrf": "guess"}, {"csrf": "é"}])
def test_a_form_of_another_site_does_nothing(demo, provider, path, form):
    finish(demo, provider)
    asked = len(provider.asked)

    assert demo.post(path, data=form).status_code == 400
    assert len(provider.asked) == asked
    assert demo.get("/tokens").status_code == 200


@pytest.mark.parametrize("form", [{}, {"csrf": ""}, {"csrf": "-"}])
@pytest.mark.parametrize("path", ["/user-info", "/refresh", "/sign-out"])
def test_a_stranger_presses_no_button(demo, path, form):
    assert demo.post(path, data=form).status_code == 400


@pytest.mark.parametrize("path", ["/", "/tokens", "/demo.css", "/nowhere", "/callback"])
def test_every_answer_is_guarded(demo, path):
    answer = demo.get(path)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"<script|<style| style=| on[a-z]+=", answer.text)


def test_a_server_that_is_not_there_is_told_kindly():
    app = create_demo(issuer=f"http://127.0.0.1:{free_port()}/pool", client_id=CLIENT, origin=ORIGIN, secret_key="k")

    answer = app.test_client().get("/sign-in")

    assert answer.status_code == 502
    assert "cannot be reached" in answer.text


def test_it_runs_by_itself_and_ends_on_sigterm():
    port = free_port()
    env = os.environ | {"DEMO_ISSUER": "http://127.0.0.1:9/pool", "DEMO_CLIENT_ID": CLIENT, "DEMO_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "app.demo"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"Demo application on http://localhost:{port}\n"
        assert "Sign in" in requests.get(f"http://127.0.0.1:{port}/", timeout=10).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


def test_without_its_settings_it_says_which_is_missing():
    env = {name: value for name, value in os.environ.items() if not name.startswith("DEMO_")}
    done = subprocess.run(
        [sys.executable, "-m", "app.demo"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.strip() == "DEMO_ISSUER is not set"
