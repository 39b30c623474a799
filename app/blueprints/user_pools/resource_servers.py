from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.listing import list_page
from app.aws.operations import operation
from app.blueprints.user_pools.access import pool_of
from app.core.resource_servers.model import ResourceServer
from app.services import Services

_MOST_LISTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPoolResourceServers:
    """APIs and their scopes."""

    services: Services

    @operation("CreateResourceServer")
    def create_resource_server(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        server = self.services.resource_servers.create(
            pool.pool_id, call.input["Identifier"], name=call.input["Name"], scopes=_scopes(call)
        )
        return {"ResourceServer": _resource_server(server)}

    @operation("DescribeResourceServer")
    def describe_resource_server(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        return {
            "ResourceServer": _resource_server(
                self.services.resource_servers.get(pool.pool_id, call.input["Identifier"])
            )
        }

    @operation("UpdateResourceServer")
    def update_resource_server(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        server = self.services.resource_servers.update(
            pool.pool_id, call.input["Identifier"], name=call.input["Name"], scopes=_scopes(call)
        )
        return {"ResourceServer": _resource_server(server)}

    @operation("DeleteResourceServer")
    def delete_resource_server(self, call: Call) -> Mapping[str, Any]:
        self.services.resource_servers.remove(pool_of(self.services, call).pool_id, call.input["Identifier"])
        return {}

    @operation("ListResourceServers")
    def list_resource_servers(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        found, token = list_page(
            self.services,
            call,
            bound={"pool": pool.pool_id},
            limit=call.input.get("MaxResults"),
            most=_MOST_LISTED,
            fetch=lambda after, limit: self.services.resource_servers.list_page(
                pool.pool_id, after=after or "", limit=limit
            ),
            position_of=lambda server: server.identifier,
        )
        return {"ResourceServers": [_resource_server(server) for server in found], "NextToken": token}


def _scopes(call: Call) -> dict[str, str]:
    listed = call.input.get("Scopes", ())
    scopes = {scope["ScopeName"]: scope["ScopeDescription"] for scope in listed}
    if len(scopes) < len(listed):
        raise AwsError("InvalidParameterException", "Scopes must not hold a name twice.")
    return scopes


def _resource_server(server: ResourceServer) -> dict[str, Any]:
    return {
        "UserPoolId": server.pool_id,
        "Identifier": server.identifier,
        "Name": server.name,
        "Scopes": [{"ScopeName": scope.name, "ScopeDescription": scope.description} for scope in server.scopes],
    }
