import time
from pathlib import Path


class SystemClock:
    """The machine's time as the core's ``Clock``."""

    def now(self) -> int:
        return int(time.time())  # noqa: TID251 - this is the clock that everybody else is given

    def real(self) -> int:
        return int(time.time())  # noqa: TID251 - as above


class MovableClock(SystemClock):
    """The development clock: the machine's time plus an offset kept in a file that every worker and the CLI see.

    A ``stat`` per call is a microsecond; the file is read only when it changed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._offset = 0

    def now(self) -> int:
        return super().now() + self.offset

    @property
    def offset(self) -> int:
        """Seconds ahead of the machine."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._seen, self._offset = None, 0
            return 0
        seen = (stat.st_mtime_ns, stat.st_ino)
        if seen != self._seen:
            self._offset = int(self._path.read_text() or 0)
            self._seen = seen
        return self._offset

    def advance(self, seconds: int) -> None:
        """Moves the clock of every process, forwards or back; atomic against readers."""
        target = self.offset + seconds
        fresh = self._path.with_suffix(".new")
        fresh.write_text(str(target))
        fresh.replace(self._path)

    def reset(self) -> None:
        self._path.unlink(missing_ok=True)
