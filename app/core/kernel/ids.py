"""Identifiers in AWS's own shapes, drawn from ``secrets``."""

import secrets
import string
import uuid
from typing import NewType

PoolId = NewType("PoolId", str)
ClientId = NewType("ClientId", str)
Sub = NewType("Sub", str)

_LOWER_ALNUM = string.digits + string.ascii_lowercase
_ALNUM = string.ascii_letters + string.digits


def _draw(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def new_pool_id(region: str) -> PoolId:
    """``<region>_<9 alphanumerics>``. SDKs derive the region from it, and SRP hashes the part after the underscore."""
    return PoolId(f"{region}_{_draw(_ALNUM, 9)}")


def new_client_id() -> ClientId:
    """26 characters of ``[0-9a-z]``."""
    return ClientId(_draw(_LOWER_ALNUM, 26))


def new_client_secret() -> str:
    """51 characters of ``[0-9a-z]``, 263 bits."""
    return _draw(_LOWER_ALNUM, 51)


def new_sub() -> Sub:
    return Sub(str(uuid.UUID(bytes=secrets.token_bytes(16), version=4)))


def new_uuid() -> str:
    """For ``jti``, ``origin_jti``, ``event_id`` and request ids."""
    return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))


def new_session_id() -> str:
    """The public name of a browser session (the ``sid`` claim): ``sso`` and 25 of ``[0-9a-z]``. Not the cookie's secret."""
    return "sso" + _draw(_LOWER_ALNUM, 25)


def new_handle() -> str:
    """A 256-bit opaque handle in the alphabet ``[A-Za-z0-9_-]``: codes, refresh tokens, cookies, Session strings."""
    return secrets.token_urlsafe(32)


def new_numeric_code(digits: int = 6) -> str:
    return _draw(string.digits, digits)
