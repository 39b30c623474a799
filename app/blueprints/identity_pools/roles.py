from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.operations import operation
from app.blueprints.identity_pools.access import pool_of
from app.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRoles:
    """Which roles a pool's identities get."""

    services: Services

    @operation("SetIdentityPoolRoles")
    def set_identity_pool_roles(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        mappings = call.input.get("RoleMappings", {})
        self.services.identity_pools.set_roles(pool.identity_pool_id, call.input["Roles"], mappings)
        return {}

    @operation("GetIdentityPoolRoles")
    def get_identity_pool_roles(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        return {
            "IdentityPoolId": pool.identity_pool_id,
            "Roles": dict(pool.roles),
            "RoleMappings": self.services.identity_pools.role_mappings_of(pool) or None,
        }
