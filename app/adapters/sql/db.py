"""The engine, opened by Flask-SQLAlchemy, and the transaction that the stores of one use case share."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core.kernel.errors import Unavailable

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


class Database:
    """Hands out connections: the open transaction's where there is one, else one that commits each statement by itself."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._current: ContextVar[Connection | None] = ContextVar("poolhouse_connection", default=None)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction for everything the thread does inside; an inner call joins the outer one."""
        if self._current.get() is not None:
            yield
            return
        with _refusals(), self.engine.begin() as connection:
            token = self._current.set(connection)
            try:
                yield
            finally:
                self._current.reset(token)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """For reads and single-statement writes."""
        current = self._current.get()
        if current is not None:
            yield current
            return
        with _refusals(), self._single.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """For several statements that are one write."""
        with self.transaction():
            current = self._current.get()
            if current is None:  # pragma: no cover - transaction() has just set it
                raise Unavailable
            yield current


@contextmanager
def _refusals() -> Iterator[None]:
    """A database that does not answer is a fact the core knows; everything else stays what it is."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable from error
        raise


def open_database(flask_app: Flask, url: str) -> Database:
    """Opens the engine that Flask-SQLAlchemy owns for this application."""
    options: dict[str, Any] = {}
    if url.startswith("sqlite"):
        options = {"connect_args": {"timeout": _BUSY_MILLISECONDS / 1000}}
    else:
        options = {"pool_size": 8, "max_overflow": 16, "pool_timeout": 10, "pool_pre_ping": False, "pool_recycle": 1800}
    flask_app.config["SQLALCHEMY_DATABASE_URI"] = url
    flask_app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    import app.adapters.sql.tables  # noqa: F401 - declares the tables on ``db``

    db.init_app(flask_app)
    with flask_app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    return Database(engine)


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
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
