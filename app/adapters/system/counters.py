"""Counters that several worker processes keep, each in a file of its own, and that any of them can add up.

A process maps its file of numbers into memory, so counting is an addition there: no system call, no other process's lock.
Beside it lies a text file that names the slots, one JSON line each. A process that ends leaves both behind: what it
counted still counts, only its gauges no longer do.
"""

import json
import logging
import mmap
import os
import secrets
from collections import defaultdict
from pathlib import Path
from threading import Lock
from weakref import WeakMethod

_log = logging.getLogger(__name__)

_SLOTS = 8192
_BYTES = 8
_COUNTER, _GAUGE = "c", "g"
_DROPPED = (_COUNTER, "series_dropped")

Series = tuple[str, ...]
"""A name followed by the values of its labels."""


class SharedCounters:
    """The ``Tally``. Without a folder one process counts for itself. A fork starts again from nothing, in a file of its own."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._begin()
        # A worker that was forked with this object must not write into its parent's numbers.
        again = WeakMethod(self._again)
        os.register_at_fork(after_in_child=lambda: (method := again()) and method())

    def __del__(self) -> None:
        if self._names is not None:
            os.close(self._names)

    def _again(self) -> None:
        if self._names is not None:
            os.close(self._names)
        self._begin()

    def _begin(self) -> None:
        self._lock = Lock()
        self._slots: dict[Series, int] = {}
        self._values: memoryview[float] | None = None
        self._names: int | None = None

    def add(self, name: str, *labels: str, amount: float = 1) -> None:
        self._change((_COUNTER, name, *labels), amount)

    def move(self, name: str, *labels: str, amount: float) -> None:
        self._change((_GAUGE, name, *labels), amount)

    def read(self) -> dict[Series, float]:
        """Every series, summed over all processes that share the folder."""
        sums: defaultdict[Series, float] = defaultdict(float)
        if self._folder is None or self._names is None:
            with self._lock:
                if self._values is not None:
                    _sum(self._slots, self._values, sums, lives=True)
        if self._folder is not None:
            for path in sorted(self._folder.glob("*.names")):
                _read_file(path, sums)
        return dict(sums)

    def _change(self, series: Series, amount: float) -> None:
        with self._lock:
            if self._values is None:
                self._values = self._open()
            slot = self._slots.get(series)
            if slot is None:
                slot = self._new_slot(series)
            self._values[slot] += amount

    def _open(self) -> "memoryview[float]":
        values = None
        if self._folder is not None:
            try:
                values = self._open_files(self._folder)
            except OSError as error:
                # Counting must not cost anybody their sign-in; this process then counts for itself.
                _log.warning("counters.alone", extra={"reason": error.strerror})
                self._names = None
        view = memoryview(values or mmap.mmap(-1, _SLOTS * _BYTES)).cast("d")
        self._new_slot(_DROPPED)
        return view

    def _open_files(self, folder: Path) -> mmap.mmap:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.values"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            # Allocated, not only sized: writing into a mapped page that the disk has no room for would end the process.
            os.posix_fallocate(file, 0, _SLOTS * _BYTES)
            values = mmap.mmap(file, _SLOTS * _BYTES)
        finally:
            os.close(file)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._names = os.open(path.with_suffix(".names"), flags, 0o600)
        return values

    def _new_slot(self, series: Series) -> int:
        """Names the slot before anything is counted in it. When all are taken, the first counts what is lost."""
        slot = len(self._slots)
        if slot >= _SLOTS:
            return 0
        if self._names is not None:
            try:
                os.write(self._names, json.dumps(series).encode() + b"\n")
            except OSError:
                return 0
        self._slots[series] = slot
        return slot


def _read_file(path: Path, sums: defaultdict[Series, float]) -> None:
    try:
        names = path.read_text(encoding="utf-8")
        values = memoryview(path.with_suffix(".values").read_bytes()).cast("d")
    except OSError:
        return
    # The last line may still be on its way.
    lines = names.split("\n")[:-1]
    slots = {tuple(json.loads(line)): slot for slot, line in enumerate(lines)}
    _sum(slots, values, sums, lives=_lives(int(path.name.partition("-")[0])))


def _sum(
    slots: dict[Series, int], values: "memoryview[float]", sums: defaultdict[Series, float], *, lives: bool
) -> None:
    for (kind, *series), slot in slots.items():
        if kind == _COUNTER or lives:
            sums[tuple(series)] += values[slot]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
