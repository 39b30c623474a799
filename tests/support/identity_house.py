"""What tests of identity pools set up in an ``AwsHouse``: pools, roles that trust them, and users who have signed in."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from app.core.identity_pools.model import IdentityPool
from app.core.kernel.ids import new_uuid
from tests.support.aws_house import AwsHouse
from tests.support.house import PASSWORD

ACCOUNT = "123456789012"
OWN = "cognito-identity.amazonaws.com"


def provider_of(pool: Any) -> str:
    return f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"


def trust(identity_pool_id: str, *amr: str, actions: tuple[str, ...] = ("sts:AssumeRoleWithWebIdentity",)) -> str:
    """A trust policy as the console writes it: ``aud`` and, where given, ``amr``."""
    conditions: dict[str, Any] = {"StringEquals": {f"{OWN}:aud": identity_pool_id}}
    if amr:
        conditions["ForAnyValue:StringLike"] = {f"{OWN}:amr": list(amr)}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": OWN},
        "Action": list(actions),
        "Condition": conditions,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class IdentityHouse:
    """``anyone`` is an unsigned ``cognito-identity`` client, ``backend`` one that signs with an administrator's key."""

    def __init__(self, house: AwsHouse) -> None:
        self.house = house
        self.anyone = self.client(Config(signature_version=UNSIGNED, retries={"max_attempts": 0}))
        self.backend = self.client(Config(retries={"max_attempts": 0}))
        self.pools = house.services.identity_pools
        self.identities = house.services.identity_credentials.identities

    def client(self, config: Config) -> Any:
        """A stock ``cognito-identity`` client with the administrator's key, unless it is not to sign."""
        signer = {"aws_access_key_id": self.house.key_id, "aws_secret_access_key": self.house.secret}
        options = {"endpoint_url": self.house.url, "region_name": "us-east-1", **signer}
        return boto3.client("cognito-identity", config=config, **options)

    def close(self) -> None:
        self.anyone.close()
        self.backend.close()

    def identity_pool(self, *, roles: bool = True, **settings: Any) -> IdentityPool:
        """With a role for who has signed in and one for guests, each of which trusts only those."""
        given = {"AllowUnauthenticatedIdentities": True, **settings}
        pool = self.pools.create(account_id=ACCOUNT, region="us-east-1", name="pool", settings=given)
        if roles:
            named = {kind: self.role(pool, kind) for kind in ("authenticated", "unauthenticated")}
            pool = self.pools.set_roles(pool.identity_pool_id, named, {})
        return pool

    def pool_for(self, *clients: Any, check: bool = False, **settings: Any) -> IdentityPool:
        """An identity pool that takes ID tokens of these user pool clients."""
        names = {"CognitoIdentityProviders": [self.source(client, check=check) for client in clients]}
        return self.identity_pool(**{**names, **settings})

    @staticmethod
    def source(client: Any, *, check: bool = False) -> dict[str, Any]:
        return {"ProviderName": provider_of(client), "ClientId": client.client_id, "ServerSideTokenCheck": check}

    def role(self, pool: IdentityPool, *amr: str, document: str | None = None) -> str:
        """The ARN of a new role; ``document`` instead of the usual trust policy."""
        name = f"role-{new_uuid()}"
        written = document or trust(pool.identity_pool_id, *amr)
        made = self.house.iam.create_role(RoleName=name, AssumeRolePolicyDocument=written)
        return str(made["Role"]["Arn"])

    def map_roles(self, pool: IdentityPool, mappings: Mapping[str, Any]) -> IdentityPool:
        return self.pools.set_roles(pool.identity_pool_id, pool.roles, mappings)

    def id_token(self, client: Any, username: str = "ada") -> str:
        return str(self.tokens(client, username)["IdToken"])

    def tokens(self, client: Any, username: str = "ada") -> Any:
        return self.tokens_of(self.house, client, username)

    @staticmethod
    def tokens_of(house: AwsHouse, client: Any, username: str = "ada") -> Any:
        answer = house.unsigned.initiate_auth(
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
        )
        return answer["AuthenticationResult"]

    def user_client(self, *usernames: str, **settings: Any) -> Any:
        """A client of a new user pool with these users."""
        pool = self.house.pool()
        for username in usernames or ("ada",):
            self.house.user(pool, username)
        return self.house.app_client(pool, **settings)

    def get_id(self, pool: IdentityPool, logins: Mapping[str, str] | None = None) -> str:
        return str(self.anyone.get_id(IdentityPoolId=pool.identity_pool_id, Logins=dict(logins or {}))["IdentityId"])

    def credentials(self, identity_id: str, logins: Mapping[str, str] | None = None, **more: Any) -> Any:
        return self.anyone.get_credentials_for_identity(IdentityId=identity_id, Logins=dict(logins or {}), **more)

    def session(self, answer: Any) -> Any:
        """The session that vended credentials stand for, as this server opens them."""
        given = answer["Credentials"]
        return self.house.services.temporary_keys.open(given["AccessKeyId"], given["SessionToken"]).session

    def caller(self, answer: Any) -> Any:
        """Whom STS takes the holder of the credentials for."""
        given = answer["Credentials"]
        client = self.house.client(given["AccessKeyId"], given["SecretKey"], token=given["SessionToken"], service="sts")
        try:
            return client.get_caller_identity()
        finally:
            client.close()
