"""Expired rows leave as others are written, a bounded number at a time: no table needs a job to stay small."""

from sqlalchemy import Column, ColumnElement, Delete, bindparam, delete, select, tuple_

BEFORE = "swept_before"
"""The parameter of a sweep: rows that expired at or before this moment may leave."""


def sweep_of(expires_at: Column[int], *also: ColumnElement[bool], limit: int) -> Delete:
    """The statement that deletes at most ``limit`` rows of the column's table whose ``expires_at`` is at or before ``BEFORE``
    and for which ``also`` holds.

    Rows that another writer holds are skipped (PostgreSQL; SQLite has one writer), so that two sweeps never wait for
    each other. The choice is a common table expression, because PostgreSQL may evaluate a subquery with a limit again.
    """
    table = expires_at.table
    keys = list(table.primary_key)
    expired = expires_at <= bindparam(BEFORE)
    chosen = select(*keys).where(expired, *also).limit(limit).with_for_update(skip_locked=True).cte("expired")
    return delete(table).where(tuple_(*keys).in_(select(*chosen.c)))
