"""The whole server in one process, for ``app.test_client()``: what ``create_app`` gives, with a clock that tests move."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient

from app.cli.clients import code_flow
from app.cli.pools import email_sign_up
from app.config import Settings
from app.core.kernel.secret import Secret
from app.factory import create_app
from app.installation import Installation
from tests.support.house import CALLBACK, LOGGED_OUT, PASSWORD, SCOPES
from tests.support.oauth_app import challenge_of
from tests.support.prepared_keys import PreparedKeys
from tests.support.world import MovedClock, fresh_sqlite

ORIGIN = "http://localhost:8000"
PAGES = (
    "/login", "/signup", "/confirm", "/confirmUser", "/resendcode", "/forgotPassword", "/confirmForgotPassword",
    "/changePassword", "/error", "/logout",
)  # fmt: skip
OAUTH = ("/oauth2/authorize", "/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke")
OPERATIONS = ("/healthz", "/readyz", "/dev/outbox", "/dev/outbox.json", "/dev/clock")


class WholeApp:
    """With one pool, a public and a confidential client, and one confirmed user, ``ada@example.com``. Close it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        given = {
            "public_url": ORIGIN,
            "data_dir": folder,
            "mail_from": "a@example.com",
            "password_hashing": "test",
            "dev": True,
        }
        if "database_url" not in settings:
            given["database_url"] = fresh_sqlite(folder)
        self.clock = MovedClock()
        self.app: Flask = create_app(Settings(**{**given, **settings}), clock=self.clock, key_factory=PreparedKeys())
        self.app.testing = False
        self.installation: Installation = self.app.extensions["poolhouse"]
        rooms = self.installation.services
        self.pool = rooms.pools.create(
            account_id="123456789012", region="us-east-1", name="hostile", settings=email_sign_up()
        )
        flow = code_flow((CALLBACK,), (LOGGED_OUT,), SCOPES)
        self.client = rooms.clients.create(self.pool, "public", flow)
        self.confidential = rooms.clients.create(self.pool, "confidential", flow, confidential=True)
        rooms.users.create(
            self.pool,
            "ada@example.com",
            {"email": "ada@example.com", "email_verified": "true"},
            permanent_password=Secret(PASSWORD),
        )
        self.paths = (
            *PAGES,
            *OAUTH,
            *OPERATIONS,
            f"/{self.pool.pool_id}/.well-known/openid-configuration",
            f"/{self.pool.pool_id}/.well-known/jwks.json",
            f"/.well-known/oauth-authorization-server/{self.pool.pool_id}",
            f"/assets/_brand/{self.client.client_id}/x/brand.css",
            f"/assets/_brand/{self.client.client_id}/x/logo",
            "/assets/default/x/style.css",
            "/",
            "/nowhere",
        )
        self.query = urlencode(
            {
                "client_id": self.client.client_id,
                "redirect_uri": CALLBACK,
                "response_type": "code",
                "scope": "openid",
                "state": "s",
                "code_challenge": challenge_of("v" * 43),
                "code_challenge_method": "S256",
            }
        )

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def csrf(self, browser: FlaskClient, page: str) -> str:
        text = browser.get(f"{page}?{self.query}", base_url=ORIGIN).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        assert found
        return found[1]

    def close(self) -> None:
        self.installation.close()
