"""What is asked of the user-pool API: requests signed and written beforehand, and whole SRP sign-ins."""

import base64
import json
from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from app.core.clients.model import Client
from app.core.kernel.caller import Caller
from app.core.kernel.secret import Secret
from app.installation import Installation
from app.services import Services
from tests.bench.load import request
from tests.bench.seed import PASSWORD, World, email_of

TARGET = "AWSCognitoIdentityProviderService"
_PEOPLE = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSample:
    """People spread over the pool, with access tokens and SRP verifiers, and a key that may ask about them."""

    client: Client
    key: tuple[str, str]
    usernames: list[str]
    access_tokens: list[str]


def sample_api(opened: Installation, world: World, users: int) -> ApiSample:
    rooms: Services = opened.services
    client = _client(rooms, world)
    key = rooms.access_keys.create(world.pool.account_id, "bench")
    count = min(_PEOPLE, users)
    names = [email_of(position * users // count) for position in range(count)]
    tokens = []
    for name in names:
        # A verifier is made where the password is seen, as at everybody's first sign-in.
        user = rooms.users.set_password(world.pool, name, Secret(PASSWORD), permanent=True)
        now = opened.clock.now()
        issued = rooms.tokens.issue_for_api(world.pool, client, user, Caller(), amr=("pwd",), auth_time=now)
        tokens.append(issued.access_token.reveal())
    return ApiSample(client=client, key=(key.access_key_id, key.secret.reveal()), usernames=names, access_tokens=tokens)


def _client(rooms: Services, world: World) -> Client:
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    return rooms.clients.create(world.pool, "API", {"ExplicitAuthFlows": flows})


def api_jobs(
    world: World, sample: ApiSample, host: str, users: int
) -> list[tuple[str, dict[str, Any], dict[str, int]]]:
    """Name, job, and how many hashes and signatures one unit costs."""
    pool = world.pool.pool_id
    passwords = [
        {
            "ClientId": sample.client.client_id,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": name, "PASSWORD": PASSWORD},
        }
        for name in sample.usernames
    ]
    prefix, whole = f"user{users // 2}", email_of(users // 2)

    def signed(operation: str, document: dict[str, Any]) -> bytes:
        body = json.dumps(document)
        asked = AWSRequest("POST", f"http://{host}/", data=body, headers=_headers(operation))
        SigV4Auth(Credentials(*sample.key), "cognito-idp", "us-east-1").add_auth(asked)
        return request("POST", "/", host, headers=dict(asked.headers), body=body.encode())

    def plain(operation: str, document: dict[str, Any]) -> bytes:
        return request("POST", "/", host, headers=_headers(operation), body=json.dumps(document).encode())

    fixed = [
        ("InitiateAuth, password", [plain("InitiateAuth", one) for one in passwords], {"hashes": 1, "signs": 2}),
        ("GetUser", [plain("GetUser", {"AccessToken": token}) for token in sample.access_tokens], {}),
        (
            "AdminGetUser",
            [signed("AdminGetUser", {"UserPoolId": pool, "Username": name}) for name in sample.usernames],
            {},
        ),
        ("ListUsers, first 60", [signed("ListUsers", {"UserPoolId": pool})], {}),
        (
            "ListUsers, prefix",
            [signed("ListUsers", {"UserPoolId": pool, "Filter": f'email ^= "{prefix}"', "Limit": 1})],
            {},
        ),
        ("ListUsers, equality", [signed("ListUsers", {"UserPoolId": pool, "Filter": f'email = "{whole}"'})], {}),
    ]
    jobs: list[tuple[str, dict[str, Any], dict[str, int]]] = [
        (name, {"kind": "fixed", "requests": [base64.b64encode(one).decode() for one in requests]}, cost)
        for name, requests, cost in fixed
    ]
    srp = {
        "kind": "srp",
        "client_id": sample.client.client_id,
        "group": pool.partition("_")[2],
        "usernames": sample.usernames,
        "password": PASSWORD,
    }
    jobs.append(("SRP sign-in", srp, {"signs": 2}))
    return jobs


def _headers(operation: str) -> dict[str, str]:
    return {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGET}.{operation}"}
