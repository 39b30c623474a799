"""What is asked of identity pools, of the gateway and of the policy evaluator."""

import base64
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from app.core.policy import Asked, Policies, PolicyKind, decide, parse
from app.installation import Installation
from tests.bench.load import request
from tests.bench.seed import World

ACCOUNT = "123456789012"
_OWN = "cognito-identity.amazonaws.com"
_TARGET = "AWSCognitoIdentityService"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vended:
    """An identity of a user pool's user: the request for its credentials, and credentials of it."""

    asked: tuple[dict[str, Any], ...]
    identity_id: str
    credentials: Credentials


def ten_statements() -> dict[str, Any]:
    """A policy such as an application grows: the last statement is the one that allows most requests."""
    other = [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": [f"arn:aws:s3:::other{number}/${{{_OWN}:sub}}/*"],
        }
        for number in range(7)
    ]
    own = [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem"],
            "Resource": ["arn:aws:dynamodb:*:*:table/notes"],
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"${{{_OWN}:sub}}"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": ["arn:aws:s3:::mybucket"],
            "Condition": {"StringLike": {"s3:prefix": [f"${{{_OWN}:sub}}/*"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": [f"arn:aws:s3:::mybucket/${{{_OWN}:sub}}/*"],
        },
    ]
    return {"Version": "2012-10-17", "Statement": other + own}


def sample_vended(opened: Installation, world: World, id_tokens: Iterable[str]) -> Vended:
    rooms = opened.services
    provider = f"cognito-idp.us-east-1.amazonaws.com/{world.pool.pool_id}"
    source = {"ProviderName": provider, "ClientId": world.client.client_id, "ServerSideTokenCheck": False}
    pool = rooms.identity_pools.create(
        account_id=ACCOUNT, region="us-east-1", name="bench", settings={"CognitoIdentityProviders": [source]}
    )
    name = pool.identity_pool_id.replace(":", "-")
    role = rooms.roles.create(ACCOUNT, name, _trust(pool.identity_pool_id))
    rooms.roles.put_policy(ACCOUNT, name, "bench", json.dumps(ten_statements()))
    rooms.identity_pools.set_roles(pool.identity_pool_id, {"authenticated": role.arn}, {})
    asked = []
    for token in id_tokens:
        logins = {provider: token}
        identity = rooms.identity_credentials.get_id(pool.identity_pool_id, logins)
        asked.append({"IdentityId": identity.identity_id, "Logins": logins})
    identity, given = rooms.identity_credentials.credentials_for(asked[0]["IdentityId"], asked[0]["Logins"])
    credentials = Credentials(given.access_key_id, given.secret.reveal(), given.session_token.reveal())
    return Vended(asked=tuple(asked), identity_id=identity.identity_id, credentials=credentials)


def _trust(identity_pool_id: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": _OWN},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{_OWN}:aud": identity_pool_id},
            "ForAnyValue:StringLike": {f"{_OWN}:amr": "authenticated"},
        },
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def vending_job(vended: Vended, host: str) -> dict[str, Any]:
    """``GetCredentialsForIdentity`` with a user pool's ID token."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"{_TARGET}.GetCredentialsForIdentity",
    }
    return _fixed([request("POST", "/", host, headers=headers, body=json.dumps(one).encode()) for one in vended.asked])


def gateway_jobs(vended: Vended, host: str) -> list[tuple[str, dict[str, Any]]]:
    """Signed with vended credentials and allowed by the tenth statement: one KiB read, one written, one item read."""
    key = f"http://{host}/mybucket/{vended.identity_id.replace(':', '%3A')}/notes.txt"
    item = json.dumps({"TableName": "notes", "Key": {"owner": {"S": vended.identity_id}}})
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem"}
    asked = [
        ("gateway GetObject", "s3", AWSRequest("GET", key)),
        ("gateway PutObject", "s3", AWSRequest("PUT", key, data=b"x" * 1024)),
        ("gateway GetItem", "dynamodb", AWSRequest("POST", f"http://{host}/", data=item, headers=headers)),
    ]
    return [(name, _fixed([_signed(one, service, vended.credentials, host)])) for name, service, one in asked]


def _signed(asked: AWSRequest, service: str, credentials: Credentials, host: str) -> bytes:
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(credentials, service, "us-east-1").add_auth(asked)
    body = asked.data if isinstance(asked.data, bytes) else (asked.data or "").encode()
    headers = dict(asked.headers)
    if asked.method == "PUT":
        headers["Content-Length"] = str(len(body))
    return request(asked.method, asked.url.removeprefix(f"http://{host}"), host, headers=headers, body=body)


def _fixed(requests: list[bytes]) -> dict[str, Any]:
    return {"kind": "fixed", "requests": [base64.b64encode(one).decode() for one in requests]}


def decision_ms(identity_id: str, *, seconds: float) -> float:
    """CPU-ms of one decision over ten statements, of requests allowed and denied in turn."""
    policies = Policies(identity=(parse(ten_statements(), PolicyKind.IDENTITY),))
    context = {f"{_OWN}:sub": (identity_id,)}
    asked = [
        Asked(action="s3:GetObject", resource=f"arn:aws:s3:::mybucket/{identity_id}/a.txt", context=context),
        Asked(action="s3:GetObject", resource="arn:aws:s3:::mybucket/somebody/a.txt", context=context),
    ]
    verdicts = [decide(policies, one).allowed for one in asked]
    assert verdicts == [True, False], verdicts
    return _cpu_ms(lambda: [decide(policies, one) for one in asked], seconds) / len(asked)


def _cpu_ms(work: Callable[[], object], seconds: float) -> float:
    times, began, spent = 0, time.perf_counter(), time.thread_time()
    while not times or time.perf_counter() - began < seconds:
        work()
        times += 1
    return (time.thread_time() - spent) * 1000 / times
