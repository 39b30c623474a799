"""The engine, opened by Flask-SQLAlchemy, and the transaction that the stores of one use case share."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from json import JSONDecoder
from pathlib import Path
from threading import Lock
from typing import Any, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, PoolProxiedConnection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.adapters.sql.prepared import Prepared
from app.core.kernel.errors import InvalidParameter, Unavailable

db = SQLAlchemy(
    metadata=MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
)

_BUSY_MILLISECONDS = 10_000
_POOL = {"pool_size": 16, "max_overflow": 8, "pool_timeout": 10}
"""Connections are opened as they are needed; sixteen stay open, so that a busy worker does not connect anew each time."""
_CONFIGURATION = "poolhouse_configuration_changed"
"""Where a connection remembers that its open transaction changes configuration."""


_NO_BEGIN = "poolhouse_no_begin"
"""An execution option: each statement commits by itself. The drivers begin no transactions of their own here, so unlike
SQLAlchemy's isolation level, which is switched on and off again, this costs nothing at each use.
"""


class Database:
    """Hands out connections: the open transaction's where there is one, else one that commits each statement by itself."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.configuration_mark = object()
        """Another object after each committed change of configuration by this process: its caches look at once."""
        self._writer = Lock() if self.is_sqlite else None
        self._driver_error: Any = engine.dialect.loaded_dbapi.Error
        self._single = engine.execution_options(**{_NO_BEGIN: True})
        self._current: ContextVar[Connection | None] = ContextVar("poolhouse_connection", default=None)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def is_changing_configuration(self) -> bool:
        """Whether this thread's open transaction has changed configuration that others do not see yet."""
        current = self._current.get()
        return current is not None and bool(current.info.get(_CONFIGURATION))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction for everything the thread does inside; an inner call joins the outer one."""
        if self._current.get() is not None:
            yield
            return
        changed = False
        with _refusals(), self._turn(), self.engine.begin() as connection:
            token = self._current.set(connection)
            try:
                yield
            finally:
                self._current.reset(token)
                changed = not connection.invalidated and bool(connection.info.pop(_CONFIGURATION, False))
        if changed:
            self.configuration_mark = object()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer, and who finds it busy sleeps and asks again: the threads of a process stand in line instead."""
        if self._writer is None:
            yield
            return
        if not self._writer.acquire(timeout=_BUSY_MILLISECONDS / 1000):
            raise Unavailable
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """For reads and single-statement writes."""
        current = self._current.get()
        if current is not None:
            yield current
            return
        with _refusals(), self._single.connect() as connection:
            yield connection

    def run(self, statement: Prepared, given: Mapping[str, Any]) -> list[Any]:
        """The rows of a prepared statement: in the open transaction where there is one, else it commits by itself."""
        current = self._current.get()
        if current is not None:
            return self._run(current.connection, statement, given)
        with _refusals():
            try:
                borrowed = self.engine.raw_connection()
            except self._driver_error as error:
                raise self._wrapped(error) from error
            with closing(borrowed):
                return self._run(borrowed, statement, given)

    def _run(self, borrowed: PoolProxiedConnection, statement: Prepared, given: Mapping[str, Any]) -> list[Any]:
        try:
            with closing(borrowed.cursor()) as cursor:
                return statement.run(cursor, self.engine.dialect, given)
        except self._driver_error as error:
            held: Any = borrowed.dbapi_connection
            gone = self.engine.dialect.is_disconnect(error, held, None)
            if gone:
                # As SQLAlchemy does: what was opened before is not used again.
                borrowed.invalidate(error)
                self.engine.dispose()
            raise self._wrapped(error, gone=gone) from error

    def _wrapped(self, error: Exception, *, gone: bool = False) -> Exception:
        """What SQLAlchemy would raise, without the parameters: they are password hashes and people's attributes."""
        return cast(
            "Exception",
            DBAPIError.instance(
                None,
                None,
                error,
                self._driver_error,
                hide_parameters=True,
                connection_invalidated=gone,
                dialect=self.engine.dialect,
            ),
        )

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """For several statements that are one write."""
        with self.transaction():
            current = self._current.get()
            if current is None:  # pragma: no cover - transaction() has just set it
                raise Unavailable
            yield current

    @contextmanager
    def refusable(self) -> Iterator[Connection]:
        """Like ``writing``, for a write that a constraint may refuse: inside an open transaction it is a savepoint.

        So "nothing is written then" holds there too, and the use case may go on: PostgreSQL refuses every further
        statement of a transaction after an error, and SQLite would keep the statements before it.
        """
        current = self._current.get()
        if current is None:
            with self.writing() as connection:
                yield connection
        else:
            with current.begin_nested():
                yield current

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def mark_configuration(connection: Connection) -> None:
    """Notes that the open transaction changes configuration."""
    connection.info[_CONFIGURATION] = True


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns what a database says into facts the core knows; everything else stays what it is.

    One that does not answer is ``Unavailable``. A value no column can hold (a NUL, a lone surrogate, a text longer than
    its column) is the caller's mistake: ``InvalidParameter``, never a 500.
    """
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable from error
    except (DataError, UnicodeEncodeError) as error:
        raise InvalidParameter("A value cannot be stored.") from error
    except (OperationalError, InterfaceError) as error:
        # SQLITE_ERROR is how SQLite reports a wrong statement or a missing table: our mistake, not its absence.
        if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
            raise
        raise Unavailable from error
    except DBAPIError as error:
        # Of this exact class is what SQLite says of a file that is damaged or no database.
        if error.connection_invalidated or type(error.orig) is sqlite3.DatabaseError:
            raise Unavailable from error
        raise


def open_database(flask_app: Flask, url: str) -> Database:
    """Opens the engine that Flask-SQLAlchemy owns for this application; makes a SQLite file only its owner can read."""
    address = make_url(url)
    options: dict[str, Any]
    if address.get_backend_name() == "sqlite":
        address = _prepared_file(address)
        options = {**_POOL, "connect_args": {"timeout": _BUSY_MILLISECONDS / 1000}}
    else:
        # A server that is gone without a word is noticed; one that is slow is waited for.
        alive = {"connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 5, "keepalives_count": 3}
        options = {**_POOL, "pool_recycle": 1800, "connect_args": alive, "json_deserializer": _read_json}
    flask_app.config["SQLALCHEMY_DATABASE_URI"] = address.render_as_string(hide_password=False)
    # Parameters are password hashes and people's attributes: no error text may carry them into a log.
    flask_app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {**options, "hide_parameters": True}
    db.init_app(flask_app)
    with flask_app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    else:
        prepare_postgresql(engine)
    return Database(engine)


_raw_decode = JSONDecoder().raw_decode


def _read_json(document: bytes) -> Any:
    """As PostgreSQL writes it, in UTF-8 with nothing around it: to look for both first would take most of the time."""
    return _raw_decode(document.decode())[0]


def _prepared_file(address: URL) -> URL:
    """The address with an absolute path whose folder exists. SQLite gives its WAL files the mode of the database file."""
    name = address.database
    if not name or name == ":memory:" or name.startswith("file:"):
        return address
    path = Path(name).absolute()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return address.set(database=str(path))


def prepare_sqlite(engine: Engine) -> None:
    """WAL, foreign keys, and BEGIN IMMEDIATE for every transaction.

    A deferred transaction that reads first and writes later fails under concurrency, whatever the busy timeout: the
    upgrade of its lock cannot wait. Single statements run in autocommit and take no explicit BEGIN.
    """

    @event.listens_for(engine, "connect")
    def _connect(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(_NO_BEGIN):
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def prepare_postgresql(engine: Engine) -> None:
    """Connections that commit each statement, and an explicit BEGIN for every transaction.

    psycopg would send the same BEGIN by itself. COMMIT and ROLLBACK go by what the connection is in, not by how it is set.
    """

    @event.listens_for(engine, "connect")
    def _connect(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.autocommit = True

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(_NO_BEGIN):
            connection.exec_driver_sql("BEGIN")
