"""JSON 1.1 in and out (errors-and-protocol.md §1, §2)."""

import json

import pytest

from app.aws import codec
from app.aws.errors import AwsError, SerializationFailed
from app.aws.models import load_model

MODEL = load_model("cognito-idp")


def read(operation, text):
    return codec.read(MODEL, MODEL.operations[operation].input, codec.read_body(text.encode()))


def write(operation, answer):
    return codec.write(MODEL, MODEL.operations[operation].output, answer)


def test_an_empty_body_is_an_empty_object():
    assert codec.read_body(b"") == {}


def test_what_the_model_does_not_know_and_what_is_null_is_dropped():
    assert read("ListUserPools", '{"MaxResults": 1, "NextToken": null, "Surprise": {"a": [1]}}') == {"MaxResults": 1}


@pytest.mark.parametrize(
    "body",
    [
        b'{"NextToken": "\\ud800"}',
        b'{"NextToken": "\\uDFFF"}',
        b'{"\\ud800": 1}',
        b'{"NextToken": "\xed\xa0\x80"}',
        '{"NextToken": "a"}'.encode("utf-16"),
        '{"NextToken": "a"}'.encode("utf-32"),
        b'{"NextToken": "\xff"}',
    ],
)
def test_what_is_no_utf_8_is_not_read(body):
    with pytest.raises(SerializationFailed):
        codec.read_body(body)


@pytest.mark.parametrize("body", [b'{"NextToken": "\\ud83d\\ude00"}', '{"NextToken": "😀"}'.encode(), b'\xef\xbb\xbf{"NextToken": "\\uD83D\\uDE00"}'])  # fmt: skip
def test_a_pair_of_surrogates_is_a_character(body):
    assert codec.read_body(body) == {"NextToken": "😀"}


def test_of_two_members_of_one_name_the_last_counts():
    assert read("ListUserPools", '{"MaxResults": 1, "MaxResults": 2}') == {"MaxResults": 2}


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("ListUserPools", '{"MaxResults": 1e999}'),
        ("ListUserPools", '{"MaxResults": -Infinity}'),
        ("CompleteWebAuthnRegistration", '{"Credential": {"a": 1e999}}'),
        ("ListUserPools", f'{{"MaxResults": {"9" * 5000}}}'),
        ("ListUserPools", '{"MaxResults": 1.0}'),
        ("ListUserPools", '{"MaxResults": 9223372036854775808}'),
        ("ListUserPools", '{"NextToken": ["a"]}'),
        ("ListUserPools", '{"NextToken": "a\\u0000"}'),
        ("CreateUserPool", '{"PoolName": {"a": 1}}'),
        ("CreateUserPool", '{"UserPoolTags": {"a\\u0000": "b"}}'),
        ("CreateUserPool", '{"UserPoolTags": [["a", "b"]]}'),
        ("CreateUserPool", '{"Schema": {"Name": "a"}}'),
        ("CreateUserPool", '{"Schema": [null]}'),
        ("CreateUserPool", '{"UserPoolTags": {"a": null}}'),
        ("SetUICustomization", '{"ImageFile": "no base64!"}'),
        ("SetUICustomization", '{"ImageFile": 5}'),
    ],
)
def test_a_wrong_type_is_a_serialization_exception(operation, body):
    with pytest.raises(AwsError) as refused:
        read(operation, body)
    assert refused.value.code == "SerializationException"


def test_a_refused_value_is_not_repeated():
    with pytest.raises(SerializationFailed) as refused:
        read("InitiateAuth", '{"AuthParameters": {"PASSWORD": "hush\\u0000"}}')
    assert "hush" not in refused.value.message


def test_a_blob_travels_in_base64_both_ways():
    assert read("SetUICustomization", '{"ImageFile": "aGk="}') == {"ImageFile": b"hi"}


def test_a_document_is_raw_json_both_ways():
    assert read("CompleteWebAuthnRegistration", '{"Credential": {"a": [1, null, {"b": true}]}}') == {
        "Credential": {"a": [1, None, {"b": True}]}
    }
    options = {"CredentialCreationOptions": {"challenge": "x", "nothing": None}}
    assert write("StartWebAuthnRegistration", options) == options


def test_what_is_none_is_left_out_and_times_are_numbers():
    answer = {"UserPools": [{"Id": "a", "CreationDate": 1_900_000_000, "Status": None}], "NextToken": None}
    written = write("ListUserPools", answer)
    assert written == {"UserPools": [{"Id": "a", "CreationDate": 1_900_000_000}]}
    assert json.dumps(written)


def test_a_member_that_the_model_lacks_is_our_mistake():
    with pytest.raises(KeyError):
        write("ListUserPools", {"Surprise": 1})
