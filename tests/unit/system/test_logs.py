import io
import logging

import pytest

from app.adapters.system.logs import FieldFormatter


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

    def write(event, *arguments, **fields):
        log.warning(event, *arguments, extra=fields)
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
