"""One process's adapters and rooms: settings -> adapters -> rooms. The CLI opens it without the web."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.adapters.ephemeral.redis import open_ephemeral
from app.adapters.messaging.choose import Messaging, choose_messaging
from app.adapters.sql import migrate
from app.adapters.sql.configuration import ConfigurationCache
from app.adapters.sql.db import Database, open_database
from app.adapters.sql.installation import WrongMasterKey, has_data_key, open_data_key
from app.adapters.system.clock import MovableClock, SystemClock
from app.adapters.system.counters import SharedCounters
from app.adapters.system.drainer import Drainer
from app.adapters.system.keys import SystemKeyFactory
from app.adapters.system.master_key import MasterKeyFileError, read_or_make
from app.config import Settings
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import Unavailable
from app.core.kernel.sealing import Hasher, Sealer
from app.core.keys.ports import KeyFactory
from app.rooms import open_rooms
from app.services import Services
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
    counters: SharedCounters
    ephemeral: Ephemeral
    messaging: Messaging
    drainer: Drainer
    logout_drainer: Drainer
    pages: Pages
    remembered: ConfigurationCache
    services: Services

    def close(self) -> None:
        """Lets the delivery in hand finish and hangs up."""
        self.drainer.close()
        self.logout_drainer.close()
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
    counters = SharedCounters(settings.metrics_dir)
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
    drainer, logout_drainer, pages = Drainer(), Drainer(), Pages(_theme_folders(settings))
    remembered = ConfigurationCache(database)
    services = open_rooms(
        settings,
        database,
        remembered,
        sealer,
        hasher,
        clock=clock,
        counters=counters,
        ephemeral=ephemeral,
        messaging=messaging,
        drainer=drainer,
        logout_drainer=logout_drainer,
        pages=pages,
        key_factory=key_factory or SystemKeyFactory(),
    )
    return Installation(
        settings=settings,
        database=database,
        sealer=sealer,
        clock=clock,
        counters=counters,
        ephemeral=ephemeral,
        messaging=messaging,
        drainer=drainer,
        logout_drainer=logout_drainer,
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
