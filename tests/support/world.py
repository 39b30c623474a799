"""Builders: a real database, a clock that tests move, and records with sensible defaults."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from flask import Flask

from app.adapters.ephemeral.sql import SqlEphemeral
from app.adapters.sql import migrate
from app.adapters.sql.audit import SqlAuditLog
from app.adapters.sql.clients import SqlClients
from app.adapters.sql.db import Database, open_database
from app.adapters.sql.groups import SqlGroups
from app.adapters.sql.identity_pools import SqlIdentities, SqlIdentityPools
from app.adapters.sql.installation import open_data_key
from app.adapters.sql.keys import SqlKeys
from app.adapters.sql.pools import SqlDomains, SqlPools
from app.adapters.sql.resource_servers import SqlResourceServers
from app.adapters.sql.sessions import SqlConsents, SqlParticipants
from app.adapters.sql.tokens import SqlTokens
from app.adapters.sql.users import SqlUsers
from app.core.clients.model import Client, ClientExtensions, ClientSettings
from app.core.kernel.ids import new_client_id, new_client_secret, new_pool_id
from app.core.kernel.sealing import Hasher, Sealer
from app.core.kernel.secret import Secret
from app.core.messages.model import Notice
from app.core.pools.model import Pool, PoolExtensions
from app.core.pools.settings import PoolSettings
from app.core.resource_servers.model import ResourceServer, Scope

MASTER_KEY = bytes(range(32))
NOON = 1_900_000_000
"""When tests begin: a fixed moment in 2030."""


@dataclass
class MovedClock:
    """A clock that stands still until a test moves it. ``ahead`` of the machine's own it is where a test says so."""

    moment: int = NOON
    ahead: int = 0

    def now(self) -> int:
        return self.moment

    def real(self) -> int:
        return self.moment - self.ahead

    def advance(self, *, seconds: int = 0, minutes: int = 0, hours: int = 0, days: int = 0) -> None:
        self.moment += seconds + 60 * minutes + 3600 * hours + 86400 * days


@dataclass
class Mailbox:
    """The ``Messenger`` of tests: keeps what was sent and counts what was queued for nobody. ``broken`` makes sending fail like a dead mail server."""

    sent: list[Notice] = field(default_factory=list)
    queued: list[Notice] = field(default_factory=list)
    queued_nothing: int = 0
    broken: bool = False

    def send(self, pool: Pool, notice: Notice) -> None:
        from app.core.kernel.errors import CodeDeliveryFailed

        if self.broken:
            raise CodeDeliveryFailed
        self.sent.append(notice)

    def queue(self, pool: Pool, notice: Notice) -> None:
        self.queued.append(notice)

    def queue_nothing(self, pool: Pool) -> None:
        self.queued_nothing += 1


@cache
def _migrated_file() -> Path:
    path = Path(mkdtemp(prefix="poolhouse-test-")) / "template.sqlite3"
    database = open_database(Flask("template"), f"sqlite:///{path}")
    migrate.upgrade(database)
    with database.connection() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine.dispose()
    return path


def fresh_sqlite(folder: Path) -> str:
    """The URL of a migrated, empty SQLite database in ``folder``."""
    target = folder / "poolhouse.sqlite3"
    shutil.copyfile(_migrated_file(), target)
    return f"sqlite:///{target}"


class World:
    """All stores over one database. Close it, or warnings about open files fail the test."""

    def __init__(self, url: str, *, clock: MovedClock | None = None) -> None:
        self.clock = clock or MovedClock()
        self.database: Database = open_database(Flask("world"), url)
        self.sealer = Sealer((MASTER_KEY,))
        self.hasher = Hasher(open_data_key(self.database, self.sealer))
        self.ephemeral = SqlEphemeral(self.database, self.clock)
        self.pools = SqlPools(self.database)
        self.domains = SqlDomains(self.database)
        self.clients = SqlClients(self.database, self.sealer)
        self.users = SqlUsers(self.database)
        self.groups = SqlGroups(self.database)
        self.resource_servers = SqlResourceServers(self.database)
        self.identity_pools = SqlIdentityPools(self.database)
        self.identities = SqlIdentities(self.database)
        self.keys = SqlKeys(self.database, self.sealer)
        self.tokens = SqlTokens(self.database)
        self.consents = SqlConsents(self.database)
        self.participants = SqlParticipants(self.database)
        self.audit = SqlAuditLog(self.database, self.clock)
        self.mailbox = Mailbox()

    def close(self) -> None:
        self.database.engine.dispose()

    def a_pool(self, settings: Mapping[str, Any] | None = None, extensions: Mapping[str, Any] | None = None) -> Pool:
        """A stored pool; by default people sign up with a verified e-mail address, case aside."""
        document: dict[str, Any] = {
            "UsernameAttributes": ["email"],
            "AutoVerifiedAttributes": ["email"],
            "UsernameConfiguration": {"CaseSensitive": False},
        }
        document.update(settings or {})
        pool = Pool(
            pool_id=new_pool_id("us-east-1"),
            account_id="123456789012",
            region="us-east-1",
            name="test pool",
            settings=PoolSettings.read({key: value for key, value in document.items() if value is not None}),
            extensions=PoolExtensions.read(dict(extensions or {})),
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
        )
        self.pools.add(pool)
        return pool

    def a_client(
        self,
        pool: Pool,
        settings: Mapping[str, Any] | None = None,
        extensions: Mapping[str, Any] | None = None,
        *,
        confidential: bool = False,
    ) -> Client:
        """A stored client for the code flow with one callback and one logout URL; public unless asked otherwise."""
        document: dict[str, Any] = {
            "CallbackURLs": ["https://app.example.com/callback"],
            "LogoutURLs": ["https://app.example.com/bye"],
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "SupportedIdentityProviders": ["COGNITO"],
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "PreventUserExistenceErrors": "ENABLED",
        }
        document.update(settings or {})
        client = Client(
            client_id=new_client_id(),
            pool_id=pool.pool_id,
            name="test client",
            settings=ClientSettings.read({key: value for key, value in document.items() if value is not None}),
            extensions=ClientExtensions.read(dict(extensions or {})),
            secrets=(Secret(new_client_secret()),) if confidential else (),
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
        )
        self.clients.add(client)
        return client

    def a_resource_server(self, pool: Pool, identifier: str, *scopes: str) -> ResourceServer:
        """A stored API with these scopes."""
        now = self.clock.now()
        server = ResourceServer(
            pool_id=pool.pool_id,
            identifier=identifier,
            name=identifier,
            scopes=tuple(Scope(name=name, description=name) for name in scopes),
            created_at=now,
            updated_at=now,
        )
        self.resource_servers.add(server)
        return server
