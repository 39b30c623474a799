"""A real server with what its operator would set up in it: pools, clients and users, through the same rooms the CLI uses."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from app.cli import main
from app.cli.clients import code_flow
from app.cli.pools import email_sign_up
from app.config import Settings
from app.core.clients.model import Client
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.installation import open_installation
from app.services import Services
from tests.support.databases import migrated
from tests.support.prepared_keys import PreparedKeys
from tests.support.server import ROOT, Server, environment, running
from tests.support.visitor import Page, Visitor
from tests.support.world import fresh_sqlite

CALLBACK = "http://localhost:9/callback"
LOGGED_OUT = "http://localhost:9/bye"
PASSWORD = "Correct-horse-7-battery"
SCOPES = ("openid", "email", "profile", "phone", "aws.cognito.signin.user.admin")
_KEYS = PreparedKeys()
MASTER_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@dataclass(frozen=True)
class Tenant:
    """One pool with a public client, a confidential client and one confirmed user."""

    pool: Pool
    public: Client
    confidential: Client
    username: str

    @property
    def secret(self) -> str:
        return self.confidential.secrets[0].reveal()


@dataclass
class House:
    """``env`` holds the settings by full name, with which any process opens the same house."""

    server: Server
    env: dict[str, str]

    @property
    def url(self) -> str:
        return self.server.url

    def issuer(self, tenant: Tenant) -> str:
        return f"{self.url}/{tenant.pool.pool_id}"

    def discovery(self, tenant: Tenant) -> dict[str, Any]:
        answer = requests.get(f"{self.issuer(tenant)}/.well-known/openid-configuration", timeout=10)
        answer.raise_for_status()
        return dict(answer.json())

    def command(self, *arguments: str) -> Any:
        """What ``poolhouse …`` prints, as JSON where it is any; a refusal fails the test with its words.

        The command runs in this process, a second sooner than in one of its own, which ``try_command`` gives it.
        """
        settings = environment(self.server.port, self.env)
        env = {name: settings.get(name) for name in {*settings, *os.environ} if name.startswith("POOLHOUSE_")}
        done = CliRunner().invoke(main, arguments, env=env)
        assert done.exit_code == 0, done.output
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def try_command(self, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        settings = environment(self.server.port, {**self.env, **(env or {})})
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=ROOT,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @contextmanager
    def services(self) -> Iterator[Services]:
        """The rooms, opened in this process beside the server's workers."""
        settings = environment(self.server.port, self.env)
        only_ours = {name: value for name, value in settings.items() if name.startswith("POOLHOUSE_")}
        opened = open_installation(Settings.from_env(only_ours), key_factory=_KEYS)
        try:
            yield opened.services
        finally:
            opened.close()

    def tenant(self, name: str = "pool", *, settings: dict[str, Any] | None = None) -> Tenant:
        with self.services() as rooms:
            pool = rooms.pools.create(
                account_id="123456789012",
                region="us-east-1",
                name=name,
                settings=email_sign_up() if settings is None else settings,
            )
            flow = code_flow((CALLBACK,), (LOGGED_OUT,), SCOPES)
            public = rooms.clients.create(pool, "public", flow)
            confidential = rooms.clients.create(pool, "confidential", flow, confidential=True)
            username = f"{name}@example.com"
            attributes = {"email": username, "email_verified": "true", "name": "Ada Example"}
            rooms.users.create(pool, username, attributes, permanent_password=Secret(PASSWORD))
        return Tenant(pool, public, confidential, username)

    @property
    def idp(self) -> Any:
        """Stock boto3 for user pools. In development mode any credentials are an administrator's."""
        import boto3

        return boto3.client(
            "cognito-idp",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )

    def visitor(self) -> Visitor:
        return Visitor(self.url)

    def move_clock(self, seconds: int) -> None:
        answer = requests.post(f"{self.url}/dev/clock", json={"advance_seconds": seconds}, timeout=10)
        answer.raise_for_status()

    def mail_to(self, address: str) -> dict[str, Any]:
        answer = requests.get(f"{self.url}/dev/outbox.json", params={"to": address}, timeout=10)
        return dict(answer.json()[0])


def signed_in(visitor: Visitor, authorize_url: str, username: str) -> Page:
    """Where the application gets its answer: through the sign-in form where one is shown."""
    page = visitor.open(authorize_url)
    return visitor.sign_in(page, username, PASSWORD) if page.opened else page


@contextmanager
def house_on(store: str, request: pytest.FixtureRequest, data: Path) -> Iterator[House]:
    """Two workers on ``sqlite`` or on ``postgres-redis``, until the block ends."""
    env = {"POOLHOUSE_PASSWORD_HASHING": "test"}
    if store != "sqlite":
        env |= {
            "POOLHOUSE_DATABASE_URL": migrated(request.getfixturevalue("fresh_postgres")()),
            "POOLHOUSE_REDIS_URL": request.getfixturevalue("fresh_redis")(),
            "POOLHOUSE_MASTER_KEY": MASTER_KEY,
        }
    with house(data, env) as found:
        yield found


@contextmanager
def house(data: Path, env: dict[str, str] | None = None, *, workers: int = 2, **options: Any) -> Iterator[House]:
    """The server with this environment, until the block ends."""
    env = env or {"POOLHOUSE_PASSWORD_HASHING": "test"}
    if "POOLHOUSE_DATABASE_URL" not in env and not (data / "poolhouse.sqlite3").exists():
        # The first start is tested elsewhere; here its migrations would only take time.
        data.mkdir(parents=True, exist_ok=True)
        fresh_sqlite(data)
    with running(data, workers=workers, env=env, **options) as server:
        yield House(server, {**env, "POOLHOUSE_DATA_DIR": str(data)})
