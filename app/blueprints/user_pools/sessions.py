"""A user's sessions: one for each sign-in that still has tokens (tokens.md §10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.operations import Answer, operation
from app.blueprints.user_pools.access import pool_of, signed_in
from app.core.kernel.errors import InvalidParameter
from app.core.tokens.model import TokenSession
from app.core.tokens.session_ids import origin_of, session_id_of
from app.core.users.model import User
from app.services import Services

_MOST = 125


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSessions:
    services: Services

    @operation("ListUserSessions")
    def list_user_sessions(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        own = access.session.origin_jti if access.session else None
        return self._listed(access.user, own)

    @operation("AdminListUserSessions")
    def admin_list_user_sessions(self, call: Call) -> Answer:
        pool = pool_of(self.services, call)
        user = self.services.users.get(pool, call.input["Username"])
        return self._listed(user, None)

    @operation("RevokeUserSession")
    def revoke_user_session(self, call: Call) -> Answer:
        access = signed_in(self.services, call)
        origin = origin_of(call.input["SessionId"])
        if access.session is not None and origin == access.session.origin_jti:
            raise InvalidParameter("The current session cannot be revoked; sign out instead.")
        self.services.tokens.end_session(access.user, origin)
        return {}

    @operation("AdminRevokeUserSession")
    def admin_revoke_user_session(self, call: Call) -> Answer:
        pool = pool_of(self.services, call)
        user = self.services.users.get(pool, call.input["Username"])
        self.services.tokens.end_session(user, origin_of(call.input["SessionId"]))
        return {}

    def _listed(self, user: User, own: str | None) -> Answer:
        sessions = self.services.tokens.list_sessions(user, limit=_MOST)
        return {"Sessions": [_description(session, current=session.origin_jti == own) for session in sessions]}


def _description(session: TokenSession, *, current: bool) -> Mapping[str, Any]:
    return {
        "SessionId": session_id_of(session.origin_jti),
        "SessionType": "TOKEN",
        "ClientId": session.client_id,
        "CreateDate": session.created_at,
        "OriginSessionId": session.sid,
        "IsCurrentSession": current,
    }
