import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.operations import operation
from app.blueprints.identity_pools.access import is_callers
from app.core.identity_pools.errors import IdentityPoolNotFound
from app.core.identity_pools.model import IdentityPool
from app.services import Services

_POOL_ARN = re.compile(
    r"arn:aws[a-z-]*:cognito-identity:([a-z0-9-]+):([0-9]{12}):identitypool/([\w-]+:[0-9a-f-]+)", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTags:
    """Tags of identity pools, by the pool's ARN."""

    services: Services

    @operation("TagResource")
    def tag_resource(self, call: Call) -> Mapping[str, Any]:
        self.services.identity_pools.add_tags(self._pool(call).identity_pool_id, call.input["Tags"])
        return {}

    @operation("UntagResource")
    def untag_resource(self, call: Call) -> Mapping[str, Any]:
        self.services.identity_pools.remove_tags(self._pool(call).identity_pool_id, call.input["TagKeys"])
        return {}

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, call: Call) -> Mapping[str, Any]:
        return {"Tags": dict(self._pool(call).tags)}

    def _pool(self, call: Call) -> IdentityPool:
        """The pool that the ARN names; another account's or region's does not exist for the caller."""
        parts = _POOL_ARN.fullmatch(call.input["ResourceArn"])
        if parts is None:
            raise AwsError("InvalidParameterException", "ResourceArn is not the ARN of an identity pool.")
        region, account_id, identity_pool_id = parts.groups()
        pool = self.services.identity_pools.get(identity_pool_id)
        if (pool.account_id, pool.region) != (account_id, region) or not is_callers(pool, call):
            raise IdentityPoolNotFound(identity_pool_id)
        return pool
