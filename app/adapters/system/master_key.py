"""The master key of an embedded installation: a file beside its database that nobody else may read."""

import base64
import os
import secrets
from pathlib import Path


class MasterKeyFileError(Exception):
    """The file cannot be used; the text says why and what to do."""


def read_or_make(path: Path) -> tuple[bytes, ...]:
    """The keys in the file, which is made with mode 0600 where it is missing.

    It is written under another name and linked into place, so that of two processes that start at once one wins and both
    read a whole file. Raises ``MasterKeyFileError``.
    """
    if not path.exists():
        _make(path)
    try:
        if path.stat().st_mode & 0o077:
            raise MasterKeyFileError(f"{path} can be read by others than its owner: `chmod 600 {path.name}` first.")
        text = path.read_text(encoding="ascii").strip()
        keys = tuple(base64.b64decode(item.strip(), validate=True) for item in text.split(","))
    except OSError as error:
        raise MasterKeyFileError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise MasterKeyFileError(f"{path} does not hold a master key: 32 bytes in base64 are expected.") from error
    if any(len(key) != 32 for key in keys):
        raise MasterKeyFileError(f"{path} does not hold a master key: 32 bytes in base64 are expected.")
    return keys


def _make(path: Path) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # Another process was first; its key is the one.
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise MasterKeyFileError(f"{path} cannot be written: {error.strerror}.") from error
