"""Log lines: time, level, a dotted event, then fields as ``name=value``. Whoever logs passes fields by ``extra``."""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_QUOTING = ("sqlalchemy.", "psycopg.", "sqlite3.", "redis.")
_LONGEST_CHAIN = 8
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


_PLAIN = re.compile(r"[!#-<>-\[\]-~]+")
"""Printable ASCII but the space, the quote, the equals sign and the backslash."""


class FieldFormatter(logging.Formatter):
    """One line an event. Values are quoted where they hold anything but plain characters, so none can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = _stamp(int(record.created))
        fields = [f"{name}={_shown(value)}" for name, value in vars(record).items() if name not in _OWN]
        line = " ".join([stamp, record.levelname.lower(), _event(record), *fields])
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        """Where it happened and what kind it was. A database's own words may quote rows, so they are left out."""
        error: BaseException | None = ei[1]
        parts: list[str] = []
        while error is not None and len(parts) < _LONGEST_CHAIN:
            kind = f"{type(error).__module__}.{type(error).__qualname__}"
            words = "" if kind.startswith(_QUOTING) else f": {_event_text(str(error))}"
            parts.append("".join(traceback.format_tb(error.__traceback__)) + kind + words)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(reversed(parts))


class _RequestId(logging.Filter):
    def __init__(self, find: Callable[[], str | None]) -> None:
        super().__init__()
        self._find = find

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "request_id") and (request_id := self._find()) is not None:
            record.request_id = request_id
        return True


def _event(record: logging.LogRecord) -> str:
    """Our own events are dotted words; the sentences of libraries keep their words but stay on one line."""
    return _event_text(record.getMessage())


def _event_text(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n")


def _shown(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


@lru_cache(maxsize=2)
def _stamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(second))


def configure_logging(find_request_id: Callable[[], str | None]) -> None:
    """Everything from INFO on goes to standard error, with the request's id; safe to repeat."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FieldFormatter())
    handler.addFilter(_RequestId(find_request_id))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for quiet in ("alembic", "botocore", "urllib3", "werkzeug"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
