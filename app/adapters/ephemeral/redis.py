"""Short-lived state in Redis. Every method is one command or one script, so each is atomic on the server.

A value is stored as ``<type><expires_at>:<payload>``; expiry is compared with our clock, and Redis' own time-to-live only
collects what nobody asks for again, an hour late. The server must not evict (``maxmemory-policy noeviction``): an evicted
counter would be a limit forgotten.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.adapters.ephemeral.sql import SqlEphemeral
from app.adapters.sql.db import Database
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import Unavailable

if TYPE_CHECKING:
    from redis import Redis

_COLLECTED_AFTER = 3600
_PATIENCE_SECONDS = 1.0
"""A sign-in waits no longer than this for Redis; it fails closed then."""

_VALUE, _COUNTED = "v", "c"

_READ = """
local stored = redis.call('GET', KEYS[1])
local kind, expires, payload
if stored then
  kind, expires, payload = string.match(stored, '^(%a)(%-?%d+):(.*)$')
  if tonumber(expires) <= tonumber(ARGV[1]) then stored = false end
end
"""
"""The head of every script: ``stored`` is false where nothing live is. ARGV[1] is now."""

_ADD_ONCE = (
    _READ
    + """
if stored then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
)
_SWAP = (
    _READ
    + """
if not stored or kind ~= 'v' or payload ~= ARGV[4] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
)
_COUNT = (
    _READ
    + """
if stored and kind == 'c' then
  local sum = string.format('%d', tonumber(payload) + tonumber(ARGV[4]))
  redis.call('SET', KEYS[1], 'c' .. expires .. ':' .. sum, 'KEEPTTL')
  return tonumber(sum)
end
redis.call('SET', KEYS[1], 'c' .. ARGV[2] .. ':' .. ARGV[4], 'EX', ARGV[3])
return tonumber(ARGV[4])
"""
)


class RedisEphemeral:
    """The ``Ephemeral`` port on Redis 6.2 or newer. Whatever Redis answers but a result is ``Unavailable``."""

    def __init__(self, url: str, clock: Clock) -> None:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # Nothing is retried: a repeated take or count whose first answer was lost would be counted twice. A pooled
        # connection that the server closed meanwhile is noticed and opened again before it is used.
        self._redis: Redis = redis.Redis.from_url(
            url,
            decode_responses=True,
            protocol=2,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._refusals = (redis.RedisError, OSError)
        self._clock = clock
        self._add_once = self._redis.register_script(_ADD_ONCE)
        self._swap = self._redis.register_script(_SWAP)
        self._count = self._redis.register_script(_COUNT)

    def put(self, kind: str, key: str, value: str, *, expires_at: int) -> None:
        self._ask(lambda: self._redis.set(_name(kind, key), _stored(value, expires_at), ex=self._lifetime(expires_at)))

    def add_once(self, kind: str, key: str, value: str, *, expires_at: int) -> bool:
        arguments: list[int | str] = [self._clock.now(), _stored(value, expires_at), self._lifetime(expires_at)]
        return bool(self._ask(lambda: self._add_once(keys=[_name(kind, key)], args=arguments)))

    def find(self, kind: str, key: str) -> str | None:
        return self._live(self._ask(lambda: self._redis.get(_name(kind, key))))

    def find_many(self, kind: str, keys: Sequence[str]) -> dict[str, str]:
        if not keys:
            return {}
        stored = self._ask(lambda: self._redis.mget([_name(kind, key) for key in keys]))
        found = ((key, self._live(value)) for key, value in zip(keys, stored, strict=True))
        return {key: value for key, value in found if value is not None}

    def take(self, kind: str, key: str) -> str | None:
        return self._live(self._ask(lambda: self._redis.getdel(_name(kind, key))))

    def swap(self, kind: str, key: str, *, old: str | None, new: str, expires_at: int) -> bool:
        if old is None:
            return self.add_once(kind, key, new, expires_at=expires_at)
        arguments: list[int | str] = [self._clock.now(), _stored(new, expires_at), self._lifetime(expires_at), old]
        return bool(self._ask(lambda: self._swap(keys=[_name(kind, key)], args=arguments)))

    def count(self, kind: str, key: str, *, expires_at: int, by: int = 1) -> int:
        arguments: list[int | str] = [self._clock.now(), expires_at, self._lifetime(expires_at), by]
        return int(self._ask(lambda: self._count(keys=[_name(kind, key)], args=arguments)))

    def find_count(self, kind: str, key: str) -> int:
        return int(self._live(self._ask(lambda: self._redis.get(_name(kind, key))), _COUNTED) or 0)

    def remove(self, kind: str, key: str) -> None:
        self._ask(lambda: self._redis.delete(_name(kind, key)))

    def close(self) -> None:
        """Closes every connection."""
        self._redis.close()

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except self._refusals as error:
            raise Unavailable from error

    def _live(self, stored: str | None, type_: str = _VALUE) -> str | None:
        if stored is None:
            return None
        expires, _, payload = stored[1:].partition(":")
        return payload if stored[0] == type_ and int(expires) > self._clock.now() else None

    def _lifetime(self, expires_at: int) -> int:
        """Seconds until Redis may collect the value."""
        return max(0, expires_at - self._clock.now()) + _COLLECTED_AFTER


def _name(kind: str, key: str) -> str:
    """The length keeps kinds apart whatever characters they contain."""
    return f"poolhouse:{len(kind)}:{kind}:{key}"


def _stored(value: str, expires_at: int) -> str:
    return f"{_VALUE}{expires_at}:{value}"


def open_ephemeral(redis_url: str | None, database: Database, clock: Clock) -> Ephemeral:
    """Redis where its URL is set, else the SQL database."""
    return RedisEphemeral(redis_url, clock) if redis_url else SqlEphemeral(database, clock)
