"""Health, as a load balancer asks for it, and what keeps a server from starting."""

import os
import stat

import pytest
from flask import Flask

from app.adapters.sql.db import open_database
from app.config import Settings
from app.factory import create_app
from app.installation import StartRefused, open_installation
from tests.support.client import Application


@pytest.fixture
def application(tmp_path):
    application = Application(tmp_path)
    yield application
    application.close()


def settings(folder, **environ):
    return Settings.from_env({"POOLHOUSE_DATA_DIR": str(folder), **environ})


def test_a_living_process_says_so(application):
    assert application.client.get("/healthz").json == {"status": "ok"}


def test_readiness_looks_at_the_database(application):
    answer = application.client.get("/readyz")
    assert (answer.status_code, answer.json["status"], answer.json["checks"]) == (200, "ready", {"database": "ok"})


def test_an_old_schema_is_not_ready(application):
    with application.installation.database.connection() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    answer = application.client.get("/readyz")
    assert answer.status_code == 503
    assert "0000" in answer.json["checks"]["database"]
    assert application.client.get("/healthz").status_code == 200


def test_a_redis_that_does_not_answer_is_not_ready(tmp_path):
    application = Application(tmp_path, {"POOLHOUSE_REDIS_URL": "redis://127.0.0.1:1/0"})
    try:
        answer = application.client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json["checks"] == {"database": "ok", "redis": "does not answer"}
    finally:
        application.close()


# -- starting ----------------------------------------------------------------------------------------------------------


def test_an_embedded_installation_makes_its_folder_schema_and_key(tmp_path):
    folder = tmp_path / "new" / "data"
    open_installation(settings(folder)).close()
    assert stat.S_IMODE((folder / "master.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []


def test_the_same_key_opens_it_again(tmp_path):
    open_installation(settings(tmp_path)).close()
    before = (tmp_path / "master.key").read_text()
    open_installation(settings(tmp_path)).close()
    assert (tmp_path / "master.key").read_text() == before


def test_a_wrong_master_key_stops_the_start(tmp_path):
    open_installation(settings(tmp_path)).close()
    with pytest.raises(StartRefused, match="master key does not open this database"):
        create_app(settings(tmp_path, POOLHOUSE_MASTER_KEY="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))


def test_a_lost_key_file_is_not_replaced_by_a_new_one(tmp_path):
    open_installation(settings(tmp_path)).close()
    (tmp_path / "master.key").unlink()
    with pytest.raises(StartRefused, match=r"master\.key is missing"):
        open_installation(settings(tmp_path))
    assert not (tmp_path / "master.key").exists()


@pytest.mark.parametrize("content", ["", "not base64!", "c2hvcnQ=", "\xff"])
def test_a_spoilt_key_file_is_named(tmp_path, content):
    (tmp_path / "master.key").write_text(content, encoding="latin-1")
    with pytest.raises(StartRefused, match=r"master\.key does not hold a master key"):
        open_installation(settings(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StartRefused, match="cannot be made"):
        open_installation(settings(tmp_path / "data"))


def test_a_database_that_does_not_answer_stops_the_start(tmp_path):
    environ = {
        "POOLHOUSE_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing",
        "POOLHOUSE_MASTER_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    }
    with pytest.raises(StartRefused, match="database does not answer"):
        open_installation(settings(tmp_path, **environ))


def test_postgresql_is_never_migrated_on_the_side(tmp_path, postgres_url):
    environ = {
        "POOLHOUSE_DATABASE_URL": postgres_url,
        "POOLHOUSE_MASTER_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    }
    with pytest.raises(StartRefused, match="poolhouse db upgrade"):
        open_installation(settings(tmp_path, **environ))
    database = open_database(Flask("look"), postgres_url)
    with database.connection() as connection:
        tables = connection.exec_driver_sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").scalar_one()
    database.engine.dispose()
    assert tables == 0
