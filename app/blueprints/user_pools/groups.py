from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.listing import list_page
from app.aws.operations import operation
from app.blueprints.user_pools.access import pool_of
from app.blueprints.user_pools.rendering import user_type
from app.core.groups.model import Group
from app.core.kernel.ids import PoolId, Sub
from app.services import Services

_MOST_LISTED = 60
_LAST = 2**31
"""Sorts behind every precedence there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPoolGroups:
    """Groups and who is in them."""

    services: Services

    @operation("CreateGroup")
    def create_group(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        return {"Group": _group(self.services.groups.create(pool.pool_id, call.input["GroupName"], **_given(call)))}

    @operation("GetGroup")
    def get_group(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        return {"Group": _group(self.services.groups.get(pool.pool_id, call.input["GroupName"]))}

    @operation("UpdateGroup")
    def update_group(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        return {"Group": _group(self.services.groups.update(pool.pool_id, call.input["GroupName"], **_given(call)))}

    @operation("DeleteGroup")
    def delete_group(self, call: Call) -> Mapping[str, Any]:
        self.services.groups.remove(pool_of(self.services, call).pool_id, call.input["GroupName"])
        return {}

    @operation("ListGroups")
    def list_groups(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        found, token = list_page(
            self.services,
            call,
            bound={"pool": pool.pool_id},
            limit=call.input.get("Limit"),
            most=_MOST_LISTED,
            fetch=lambda after, limit: self.services.groups.list_page(pool.pool_id, after=after or "", limit=limit),
            position_of=lambda group: group.name,
        )
        return {"Groups": [_group(group) for group in found], "NextToken": token}

    @operation("AdminAddUserToGroup")
    def admin_add_user_to_group(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        user = self.services.users.get(pool, call.input["Username"])
        self.services.groups.add_member(pool.pool_id, call.input["GroupName"], user.sub)
        return {}

    @operation("AdminRemoveUserFromGroup")
    def admin_remove_user_from_group(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        user = self.services.users.get(pool, call.input["Username"])
        self.services.groups.remove_member(pool.pool_id, call.input["GroupName"], user.sub)
        return {}

    @operation("AdminListGroupsForUser")
    def admin_list_groups_for_user(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        user = self.services.users.get(pool, call.input["Username"])
        found, token = list_page(
            self.services,
            call,
            bound={"pool": pool.pool_id, "sub": user.sub},
            limit=call.input.get("Limit"),
            most=_MOST_LISTED,
            fetch=lambda after, limit: self._groups_behind(pool.pool_id, user.sub, after)[:limit],
            position_of=_place,
        )
        return {"Groups": [_group(group) for group in found], "NextToken": token}

    @operation("ListUsersInGroup")
    def list_users_in_group(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        name = call.input["GroupName"]
        found, token = list_page(
            self.services,
            call,
            bound={"pool": pool.pool_id, "group": name},
            limit=call.input.get("Limit"),
            most=_MOST_LISTED,
            fetch=lambda after, limit: self.services.groups.list_members(
                pool.pool_id, name, after=after or "", limit=limit
            ),
            position_of=lambda user: user.sub,
        )
        return {"Users": [user_type(pool, user) for user in found], "NextToken": token}

    def _groups_behind(self, pool_id: PoolId, sub: Sub, after: list[Any] | None) -> list[Group]:
        """A user is in a hundred groups at most, so all are read and those of the page taken."""
        groups = self.services.groups.list_of_user(pool_id, sub)
        return groups if after is None else [group for group in groups if _place(group) > after]


def _place(group: Group) -> list[Any]:
    return [_LAST if group.precedence is None else group.precedence, group.name]


def _given(call: Call) -> dict[str, Any]:
    return {
        "description": call.input.get("Description"),
        "role_arn": call.input.get("RoleArn"),
        "precedence": call.input.get("Precedence"),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "GroupName": group.name,
        "UserPoolId": group.pool_id,
        "Description": group.description,
        "RoleArn": group.role_arn,
        "Precedence": group.precedence,
        "LastModifiedDate": group.updated_at,
        "CreationDate": group.created_at,
    }
