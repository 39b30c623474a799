import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import CodeExpired, CodeMismatch, TooManyRequests
from app.core.kernel.ids import PoolId, new_numeric_code
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret

MAX_TRIES = 5
"""Wrong tries before a code is dead: one in 200 000 guessers of six digits succeeds."""
STRANGERS_TRIES = 2
"""How many of them other browsers have than the one that asked for the code, so that they cannot spend them all."""
MAX_LIVE = 5
"""Codes of one owner and purpose at a time, one for each browser that asked; a further one takes the oldest one's place."""
ELSEWHERE = "elsewhere"
"""In a code's data: another browser than the one that began asked for it. Aside from that, equal data prove the same."""
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
    """A right code, removed from the store. ``data`` is what was stored with it, ``others`` what stands with the owner's other
    codes. ``own``: the browser that typed it had asked for it, or for another that proves the same.
    """

    key: str
    value: str
    expires_at: int
    own: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    others: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCodes:
    """Six digits for one owner (a sub, or the key of an unknown name) and purpose, kept as a keyed hash.

    Each browser that asks has a code of its own, which other browsers' requests neither kill nor use up. What asks without
    a browser (the APIs) shares one. A name nobody has gets a code too, which nobody knows: so that confirming it answers as it
    does for others.
    """

    ephemeral: Ephemeral
    clock: Clock
    hasher: Hasher

    def issue(
        self, pool_id: PoolId, purpose: Purpose, owner: str, data: Mapping[str, str], *, browser: str | None = None
    ) -> Secret:
        """A fresh code; an earlier one of the same owner, purpose and browser is dead."""
        code = Secret(new_numeric_code())
        key = _key(pool_id, purpose, owner)
        row = {
            "digest": self.hasher.digest("one-time code", f"{key}:{code.reveal()}"),
            "tries": 0,
            "strangers": 0,
            "expires_at": self.clock.now() + purpose.lifetime,
            "browser": browser,
            "data": dict(data),
        }
        for _ in range(_RACES):
            value, live = self._live(key)
            kept = [other for other in live if other["browser"] != browser]
            if self._swap(key, value, [*kept[1 - MAX_LIVE :], row]):
                return code
        raise TooManyRequests

    def pretend(
        self, pool_id: PoolId, purpose: Purpose, owner: str, data: Mapping[str, str], *, browser: str | None = None
    ) -> None:
        """As ``issue``, with a code that is never told."""
        self.issue(pool_id, purpose, owner, data, browser=browser)

    def take(
        self, pool_id: PoolId, purpose: Purpose, owner: str, code: Secret, *, browser: str | None = None
    ) -> TakenCode:
        """Removes the right code; raises ``CodeMismatch``, or ``CodeExpired`` where none is live or five tries were wrong.

        A browser that asked for a code has to know that one, or another that proves the very same; any other browser may try all
        of them, twice. A try is counted, or
        a right code claimed, by compare-and-swap before anything is answered, so parallel guesses get no more tries than others
        and a code that comes meanwhile is not lost.
        """
        key = _key(pool_id, purpose, owner)
        for _ in range(_RACES):
            value, live = self._live(key)
            own = next((row for row in live if _is_own(row, browser)), None)
            tried = [row for row in live if _may_be_tried(row, browser) and _proves_the_same(row, own)]
            if not tried:
                raise CodeExpired
            right = next((row for row in reversed(tried) if self._matches(key, code, row["digest"])), None)
            if right is None:
                left = [_counted(row, browser) if row in tried else row for row in live]
            else:
                left = [row for row in live if row is not right]
            if not self._swap(key, value, left):
                continue
            if right is None:
                raise CodeMismatch
            return TakenCode(
                key=key,
                value=json.dumps(right),
                expires_at=right["expires_at"],
                own=own is not None,
                data=(own or right)["data"],
                others=tuple(row["data"] for row in left),
            )
        raise CodeMismatch

    def restore(self, taken: TakenCode) -> None:
        """Puts a right code back, because what it was for was refused; never over a newer one."""
        row = json.loads(taken.value)
        for _ in range(_RACES):
            value, live = self._live(taken.key)
            newer = any(other["browser"] == row["browser"] for other in live)
            if newer or len(live) >= MAX_LIVE or self._swap(taken.key, value, [row, *live]):
                return

    def bury(self, taken: TakenCode) -> None:
        """Remembers a code as spent until it would have expired, so that a repeated request can be told so. The owner's other
        codes of the purpose die with it.
        """
        digest = json.loads(taken.value)["digest"]
        self.ephemeral.put(_SPENT, taken.key, digest, expires_at=taken.expires_at)
        self.ephemeral.remove(_KIND, taken.key)

    def was_spent(self, pool_id: PoolId, purpose: Purpose, owner: str, code: Secret) -> bool:
        """Whether this very code was right and is spent."""
        key = _key(pool_id, purpose, owner)
        digest = self.ephemeral.find(_SPENT, key)
        return digest is not None and self._matches(key, code, digest)

    def has_asked(self, pool_id: PoolId, purpose: Purpose, owner: str, browser: str | None) -> bool:
        """Whether a live code was asked for by this browser."""
        _, live = self._live(_key(pool_id, purpose, owner))
        return any(_is_own(row, browser) for row in live)

    def find_data(
        self, pool_id: PoolId, purpose: Purpose, owner: str, browser: str | None
    ) -> tuple[Mapping[str, str] | None, bool]:
        """What stands with the code this browser asked for, else with the newest; and whether it is the browser's own."""
        _, live = self._live(_key(pool_id, purpose, owner))
        own = next((row for row in live if _is_own(row, browser)), None)
        newest = live[-1] if live else None
        found = own or newest
        return (found["data"] if found else None), own is not None

    def _live(self, key: str) -> tuple[str | None, list[dict[str, Any]]]:
        """The stored value and the codes in it that have not expired, oldest first."""
        value = self.ephemeral.find(_KIND, key)
        now = self.clock.now()
        return value, [row for row in json.loads(value or "[]") if row["expires_at"] > now]

    def _swap(self, key: str, old: str | None, rows: list[dict[str, Any]]) -> bool:
        # An empty list has nothing to keep; it only must not be a failed swap.
        expires_at = max((row["expires_at"] for row in rows), default=self.clock.now() + 1)
        return self.ephemeral.swap(_KIND, key, old=old, new=json.dumps(rows), expires_at=expires_at)

    def _matches(self, key: str, code: Secret, digest: str) -> bool:
        typed = "".join(code.reveal()[:32].split())
        if not (typed.isascii() and typed.isdigit()):
            typed = ""
        return self.hasher.matches("one-time code", f"{key}:{typed}", digest)


def _key(pool_id: PoolId, purpose: Purpose, owner: str) -> str:
    return f"{pool_id}:{purpose.name}:{owner}"


def _is_own(row: Mapping[str, Any], browser: str | None) -> bool:
    return browser is not None and row["browser"] == browser


def _proves_the_same(row: Mapping[str, Any], own: Mapping[str, Any] | None) -> bool:
    return own is None or {**row["data"], ELSEWHERE: ""} == {**own["data"], ELSEWHERE: ""}


def _may_be_tried(row: Mapping[str, Any], browser: str | None) -> bool:
    """A code that was asked for without a browser is nobody's own, and everybody's five tries."""
    if row["tries"] >= MAX_TRIES:
        return False
    return row["browser"] in {None, browser} or row["strangers"] < STRANGERS_TRIES


def _counted(row: dict[str, Any], browser: str | None) -> dict[str, Any]:
    return {
        **row,
        "tries": row["tries"] + 1,
        "strangers": row["strangers"] + (row["browser"] is not None and row["browser"] != browser),
    }
