import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.listing import list_page
from app.aws.operations import operation
from app.blueprints.user_pools.access import pool_of
from app.core.pools.document import OWN_OPERATIONS
from app.core.pools.model import Pool
from app.core.pools.rules import DEFAULT_ACR
from app.services import Services

_MOST_LISTED = 60

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPools:
    """User pools themselves, and their custom attributes."""

    services: Services

    @operation("CreateUserPool")
    def create_user_pool(self, call: Call) -> Mapping[str, Any]:
        settings = {member: value for member, value in call.input.items() if member != "PoolName"}
        pool = self.services.pools.create(
            account_id=call.account_id, region=call.region, name=call.input["PoolName"], settings=settings
        )
        _warn_of_triggers(pool.pool_id, settings)
        return {"UserPool": _user_pool(pool) | {"EstimatedNumberOfUsers": 0}}

    @operation("DescribeUserPool")
    def describe_user_pool(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        domains = self.services.pools.list_domains(pool.pool_id)
        return {
            "UserPool": _user_pool(pool)
            | {
                "EstimatedNumberOfUsers": self.services.pools.estimate_users(pool.pool_id),
                "Domain": next((found.domain for found in domains if not found.custom), None),
                "CustomDomain": next((found.domain for found in domains if found.custom), None),
            }
        }

    @operation("UpdateUserPool")
    def update_user_pool(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        settings = {member: value for member, value in call.input.items() if member != "UserPoolId"}
        self.services.pools.update_settings(pool.pool_id, settings)
        _warn_of_triggers(pool.pool_id, settings)
        return {}

    @operation("DeleteUserPool")
    def delete_user_pool(self, call: Call) -> Mapping[str, Any]:
        self.services.pools.remove(pool_of(self.services, call).pool_id)
        return {}

    @operation("ListUserPools")
    def list_user_pools(self, call: Call) -> Mapping[str, Any]:
        pools, token = list_page(
            self.services,
            call,
            bound={},
            limit=call.input["MaxResults"],
            most=_MOST_LISTED,
            fetch=lambda after, limit: self.services.pools.list_page(
                call.account_id, call.region, after=after or "", limit=limit
            ),
            position_of=lambda pool: pool.pool_id,
        )
        return {"UserPools": [_listed(pool) for pool in pools], "NextToken": token}

    @operation("AddCustomAttributes")
    def add_custom_attributes(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        self.services.pools.add_attributes(pool.pool_id, call.input["CustomAttributes"])
        return {}


def _warn_of_triggers(pool_id: str, settings: Mapping[str, Any]) -> None:
    """A function that should refuse sign-ups and is never called must not be found out by its silence."""
    triggers = sorted(settings.get("LambdaConfig", {}))
    if triggers:
        _log.warning("pool.triggers_not_called", extra={"pool": pool_id, "triggers": ",".join(triggers)})


def _user_pool(pool: Pool) -> dict[str, Any]:
    """``UserPoolType`` but for what another table knows."""
    document = pool.settings.document
    shown = {member: value for member, value in document.items() if member not in OWN_OPERATIONS}
    if document.get("UserPoolTier") != "LITE":
        names = {level: {"AcrValue": name} for level, name in DEFAULT_ACR.items()}
        shown["AcrConfiguration"] = names | document.get("AcrConfiguration", {})
    return shown | {
        "Id": pool.pool_id,
        "Name": pool.name,
        "Arn": pool.arn,
        "CreationDate": pool.created_at,
        "LastModifiedDate": pool.updated_at,
    }


def _listed(pool: Pool) -> dict[str, Any]:
    return {
        "Id": pool.pool_id,
        "Name": pool.name,
        "LambdaConfig": pool.settings.document.get("LambdaConfig", {}),
        "CreationDate": pool.created_at,
        "LastModifiedDate": pool.updated_at,
    }
