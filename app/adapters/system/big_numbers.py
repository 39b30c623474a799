"""Modular powers by libcrypto, the library that Python's own ``hashlib`` and ``ssl`` are linked with.

``BN_mod_exp_mont_consttime`` takes a time that does not tell the exponent, lets other threads run, and is ten times as fast as
Python's ``pow``. Where a Python carries its libcrypto hidden inside, the system's is taken; where there is none, ``pow``.
"""

import ctypes
import ctypes.util
import logging
from collections.abc import Iterator
from functools import cache

from app.core.factors.ports import ModularPower

_log = logging.getLogger(__name__)

_NEEDED = (
    "BN_bin2bn",
    "BN_bn2binpad",
    "BN_clear_free",
    "BN_CTX_free",
    "BN_CTX_new",
    "BN_mod_exp_mont_consttime",
    "BN_new",
)


@cache
def choose_power() -> ModularPower:
    """The best this machine has."""
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
            if all(hasattr(library, name) for name in _NEEDED):
                return LibcryptoPower(library)
        except OSError:
            continue
    _log.warning("srp.slow", extra={"text": "no libcrypto was found; SRP sign-ins take ten times as long"})
    return pow


def _candidates() -> Iterator[str]:
    import _hashlib

    # A symbol is looked for in what a library is linked with, too.
    yield getattr(_hashlib, "__file__", "") or "nowhere"
    yield ctypes.util.find_library("crypto") or "nowhere"


class LibcryptoPower:
    """One call makes and clears its own numbers, so that threads share nothing."""

    def __init__(self, library: ctypes.CDLL) -> None:
        pointer, number = ctypes.c_void_p, ctypes.c_int
        signatures: dict[str, tuple[object, list[object]]] = {
            "BN_new": (pointer, []),
            "BN_CTX_new": (pointer, []),
            "BN_CTX_free": (None, [pointer]),
            "BN_clear_free": (None, [pointer]),
            "BN_bin2bn": (pointer, [ctypes.c_char_p, number, pointer]),
            "BN_bn2binpad": (number, [pointer, ctypes.c_char_p, number]),
            "BN_mod_exp_mont_consttime": (number, [pointer] * 6),
        }
        for name, (result, arguments) in signatures.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        self._library = library

    def __call__(self, base: int, exponent: int, modulus: int, /) -> int:
        library = self._library
        context, result = library.BN_CTX_new(), library.BN_new()
        numbers = [self._number(value) for value in (base % modulus, exponent, modulus)]
        size = (modulus.bit_length() + 7) // 8
        written = ctypes.create_string_buffer(size)
        try:
            if not library.BN_mod_exp_mont_consttime(result, *numbers, context, None):
                msg = "libcrypto could not compute a modular power"
                raise ArithmeticError(msg)
            library.BN_bn2binpad(result, written, size)
            return int.from_bytes(written.raw, "big")
        finally:
            for made in (result, *numbers):
                library.BN_clear_free(made)
            library.BN_CTX_free(context)

    def _number(self, value: int) -> int:
        raw = value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")
        made: int = self._library.BN_bin2bn(raw, len(raw), None)
        return made
