"""Statements of the hot paths: written in SQLAlchemy's language, rendered once for each database, then handed to its driver.

A statement that goes through SQLAlchemy each time costs four times what the driver takes for it. What a row and a parameter
look like stays the business of SQLAlchemy's types.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rendered:
    """``order`` is None where the driver takes names. ``binds`` and ``columns`` say only what must be converted at all."""

    text: str
    fixed: Mapping[str, Any]
    order: Sequence[str] | None
    binds: Sequence[tuple[str, Convert]]
    row: Callable[[Sequence[Any]], Any] | None
    columns: Sequence[tuple[int, Convert]]


class Prepared:
    """One statement with named parameters, of which every execution gives the same ones; without lists that it would expand."""

    __slots__ = ("_rendered", "_statement")

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._rendered: dict[str, _Rendered] = {}

    def run(self, cursor: Any, dialect: Dialect, given: Mapping[str, Any]) -> list[Any]:
        """All rows, their columns by name; none of a statement that returns none."""
        rendered = self._rendered.get(dialect.name)
        if rendered is None:
            rendered = self._rendered[dialect.name] = _render(self._statement, dialect)
        values = {**rendered.fixed, **given}
        for name, convert in rendered.binds:
            values[name] = convert(values[name])
        cursor.execute(rendered.text, values if rendered.order is None else [values[name] for name in rendered.order])
        if rendered.row is None:
            return []
        rows = cursor.fetchall()
        if rendered.columns:
            rows = [_converted(row, rendered.columns) for row in rows]
        return list(map(rendered.row, rows))


def _converted(row: Sequence[Any], columns: Sequence[tuple[int, Convert]]) -> Sequence[Any]:
    values = list(row)
    for position, convert in columns:
        values[position] = convert(values[position])
    return values


def _render(statement: Executable, dialect: Dialect) -> _Rendered:
    compiled = cast("SQLCompiler", statement.compile(dialect=dialect))  # type: ignore[attr-defined]
    names = {name: _impl(bind.type, dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
    # What a statement says itself (a limit); the others are given at each execution.
    fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    found = list(getattr(statement, "exported_columns", ()))
    columns = [(column.key, _impl(column.type, dialect).result_processor(dialect, None)) for column in found]
    row: Any = namedtuple("Row", [name for name, _ in columns]) if columns else None  # noqa: PYI024 - of this statement alone
    return _Rendered(
        text=str(compiled),
        fixed=fixed,
        order=compiled.positiontup,
        binds=[(name, convert) for name, convert in names.items() if convert is not None],
        row=None if row is None else row._make,
        columns=[(position, convert) for position, (_, convert) in enumerate(columns) if convert is not None],
    )


def _impl(kind: Any, dialect: Dialect) -> Any:
    return kind.dialect_impl(dialect)
