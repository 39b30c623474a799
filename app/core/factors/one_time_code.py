import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
MAX_LIVE = 8
"""Codes of one owner and purpose at a time: one for each of the first browsers that asked, and the last for all others together,
so that nobody's code is pushed out by asking again and again. One network is allowed fewer requests than there are places.
"""
STANDING_SECONDS = 30 * 24 * 3600
"""How long is remembered what stands with an owner rather than with one code, unless a right code ends it."""
CONTESTED = "contested"
"""Standing with an owner: more than one registered as it."""
GIVEN = "given"
"""Standing with an owner: the names of the attributes that its registration stored, as a JSON list."""
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
VERIFY_ATTRIBUTE = Purpose(name="verify_attribute", lifetime=24 * 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenCode:
    """A right code, removed from the store. ``data`` is what was stored with it, ``standing`` what stands with the owner.
    ``own``: the browser that typed it had asked for it, or for another that proves the same.
    """

    key: str
    value: str
    expires_at: int
    own: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    standing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCodes:
    """What stands with the code that one browser asked for, with the newest of anybody's, and with their owner."""

    own: Mapping[str, str] | None
    newest: Mapping[str, str] | None
    standing: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """The codes of one owner and purpose that have not expired, oldest first. ``value`` is their spelling in the store."""

    value: str | None
    rows: list[dict[str, Any]]
    standing: Mapping[str, str]
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeCodes:
    """Six digits for one owner (a sub, or the key of an unknown name) and purpose, kept as a keyed hash.

    Each browser that asks has a code of its own, which other browsers' requests neither kill nor use up. What asks without
    a browser (the APIs), or after too many others, shares one. A name nobody has gets a code too, which nobody knows: so that
    confirming it answers as it does for others.
    """

    ephemeral: Ephemeral
    clock: Clock
    hasher: Hasher

    def issue(  # noqa: PLR0917 - as ``pretend``
        self,
        pool_id: PoolId,
        purpose: Purpose,
        owner: str,
        data: Mapping[str, str],
        *,
        browser: str | None = None,
        standing: Mapping[str, str] | None = None,
    ) -> Secret:
        """A fresh code; an earlier one of the same owner, purpose and browser is dead.

        ``standing`` is added to what stands with the owner until a right code is buried, however long the codes live.
        """
        code = Secret(new_numeric_code())
        key = _key(pool_id, purpose, owner)
        now = self.clock.now()
        row = {
            "digest": self.hasher.digest("one-time code", f"{key}:{code.reveal()}"),
            "tries": 0,
            "strangers": 0,
            "expires_at": now + purpose.lifetime,
            "data": dict(data),
        }
        for _ in range(_RACES):
            stored = self._stored(key)
            place = _place_of(browser, stored.rows)
            rows = [*(other for other in stored.rows if other["browser"] != place), {**row, "browser": place}]
            if standing:
                stored = replace(stored, standing={**stored.standing, **standing}, until=now + STANDING_SECONDS)
            if self._swap(key, stored, rows):
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
            stored = self._stored(key)
            live = stored.rows
            own = next((row for row in live if _is_own(row, browser)), None)
            tried = [row for row in live if _may_be_tried(row, browser) and _proves_the_same(row, own)]
            if not tried:
                raise CodeExpired
            right = next((row for row in reversed(tried) if self._matches(key, code, row["digest"])), None)
            if right is None:
                left = [_counted(row, browser) if row in tried else row for row in live]
            else:
                left = [row for row in live if row is not right]
            if not self._swap(key, stored, left):
                continue
            if right is None:
                raise CodeMismatch
            return TakenCode(
                key=key,
                value=json.dumps(right),
                expires_at=right["expires_at"],
                own=own is not None,
                data=(own or right)["data"],
                standing=stored.standing,
            )
        raise CodeMismatch

    def restore(self, taken: TakenCode) -> None:
        """Puts a right code back, because what it was for was refused; never over a newer one."""
        row = json.loads(taken.value)
        for _ in range(_RACES):
            stored = self._stored(taken.key)
            newer = any(other["browser"] == row["browser"] for other in stored.rows)
            if newer or len(stored.rows) >= MAX_LIVE or self._swap(taken.key, stored, [row, *stored.rows]):
                return

    def bury(self, taken: TakenCode) -> None:
        """Remembers a code as spent until it would have expired, so that a repeated request can be told so. The owner's other
        codes of the purpose die with it, and what stood with the owner.
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
        return self.find_asked(pool_id, purpose, owner, browser).own is not None

    def find_asked(self, pool_id: PoolId, purpose: Purpose, owner: str, browser: str | None) -> AskedCodes:
        """What stands with the code this browser asked for, with the newest one and with the owner."""
        stored = self._stored(_key(pool_id, purpose, owner))
        return AskedCodes(
            own=next((row["data"] for row in stored.rows if _is_own(row, browser)), None),
            newest=stored.rows[-1]["data"] if stored.rows else None,
            standing=stored.standing,
        )

    def _stored(self, key: str) -> _Stored:
        value = self.ephemeral.find(_KIND, key)
        found = json.loads(value or "{}")
        now = self.clock.now()
        until = found.get("until", 0)
        return _Stored(
            value=value,
            rows=[row for row in found.get("rows", ()) if row["expires_at"] > now],
            standing=found["standing"] if until > now else {},
            until=until,
        )

    def _swap(self, key: str, old: _Stored, rows: list[dict[str, Any]]) -> bool:
        new = json.dumps({"rows": rows, "standing": dict(old.standing), "until": old.until})
        # Where nothing is left to keep, it only must not be a failed swap.
        expires_at = max(old.until, self.clock.now() + 1, *(row["expires_at"] for row in rows))
        return self.ephemeral.swap(_KIND, key, old=old.value, new=new, expires_at=expires_at)

    def _matches(self, key: str, code: Secret, digest: str) -> bool:
        typed = "".join(code.reveal()[:32].split())
        if not (typed.isascii() and typed.isdigit()):
            typed = ""
        return self.hasher.matches("one-time code", f"{key}:{typed}", digest)


def _key(pool_id: PoolId, purpose: Purpose, owner: str) -> str:
    return f"{pool_id}:{purpose.name}:{owner}"


def _place_of(browser: str | None, rows: list[dict[str, Any]]) -> str | None:
    """The browser's own place, or None for the one that all share who come when the others are taken."""
    others = {row["browser"] for row in rows} - {None, browser}
    return browser if len(others) < MAX_LIVE - 1 else None


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
