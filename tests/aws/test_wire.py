"""The wire itself: what is answered to a request that no operation should ever see."""

import json
import re
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.support.aws_house import AwsHouse

TARGET = "AWSCognitoIdentityProviderService"


def post(house: AwsHouse, body: bytes, target: str = f"{TARGET}.ListUserPools", **headers: str) -> requests.Response:
    return requests.post(
        f"{house.url}/",
        data=body,
        headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target, **headers},
        timeout=10,
    )


def refusal(answer: requests.Response) -> tuple[int, Any]:
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert answer.headers["x-amzn-RequestId"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    told = answer.json()
    assert answer.headers["x-amzn-ErrorType"] == f"{told['__type']}:"
    return answer.status_code, told["__type"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b"\xff\xfe", b'{"MaxResults": NaN}', b"[" * 10_000 + b"]" * 10_000, b'{"a": "\\ud800"}', b'{"MaxResults": "1"}', b'{"MaxResults": true}'],
    ids=["cut", "list", "null", "no UTF-8", "NaN", "deep", "surrogate", "text for a number", "flag for a number"],
)  # fmt: skip
def test_what_cannot_be_read_is_a_serialization_exception(house, body):
    assert refusal(post(house, body)) == (400, "SerializationException")


@pytest.mark.parametrize("target", ["", "ListUserPools", f"{TARGET}.Nothing", f"{TARGET}.", "Other.ListUserPools"])
def test_an_unknown_operation_is_told_so(house, target):
    assert refusal(post(house, b"{}", target)) == (400, "UnknownOperationException")


def test_six_megabytes_are_too_many(house):
    status, code = refusal(post(house, json.dumps({"MaxResults": "x" * 6_000_000}).encode()))
    assert (status, code) == (413, "RequestEntityTooLargeException")


def test_six_megabytes_in_chunks_are_too_many(house):
    answer = requests.post(
        f"{house.url}/",
        data=(b" " * 100_000 for _ in range(60)),
        headers={"X-Amz-Target": f"{TARGET}.ListUserPools"},
        timeout=20,
    )
    assert refusal(answer) == (413, "RequestEntityTooLargeException")


def test_three_megabytes_are_read(house):
    body = json.dumps({"MaxResults": 1, "Surprise": "x" * 3_000_000}).encode()
    assert post(house, body).status_code == 200


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"Content-Type": "multipart/form-data; boundary=x"}, "", 415),
        ({"Host": "evil.example"}, "", 421),
        ({}, "?q=" + "x" * 20_000, 414),
        ({}, "?q=%00", 400),
        ({}, "?q=%ff", 400),
    ],
    ids=["multipart", "host", "long", "NUL", "no UTF-8"],
)
def test_what_is_refused_before_any_operation_is_told_in_awss_form(house, headers, query, status):
    sent = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGET}.ListUserPools", **headers}
    answer = requests.post(f"{house.url}/{query}", data=b"{}", headers=sent, timeout=10)
    assert refusal(answer) == (status, "SerializationException")


