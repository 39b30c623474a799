"""Signatures and bodies as the server that people run hands them on: two workers, behind a socket."""

import json
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.aws_refused import refused
from tests.support.aws_signing import real_time, sign
from tests.support.house import House
from tests.support.waiting import wait_until

TARGET = "AWSCognitoIdentityProviderService.ListUserPools"
HEADERS = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": TARGET}
BODY = b'{"MaxResults": 1}'


@pytest.fixture(scope="module")
def key(home: House) -> dict[str, str]:
    made: dict[str, str] = home.command("access-key", "create", "wire")
    return made


def client(home: House, key_id: str, secret: str) -> Any:
    return boto3.client(
        "cognito-idp",
        endpoint_url=home.url,
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 0}),
    )


def post(home: House, key: dict[str, str], query: str = "", body: bytes = BODY, **more: str) -> tuple[int, str]:
    url = f"{home.url}/{query}"
    headers = sign(url, {**HEADERS, **more}, body, (key["AccessKeyId"], key["SecretAccessKey"]), at=real_time())
    answer = requests.post(url, data=body, headers=headers, timeout=20)
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    return answer.status_code, str(answer.json().get("__type"))


def test_a_key_from_the_command_line_signs(home: House, key: dict[str, str]) -> None:
    signed = client(home, key["AccessKeyId"], key["SecretAccessKey"])
    assert isinstance(signed.list_user_pools(MaxResults=1)["UserPools"], list)
    with refused("InvalidSignatureException"):
        client(home, key["AccessKeyId"], "x" * 40).list_user_pools(MaxResults=1)


@pytest.mark.parametrize("query", ["", "?a=1", "?b=2&a=1&a=", "?a=%20%2F%C3%A9"])
def test_queries_arrive_as_they_were_signed(home: House, key: dict[str, str], query: str) -> None:
    assert post(home, key, query) == (200, "None")


@pytest.mark.parametrize("value", ["a", "a   b", "a,b;c=d", "~!@#$%^&*()"])
def test_headers_arrive_as_they_were_signed(home: House, key: dict[str, str], value: str) -> None:
    assert post(home, key, **{"X-Odd": value}) == (200, "None")


def test_large_bodies_are_read_up_to_a_limit(home: House, key: dict[str, str]) -> None:
    assert post(home, key, body=json.dumps({"MaxResults": 1, "Other": "x" * 2_500_000}).encode()) == (200, "None")
    too_large = json.dumps({"MaxResults": 1, "Other": "x" * 6_000_000}).encode()
    assert post(home, key, body=too_large) == (413, "RequestEntityTooLargeException")


def test_a_key_that_is_taken_back_is_refused_by_every_worker(home: House) -> None:
    made = home.command("access-key", "create", "gone")
    signed = client(home, made["AccessKeyId"], made["SecretAccessKey"])
    signed.list_user_pools(MaxResults=1)
    home.command("access-key", "delete", made["AccessKeyId"])

    def gone() -> bool:
        codes = []
        for _ in range(20):
            try:
                signed.list_user_pools(MaxResults=1)
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])
        return codes == ["UnrecognizedClientException"] * 20

    wait_until(gone, seconds=30, what="the key's end on both workers")
