"""Expired rows leave as others are written, a bounded number at a time: no table needs a job to stay small."""

from sqlalchemy import ColumnElement, Connection, Table, delete, select, tuple_


def sweep(connection: Connection, table: Table, expired: ColumnElement[bool], *, limit: int) -> None:
    """Deletes at most ``limit`` expired rows.

    Rows that another writer holds are skipped (PostgreSQL; SQLite has one writer), so that two sweeps never wait for
    each other. The choice is a common table expression, because PostgreSQL may evaluate a subquery with a limit again.
    """
    keys = list(table.primary_key.columns)
    chosen = select(*keys).where(expired).limit(limit).with_for_update(skip_locked=True).cte("expired")
    connection.execute(delete(table).where(tuple_(*keys).in_(select(*chosen.c))))