def test_a_person_at_that_address_sees_a_page(house):
    answer = requests.post(f"{house.url}/", data=b"a", headers={"Host": "evil.example"}, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (421, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("service", "operation", "given"),
    [
        ("s3", "list_objects_v2", {"Bucket": "mybucket"}),
        ("s3", "put_object", {"Bucket": "mybucket", "Key": "a", "Body": b"x"}),
        ("s3", "list_buckets", {}),
        ("dynamodb", "list_tables", {}),
    ],
)
def test_a_store_s_client_that_was_given_this_address_is_sent_to_the_gateway(house, service, operation, given):
    client = house.client("any", "any", service=service)
    with pytest.raises(ClientError, match="send the request to the gateway"):
        getattr(client, operation)(**given)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
def test_the_content_type_decides_nothing(house, content_type):
    assert post(house, b'{"MaxResults": 1}', **{"Content-Type": content_type}).status_code == 200


def test_the_message_stands_in_a_header_too(house):
    answer = post(house, b'{"MaxResults": 61}')
    assert answer.headers["x-amzn-ErrorMessage"] == answer.json()["message"]


@pytest.mark.parametrize(
    "name",
    [
        "a;\nSet-Cookie: a=b",
        "a;\rSet-Cookie: a=b",
        "a;\r\nSet-Cookie: a=b",
        "a;\x0b\x0c\x1b\x7f",
        "é;\x85\u2028",
        ";" * 5000,
    ],
    ids=["newline", "return", "both", "control", "others", "long"],
)
def test_whatever_a_message_repeats_makes_one_plain_header(house, name):
    answer = post(house, json.dumps({"PoolName": name}).encode(), f"{TARGET}.CreateUserPool")
    assert refusal(answer) == (400, "InvalidParameterException")
    assert "Set-Cookie" not in answer.headers
    assert re.fullmatch(r"[ -~]{1,1024}", answer.headers["x-amzn-ErrorMessage"])
    assert name[:2000] in answer.json()["message"]


def test_a_member_out_of_its_range_is_named_in_aws_words(house):
    answer = post(house, b'{"MaxResults": 61}')
    assert refusal(answer) == (400, "InvalidParameterException")
    assert answer.json()["message"] == (
        "1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: "
        "Member must have value less than or equal to 60"
    )


def test_a_browser_may_ask_from_anywhere(house):
    answer = requests.options(
        f"{house.url}/", headers={"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}, timeout=10
    )
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "x-amz-target" in answer.headers["Access-Control-Allow-Headers"]


CROSS_SITE = {"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}


def test_an_app_of_another_origin_signs_people_up_and_in(house):
    """What browsers add to a cross-site call must not look like a forged form."""
    client = house.app_client(house.pool())
    named = {"ClientId": client.client_id, "Username": "ada", "Password": "Correct-horse-7"}
    answer = post(house, json.dumps(named).encode(), f"{TARGET}.SignUp", **CROSS_SITE)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    asked = {
        "ClientId": client.client_id,
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": "ada", "PASSWORD": "x"},
    }
    assert refusal(post(house, json.dumps(asked).encode(), f"{TARGET}.InitiateAuth", **CROSS_SITE))[0] == 400


def test_what_a_browser_may_send_it_may_read_the_answer_of(house):
    answer = post(house, b'{"MaxResults": 61}')
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(","))
    assert {"x-amzn-RequestId", "x-amzn-ErrorType", "x-amzn-ErrorMessage", "Date"} <= exposed


def test_cookies_are_neither_read_nor_set(house):
    answer = post(house, b'{"MaxResults": 1}', Cookie="a=b; session=c")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_an_answer_is_kept_by_no_cache(house):
    assert "no-store" in post(house, b'{"MaxResults": 1}').headers.get("Cache-Control", "")


def test_a_page_of_another_origin_is_no_developer(house):
    answer = post(house, b'{"MaxResults": 1}', Origin="https://evil.example")
    assert refusal(answer) == (400, "MissingAuthenticationTokenException")
    answer = post(house, b'{"MaxResults": 1}', Origin="null")
    assert refusal(answer) == (400, "MissingAuthenticationTokenException")
    answer = post(house, b'{"MaxResults": 1}', **{"X-Forwarded-For": "10.0.0.1"})
    assert refusal(answer) == (400, "MissingAuthenticationTokenException")


def test_a_forged_signature_of_an_issued_key_is_refused_even_in_development(house):
    with pytest.raises(house.idp.exceptions.ClientError) as refused:
        house.client(house.key_id, "wrong" * 8).list_user_pools(MaxResults=1)
    assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_a_key_that_was_taken_back_is_nobodys(house):
    key = house.services.access_keys.create("123456789012", "gone")
    house.services.access_keys.remove(key.access_key_id)
    with pytest.raises(house.idp.exceptions.ClientError) as refused:
        house.client(key.access_key_id, key.secret.reveal()).list_user_pools(MaxResults=1)
    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"
