"""The public name of a token session: ``tkn`` and its ``origin_jti`` in 25 of ``[a-z0-9]`` (Cognito: SessionIdType)."""

import string
import uuid

_ALPHABET = string.digits + string.ascii_lowercase
_PREFIX = "tkn"
_LENGTH = 25


def session_id_of(origin_jti: str) -> str:
    number, found = uuid.UUID(origin_jti).int, ""
    while number:
        number, digit = divmod(number, 36)
        found = _ALPHABET[digit] + found
    return _PREFIX + found.rjust(_LENGTH, "0")


def origin_of(session_id: str) -> str | None:
    """The ``origin_jti`` of a session of ours; None for any other string."""
    body = session_id.removeprefix(_PREFIX)
    if not session_id.startswith(_PREFIX) or len(body) != _LENGTH or not set(body) <= set(_ALPHABET):
        return None
    number = int(body, 36)
    return str(uuid.UUID(int=number)) if number < 2**128 else None
