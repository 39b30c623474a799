"""One process's adapters and rooms: settings -> adapters -> rooms. The CLI opens it without the web."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.adapters.ephemeral.redis import open_ephemeral
from app.adapters.messaging.choose import Messaging, choose_messaging
from app.adapters.sql import migrate
from app.adapters.sql.audit import SqlAuditLog
from app.adapters.sql.clients import SqlClients
from app.adapters.sql.configuration import Cached, ConfigurationCache
from app.adapters.sql.db import Database, open_database
from app.adapters.sql.deliveries import SqlDeliveries
from app.adapters.sql.groups import SqlGroups
from app.adapters.sql.installation import WrongMasterKey, has_data_key, open_data_key
from app.adapters.sql.keys import SqlKeys
from app.adapters.sql.pools import SqlDomains, SqlPools
from app.adapters.sql.tokens import SqlTokens
from app.adapters.sql.users import SqlUsers
from app.adapters.system.argon2 import Argon2Hasher
from app.adapters.system.clock import MovableClock, SystemClock
from app.adapters.system.common_passwords import ZxcvbnPasswords
from app.adapters.system.drainer import Drainer
from app.adapters.system.keys import SystemKeyFactory
from app.adapters.system.master_key import MasterKeyFileError, read_or_make
from app.adapters.system.service_model import BotocoreSchema
from app.config import Settings
from app.core.account.administration import AdministrationRecord
from app.core.account.service import Account
from app.core.attempts.service import Attempts
from app.core.branding import parse_branding
from app.core.clients.service import Clients
from app.core.deliveries.service import Deliveries
from app.core.factors.one_time_code import OneTimeCodes
from app.core.factors.password import Passwords
from app.core.groups.service import Groups
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import Unavailable
from app.core.kernel.sealing import Hasher, Sealer
from app.core.keys.model import SigningKey
from app.core.keys.ports import KeyFactory
from app.core.keys.service import Keys
from app.core.limits.lockout import Lockout
from app.core.limits.rates import Rates
from app.core.messages.posting import Post
from app.core.messages.service import NOTICE, Messages, QueuedNotices
from app.core.pools.service import Pools
from app.core.recovery.service import Recovery
from app.core.sessions.service import Sessions
from app.core.sign_in.service import SignIn
from app.core.sign_up.service import SignUp
from app.core.tokens.service import Tokens
from app.core.users.service import Directory
from app.services import Services
from app.web.letters import ThemedEnvelope
from app.web.pages import Pages, shipped_themes

_log = logging.getLogger(__name__)


class StartRefused(Exception):  # noqa: N818 - says why the server does not start
    """The server cannot start as things are; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Everything that one process has open. ``app.extensions["poolhouse"]`` holds it; close it when the process ends."""

    settings: Settings
    database: Database
    sealer: Sealer
    clock: Clock
    ephemeral: Ephemeral
    messaging: Messaging
    drainer: Drainer
    pages: Pages
    remembered: ConfigurationCache
    services: Services

    def close(self) -> None:
        """Lets the delivery in hand finish and hangs up."""
        self.drainer.close()
        close: Callable[[], None] = getattr(self.ephemeral, "close", lambda: None)
        close()
        self.database.engine.dispose()


# -- adapters ----------------------------------------------------------------------------------------------------------


def open_installation(
    settings: Settings,
    *,
    flask_app: Flask | None = None,
    clock: Clock | None = None,
    key_factory: KeyFactory | None = None,
) -> Installation:
    """Opens the stores and builds the rooms. Raises ``StartRefused``.

    An embedded database is brought to the current schema; PostgreSQL is only looked at, since migrating it is a decision.
    """
    if settings.is_embedded:
        _make_folder(settings.data_dir)
    database = open_database(flask_app or Flask("poolhouse"), settings.database_url)
    try:
        _check_schema(settings, database)
        sealer = _open_sealer(settings, database)
        hasher = Hasher(open_data_key(database, sealer))
    except WrongMasterKey as wrong:
        database.engine.dispose()
        raise StartRefused(f"{wrong} Give this database's own key in POOLHOUSE_MASTER_KEY.") from wrong
    except (Unavailable, SQLAlchemyError) as error:
        database.engine.dispose()
        raise StartRefused("The database does not answer, or not as POOLHOUSE_DATABASE_URL says.") from error
    except BaseException:
        database.engine.dispose()
        raise
    clock = clock or (MovableClock(settings.data_dir / "clock") if settings.dev else SystemClock())
    ephemeral = open_ephemeral(settings.redis_url, database, clock)
    messaging = choose_messaging(
        database=database,
        clock=clock,
        dev=settings.dev,
        smtp_url=settings.smtp_url,
        mail_from=settings.mail_from,
        sms_url=settings.sms_url,
        outbox_limit=settings.outbox_limit,
    )
    drainer, pages = Drainer(), Pages(_theme_folders(settings))
    remembered = ConfigurationCache(database)
    services = _open_rooms(
        settings,
        database,
        remembered,
        sealer,
        hasher,
        clock=clock,
        ephemeral=ephemeral,
        messaging=messaging,
        drainer=drainer,
        pages=pages,
        key_factory=key_factory or SystemKeyFactory(),
    )
    return Installation(
        settings=settings,
        database=database,
        sealer=sealer,
        clock=clock,
        ephemeral=ephemeral,
        messaging=messaging,
        drainer=drainer,
        pages=pages,
        remembered=remembered,
        services=services,
    )


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """The rooms without the web, for commands. Raises ``StartRefused``."""
    installation = open_installation(settings)
    try:
        yield installation.services
    finally:
        installation.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartRefused(f"POOLHOUSE_DATA_DIR {folder} cannot be made: {error.strerror}.") from error


def _check_schema(settings: Settings, database: Database) -> None:
    revision = migrate.find_revision(database)
    if revision == migrate.HEAD:
        return
    if not settings.is_embedded:
        state = "is empty" if revision is None else f"has schema {revision}, and this version needs {migrate.HEAD}"
        raise StartRefused(f"The database {state}. Run `poolhouse db upgrade` first.")
    migrate.upgrade(database)


def _open_sealer(settings: Settings, database: Database) -> Sealer:
    if settings.master_keys is not None:
        return Sealer(settings.master_keys)
    path = settings.data_dir / "master.key"
    if not path.exists() and has_data_key(database):
        raise StartRefused(f"{path} is missing, and this database was sealed with it. Restore the file.")
    try:
        return Sealer(read_or_make(path))
    except MasterKeyFileError as error:
        raise StartRefused(str(error)) from error


def _theme_folders(settings: Settings) -> list[Path]:
    return [shipped_themes(), *([settings.themes_dir] if settings.themes_dir else [])]


# -- rooms -------------------------------------------------------------------------------------------------------------


def _open_rooms(
    settings: Settings,
    database: Database,
    remembered: ConfigurationCache,
    sealer: Sealer,
    hasher: Hasher,
    *,
    clock: Clock,
    ephemeral: Ephemeral,
    messaging: Messaging,
    drainer: Drainer,
    pages: Pages,
    key_factory: KeyFactory,
) -> Services:
    """One room after the other, those it needs before it."""
    schema = BotocoreSchema()
    audit = SqlAuditLog(database, clock)
    users, group_store, pool_store, domain_store = (
        SqlUsers(database),
        SqlGroups(database),
        SqlPools(database),
        SqlDomains(database),
    )
    client_store, key_store = SqlClients(database, sealer), SqlKeys(database, sealer)
    find_pool = Cached(remembered, "pool", pool_store.find)
    find_client = Cached(remembered, "client", client_store.find)

    def check_branding(document: Mapping[str, object]) -> None:
        parse_branding(document, themes=pages.theme_names)

    def find_keys(pool_id: str) -> list[SigningKey] | None:
        return key_store.list_of(pool_id) or None

    keys = Keys(
        store=key_store,
        read_keys=Cached(remembered, "keys", find_keys),
        factory=key_factory,
        transactions=database,
        clock=clock,
    )
    pools = Pools(
        store=pool_store,
        domains=domain_store,
        read=find_pool,
        read_domain=Cached(remembered, "domain", domain_store.find),
        schema=schema,
        keys=keys,
        check_branding=check_branding,
        clock=clock,
        transactions=database,
        public_hostname=urlsplit(settings.public_url).hostname or "",
    )
    clients = Clients(
        store=client_store,
        read=find_client,
        schema=schema,
        check_branding=check_branding,
        clock=clock,
        transactions=database,
    )
    post = Post(transports=messaging.transports, envelope=ThemedEnvelope(pages), public_url=settings.public_url)
    deliveries = Deliveries(
        store=SqlDeliveries(database, sealer),
        clock=clock,
        audit=audit,
        handlers={NOTICE: QueuedNotices(post=post, find_pool=find_pool).deliver},
        wake=drainer.wake,
    )
    drainer.serve(deliveries.drain)
    messages = Messages(post=post, deliveries=deliveries)
    lockout, rates = Lockout(ephemeral=ephemeral, clock=clock), Rates(ephemeral=ephemeral, clock=clock)
    passwords = Passwords(
        hasher=Argon2Hasher(settings.password_hashing), common=ZxcvbnPasswords(), users=users, clock=clock
    )
    attempts = Attempts(ephemeral=ephemeral, clock=clock, hasher=hasher)
    codes = OneTimeCodes(ephemeral=ephemeral, clock=clock, hasher=hasher)
    return Services(
        clock=clock,
        hasher=hasher,
        ephemeral=ephemeral,
        audit=audit,
        pools=pools,
        clients=clients,
        groups=Groups(store=group_store, schema=schema, clock=clock, transactions=database),
        keys=keys,
        sessions=Sessions(ephemeral=ephemeral, users=users, hasher=hasher, clock=clock),
        tokens=Tokens(
            store=SqlTokens(database),
            users=users,
            groups=group_store,
            keys=keys,
            find_pool=find_pool,
            find_client=find_client,
            audit=audit,
            hasher=hasher,
            clock=clock,
            public_url=settings.public_url,
        ),
        messages=messages,
        users=Directory(
            users=users,
            passwords=passwords,
            administration=AdministrationRecord(audit=audit, messages=messages),
            clock=clock,
            transactions=database,
        ),
        sign_in=SignIn(
            users=users,
            passwords=passwords,
            attempts=attempts,
            lockout=lockout,
            rates=rates,
            audit=audit,
            clock=clock,
            hasher=hasher,
            transactions=database,
        ),
        sign_up=SignUp(
            users=users,
            passwords=passwords,
            codes=codes,
            attempts=attempts,
            rates=rates,
            messages=messages,
            audit=audit,
            clock=clock,
            hasher=hasher,
            transactions=database,
        ),
        recovery=Recovery(
            users=users,
            passwords=passwords,
            codes=codes,
            lockout=lockout,
            rates=rates,
            messages=messages,
            audit=audit,
            clock=clock,
            hasher=hasher,
            transactions=database,
        ),
        account=Account(
            users=users,
            passwords=passwords,
            lockout=lockout,
            rates=rates,
            audit=audit,
            clock=clock,
            transactions=database,
        ),
    )
