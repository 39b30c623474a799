import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import CodeExpired, CodeMismatch
from app.core.kernel.ids import PoolId, new_numeric_code
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret

MAX_TRIES = 5
"""Wrong tries before a code is dead: one in 200 000 guessers of six digits succeeds."""
_KIND = "code"
_SPENT = "code_spent"
_RACES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a code proves, and for how many seconds. A code of one purpose is never another's."""

    name: str
    lifetime: int


SIGN_UP = Purpose(name="sign_up", lifetime=24 * 3600)
FORGOT_PASSWORD = Purpose(name="forgot_password", lifetime=3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenCode:
    """A right code, removed from the store. ``data`` is what was stored with it."""

    key: str
    value: str
    expires_at: int
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCodes:
    """Six digits for one owner (a sub, or the key of an unknown name) and purpose, kept as a keyed hash.

    A name nobody has gets a code too, which nobody knows: so that confirming it answers as it does for others.
    """

    ephemeral: Ephemeral
    clock: Clock
    hasher: Hasher

    def issue(self, pool_id: PoolId, purpose: Purpose, owner: str, data: Mapping[str, str]) -> Secret:
        """A fresh code; an earlier one of the same owner and purpose is dead."""
        code = Secret(new_numeric_code())
        key = f"{pool_id}:{purpose.name}:{owner}"
        expires_at = self.clock.now() + purpose.lifetime
        self.ephemeral.put(_KIND, key, self._row(key, code, expires_at, data), expires_at=expires_at)
        return code

    def pretend(self, pool_id: PoolId, purpose: Purpose, owner: str, data: Mapping[str, str], *, keep: bool) -> None:
        """As ``issue``, with a code that is never told; ``keep`` leaves a live one alone."""
        key = f"{pool_id}:{purpose.name}:{owner}"
        expires_at = self.clock.now() + purpose.lifetime
        row = self._row(key, Secret(new_numeric_code()), expires_at, data)
        if keep:
            self.ephemeral.add_once(_KIND, key, row, expires_at=expires_at)
        else:
            self.ephemeral.put(_KIND, key, row, expires_at=expires_at)

    def take(self, pool_id: PoolId, purpose: Purpose, owner: str, code: Secret) -> TakenCode:
        """Removes the right code; raises ``CodeMismatch``, or ``CodeExpired`` where none is live or five tries were wrong.

        A try is counted before it is compared, by compare-and-swap, so parallel guesses get no more tries than others.
        """
        key = f"{pool_id}:{purpose.name}:{owner}"
        row = self._count_try(key)
        if not self._matches(key, code, row["digest"]):
            raise CodeMismatch
        value = self.ephemeral.take(_KIND, key)
        if value is None or json.loads(value)["digest"] != row["digest"]:
            raise CodeExpired
        return TakenCode(key=key, value=json.dumps(row), expires_at=row["expires_at"], data=row["data"])

    def restore(self, taken: TakenCode) -> None:
        """Puts a right code back, because what it was for was refused; never over a newer one."""
        self.ephemeral.add_once(_KIND, taken.key, taken.value, expires_at=taken.expires_at)

    def bury(self, taken: TakenCode) -> None:
        """Remembers a code as spent until it would have expired, so that a repeated request can be told so."""
        digest = json.loads(taken.value)["digest"]
        self.ephemeral.put(_SPENT, taken.key, digest, expires_at=taken.expires_at)

    def was_spent(self, pool_id: PoolId, purpose: Purpose, owner: str, code: Secret) -> bool:
        """Whether this very code was right and is spent."""
        key = f"{pool_id}:{purpose.name}:{owner}"
        digest = self.ephemeral.find(_SPENT, key)
        return digest is not None and self._matches(key, code, digest)

    def _count_try(self, key: str) -> dict[str, Any]:
        """The row as it was before this try, so that a right code that is restored has not cost one."""
        for _ in range(_RACES):
            value = self.ephemeral.find(_KIND, key)
            if value is None:
                raise CodeExpired
            row: dict[str, Any] = json.loads(value)
            if row["tries"] >= MAX_TRIES:
                raise CodeExpired
            counted = json.dumps({**row, "tries": row["tries"] + 1})
            if self.ephemeral.swap(_KIND, key, old=value, new=counted, expires_at=row["expires_at"]):
                return row
        raise CodeMismatch

    def _row(self, key: str, code: Secret, expires_at: int, data: Mapping[str, str]) -> str:
        digest = self.hasher.digest("one-time code", f"{key}:{code.reveal()}")
        return json.dumps({"digest": digest, "tries": 0, "expires_at": expires_at, "data": dict(data)})

    def _matches(self, key: str, code: Secret, digest: str) -> bool:
        typed = "".join(code.reveal()[:32].split())
        if not (typed.isascii() and typed.isdigit()):
            typed = ""
        return self.hasher.matches("one-time code", f"{key}:{typed}", digest)
