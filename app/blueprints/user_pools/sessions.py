"""A user's sessions: seen and ended by the user, or by an administrator (tokens.md §10)."""

from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.operations import Answer, operation
from app.blueprints.user_pools.access import pool_of, signed_in
from app.core.pools.model import Pool
from app.core.sessions.model import BrowserSession
from app.core.tokens.model import TokenSession
from app.core.tokens.session_ids import session_id_of
from app.core.tokens.tracking import MOST_LISTED
from app.core.users.model import User
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOperations:
    services: Services

    @operation("ListUserSessions")
    def list_user_sessions(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        return self._list(access.pool, access.user, access.session)

    @operation("AdminListUserSessions")
    def admin_list_user_sessions(self, call: Call) -> Answer:
        pool = pool_of(self.services, call)
        return self._list(pool, self.services.users.get(pool, call.input["Username"]), None)

    @operation("RevokeUserSession")
    def revoke_user_session(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        return self._revoke(call, access.pool, access.user, access.session)

    @operation("AdminRevokeUserSession")
    def admin_revoke_user_session(self, call: Call) -> Answer:
        pool = pool_of(self.services, call)
        return self._revoke(call, pool, self.services.users.get(pool, call.input["Username"]), None)

    def _list(self, pool: Pool, user: User, current: TokenSession | None) -> Answer:
        """One page, as Cognito: there are never more than the page holds."""
        sessions = self.services.user_sessions
        found = sessions.list_of(pool, user)
        browsers = sessions.list_browsers(pool, found)
        listed = [_of_tokens(session, current) for session in found]
        listed += [_of_browser(browser, found, current) for browser in browsers]
        return {"Sessions": listed[:MOST_LISTED]}

    def _revoke(self, call: Call, pool: Pool, user: User, current: TokenSession | None) -> Answer:
        linked = call.input.get("RevokeAssociatedSessions") == "LINKED"
        session_id = call.input["SessionId"]
        self.services.user_sessions.revoke(pool, user, session_id, call.caller, linked=linked, current=current)
        return {}


def _of_tokens(session: TokenSession, current: TokenSession | None) -> dict[str, Any]:
    seen = session.seen
    return {
        "SessionId": session_id_of(session.origin_jti),
        "SessionType": "TOKEN",
        "ClientId": session.client_id,
        "CreateDate": session.created_at,
        "LastActiveDate": seen.at if seen else session.created_at,
        "DeviceType": seen.device if seen else "unknown",
        "LastIPAddress": seen.address if seen else None,
        "OriginSessionId": session.sid,
        "IsCurrentSession": current is not None and session.origin_jti == current.origin_jti,
    }


def _of_browser(browser: BrowserSession, found: list[TokenSession], current: TokenSession | None) -> dict[str, Any]:
    children = [session for session in found if session.sid == browser.sid]
    return {
        "SessionId": browser.sid,
        "SessionType": "SSO",
        "ClientId": children[-1].client_id,
        "CreateDate": browser.auth_time,
        "LastActiveDate": max(session.seen.at if session.seen else session.created_at for session in children),
        "DeviceType": "unknown",
        "IsCurrentSession": current is not None and current.sid == browser.sid,
    }
