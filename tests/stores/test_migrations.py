"""The schema and its migrations, on SQLite and PostgreSQL."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.adapters.sql import migrate
from app.adapters.sql.db import Database, open_database


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a schema."""
    url = (
        f"sqlite:///{tmp_path}/empty.sqlite3" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )
    database = open_database(Flask("empty"), url)
    yield database
    database.close()


def _version(database: Database) -> str:
    with database.connection() as connection:
        found = text("SELECT value FROM installation WHERE name = 'configuration_version'")
        return connection.execute(found).scalar_one()


def test_an_empty_database_is_upgraded_to_what_the_code_declares(empty: Database) -> None:
    assert migrate.find_revision(empty) is None
    migrate.upgrade(empty)
    assert migrate.find_revision(empty) == migrate.HEAD
    migrate.check(empty)
    assert _version(empty) == "1"


def test_a_second_upgrade_is_harmless(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.connection() as connection:
        connection.execute(text("UPDATE installation SET value = '7'"))
    migrate.upgrade(empty)
    assert _version(empty) == "7"


def test_a_schema_that_differs_from_the_code_is_noticed(empty: Database) -> None:
    from alembic.util import CommandError

    migrate.upgrade(empty)
    with empty.connection() as connection:
        connection.execute(text("ALTER TABLE outbox ADD COLUMN surprise TEXT"))
    with pytest.raises(CommandError):
        migrate.check(empty)


def test_the_head_constant_is_alembics_own() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_secrets_that_exist_get_the_names_they_would_have_now(empty: Database) -> None:
    from alembic import command

    def to(revision: str) -> None:
        with empty.engine.begin() as connection:
            command.upgrade(migrate._configuration(connection), revision)  # noqa: SLF001 - the way back in time is the test's

    to("0004_factors")
    times = {"created_at": 100, "updated_at": 100}
    documents = {"settings": "{}", "extensions": "{}", **times}
    sealed = {"client_id": "c", "sealed": "x", "created_at": 100}
    rows = [
        ("pools", {"pool_id": "p", "account_id": "1", "region": "r", "name": "n", **documents}),
        ("clients", {"client_id": "c", "pool_id": "p", "name": "n", **documents}),
        ("client_secrets", {**sealed, "secret_id": "newer", "position": 0}),
        ("client_secrets", {**sealed, "secret_id": "older", "position": 1}),
    ]
    with empty.connection() as connection:
        for table, row in rows:
            names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)  # noqa: S608 - names of our own
    to("head")
    with empty.connection() as connection:
        found = connection.execute(
            text("SELECT secret_id, public_id, sealed FROM client_secrets ORDER BY position")
        ).all()
    assert [tuple(row) for row in found] == [("newer", "c--101", "x"), ("older", "c--100", "x")]


def test_opening_a_database_does_not_import_alembic() -> None:
    import subprocess

    script = "import sys, app.adapters.sql.db, app.adapters.sql.migrate; print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
