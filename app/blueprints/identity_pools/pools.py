from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.listing import list_page
from app.aws.operations import operation
from app.blueprints.identity_pools.access import pool_of
from app.core.identity_pools.model import IdentityPool
from app.services import Services

_MOST_LISTED = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPools:
    """Identity pools themselves."""

    services: Services

    @operation("CreateIdentityPool")
    def create_identity_pool(self, call: Call) -> Mapping[str, Any]:
        pool = self.services.identity_pools.create(
            account_id=call.account_id, region=call.region, name=call.input["IdentityPoolName"], settings=call.input
        )
        return _identity_pool(pool)

    @operation("DescribeIdentityPool")
    def describe_identity_pool(self, call: Call) -> Mapping[str, Any]:
        return _identity_pool(pool_of(self.services, call))

    @operation("UpdateIdentityPool")
    def update_identity_pool(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        changed = self.services.identity_pools.update(pool.identity_pool_id, call.input["IdentityPoolName"], call.input)
        return _identity_pool(changed)

    @operation("DeleteIdentityPool")
    def delete_identity_pool(self, call: Call) -> Mapping[str, Any]:
        self.services.identity_pools.remove(pool_of(self.services, call).identity_pool_id)
        return {}

    @operation("ListIdentityPools")
    def list_identity_pools(self, call: Call) -> Mapping[str, Any]:
        pools, token = list_page(
            self.services,
            call,
            bound={},
            limit=call.input["MaxResults"],
            most=_MOST_LISTED,
            fetch=lambda after, limit: self.services.identity_pools.list_page(
                call.account_id, call.region, after=after, limit=limit
            ),
            position_of=lambda pool: pool.identity_pool_id,
        )
        listed = [{"IdentityPoolId": pool.identity_pool_id, "IdentityPoolName": pool.name} for pool in pools]
        return {"IdentityPools": listed, "NextToken": token}


def _identity_pool(pool: IdentityPool) -> dict[str, Any]:
    return {
        **pool.settings,
        "IdentityPoolId": pool.identity_pool_id,
        "IdentityPoolName": pool.name,
        "IdentityPoolTags": dict(pool.tags),
    }
