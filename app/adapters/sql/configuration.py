"""The configuration version: one counter that every change of a pool, client, domain or key raises in its own transaction.

Workers keep pools, clients and keys in memory and look at this counter at most every quarter of a second, so that a
deleted client or a removed secret is gone everywhere within that time.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import Connection, Integer, Text, cast, select, update

from app.adapters.sql.db import Database, mark_configuration
from app.adapters.sql.tables import installation

_NAME = "configuration_version"
_CHECK_EVERY_SECONDS = 0.25

Key = TypeVar("Key")
Value = TypeVar("Value")


def touch_configuration(connection: Connection) -> None:
    """Raises the version inside the transaction that changes configuration. The row exists since the first migration."""
    mark_configuration(connection)
    number = cast(installation.c.value, Integer) + 1
    connection.execute(update(installation).where(installation.c.name == _NAME).values(value=cast(number, Text)))


class ConfigurationCache:
    """Remembers what was read under the current version; a miss is never remembered.

    A process sees its own changes at once, those of others within a quarter of a second.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._version = ""
        self._checked_at = float("-inf")
        self._mark: object = None
        self._generation: dict[object, object] = {}

    @property
    def is_bypassed(self) -> bool:
        """Inside a transaction that changes configuration: what it reads is nobody else's yet, and may be rolled back."""
        return self._database.is_changing_configuration

    def fresh(self) -> dict[object, object]:
        """The dictionary of the current generation, after looking at the version where the last look is too old."""
        if self._is_stale():
            with self._lock:
                if self._is_stale():
                    started, mark = time.monotonic(), self._database.configuration_mark
                    with self._database.connection() as connection:
                        version = connection.execute(
                            select(installation.c.value).where(installation.c.name == _NAME)
                        ).scalar_one_or_none()
                    if version != self._version:
                        self._version, self._generation = version or "", {}
                    self._checked_at, self._mark = started, mark
        return self._generation

    def _is_stale(self) -> bool:
        return (
            self._mark is not self._database.configuration_mark
            or time.monotonic() - self._checked_at >= _CHECK_EVERY_SECONDS
        )


class Cached(Generic[Key, Value]):
    """A lookup with the cache in front. What is read while the version changes lands in the old generation and is dropped."""

    def __init__(self, cache: ConfigurationCache, name: str, read: Callable[[Key], Value | None]) -> None:
        self._cache = cache
        self._name = name
        self._read = read

    def __call__(self, key: Key) -> Value | None:
        if self._cache.is_bypassed:
            return self._read(key)
        generation = self._cache.fresh()
        slot = (self._name, key)
        if slot in generation:
            return generation[slot]  # type: ignore[return-value]  # the slot's name fixes the type
        value = self._read(key)
        if value is not None:
            generation[slot] = value
        return value
