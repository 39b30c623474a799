import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import UserDisabled
from app.core.kernel.ids import PoolId, Sub, new_handle, new_session_id
from app.core.kernel.sealing import Hasher
from app.core.kernel.secret import Secret
from app.core.sessions.device_names import describe_device
from app.core.sessions.model import BrowserSession
from app.core.sessions.suffices import AuthorizeRequest, Suffices, suffices
from app.core.users.model import User
from app.core.users.ports import UserStore

SESSION_SECONDS = 3600
"""One hour from the sign-in, not from the last visit (hosted-ui-endpoints.md §9)."""

_KIND = "browser_session"
_LIVE = "live_sid"
_OF_USER = "browser_sessions_of"
"""Of a user: the names of their sessions with their ends, oldest first."""
MOST_LISTED = 50
"""Sessions of one user that are listed. Older ones go on; who ends all others ends them too."""
SEEN_SECONDS = 300
"""How old the last use becomes before it is written anew."""
_RACES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Browser sessions: the cookie holds a random handle, the store its hash."""

    ephemeral: Ephemeral
    users: UserStore
    hasher: Hasher
    clock: Clock

    def open(
        self,
        pool_id: PoolId,
        user: User,
        amr: tuple[str, ...],
        auth_time: int,
        caller: Caller,
        *,
        continues: BrowserSession | None = None,
    ) -> tuple[Secret, BrowserSession]:
        """A new session and the handle for the cookie; always a new handle, so that nobody can plant one. Raises ``UserDisabled``.

        ``continues`` is the session that this browser had: of the same person it keeps its ``sid``, so that the clients that
        know it by that name hear of its end. One session at most goes on under a name: what a second request has opened meanwhile
        would outlive the end of the first, and one that was ended by its name would be back.
        """
        if not user.enabled:
            raise UserDisabled
        handle = Secret(new_handle())
        key = self._key(pool_id, handle)
        goes_on = continues is not None and continues.sub == user.sub and self._pass_on(continues, key, auth_time)
        session = BrowserSession(
            sid=continues.sid if continues is not None and goes_on else new_session_id(),
            pool_id=pool_id,
            sub=user.sub,
            auth_time=auth_time,
            amr=amr,
            expires_at=auth_time + SESSION_SECONDS,
            device=describe_device(caller.user_agent),
            seen_at=self.clock.now(),
            key=key,
        )
        self.ephemeral.put(_KIND, key, _write(session), expires_at=session.expires_at)
        if not goes_on:
            self.ephemeral.put(_LIVE, f"{pool_id}:{session.sid}", key, expires_at=session.expires_at)
        self._enlist(session)
        return handle, session

    def _pass_on(self, before: BrowserSession, key: str, auth_time: int) -> bool:
        """Whether the name of a session is now that of the one at ``key``; of parallel requests one is told so."""
        name = f"{before.pool_id}:{before.sid}"
        return self.ephemeral.swap(_LIVE, name, old=before.key, new=key, expires_at=auth_time + SESSION_SECONDS)

    def find(self, pool_id: PoolId, handle: Secret) -> BrowserSession | None:
        """The unexpired session of this pool; None for another pool's handle."""
        key = self._key(pool_id, handle)
        stored = self.ephemeral.find(_KIND, key)
        if stored is None:
            return None
        return self._read(pool_id, stored, key)

    def _read(self, pool_id: PoolId, stored: str, key: str = "") -> BrowserSession | None:
        value = json.loads(stored)
        expires_at = value["auth_time"] + SESSION_SECONDS
        if expires_at <= self.clock.now():
            return None
        return BrowserSession(
            sid=value["sid"],
            pool_id=pool_id,
            sub=Sub(value["sub"]),
            auth_time=value["auth_time"],
            amr=tuple(value["amr"]),
            expires_at=expires_at,
            device=value.get("device", "unknown"),
            seen_at=value.get("seen_at", value["auth_time"]),
            key=key,
        )

    def find_with_user(self, pool_id: PoolId, handle: Secret) -> tuple[BrowserSession, User | None] | None:
        """The session and its user, for ``suffices``; whether the user may still be signed in is decided there. It was used."""
        key = self._key(pool_id, handle)
        stored = self.ephemeral.find(_KIND, key)
        session = None if stored is None else self._read(pool_id, stored, key)
        if session is None:
            return None
        return self._seen(key, stored, session), self.users.find(pool_id, session.sub)

    def _seen(self, key: str, stored: str | None, session: BrowserSession) -> BrowserSession:
        """Writes the use down, at most every few minutes. A session that is ended meanwhile stays ended."""
        now = self.clock.now()
        if now - session.seen_at < SEEN_SECONDS:
            return session
        seen = replace(session, seen_at=now)
        self.ephemeral.swap(_KIND, key, old=stored, new=_write(seen), expires_at=session.expires_at)
        return seen

    def find_signed_in(self, pool_id: PoolId, handle: Secret | None) -> Suffices | None:
        """Who is signed in, where the session counts and the user may be: the plainest request's answer."""
        found = None if handle is None else self.find_with_user(pool_id, handle)
        if found is None:
            return None
        outcome = suffices(*found, AuthorizeRequest(), self.clock.now())
        return outcome if isinstance(outcome, Suffices) else None

    def is_live(self, pool_id: PoolId, sid: str) -> bool:
        """Whether some browser still has the session of this name."""
        return self.ephemeral.find(_LIVE, f"{pool_id}:{sid}") is not None

    def list_live(self, pool_id: PoolId, sids: Collection[str]) -> list[BrowserSession]:
        """Those of these names that some browser still has; two reads, however many they are."""
        keys = self.ephemeral.find_many(_LIVE, [f"{pool_id}:{sid}" for sid in sids])
        found = self.ephemeral.find_many(_KIND, list(keys.values()))
        read = [self._read(pool_id, stored) for stored in found.values()]
        return [session for session in read if session is not None and session.sid in sids]

    def list_of(self, user: User) -> list[BrowserSession]:
        """The browsers where the user is signed in, the last used first; at most ``MOST_LISTED``."""
        names = json.loads(self.ephemeral.find(_OF_USER, f"{user.pool_id}:{user.sub}") or "[]")
        found = self.list_live(user.pool_id, [sid for sid, _ in names])
        counted = [one for one in found if one.sub == user.sub and one.auth_time > user.sessions_valid_after]
        return sorted(counted, key=lambda one: (-one.seen_at, one.sid))

    def _enlist(self, session: BrowserSession) -> None:
        """Beside the user's others that are not over. Where too many sign in at once, one is not listed."""
        key, now = f"{session.pool_id}:{session.sub}", self.clock.now()
        for _ in range(_RACES):
            before = self.ephemeral.find(_OF_USER, key)
            others = [(sid, end) for sid, end in json.loads(before or "[]") if end > now and sid != session.sid]
            if len(others) >= MOST_LISTED:
                # What was signed out makes room first: else who signs in and out again often enough would hide what lives on.
                live = {one.sid for one in self.list_live(session.pool_id, [sid for sid, _ in others])}
                others = [(sid, end) for sid, end in others if sid in live]
            names = [*others, (session.sid, session.expires_at)][-MOST_LISTED:]
            until = max(end for _, end in names)
            if self.ephemeral.swap(_OF_USER, key, old=before, new=json.dumps(names), expires_at=until):
                return

    def end_named(self, pool_id: PoolId, sub: Sub, sid: str) -> bool:
        """Ends the user's session of this name, on whatever browser it is; False where there is none."""
        name = f"{pool_id}:{sid}"
        key = self.ephemeral.find(_LIVE, name)
        stored = None if key is None else self.ephemeral.find(_KIND, key)
        session = None if stored is None else self._read(pool_id, stored)
        if key is None or session is None or session.sub != sub or session.sid != sid:
            return False
        self.ephemeral.remove(_KIND, key)
        self.ephemeral.remove(_LIVE, name)
        return True

    def close(self, pool_id: PoolId, handle: Secret) -> None:
        """Ends the session, if there is one. Where it was continued under another handle, its name lives on."""
        session, key = self.find(pool_id, handle), self._key(pool_id, handle)
        self.ephemeral.remove(_KIND, key)
        if session is not None and self.ephemeral.find(_LIVE, f"{pool_id}:{session.sid}") == key:
            self.ephemeral.remove(_LIVE, f"{pool_id}:{session.sid}")

    def _key(self, pool_id: PoolId, handle: Secret) -> str:
        return f"{pool_id}:{self.hasher.digest(_KIND, handle.reveal())}"


def _write(session: BrowserSession) -> str:
    value: dict[str, Any] = {
        "sid": session.sid,
        "sub": session.sub,
        "auth_time": session.auth_time,
        "amr": list(session.amr),
        "device": session.device,
        "seen_at": session.seen_at,
    }
    return json.dumps(value)
