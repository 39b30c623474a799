import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.operations import operation
from app.core.kernel.errors import PoolNotFound
from app.core.kernel.ids import PoolId
from app.core.pools.model import Pool
from app.services import Services

_POOL_ARN = re.compile(r"arn:aws[a-z-]*:cognito-idp:([a-z0-9-]+):([0-9]{12}):userpool/([\w-]+_[0-9a-zA-Z]+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Tags of pools, by the pool's ARN."""

    services: Services

    @operation("TagResource")
    def tag_resource(self, call: Call) -> Mapping[str, Any]:
        self.services.pools.add_tags(self._pool(call).pool_id, call.input["Tags"])
        return {}

    @operation("UntagResource")
    def untag_resource(self, call: Call) -> Mapping[str, Any]:
        self.services.pools.remove_tags(self._pool(call).pool_id, call.input["TagKeys"])
        return {}

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, call: Call) -> Mapping[str, Any]:
        return {"Tags": self._pool(call).settings.document.get("UserPoolTags", {})}

    def _pool(self, call: Call) -> Pool:
        """The pool that the ARN names; another account's or region's does not exist for the caller."""
        arn = call.input["ResourceArn"]
        parts = _POOL_ARN.fullmatch(arn)
        if parts is None:
            raise AwsError("InvalidParameterException", "ResourceArn is not the ARN of a user pool.")
        region, account_id, pool_id = parts.groups()
        pool = self.services.pools.find(PoolId(pool_id))
        if (
            pool is None
            or (pool.account_id, pool.region) != (account_id, region)
            or (account_id, region) != (call.account_id, call.region)
        ):
            raise PoolNotFound(f"User pool {pool_id} does not exist.")
        return pool
