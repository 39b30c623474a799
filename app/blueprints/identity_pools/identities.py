from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.listing import list_page
from app.aws.operations import operation
from app.blueprints.identity_pools.access import identity_of, pool_of
from app.core.identity_pools.model import Identity
from app.services import Services

_MOST_LISTED = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolIdentities:
    """The identities of a pool."""

    services: Services

    @operation("DescribeIdentity")
    def describe_identity(self, call: Call) -> Mapping[str, Any]:
        return _description(identity_of(self.services, call)[1])

    @operation("ListIdentities")
    def list_identities(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        hide_disabled = call.input.get("HideDisabled", False)
        found, token = list_page(
            self.services,
            call,
            bound={"pool": pool.identity_pool_id, "hide": hide_disabled},
            limit=call.input["MaxResults"],
            most=_MOST_LISTED,
            fetch=lambda after, limit: self.services.identities.list_page(
                pool, after=after, limit=limit, hide_disabled=hide_disabled
            ),
            position_of=lambda identity: identity.identity_id,
        )
        return {
            "IdentityPoolId": pool.identity_pool_id,
            "Identities": [_description(identity) for identity in found],
            "NextToken": token,
        }

    @operation("DeleteIdentities")
    def delete_identities(self, call: Call) -> Mapping[str, Any]:
        left = self.services.identities.remove(
            call.input["IdentityIdsToDelete"], account_id=call.account_id, region=call.region
        )
        # Somebody else's and nobody's are told alike.
        unprocessed = [{"IdentityId": identity_id, "ErrorCode": "AccessDenied"} for identity_id in left]
        return {"UnprocessedIdentityIds": unprocessed}

    @operation("UnlinkIdentity")
    def unlink_identity(self, call: Call) -> Mapping[str, Any]:
        given = call.input
        self.services.identities.unlink(
            given["IdentityId"], given["Logins"], given["LoginsToRemove"], address=call.caller.address
        )
        return {}


def _description(identity: Identity) -> dict[str, Any]:
    """The providers' names alone: who somebody is there is not told."""
    return {
        "IdentityId": identity.identity_id,
        "Logins": sorted({login.provider for login in identity.logins}),
        "CreationDate": identity.created_at,
        "LastModifiedDate": identity.modified_at,
    }
