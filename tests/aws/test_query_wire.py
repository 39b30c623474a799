"""The query protocol on the wire, with IAM: forms that fit nothing, hosts, origins and signatures."""

import pytest
import requests

from tests.support.aws_refused import refused
from tests.support.iam_documents import ACCOUNT


def post(house, body, **headers):
    given = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **headers}
    return requests.post(f"{house.url}/", data=body, headers=given, timeout=10)


def code_of(answer):
    assert answer.headers["Content-Type"] == "text/xml"
    assert answer.headers["x-amzn-RequestId"] in answer.text
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


LIST = "Action=ListRoles&Version=2010-05-08"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Action=ListRoles", (400, "InvalidAction")),
        ("Action=Nothing&Version=2010-05-08", (400, "InvalidAction")),
        ("Action=ListUsers&Version=2010-05-08", (400, "InvalidAction")),
        ("Action=ListRoles&Version=2011-06-15", (400, "InvalidAction")),
        (f"{LIST}&MaxItems=x", (400, "MalformedInput")),
        (f"{LIST}&MaxItems=1&MaxItems=2", (400, "MalformedInput")),
        (f"{LIST}&MaxItems=1001", (400, "ValidationError")),
        (f"{LIST}&PathPrefix.member.1=x", (400, "MalformedInput")),
        (f"{LIST}&PathPrefix=%00", (400, "MalformedInput")),
        (f"{LIST}&PathPrefix=%ff", (400, "MalformedInput")),
        (b"Action=ListRoles&Version=\xff", (400, "MalformedInput")),
        (LIST + "&a=b" * 6000, (413, "RequestEntityTooLarge")),
        ("x=" + "y" * 4_000_000 + f"&{LIST}", (413, "RequestEntityTooLarge")),
        ("Action=TagRole&Version=2010-05-08&RoleName=a&Tags.member.x.Key=a", (400, "MalformedInput")),
        ("Action=TagRole&Version=2010-05-08&RoleName=a&Tags.member.1=a&Tags.member.1.Key=a", (400, "MalformedInput")),
        ("Action=TagRole&Version=2010-05-08&RoleName=a&Tags=a", (400, "MalformedInput")),
        ("Action=GetRole&Version=2010-05-08", (400, "ValidationError")),
        (f"{LIST}&{'a.' * 200}b=1", (200, "")),
        (f"{LIST}&Surprise=1", (200, "")),
    ],
)  # fmt: skip
def test_whatever_a_form_says_it_is_answered_in_awss_form(house, body, expected):
    assert code_of(post(house, body)) == expected


def test_an_operation_of_iam_that_is_not_here_is_not_called_unknown(house):
    with refused("InvalidAction", "AttachRolePolicy is not available on this server."):
        house.iam.attach_role_policy(RoleName="readers", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")


def test_what_a_message_repeats_cannot_break_out_of_it(house):
    answer = post(house, "Action=%3C%2FMessage%3E%3Cx%3E%01%EF%BF%BF&Version=2010-05-08")
    assert code_of(answer) == (400, "InvalidAction")
    assert "&lt;/Message&gt;&lt;x&gt;&#65533;&#65533; for" in answer.text


def test_a_strange_host_is_refused_in_the_querys_form(house):
    assert code_of(post(house, LIST, Host="evil.example")) == (421, "SerializationException")


def test_a_form_without_an_action_is_no_query(house):
    answer = post(house, "Version=2010-05-08")
    assert (answer.status_code, answer.json()["__type"]) == (400, "UnknownOperationException")


def test_a_page_of_another_origin_manages_no_roles(house):
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert code_of(post(house, LIST, **headers)) == (403, "MissingAuthenticationToken")


def test_signatures_are_checked_in_the_querys_words(house):
    with refused("SignatureDoesNotMatch"):
        house.client(house.key_id, "wrong" * 8, service="iam").list_roles()
    key = house.services.access_keys.create(ACCOUNT, "gone")
    house.services.access_keys.remove(key.access_key_id)
    with refused("InvalidClientTokenId"):
        house.client(key.access_key_id, key.secret.reveal(), service="iam").list_roles()


def test_a_signature_for_another_service_is_refused(house):
    client = house.client(house.key_id, house.secret, service="sts")
    client.meta.events.register(
        "before-sign.sts", lambda request, **_: request.data.update(Action="ListRoles", Version="2010-05-08")
    )
    with refused("SignatureDoesNotMatch", "iam"):
        client.get_caller_identity()


def test_a_body_changed_after_it_was_signed_is_refused(house):
    client = house.client(house.key_id, house.secret, service="iam")

    def change(request, **_):
        request.body = request.body.replace("RoleName=any", "RoleName=one")

    client.meta.events.register("before-send.iam", change)
    with refused("SignatureDoesNotMatch"):
        client.get_role(RoleName="any")
