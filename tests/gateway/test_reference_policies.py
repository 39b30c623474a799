"""The two policies of the issue, as they stand."""

import pytest
from botocore.exceptions import ClientError

from tests.support.gateway_house import ADA, BOB
from tests.support.iam_documents import OWN_FOLDER

GUEST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Action": ["s3:GetObject"], "Effect": "Allow", "Resource": ["arn:aws:s3:::mybucket/assets/my_picture.jpg"]}
    ],
}


@pytest.fixture(scope="module")
def ada(house):
    return house.as_(house.credentials(house.role("user", OWN_FOLDER), ADA))


@pytest.fixture(scope="module")
def bob(house):
    return house.as_(house.credentials(house.role("user", OWN_FOLDER), BOB))


@pytest.fixture(scope="module")
def guest(house):
    house.admin.put_object(Bucket="mybucket", Key="assets/my_picture.jpg", Body=b"picture")
    return house.as_(house.credentials(house.role("guest", GUEST), "us-east-1:guest"))


def denied(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return caught.value.response["Error"]


def test_a_user_writes_and_reads_below_their_own_identity(ada):
    ada.put_object(Bucket="mybucket", Key=f"{ADA}/note.txt", Body=b"mine")
    assert ada.get_object(Bucket="mybucket", Key=f"{ADA}/note.txt")["Body"].read() == b"mine"


@pytest.mark.parametrize("key", [f"{BOB}/note.txt", "note.txt", ADA, f"{ADA}x/note.txt", f"x/{ADA}/note.txt"])
def test_a_user_reaches_nobody_elses_keys(ada, key):
    assert denied(ada.get_object, Bucket="mybucket", Key=key)["Code"] == "AccessDenied"
    assert denied(ada.put_object, Bucket="mybucket", Key=key, Body=b"x")["Code"] == "AccessDenied"


def test_a_user_lists_their_own_prefix_alone(ada, bob):
    bob.put_object(Bucket="mybucket", Key=f"{BOB}/secret.txt", Body=b"bob's")
    ada.put_object(Bucket="mybucket", Key=f"{ADA}/note.txt", Body=b"mine")
    listed = ada.list_objects_v2(Bucket="mybucket", Prefix=f"{ADA}/")
    assert {each["Key"].partition("/")[0] for each in listed["Contents"]} == {ADA}
    for prefix in ({"Prefix": f"{BOB}/"}, {"Prefix": ADA}, {"Prefix": ""}, {}):
        denied(ada.list_objects_v2, Bucket="mybucket", **prefix)
        denied(ada.list_objects, Bucket="mybucket", **prefix)


def test_a_user_deletes_nothing_and_copies_nothing_of_others(ada, bob):
    bob.put_object(Bucket="mybucket", Key=f"{BOB}/secret.txt", Body=b"bob's")
    denied(ada.delete_object, Bucket="mybucket", Key=f"{ADA}/note.txt")
    source = {"Bucket": "mybucket", "Key": f"{BOB}/secret.txt"}
    assert "s3:GetObject" in denied(ada.copy_object, Bucket="mybucket", Key=f"{ADA}/copy", CopySource=source)["Message"]


def test_a_guest_reads_exactly_one_object(guest):
    assert guest.get_object(Bucket="mybucket", Key="assets/my_picture.jpg")["Body"].read() == b"picture"
    assert guest.head_object(Bucket="mybucket", Key="assets/my_picture.jpg")["ContentLength"] == 7
    denied(guest.get_object, Bucket="mybucket", Key="assets/my_picture.jpg2")
    denied(guest.get_object, Bucket="mybucket", Key="assets//my_picture.jpg")
    denied(guest.put_object, Bucket="mybucket", Key="assets/my_picture.jpg", Body=b"x")
    denied(guest.list_objects_v2, Bucket="mybucket")
    denied(guest.head_object, Bucket="mybucket", Key="assets/other.jpg")


def test_a_refusal_says_why_and_carries_a_message_for_administrators(house, ada):
    error = denied(ada.list_objects_v2, Bucket="mybucket", Prefix=f"{BOB}/")
    said = error["Message"]
    assert "s3:ListBucket" in said
    assert "arn:aws:s3:::mybucket" in said
    assert f"{ADA}/*" in said
    assert f"{BOB}/" in said
    encoded = said.partition("Encoded authorization failure message: ")[2]
    assert BOB in house.services.authority.decode_message(encoded, "123456789012")
