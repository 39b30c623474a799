"""One transaction over every store, and what a database says turned into facts."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from flask import Flask
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from app.adapters.sql.db import open_database
from app.adapters.sql.prepared import Prepared
from app.adapters.sql.tables import audit
from app.core.audit.model import AuditEvent
from app.core.kernel.errors import InvalidParameter, Unavailable
from tests.support.databases import EmptiedDatabase, taken_back
from tests.support.free_port import free_port
from tests.support.records import code_record, stored_user
from tests.support.world import World, fresh_sqlite


def test_an_exception_takes_back_what_every_store_wrote(world: World) -> None:
    pool = world.a_pool()

    def everything() -> tuple[str, str, str]:
        user = stored_user(world, pool)
        client = world.a_client(pool, confidential=True)
        code = code_record(user)
        world.tokens.add_code(code)
        world.ephemeral.put("k", "a", "v", expires_at=world.clock.now() + 60)
        world.audit.record(AuditEvent(event="test", outcome="ok", pool_id=pool.pool_id))
        return user.sub, client.client_id, code.code_hash

    with taken_back(world.database):
        sub, client_id, code_hash = everything()
        assert world.users.find(pool.pool_id, sub) is not None, "a transaction sees its own writes"  # type: ignore[arg-type]
    assert world.users.find(pool.pool_id, sub) is None  # type: ignore[arg-type]
    assert world.clients.find(client_id) is None  # type: ignore[arg-type]
    assert world.tokens.find_code(code_hash) is None
    assert world.ephemeral.find("k", "a") is None
    with world.database.connection() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit")).scalar_one() == 0


def test_an_inner_transaction_joins_the_outer_one(world: World) -> None:
    pool = world.a_pool()
    with taken_back(world.database), world.database.transaction(), world.database.transaction():
        user = stored_user(world, pool)
    assert world.users.find(pool.pool_id, user.sub) is None
    with world.database.transaction(), world.database.transaction():
        kept = stored_user(world, pool)
    assert world.users.find(pool.pool_id, kept.sub) == kept


def test_another_thread_sees_nothing_before_the_commit(world: World) -> None:
    pool = world.a_pool()
    seen: list[object] = []

    def look(sub: str) -> None:
        seen.append(world.users.find(pool.pool_id, sub))  # type: ignore[arg-type]

    with world.database.transaction():
        user = stored_user(world, pool)
        thread = Thread(target=look, args=(user.sub,))
        thread.start()
        thread.join()
    look(user.sub)
    assert seen == [None, user]


def test_a_reader_is_not_kept_waiting_by_a_writer(world: World) -> None:
    pool = world.a_pool()
    user = stored_user(world, pool)
    inside, done = Event(), Event()

    def write() -> None:
        with world.database.transaction():
            world.users.remove(pool.pool_id, user.sub)
            inside.set()
            done.wait(timeout=20)

    thread = Thread(target=write)
    thread.start()
    assert inside.wait(timeout=20)
    found = world.users.find(pool.pool_id, user.sub)
    done.set()
    thread.join()
    assert found == user
    assert world.users.find(pool.pool_id, user.sub) is None


def test_a_pool_takes_everything_with_it(world: World) -> None:
    pool = world.a_pool()
    user, client = stored_user(world, pool), world.a_client(pool, confidential=True)
    code = code_record(user)
    world.tokens.add_code(code)
    world.pools.remove(pool.pool_id)
    assert world.users.find(pool.pool_id, user.sub) is None
    assert world.clients.find(client.client_id) is None
    assert world.tokens.find_code(code.code_hash) is None


def test_our_own_mistake_is_not_called_unavailable(world: World) -> None:
    with pytest.raises((OperationalError, ProgrammingError)), world.database.connection() as connection:
        connection.execute(text("SELECT nonsense FROM nowhere"))
    with world.database.connection() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_a_closed_port_is_unavailable_also_in_a_transaction() -> None:
    database = open_database(Flask("down"), f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    with pytest.raises(Unavailable), database.transaction():
        pytest.fail("the transaction must not begin")
    with pytest.raises(Unavailable):
        database.run(_FIND, {"its_id": "row-1"})
    database.close()


_AUDIT = Prepared(insert(audit))
_FIND = Prepared(select(audit.c.id, audit.c.detail).where(audit.c.id == bindparam("its_id")))


def _a_row(number: int, **given: object) -> dict[str, object]:
    row = dict.fromkeys(column.name for column in audit.columns)
    return {**row, "id": f"row-{number}", "at": 1, "event": "test", "outcome": "ok", "detail": {"é": "\"'"}, **given}


def test_a_prepared_statement_commits_by_itself_and_joins_a_transaction(world: World) -> None:
    world.database.run(_AUDIT, _a_row(1))
    with taken_back(world.database):
        world.database.run(_AUDIT, _a_row(2))
        assert world.database.run(_FIND, {"its_id": "row-2"})[0].detail == {"é": "\"'"}
    assert world.database.run(_FIND, {"its_id": "row-2"}) == []
    (row,) = world.database.run(_FIND, {"its_id": "row-1"})
    assert (row.id, row.detail) == ("row-1", {"é": "\"'"})


def test_what_a_prepared_statement_is_refused_for_is_told_as_any_other(world: World) -> None:
    world.database.run(_AUDIT, _a_row(1))
    with pytest.raises(IntegrityError) as refused:
        world.database.run(_AUDIT, _a_row(1, sub="a-secret"))
    assert "a-secret" not in str(refused.value)
    with pytest.raises((OperationalError, ProgrammingError)):
        world.database.run(Prepared(select(text("nonsense FROM nowhere"))), {})
    assert len(world.database.run(_FIND, {"its_id": "row-1"})) == 1


def test_what_no_column_can_hold_is_the_callers_mistake_in_a_prepared_statement_too(world: World) -> None:
    with pytest.raises(InvalidParameter):
        world.database.run(_AUDIT, _a_row(1, sub="\ud800"))
    assert world.database.run(_FIND, {"its_id": "row-1"}) == []


@pytest.fixture
def spoilt(tmp_path: Path) -> Iterator[World]:
    world = World(fresh_sqlite(tmp_path))
    world.database.close()
    for file in tmp_path.glob("poolhouse.sqlite3*"):
        file.write_bytes(b"not a database at all" * 500)
    yield world
    world.close()


def test_a_spoilt_file_is_unavailable(spoilt: World) -> None:
    with pytest.raises(Unavailable):
        spoilt.pools.list_all()
    with pytest.raises(Unavailable):
        spoilt.database.run(_FIND, {"its_id": "row-1"})


def test_a_lost_connection_is_unavailable_once(emptied_postgres: EmptiedDatabase) -> None:
    world = World(emptied_postgres.url())
    killer = World(world.database.engine.url.render_as_string(hide_password=False))
    kill = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'")

    def lose() -> None:
        with world.database.transaction(), world.database.connection() as mine:
            mine.execute(text("SET application_name = 'victim'"))
            with killer.database.connection() as theirs:
                theirs.execute(kill)
            world.pools.list_all()

    with pytest.raises(Unavailable):
        lose()
    assert world.pools.list_all() == []
    world.close()
    killer.close()


def test_a_connection_that_a_prepared_statement_finds_lost_is_unavailable_once(
    emptied_postgres: EmptiedDatabase,
) -> None:
    world = World(emptied_postgres.url())
    killer = World(world.database.engine.url.render_as_string(hide_password=False))
    kill = text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'victim'")

    def lose() -> None:
        with world.database.connection() as mine:
            mine.execute(text("SET application_name = 'victim'"))
        with killer.database.connection() as theirs:
            assert theirs.execute(kill).all() == [(True,)]

    lose()
    with pytest.raises(Unavailable):
        world.database.run(_FIND, {"its_id": "row-1"})
    assert world.database.run(_FIND, {"its_id": "row-1"}) == []

    def lose_inside() -> None:
        with world.database.transaction():
            lose()
            world.database.run(_FIND, {"its_id": "row-1"})

    with pytest.raises(Unavailable):
        lose_inside()
    assert world.database.run(_FIND, {"its_id": "row-1"}) == []
    world.close()
    killer.close()


def test_a_new_sqlite_database_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "poolhouse.sqlite3"
    database = open_database(Flask("new"), f"sqlite:///{path}")
    with database.transaction(), database.connection() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    database.close()
    assert modes.keys() >= {"poolhouse.sqlite3", "poolhouse.sqlite3-wal"}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_relative_sqlite_path_counts_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database = open_database(Flask("relative"), "sqlite:///here.sqlite3")
    database.close()
    assert (tmp_path / "here.sqlite3").exists()
