from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.listing import list_page
from app.aws.operations import operation
from app.blueprints.identity_pools.access import pool_of
from app.services import Services

_MOST_LISTED = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DeveloperUsers:
    """Identities whose users the developer's own backend signs in."""

    services: Services

    @operation("LookupDeveloperIdentity")
    def lookup_developer_identity(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        identity_id, user = call.input.get("IdentityId"), call.input.get("DeveloperUserIdentifier")
        identity_ids: list[str] = []

        def fetch(after: str | None, limit: int) -> list[str]:
            found, ids = self.services.identities.look_up_developer_user(
                pool, identity_id=identity_id, developer_user=user, after=after, limit=limit
            )
            identity_ids.append(found)
            return ids

        ids, token = list_page(
            self.services,
            call,
            bound={"pool": pool.identity_pool_id, "identity": identity_id, "user": user},
            limit=call.input.get("MaxResults"),
            most=_MOST_LISTED,
            fetch=fetch,
            position_of=lambda developer_user: developer_user,
        )
        return {"IdentityId": identity_ids[0], "DeveloperUserIdentifierList": ids, "NextToken": token}

    @operation("MergeDeveloperIdentities")
    def merge_developer_identities(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        identity_id = self.services.identities.merge_developer_users(
            pool,
            call.input["DeveloperProviderName"],
            source=call.input["SourceUserIdentifier"],
            destination=call.input["DestinationUserIdentifier"],
        )
        return {"IdentityId": identity_id}

    @operation("UnlinkDeveloperIdentity")
    def unlink_developer_identity(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        self.services.identities.unlink_developer_user(
            pool,
            call.input["IdentityId"],
            call.input["DeveloperProviderName"],
            call.input["DeveloperUserIdentifier"],
        )
        return {}
