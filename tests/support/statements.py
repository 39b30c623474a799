"""Which SQL a deed costs, whichever way it goes to the database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Dialect, Engine, event

from app.adapters.sql.prepared import Prepared


@contextmanager
def counted_statements(engine: Engine) -> Iterator[list[str]]:
    """The texts of all statements that are executed inside, of all threads."""
    found: list[str] = []
    run = Prepared.run

    def executed(*given: Any) -> None:
        found.append(given[2])

    def ran(prepared: Prepared, cursor: Any, dialect: Dialect, given: Mapping[str, Any]) -> list[Any]:
        rows = run(prepared, cursor, dialect, given)
        found.append(prepared._rendered[dialect.name].text)
        return rows

    event.listen(engine, "before_cursor_execute", executed)
    try:
        with patch.object(Prepared, "run", ran):
            yield found
    finally:
        event.remove(engine, "before_cursor_execute", executed)
