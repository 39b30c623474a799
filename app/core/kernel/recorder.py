"""What an administrator's change of the configuration leaves behind. The rooms that it changes lie below the audit's."""

from typing import Protocol


class Recorder(Protocol):
    def record(self, event: str, pool_id: str, **detail: str) -> None:
        """Appends one row, joining the open transaction. ``event`` is dotted (``client.create``); ``detail`` is no secret."""


class Unrecorded:
    """The ``Recorder`` of rooms that nobody administers."""

    __slots__ = ()

    def record(self, event: str, pool_id: str, **detail: str) -> None:
        """Forgets it."""
