import io
import logging

import pytest
from sqlalchemy.exc import IntegrityError

from app.adapters.system.logs import FieldFormatter
from app.core.kernel.secret import Secret
from app.core.users.model import PasswordRecord
from tests.support import records
from tests.support.world import World, fresh_sqlite


@pytest.fixture
def line():
    """What one event looks like in the log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(FieldFormatter())
    log = logging.getLogger("tests.fields")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(handler)

    def write(event, *arguments, exc_info=None, **fields):
        log.warning(event, *arguments, exc_info=exc_info, extra=fields)
        return stream.getvalue()

    yield write
    log.removeHandler(handler)


def test_an_event_is_one_line_of_fields(line):
    assert line("sign_in.refused", pool="us-east-1_a", tries=3).endswith(
        " warning sign_in.refused pool=us-east-1_a tries=3\n"
    )


@pytest.mark.parametrize("value", ["a\nb", "a\r\nb", 'a" b="c', "a b", "", "\u2028", "\x1b[2J"])
def test_no_value_can_forge_a_line_or_a_field(line, value):
    written = line("event", field=value)
    assert len(written.splitlines()) == 1
    assert ' b="c' not in written
    assert "\x1b" not in written


def test_the_words_of_a_library_stay_on_one_line(line):
    assert len(line("got %s", "a\nb").splitlines()) == 1


def test_what_a_database_says_of_a_row_is_not_logged(line, tmp_path):
    """Drivers quote the row that they refuse: a password hash among its values would end in the log."""
    world = World(fresh_sqlite(tmp_path))
    try:
        pool = world.a_pool()
        user = records.user_record(pool, password=PasswordRecord(encoded=Secret("$argon2id$secret"), set_at=1))
        world.users.add(user, [])
        with pytest.raises(IntegrityError) as refused:
            world.users.add(user, [])
        assert "$argon2id$secret" not in str(refused.value)
        written = line("request.failed", exc_info=refused.value)
    finally:
        world.close()
    assert "IntegrityError" in written
    assert "test_logs.py" in written
    assert "argon2id" not in written
    assert "UNIQUE" not in written


def test_our_own_words_are_logged_with_the_place(line):
    with pytest.raises(LookupError) as raised:
        raise LookupError("no such theme\nforged line")
    written = line("request.failed", exc_info=raised.value)
    assert "builtins.LookupError: no such theme\\nforged line" in written
