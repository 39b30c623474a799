from base64 import b64decode
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.adapters.sql.configuration import Cached, ConfigurationCache
from app.adapters.system.keys import SystemKeyFactory
from app.core.kernel.secret import Secret
from app.core.keys.service import Keys
from tests.support.world import World

_FILE = Path(__file__).with_suffix(".txt")
_EXPONENT = 65537


class PreparedKeys:
    """A ``KeyFactory`` that puts RSA keys together from primes in a file, each once, because making one takes a fifth of a second.

    Keys that share a prime are no secret to each other: for tests only. ``skip`` leaves out as many, for a second factory over the
    same database. When all are used up, or another algorithm is asked for, real keys are made.
    """

    def __init__(self, *, skip: int = 0) -> None:
        self._pairs: Iterator[tuple[int, int]] = islice(_pairs(), skip, None)
        self._real = SystemKeyFactory()

    def new_private_pem(self, algorithm: str) -> Secret:
        pair = next(self._pairs, None) if algorithm in {"RS256", "RS512"} else None
        if pair is None:
            return self._real.new_private_pem(algorithm)
        return Secret(_key(*pair).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


@cache
def _primes() -> tuple[int, ...]:
    lines = [line for line in _FILE.read_text().splitlines() if not line.startswith("#")]
    return tuple(int.from_bytes(b64decode(prime)) for line in lines for prime in line.split())


def _pairs() -> Iterator[tuple[int, int]]:
    """Those that share nothing first: neighbours, then all the others."""
    primes = _primes()
    yield from zip(primes[::2], primes[1::2], strict=True)
    for at, p in enumerate(primes):
        for q in primes[at + (2 if at % 2 == 0 else 1) :]:
            yield p, q


def _key(p: int, q: int) -> rsa.RSAPrivateKey:
    d = rsa.rsa_recover_private_exponent(_EXPONENT, p, q)
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(e=_EXPONENT, n=p * q),
    ).private_key(unsafe_skip_rsa_key_validation=True)


def keys_of(world: World, *, skip: int = 0) -> Keys:
    """The ``Keys`` service of one worker over the world's database, with a configuration cache of its own."""
    return Keys(
        store=world.keys,
        read_keys=Cached(
            ConfigurationCache(world.database), "keys", lambda pool_id: world.keys.list_of(pool_id) or None
        ),
        factory=PreparedKeys(skip=skip),
        transactions=world.database,
        clock=world.clock,
    )
