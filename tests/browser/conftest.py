"""The demo server and its application for the browser, and the rooms behind it, so that a test can put people into its pools."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests

from app.config import Settings
from app.core.kernel.secret import Secret
from app.installation import open_services
from app.services import Services
from tests.support.server import ROOT, Server, environment
from tests.support.waiting import wait_until

PASSWORD = "Correct-Horse-7"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
_NUMBERS = count(1)


@dataclass(frozen=True)
class House:
    """The demo server with the demo application beside it; `services` writes into the same database."""

    server: Server
    services: Services
    environ: dict[str, str]

    @property
    def app_url(self) -> str:
        return str(self.server.demo["app_url"])

    @property
    def demo_pool(self) -> Any:
        return self.services.pools.get(self.server.demo["pool_id"])

    @property
    def demo_client(self) -> str:
        return str(self.server.demo["client_id"])

    def cli(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def a_pool(self, **settings: Any) -> Any:
        given = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"], **settings}
        return self.services.pools.create(
            account_id="123456789012", region="us-east-1", name="pool", settings=given, extensions={}
        )

    def a_client(self, pool: Any, callback: str | None = None) -> str:
        given = {
            "SupportedIdentityProviders": ["COGNITO"],
            "CallbackURLs": [callback or f"{self.app_url}/callback"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "email"],
        }
        return str(self.services.clients.create(pool, "An app", given).client_id)

    def a_user(self, pool: Any = None, *, temporary: bool = False) -> str:
        address, password = self.new_address(), Secret(PASSWORD)
        given = {"temporary_password": password} if temporary else {"permanent_password": password}
        attributes = {"email": address, "email_verified": "true"}
        self.services.users.create(pool or self.demo_pool, address, attributes, **given)
        return address

    def new_address(self) -> str:
        return f"person{next(_NUMBERS)}.{os.getpid()}@example.com"

    def page(self, name: str, client: str | None = None, redirect_uri: str | None = None, **more: str) -> str:
        """The address of a hosted page with an authorize request."""
        query = {
            "client_id": client or self.demo_client,
            "redirect_uri": redirect_uri or f"{self.app_url}/callback",
            "response_type": "code",
            "scope": "openid email",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **more,
        }
        return f"{self.server.url}/{name}?{urlencode(query, quote_via=quote)}"

    def mail(self, to: str, number: int = 1) -> dict[str, Any]:
        """The newest message to an address, once there are `number`."""

        def found() -> list[dict[str, Any]]:
            mails = requests.get(f"{self.server.url}/dev/outbox.json", params={"to": to}, timeout=10).json()
            return mails if len(mails) >= number else []

        return dict(wait_until(found, seconds=30, what=f"mail {number} to {to}")[0])


@pytest.fixture(scope="session")
def house(demo_server: Server) -> Iterator[House]:
    data = {"POOLHOUSE_DATA_DIR": str(demo_server.data), "POOLHOUSE_PASSWORD_HASHING": "test"}
    environ = environment(demo_server.port, data)
    with open_services(Settings.from_env(environ)) as services:
        try:
            wait_until(lambda: _answers(demo_server.demo["app_url"]), seconds=60, what="the demo application")
        except TimeoutError as late:
            raise RuntimeError(f"{late}; the server wrote:\n{demo_server.output()}") from None
        yield House(demo_server, services, environ)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False
