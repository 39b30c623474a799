"""A user's sessions, one by one: which there are, and ending one (Cognito: user sessions; tokens.md §10)."""

from dataclasses import dataclass

from app.core.audit.ports import AuditLog
from app.core.audit.trail import Trail
from app.core.kernel.caller import Caller
from app.core.kernel.clock import Clock
from app.core.kernel.errors import Fact, InvalidParameter
from app.core.pools.model import Pool
from app.core.sessions.logout import Logouts
from app.core.sessions.model import BrowserSession
from app.core.sessions.service import Sessions
from app.core.tokens.model import TokenSession
from app.core.tokens.ports import TokenStore
from app.core.tokens.session_ids import origin_of
from app.core.users.model import User

MOST_LISTED = 125
_BROWSER = "sso"


class SessionNotFound(Fact):
    """The user has no such session, or has it no more."""

    message = "Session does not exist."


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSessions:
    """Token sessions are lineages of refresh tokens; a browser's session is the parent of those that came through it."""

    store: TokenStore
    sessions: Sessions
    logouts: Logouts
    audit: AuditLog
    clock: Clock

    def list_of(self, pool: Pool, user: User) -> list[TokenSession]:
        """Those that still count, the latest active first; at most ``MOST_LISTED``."""
        return self.store.list_sessions(
            pool.pool_id,
            user.sub,
            now=self.clock.now(),
            signed_in_after=user.sessions_valid_after,
            limit=MOST_LISTED,
        )

    def list_browsers(self, pool: Pool, found: list[TokenSession]) -> list[BrowserSession]:
        """The living browser sessions that these came through."""
        sids = tuple(dict.fromkeys(session.sid for session in found if session.sid is not None))
        return self.sessions.list_live(pool.pool_id, sids)

    def revoke(  # noqa: PLR0917 - the interface between rooms
        self,
        pool: Pool,
        user: User,
        session_id: str,
        caller: Caller,
        *,
        linked: bool = False,
        current: TokenSession | None = None,
    ) -> None:
        """Ends one session of the user's, and where ``linked`` is asked for its parent or its children. Never the ``current`` one.

        Raises ``SessionNotFound``, also for another user's and one that is over; ``InvalidParameter`` for the current one.
        """
        with Trail(
            audit=self.audit, event="sessions.revoked", caller=caller, pool_id=pool.pool_id, sub=user.sub
        ) as trail:
            mine = self.list_of(pool, user)
            if session_id.startswith(_BROWSER):
                self._revoke_browser(pool, user, session_id, mine, linked=linked, current=current)
            else:
                self._revoke_tokens(pool, user, session_id, linked=linked, current=current)
            trail.record()

    def end_browser(self, pool: Pool, user: User, sid: str, caller: Caller, *, current: BrowserSession) -> None:
        """Signs the user out of one other browser, and out of the applications there; their clients hear of it.

        Raises ``SessionNotFound``, also for another user's and one that is over; ``InvalidParameter`` for the current one.
        """
        with Trail(
            audit=self.audit, event="sessions.revoked", caller=caller, pool_id=pool.pool_id, sub=user.sub
        ) as trail:
            if sid == current.sid:
                raise InvalidParameter("The current session can't be revoked.")
            # First, and whatever becomes of the rest: where the store fails now, the browser is still listed and can be ended again.
            self.store.revoke_browser_sessions(pool.pool_id, user.sub, sid, now=self.clock.now())
            if not self.sessions.end_named(pool.pool_id, user.sub, sid):
                raise SessionNotFound
            self.logouts.end(pool.pool_id, sid)
            # And what was redeemed in between.
            self.store.revoke_browser_sessions(pool.pool_id, user.sub, sid, now=self.clock.now())
            trail.record()

    def _revoke_tokens(
        self, pool: Pool, user: User, session_id: str, *, linked: bool, current: TokenSession | None
    ) -> None:
        origin_jti = origin_of(session_id)
        found = self.store.find_session(pool.pool_id, origin_jti) if origin_jti else None
        session = found[0] if found else None
        if session is None or session.sub != user.sub or not self._counts(session, user):
            raise SessionNotFound
        linked_sid = session.sid if linked else None
        if current is not None and (
            current.origin_jti == origin_jti or (linked_sid is not None and current.sid == linked_sid)
        ):
            raise InvalidParameter("The current session can't be revoked.")
        self.store.revoke_session(pool.pool_id, session.origin_jti, now=self.clock.now())
        if linked_sid is not None and self.sessions.end_named(pool.pool_id, user.sub, linked_sid):
            self.logouts.end(pool.pool_id, linked_sid)

    def _revoke_browser(  # noqa: PLR0917 - as above
        self,
        pool: Pool,
        user: User,
        sid: str,
        mine: list[TokenSession],
        *,
        linked: bool,
        current: TokenSession | None,
    ) -> None:
        if current is not None and current.sid == sid:
            raise InvalidParameter("The current session can't be revoked.")
        if not self.sessions.end_named(pool.pool_id, user.sub, sid):
            raise SessionNotFound
        self.logouts.end(pool.pool_id, sid)
        if linked and any(session.sid == sid for session in mine):
            self.store.revoke_browser_sessions(pool.pool_id, user.sub, sid, now=self.clock.now())

    def _counts(self, session: TokenSession, user: User) -> bool:
        live = session.revoked_at is None and session.expires_at > self.clock.now()
        return live and session.auth_time > user.sessions_valid_after
