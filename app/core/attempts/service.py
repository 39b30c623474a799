import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace

from app.core.attempts.model import Attempt
from app.core.clients.model import Client
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import SessionExpired, SessionUsed
from app.core.kernel.ids import ClientId, PoolId, Sub, new_handle
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.pools.model import Pool
from app.core.users.model import User

MAX_FAILURES = 5
_KIND = "attempt"
_USED = ""
"""What stands in the place of an attempt that was answered, so that a second answer hears of it and not that it expired."""
_LONGEST_HANDLE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Attempts behind Session strings. A handle is kept only as a keyed hash, and works for its client and its browser alone."""

    ephemeral: Ephemeral
    clock: Clock
    hasher: Hasher
    admits: Callable[[Attempt], bool] | None = None

    def answering(self, admits: Callable[[Attempt], bool]) -> "Attempts":
        """The same attempts, of which only those are seen that are admitted."""
        return replace(self, admits=admits)

    def put(self, attempt: Attempt) -> Secret:
        """Stores the attempt under a new Session string."""
        # What is asked for on the API can be answered with the Session alone, so it says whose it is.
        session = Secret(new_handle() if attempt.browser else f"{new_handle()}.{attempt.client_id}")
        self.ephemeral.put(_KIND, self._key(attempt.pool_id, session), _write(attempt), expires_at=attempt.expires_at)
        return session

    def get(
        self, pool: Pool, client: Client, session: Secret, caller: Caller, *, step: str | Collection[str]
    ) -> Attempt:
        """Looks without claiming; raises ``SessionExpired`` or ``SessionUsed``. ``step``: what it waits for, or may wait for.

        Another client's or another browser's string is told the same as an unknown one, and consumes nothing.
        """
        key = self._key(pool.pool_id, session)
        return self._admitted(_read(self._find(key)), client, caller, step)

    def _find(self, key: str) -> str:
        value = self.ephemeral.find(_KIND, key)
        if value is None:
            raise SessionExpired
        if value == _USED:
            raise SessionUsed
        return value

    def _admitted(self, attempt: Attempt, client: Client, caller: Caller, step: str | Collection[str]) -> Attempt:
        bound = attempt.client_id == client.client_id and attempt.browser == caller.browser
        awaited = attempt.step == step if isinstance(step, str) else attempt.step in step
        if not bound or not awaited or attempt.expires_at <= self.clock.now():
            raise SessionExpired
        if self.admits is not None and not self.admits(attempt):
            raise SessionExpired
        return attempt

    def claim(
        self, pool: Pool, client: Client, session: Secret, caller: Caller, *, step: str | Collection[str]
    ) -> Attempt:
        """Takes the attempt, so that of parallel answers one goes on; the others are told ``SessionUsed``."""
        key = self._key(pool.pool_id, session)
        value = self._find(key)
        attempt = self._admitted(_read(value), client, caller, step)
        if not self.ephemeral.swap(_KIND, key, old=value, new=_USED, expires_at=attempt.expires_at):
            raise SessionUsed
        return attempt

    def put_back(self, session: Secret, attempt: Attempt, *, failed: bool) -> None:
        """Under the same string with the same expiry: clients retry with it. The fifth failure ends the attempt instead."""
        kept = replace(attempt, failures=attempt.failures + failed)
        if kept.failures < MAX_FAILURES:
            self.ephemeral.put(_KIND, self._key(kept.pool_id, session), _write(kept), expires_at=kept.expires_at)

    @staticmethod
    def find_client_id(session: Secret) -> ClientId | None:
        """The client that a Session of the API names. Nothing is proven by it."""
        _, separator, client_id = session.reveal().rpartition(".")
        return ClientId(client_id) if separator and client_id.isalnum() and client_id.isascii() else None

    def _key(self, pool_id: PoolId, session: Secret) -> str:
        handle = session.reveal()
        if not handle.isascii() or len(handle) > _LONGEST_HANDLE:
            raise SessionExpired
        return f"{pool_id}:{self.hasher.digest('attempt', handle)}"


def password_mark(hasher: Hasher, user: User) -> str:
    """What a sign-up's session knows its password by, so that it signs in nobody who was confirmed with another."""
    return hasher.digest("password of a sign-up", user.password.encoded.reveal() if user.password else "")


def _write(attempt: Attempt) -> str:
    return json.dumps({**asdict(attempt), "data": dict(attempt.data)})


def _read(value: str) -> Attempt:
    row = json.loads(value)
    return Attempt(
        pool_id=PoolId(row["pool_id"]),
        client_id=ClientId(row["client_id"]),
        sub=None if row["sub"] is None else Sub(row["sub"]),
        username=row["username"],
        step=row["step"],
        proven=tuple(row["proven"]),
        failures=row["failures"],
        browser=row["browser"],
        data=row["data"],
        user_revision=row["user_revision"],
        started_at=row["started_at"],
        expires_at=row["expires_at"],
    )
