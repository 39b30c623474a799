from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.operations import operation
from app.blueprints.user_pools.access import pool_of
from app.core.pools.mfa_document import shown_mfa
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaConfiguration:
    """Second factors and passkeys of a pool."""

    services: Services

    @operation("GetUserPoolMfaConfig")
    def get_user_pool_mfa_config(self, call: Call) -> Mapping[str, Any]:
        return shown_mfa(pool_of(self.services, call).settings.document)

    @operation("SetUserPoolMfaConfig")
    def set_user_pool_mfa_config(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        settings = {member: value for member, value in call.input.items() if member != "UserPoolId"}
        return shown_mfa(self.services.pools.set_mfa(pool.pool_id, settings).settings.document)
