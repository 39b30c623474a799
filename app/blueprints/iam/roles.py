from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, after_this_request

from app.aws.call import Call
from app.aws.errors import header_text
from app.aws.operations import operation
from app.blueprints.iam.listing import list_page
from app.blueprints.iam.rendering import encoded, read_tags, refuse_members, shown_tags
from app.core.principals.findings import findings_of, told
from app.core.principals.model import Role
from app.services import Services

FINDINGS_HEADER = "x-poolhouse-findings"
_LONGEST_HEADER = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleOperations:
    """Roles, their trust and their inline policies. Managed policies do not exist here, so none are attached."""

    services: Services

    @operation("CreateRole")
    def create_role(self, call: Call) -> Mapping[str, Any]:
        refuse_members(call, ("PermissionsBoundary",))
        role = self.services.roles.create(
            call.account_id,
            call.input["RoleName"],
            call.input["AssumeRolePolicyDocument"],
            path=call.input.get("Path", "/"),
            description=call.input.get("Description", ""),
            max_session_seconds=call.input.get("MaxSessionDuration", 3600),
            tags=read_tags(call),
        )
        _tell_findings(role)
        return {"Role": _role(role)}

    @operation("GetRole")
    def get_role(self, call: Call) -> Mapping[str, Any]:
        return {"Role": {**_role(self._named(call)), "RoleLastUsed": {}}}

    @operation("ListRoles")
    def list_roles(self, call: Call) -> Mapping[str, Any]:
        roles = self.services.roles.list_of(call.account_id, call.input.get("PathPrefix", "/"))
        shown, more = list_page(call, roles, lambda role: role.name.lower())
        return {"Roles": [{**_role(role), "Tags": None} for role in shown], **more}

    @operation("UpdateRole")
    def update_role(self, call: Call) -> Mapping[str, Any]:
        self._updated(call)
        return {}

    @operation("UpdateRoleDescription")
    def update_role_description(self, call: Call) -> Mapping[str, Any]:
        return {"Role": _role(self._updated(call))}

    @operation("DeleteRole")
    def delete_role(self, call: Call) -> Mapping[str, Any]:
        self.services.roles.remove(call.account_id, call.input["RoleName"])
        return {}

    @operation("UpdateAssumeRolePolicy")
    def update_assume_role_policy(self, call: Call) -> Mapping[str, Any]:
        document = call.input["PolicyDocument"]
        _tell_findings(self.services.roles.update_trust(call.account_id, call.input["RoleName"], document))
        return {}

    # -- inline policies -----------------------------------------------------------------------------------------------

    @operation("PutRolePolicy")
    def put_role_policy(self, call: Call) -> Mapping[str, Any]:
        name, document = call.input["PolicyName"], call.input["PolicyDocument"]
        _tell_findings(self.services.roles.put_policy(call.account_id, call.input["RoleName"], name, document))
        return {}

    @operation("GetRolePolicy")
    def get_role_policy(self, call: Call) -> Mapping[str, Any]:
        role, name = self._named(call), call.input["PolicyName"]
        document = self.services.roles.get_policy(call.account_id, role.name, name)
        return {"RoleName": role.name, "PolicyName": name, "PolicyDocument": encoded(document)}

    @operation("DeleteRolePolicy")
    def delete_role_policy(self, call: Call) -> Mapping[str, Any]:
        self.services.roles.remove_policy(call.account_id, call.input["RoleName"], call.input["PolicyName"])
        return {}

    @operation("ListRolePolicies")
    def list_role_policies(self, call: Call) -> Mapping[str, Any]:
        shown, more = list_page(call, sorted(self._named(call).policies), str)
        return {"PolicyNames": shown, **more}

    # -- what no role has here -----------------------------------------------------------------------------------------

    @operation("ListAttachedRolePolicies")
    def list_attached_role_policies(self, call: Call) -> Mapping[str, Any]:
        self._named(call)
        return {"AttachedPolicies": [], "IsTruncated": False}

    @operation("ListInstanceProfilesForRole")
    def list_instance_profiles_for_role(self, call: Call) -> Mapping[str, Any]:
        self._named(call)
        return {"InstanceProfiles": [], "IsTruncated": False}

    # -- tags ----------------------------------------------------------------------------------------------------------

    @operation("TagRole")
    def tag_role(self, call: Call) -> Mapping[str, Any]:
        self.services.roles.tag(call.account_id, call.input["RoleName"], read_tags(call))
        return {}

    @operation("UntagRole")
    def untag_role(self, call: Call) -> Mapping[str, Any]:
        self.services.roles.untag(call.account_id, call.input["RoleName"], set(call.input["TagKeys"]))
        return {}

    @operation("ListRoleTags")
    def list_role_tags(self, call: Call) -> Mapping[str, Any]:
        shown, more = list_page(call, shown_tags(self._named(call).tags), lambda tag: tag["Key"])
        return {"Tags": shown, **more}

    def _named(self, call: Call) -> Role:
        return self.services.roles.get(call.account_id, call.input["RoleName"])

    def _updated(self, call: Call) -> Role:
        return self.services.roles.update(
            call.account_id,
            call.input["RoleName"],
            description=call.input.get("Description"),
            max_session_seconds=call.input.get("MaxSessionDuration"),
        )


def _tell_findings(role: Role) -> None:
    """IAM's answers have no place for what the linter found, so it stands in a header: SDKs show it in the response's metadata."""
    lines = told(findings_of(role))
    if not lines:
        return

    @after_this_request
    def add(response: Response) -> Response:
        response.headers[FINDINGS_HEADER] = header_text(" ".join(lines), _LONGEST_HEADER)
        return response


def _role(role: Role) -> dict[str, Any]:
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.role_id,
        "Arn": role.arn,
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": encoded(role.trust),
        "Description": role.description or None,
        "MaxSessionDuration": role.max_session_seconds,
        "Tags": shown_tags(role.tags) or None,
    }
