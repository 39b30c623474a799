from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.call import Call
from app.aws.errors import AwsError
from app.aws.listing import list_page
from app.aws.operations import operation
from app.blueprints.user_pools.access import admin_client_of, pool_of
from app.core.clients.model import Client, SecretName
from app.core.kernel.secret import Secret
from app.services import Services

_MOST_LISTED = 60
_OF_ANOTHER_OPERATION = "SSOSession"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPoolClients:
    """App clients and their secrets."""

    services: Services

    @operation("CreateUserPoolClient")
    def create_user_pool_client(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        given, generate = call.input.get("ClientSecret"), bool(call.input.get("GenerateSecret"))
        if given is not None and generate:
            raise AwsError("InvalidParameterException", "ClientSecret cannot be given together with GenerateSecret.")
        apart = {"UserPoolId", "ClientName", "ClientSecret", "GenerateSecret"}
        client = self.services.clients.create(
            pool,
            call.input["ClientName"],
            {member: value for member, value in call.input.items() if member not in apart},
            confidential=generate,
            secret=None if given is None else Secret(given),
        )
        return {"UserPoolClient": _user_pool_client(client)}

    @operation("DescribeUserPoolClient")
    def describe_user_pool_client(self, call: Call) -> Mapping[str, Any]:
        _, client = admin_client_of(self.services, call)
        return {"UserPoolClient": _user_pool_client(client)}

    @operation("UpdateUserPoolClient")
    def update_user_pool_client(self, call: Call) -> Mapping[str, Any]:
        pool, client = admin_client_of(self.services, call)
        settings = {member: value for member, value in call.input.items() if member not in {"UserPoolId", "ClientId"}}
        return {"UserPoolClient": _user_pool_client(self.services.clients.update(pool, client.client_id, settings))}

    @operation("DeleteUserPoolClient")
    def delete_user_pool_client(self, call: Call) -> Mapping[str, Any]:
        pool, client = admin_client_of(self.services, call)
        self.services.clients.remove(pool.pool_id, client.client_id)
        return {}

    @operation("ListUserPoolClients")
    def list_user_pool_clients(self, call: Call) -> Mapping[str, Any]:
        pool = pool_of(self.services, call)
        kind = call.input.get("ClientType")
        if kind == "DCR":
            # Nobody registers clients dynamically here, so there are none of this kind.
            return {"UserPoolClients": []}
        found, token = list_page(
            self.services,
            call,
            bound={"pool": pool.pool_id, "kind": kind},
            limit=call.input.get("MaxResults"),
            most=_MOST_LISTED,
            fetch=lambda after, limit: self.services.clients.list_page(pool.pool_id, after=after or "", limit=limit),
            position_of=lambda client: client.client_id,
        )
        listed = [
            {"ClientId": client.client_id, "UserPoolId": pool.pool_id, "ClientName": client.name} for client in found
        ]
        return {"UserPoolClients": listed, "NextToken": token}

    @operation("AddUserPoolClientSecret")
    def add_user_pool_client_secret(self, call: Call) -> Mapping[str, Any]:
        """A secret that the caller brought is known to the caller; one that was made here is told this once."""
        pool, client = admin_client_of(self.services, call)
        given = call.input.get("ClientSecret")
        name, secret = self.services.clients.issue_secret(
            pool.pool_id, client.client_id, None if given is None else Secret(given)
        )
        told = {} if given is not None else {"ClientSecretValue": secret.reveal()}
        return {"ClientSecretDescriptor": _descriptor(name) | told}

    @operation("ListUserPoolClientSecrets")
    def list_user_pool_client_secrets(self, call: Call) -> Mapping[str, Any]:
        pool, client = admin_client_of(self.services, call)
        if "NextToken" in call.input:
            raise AwsError("InvalidParameterException", "Invalid pagination token given.")
        names = self.services.clients.list_secrets(pool.pool_id, client.client_id)
        return {"ClientSecrets": [_descriptor(name) for name in names]}

    @operation("DeleteUserPoolClientSecret")
    def delete_user_pool_client_secret(self, call: Call) -> Mapping[str, Any]:
        pool, client = admin_client_of(self.services, call)
        self.services.clients.remove_secret(pool.pool_id, client.client_id, call.input["ClientSecretId"])
        return {}


def _user_pool_client(client: Client) -> dict[str, Any]:
    """``UserPoolClientType``; of two secrets the newest is shown."""
    document = client.settings.document
    return {member: value for member, value in document.items() if member != _OF_ANOTHER_OPERATION} | {
        "UserPoolId": client.pool_id,
        "ClientName": client.name,
        "ClientId": client.client_id,
        "ClientSecret": client.secrets[0].reveal() if client.secrets else None,
        "ClientType": "REGULAR",
        "CreationDate": client.created_at,
        "LastModifiedDate": client.updated_at,
    }


def _descriptor(name: SecretName) -> dict[str, Any]:
    return {"ClientSecretId": name.secret_id, "ClientSecretCreateDate": name.created_at}
