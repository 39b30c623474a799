from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.operations import operation
from app.blueprints.user_pools.access import admin_client_of, pool_of
from app.core.clients.model import Client
from app.core.pools.model import Pool
from app.core.sessions.suffices import DEFAULT_SSO_MINUTES
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfiguration:
    """Tracked sessions: the pool's switch and limit, and how long a client reuses a browser's session."""

    services: Services

    @operation("GetUserPoolSessionConfiguration")
    def get_user_pool_session_configuration(self, call: Call) -> Mapping[str, Any]:
        return _of_pool(pool_of(self.services, call))

    @operation("SetUserPoolSessionConfiguration")
    def set_user_pool_session_configuration(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        settings = {member: value for member, value in call.input.items() if member != "UserPoolId"}
        return _of_pool(self.services.pools.set_sessions(pool.pool_id, settings))

    @operation("GetUserPoolClientSessionConfiguration")
    def get_user_pool_client_session_configuration(self, call: Call) -> Mapping[str, Any]:
        _, client = admin_client_of(self.services, call)
        return _of_client(client)

    @operation("SetUserPoolClientSessionConfiguration")
    def set_user_pool_client_session_configuration(self, call: Call) -> Mapping[str, Any]:
        pool, client = admin_client_of(self.services, call)
        minutes = call.input["SSOSession"]["MaxValidityMinutes"]
        return _of_client(self.services.clients.set_session_minutes(pool, client.client_id, minutes))


def _of_pool(pool: Pool) -> dict[str, Any]:
    sessions = pool.settings.sessions
    return {
        "UserPoolId": pool.pool_id,
        "UserSessionTracking": "ENABLED" if sessions.tracked else "DISABLED",
        "TokenSession": {"MaxPerUser": sessions.max_per_user},
    }


def _of_client(client: Client) -> dict[str, Any]:
    minutes = client.settings.sso_minutes
    return {
        "UserPoolId": client.pool_id,
        "ClientId": client.client_id,
        "SSOSession": {"MaxValidityMinutes": DEFAULT_SSO_MINUTES if minutes is None else minutes},
    }
