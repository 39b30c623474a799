"""Migrations: upgrade, check, and is the schema current? Alembic is imported here only, because it is slow to import."""

from pathlib import Path
from typing import TYPE_CHECKING

from app.adapters.sql.db import Database

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

_SCRIPTS = Path(__file__).parent / "migrations"

HEAD = "0011_providers"
"""The newest revision; a test holds it equal to Alembic's own answer, so that start-up need not import Alembic."""


def _configuration(connection: "Connection") -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database) -> None:
    """Brings the schema to the newest revision; safe to repeat, and one process at a time does it."""
    from alembic import command
    from sqlalchemy import text

    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(7046029254386353131)"))
        command.upgrade(_configuration(connection), "head")


def check(database: Database) -> None:
    """Raises ``alembic.util.CommandError`` where the tables in the code differ from the schema."""
    from alembic import command

    with database.engine.begin() as connection:
        command.check(_configuration(connection))


def find_revision(database: Database) -> str | None:
    """The revision the schema is at, None for an empty database."""
    from sqlalchemy import inspect, text

    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
