"""Cookies: bound to one host and one pool, out of scripts' reach, and sealed where their content is ours."""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Request, Response

from app.core.kernel.clock import Clock
from app.core.kernel.sealing import Hasher

_NONCE_BYTES = 12
_TIME_BYTES = 8
_MOST_POOLS = 10
_POOL_ID = re.compile(r"[\w-]{1,55}", re.ASCII)
_LONGEST = 4000
"""Browsers drop a cookie above 4096 bytes without a word."""


class CookieTooLong(ValueError):  # noqa: N818 - says what is wrong
    """What was to be remembered does not fit a cookie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """``kind`` says what a cookie is for (``session``, ``browser``, ``state`` …). Names carry the pool's id, so that two
    pools on one origin never share one; on https they carry ``__Host-``, so that no subdomain can set them.
    """

    hasher: Hasher
    clock: Clock
    is_https: bool

    def name(self, kind: str, pool_id: str) -> str:
        return f"{'__Host-' if self.is_https else ''}poolhouse-{kind}-{pool_id}"

    def find(self, request: Request, kind: str, pool_id: str) -> str | None:
        """The cookie's text as the browser sent it: anybody may have written it."""
        return request.cookies.get(self.name(kind, pool_id)) or None

    def pools_with(self, request: Request, kind: str) -> tuple[str, ...]:
        """The ids of the pools that such a cookie came for, whatever is in it; not more than anybody honestly has."""
        prefix = self.name(kind, "")
        named = (name.removeprefix(prefix) for name in request.cookies if name.startswith(prefix))
        return tuple(pool_id for pool_id in named if _POOL_ID.fullmatch(pool_id))[:_MOST_POOLS]

    def put(self, response: Response, kind: str, pool_id: str, value: str, *, max_age: int | None = None) -> None:
        """``max_age`` in seconds; None ends with the browser."""
        if len(value) > _LONGEST:
            raise CookieTooLong(kind)
        response.set_cookie(
            self.name(kind, pool_id),
            value,
            max_age=max_age,
            path="/",
            secure=self.is_https,
            httponly=True,
            samesite="Lax",
        )

    def remove(self, response: Response, kind: str, pool_id: str) -> None:
        response.delete_cookie(self.name(kind, pool_id), path="/", secure=self.is_https, httponly=True, samesite="Lax")

    def put_sealed(self, response: Response, kind: str, pool_id: str, value: str, *, lifetime: int) -> None:
        """Nobody can read or change the value, nor use it after ``lifetime`` seconds of our clock, for another pool or as another kind."""
        expires = (self.clock.now() + lifetime).to_bytes(_TIME_BYTES, "big")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher().encrypt(nonce, expires + value.encode(), f"{kind}\0{pool_id}".encode())
        self.put(response, kind, pool_id, urlsafe_b64encode(nonce + sealed).decode().rstrip("="), max_age=lifetime)

    def find_sealed(self, request: Request, kind: str, pool_id: str) -> str | None:
        """The value where the cookie is whole and its time has not come; None otherwise."""
        text = self.find(request, kind, pool_id)
        if text is None or len(text) > _LONGEST:
            return None
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            plain = self._cipher().decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], f"{kind}\0{pool_id}".encode())
        except (InvalidTag, ValueError):
            return None
        if int.from_bytes(plain[:_TIME_BYTES], "big") <= self.clock.now():
            return None
        return plain[_TIME_BYTES:].decode()

    def _cipher(self) -> AESGCM:
        return _cipher_of(self.hasher.derive("cookies"))


@lru_cache(maxsize=4)
def _cipher_of(key: bytes) -> AESGCM:
    return AESGCM(key)
