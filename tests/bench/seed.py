"""A pool with as many users as asked for, under the rules of the users room, and each with a token session that could go on.

PostgreSQL takes them by COPY, SQLite by multi-row inserts. All users share one password hash: hashing a million takes six hours.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, insert, select

from app.adapters.sql.db import Database
from app.adapters.sql.tables import refresh_tokens, token_sessions, user_identifiers, user_search, users
from app.adapters.sql.tokens import _refresh_columns, _session_columns
from app.adapters.sql.users import _columns
from app.adapters.system.argon2 import Argon2Hasher
from app.cli.clients import code_flow
from app.cli.pools import email_sign_up
from app.core.clients.model import Client
from app.core.kernel.ids import new_handle, new_session_id, new_sub, new_uuid
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.tokens.model import RefreshToken, TokenSession
from app.core.users.filter import LONGEST_INDEXED, searchable_values
from app.core.users.identifiers import identifiers_of
from app.core.users.model import PasswordRecord, User, UserStatus
from app.installation import Installation

PASSWORD = "Correct-Horse-7-Battery"
CALLBACK = "http://localhost:9/callback"
SCOPE = ("openid", "email", "profile")
_CHUNK = 10_000
_RESOURCE = "https://bench.example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """``client`` is public and does not rotate, as Cognito's default is; ``rotating`` does. ``machine`` has a secret; it is None
    where this build has no client credentials.
    """

    pool: Pool
    client: Client
    rotating: Client
    machine: Client | None
    confidential: Client


def make_world(opened: Installation) -> World:
    rooms = opened.services
    pool = rooms.pools.create(
        account_id="123456789012", region="us-east-1", name="Bench", settings=email_sign_up(), extensions={}
    )
    settings = {**code_flow((CALLBACK,), (), SCOPE), "EnableTokenRevocation": True}
    rotation = {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}}
    without_refresh = {**settings, "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}
    return World(
        pool=pool,
        client=rooms.clients.create(pool, "Bench app", settings),
        rotating=rooms.clients.create(pool, "Rotating app", {**without_refresh, **rotation}),
        machine=_machine(rooms, pool),
        confidential=rooms.clients.create(pool, "Gateway", settings, confidential=True),
    )


def _machine(rooms: Any, pool: Pool) -> Client | None:
    servers = getattr(rooms, "resource_servers", None)
    if servers is None:
        return None
    servers.create(pool.pool_id, _RESOURCE, name="Bench API", scopes={"read": "Read"})
    settings = {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": [f"{_RESOURCE}/read"],
    }
    client: Client = rooms.clients.create(pool, "Machine", settings, confidential=True)
    return client


def email_of(number: int) -> str:
    return f"user{number}@example.com"


def fill(opened: Installation, world: World, wanted: int, *, tell: Callable[[str], None] | None = None) -> None:
    """Adds users until the pool has ``wanted``; says how far it is once a second or so."""
    tell = tell or _progress
    database = opened.database
    have = _count(database)
    began, start = time.perf_counter(), have
    record = PasswordRecord(encoded=Argon2Hasher("owasp").hash(Secret(PASSWORD)), set_at=opened.clock.now())
    while have < wanted:
        numbers = range(have, min(have + _CHUNK, wanted))
        _store(database, _rows(opened, world, numbers, record))
        have = numbers.stop
        spent = time.perf_counter() - began
        left = spent / (have - start) * (wanted - have)
        tell(f"  seeding: {have:,} of {wanted:,} users, {left:,.0f} s left")
    with database.connection() as connection:
        # What autovacuum would do in its own time, done before anything is measured.
        connection.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE")


def _progress(line: str) -> None:
    print(f"\r{line}   ", end="\n" if "left" not in line or " 0 s left" in line else "", file=sys.stderr, flush=True)


def _count(database: Database) -> int:
    with database.connection() as connection:
        return int(connection.execute(select(func.count()).select_from(users)).scalar_one())


Rows = dict[Table, list[dict[str, Any]]]


def _rows(opened: Installation, world: World, numbers: Sequence[int], record: PasswordRecord) -> Rows:
    rows: Rows = {users: [], user_identifiers: [], user_search: [], token_sessions: [], refresh_tokens: []}
    now, hasher = opened.clock.now(), opened.services.hasher
    for number in numbers:
        sub = new_sub()
        user = User(
            pool_id=world.pool.pool_id,
            sub=sub,
            username=sub,
            status=UserStatus.CONFIRMED,
            attributes={"email": email_of(number), "email_verified": "true", "sub": sub, "name": f"User {number}"},
            password=record,
            created_at=now,
            updated_at=now,
        )
        rows[users].append(_columns(user))
        rows[user_identifiers] += [
            {"pool_id": user.pool_id, "kind": held.kind.value, "value": held.value, "sub": sub}
            for held in identifiers_of(world.pool, user)
        ]
        rows[user_search] += [
            {"pool_id": user.pool_id, "name": name, "value": value[:LONGEST_INDEXED], "sub": sub}
            for name, value in searchable_values(user)
            if name != "sub"
        ]
        session = _session(world, user, now)
        rows[token_sessions].append(_session_columns(session))
        rows[refresh_tokens].append(_refresh_columns(_refresh(session, hasher.digest("bench", new_handle()))))
    return rows


def _session(world: World, user: User, now: int) -> TokenSession:
    return TokenSession(
        origin_jti=new_uuid(),
        pool_id=user.pool_id,
        client_id=world.client.client_id,
        sub=user.sub,
        scope=SCOPE,
        nonce=None,
        auth_time=now,
        sid=new_session_id(),
        created_at=now,
        expires_at=now + 30 * 86400,
    )


def _refresh(session: TokenSession, token_hash: str) -> RefreshToken:
    return RefreshToken(
        token_hash=token_hash,
        pool_id=session.pool_id,
        origin_jti=session.origin_jti,
        created_at=session.created_at,
        expires_at=session.expires_at,
    )


def _store(database: Database, rows: Rows) -> None:
    with database.writing() as connection:
        for table, some in rows.items():
            if database.is_sqlite:
                connection.execute(insert(table), some)
                continue
            names = [column.name for column in table.columns if column.name in some[0]]
            cursor = connection.connection.cursor()
            with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
                for row in _texts(names, some):
                    copy.write_row(row)


def _texts(names: list[str], rows: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for row in rows:
        yield [json.dumps(row[name]) if isinstance(row[name], dict) else row[name] for name in names]
