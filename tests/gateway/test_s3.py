"""Stock boto3 through the gateway: uploads in parts, copies, deletions, presigned requests, odd keys."""

import io

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from app.gateway.refusal import exactly
from app.gateway.s3_bodies import deletion_body, read_deletions
from tests.support.gateway_house import ADA, BOB
from tests.support.gateway_raw import Raw, code_of

OWN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            "Resource": "arn:aws:s3:::mybucket/${cognito-identity.amazonaws.com:sub}/*",
        }
    ],
}
PART = 5 * 1024 * 1024


@pytest.fixture(scope="module")
def own(house):
    return house.role("own", OWN)


@pytest.fixture(scope="module")
def ada(house, own):
    return house.as_(house.credentials(own, ADA))


@pytest.fixture(scope="module")
def bob(house, own):
    return house.as_(house.credentials(own, BOB))


def refused(call, code="AccessDenied", **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


def read(client, key):
    return client.get_object(Bucket="mybucket", Key=key)["Body"].read()


@pytest.mark.parametrize(
    "name",
    ["a b", "grüße/日本", "a//b", "/a", "a%2Fb", "a+b", "a&b=c?d#e", "~a-b_c.d!*'()", "...", "a..b", "a/.hidden"],
)
def test_odd_keys_are_what_they_are(house, ada, name):
    key = f"{ADA}/{name}"
    ada.put_object(Bucket="mybucket", Key=key, Body=name.encode())
    assert read(ada, key) == name.encode()
    listed = house.admin.list_objects_v2(Bucket="mybucket", Prefix=key)
    assert [each["Key"] for each in listed["Contents"]] == [key]
    ada.delete_object(Bucket="mybucket", Key=key)


@pytest.mark.parametrize("name", ["../x", "a/../b", "..", "./a"])
def test_keys_with_dot_segments_are_refused(ada, name):
    with pytest.raises(ClientError):
        ada.put_object(Bucket="mybucket", Key=f"{ADA}/{name}", Body=b"x")


def test_a_large_file_goes_up_in_parts_with_its_checksums(ada):
    body = bytes(range(256)) * 4 * 1024 * 9
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False)
    ada.upload_fileobj(io.BytesIO(body), "mybucket", f"{ADA}/large", Config=config)
    assert read(ada, f"{ADA}/large") == body


def test_an_upload_belongs_to_its_key_and_its_caller(house, own, ada, bob):
    key = f"{ADA}/parts"
    upload = ada.create_multipart_upload(Bucket="mybucket", Key=key)["UploadId"]
    part = {"PartNumber": 1, "Body": b"x"}
    refused(ada.upload_part, "NoSuchUpload", Bucket="mybucket", Key=f"{ADA}/other", UploadId=upload, **part)
    refused(bob.upload_part, "NoSuchUpload", Bucket="mybucket", Key=f"{BOB}/parts", UploadId=upload, **part)
    refused(bob.upload_part, Bucket="mybucket", Key=key, UploadId=upload, **part)
    refused(house.admin.list_parts, "NoSuchUpload", Bucket="mybucket", Key=key, UploadId=upload)
    refused(ada.abort_multipart_upload, "NoSuchUpload", Bucket="mybucket", Key=key, UploadId=upload + "A")
    # The same identity with the credentials of the next hour goes on.
    later = house.as_(house.credentials(own, ADA))
    done = later.upload_part(Bucket="mybucket", Key=key, UploadId=upload, **part)
    assert ada.list_parts(Bucket="mybucket", Key=key, UploadId=upload)["UploadId"] == upload
    parts = {"Parts": [{"PartNumber": 1, "ETag": done["ETag"]}]}
    ada.complete_multipart_upload(Bucket="mybucket", Key=key, UploadId=upload, MultipartUpload=parts)
    assert read(ada, key) == b"x"


def test_an_administrator_lists_uploads_and_ends_them(house, ada):
    key = f"{ADA}/ended ü"
    upload = ada.create_multipart_upload(Bucket="mybucket", Key=key)["UploadId"]
    refused(ada.list_multipart_uploads, Bucket="mybucket")
    [found] = [each for each in house.admin.list_multipart_uploads(Bucket="mybucket")["Uploads"] if each["Key"] == key]
    assert found["UploadId"] != upload
    house.admin.abort_multipart_upload(Bucket="mybucket", Key=key, UploadId=found["UploadId"])


def test_a_copy_needs_its_source(ada, bob):
    bob.put_object(Bucket="mybucket", Key=f"{BOB}/secret", Body=b"bob's")
    ada.put_object(Bucket="mybucket", Key=f"{ADA}/a b+ü", Body=b"ada's")
    secret, mine = ({"Bucket": "mybucket", "Key": key} for key in (f"{BOB}/secret", f"{ADA}/a b+ü"))
    assert BOB in refused(ada.copy_object, Bucket="mybucket", Key=f"{ADA}/copy", CopySource=secret)
    refused(ada.copy_object, Bucket="mybucket", Key=f"{ADA}/copy", CopySource={**secret, "VersionId": "1"})
    ada.copy_object(Bucket="mybucket", Key=f"{ADA}/copy", CopySource=mine)
    assert read(ada, f"{ADA}/copy") == b"ada's"
    upload = ada.create_multipart_upload(Bucket="mybucket", Key=f"{ADA}/parts")["UploadId"]
    refused(
        ada.upload_part_copy, Bucket="mybucket", Key=f"{ADA}/parts", UploadId=upload, PartNumber=1, CopySource=secret
    )


@pytest.mark.parametrize(
    "source",
    [f"mybucket/{ADA}/../{BOB}/secret", f"mybucket%2F{ADA}%2F..%2F{BOB}%2Fsecret", "mybucket", "arn:aws:s3:us-east-1:1:accesspoint/a/object/b",
     f"mybucket/{ADA}/a?versionId=1&versionId=2", f"mybucket/{ADA}/a?x=1", "../etc"],
)  # fmt: skip
def test_a_source_of_two_readings_is_refused(ada, source):
    with pytest.raises(ClientError):
        ada.copy_object(Bucket="mybucket", Key=f"{ADA}/copy", CopySource=source)


def test_many_deletions_are_judged_one_by_one(house, ada, bob):
    for client, key in ((ada, f"{ADA}/1"), (ada, f"{ADA}/2 ü<&"), (bob, f"{BOB}/1")):
        client.put_object(Bucket="mybucket", Key=key, Body=b"x")
    keys = [f"{ADA}/1", f"{BOB}/1", f"{ADA}/2 ü<&", f"{ADA}/../{BOB}/1"]
    answer = ada.delete_objects(Bucket="mybucket", Delete={"Objects": [{"Key": key} for key in keys]})
    assert {each["Key"] for each in answer["Deleted"]} == {keys[0], keys[2]}
    assert {each["Key"]: each["Code"] for each in answer["Errors"]} == {keys[1]: "AccessDenied", keys[3]: "InvalidURI"}
    assert read(bob, f"{BOB}/1") == b"x"
    only = ada.delete_objects(Bucket="mybucket", Delete={"Objects": [{"Key": keys[1]}], "Quiet": True})
    assert [each["Code"] for each in only["Errors"]] == ["AccessDenied"]


def test_of_many_refused_deletions_the_first_are_explained_in_full(ada):
    keys = [f"{BOB}/{number:03}" for number in range(30)]
    answer = ada.delete_objects(Bucket="mybucket", Delete={"Objects": [{"Key": key} for key in keys]})
    assert [each["Key"] for each in answer["Errors"]] == keys
    assert all("s3:DeleteObject on resource" in each["Message"] for each in answer["Errors"])
    assert sum("Encoded authorization failure message" in each["Message"] for each in answer["Errors"]) == 10


def test_the_key_that_is_deleted_is_the_one_that_was_judged(house, ada):
    """A tab of XML is a reference; anything else in its place would be another key."""
    other, meant = f"{ADA}/a?b", f"{ADA}/a\tb"
    for key in (other, meant):
        ada.put_object(Bucket="mybucket", Key=key, Body=b"x")
    raw = Raw(url=house.url, key_id=house.key_id, secret=house.secret)
    body = f"<Delete><Object><Key>{ADA}/a&#9;b</Key></Object></Delete>"
    status, text = raw.send("POST", "/mybucket?delete", body=body.encode())
    assert status == 200
    assert "<Error>" not in text
    assert read(ada, other) == b"x"
    with pytest.raises(ada.exceptions.NoSuchKey):
        read(ada, meant)


def test_a_list_of_deletions_says_the_same_when_it_was_rewritten():
    keys = ["a\tb", "a\nb", "a\rb", "a<&>b", " a ", "ü\x85\u2028"]
    entries = "".join(f"<Object><Key>{exactly(key)}</Key><VersionId>1</VersionId></Object>" for key in keys)
    first, quiet = read_deletions(f"<Delete>{entries}<Quiet>true</Quiet></Delete>".encode())
    again, still_quiet = read_deletions(deletion_body(first, quiet=quiet))
    assert [each.key for each in first] == [each.key for each in again] == keys
    assert again[0].version == "1"
    assert quiet is still_quiet is True


def test_presigned_requests_work_for_what_was_signed(house, own):
    credentials = house.credentials(own, ADA)
    ada = house.as_(credentials)
    raw = Raw(url=house.url, key_id="", secret="")
    put = ada.generate_presigned_url("put_object", Params={"Bucket": "mybucket", "Key": f"{ADA}/signed"})
    assert raw.send("PUT", put.removeprefix(house.url), body=b"through a link", sign=False)[0] == 200
    get = ada.generate_presigned_url("get_object", Params={"Bucket": "mybucket", "Key": f"{ADA}/signed"})
    assert raw.send("GET", get.removeprefix(house.url), sign=False) == (200, "through a link")
    foreign = ada.generate_presigned_url("get_object", Params={"Bucket": "mybucket", "Key": f"{BOB}/secret"})
    assert raw.send("GET", foreign.removeprefix(house.url), sign=False)[0] == 403


NO_ACL = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"s3:x-amz-acl": "public-read"}}},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"s3:RequestObjectTag/secret": "no"}}},
        {"Effect": "Deny", "Action": ["s3:PutObjectTagging", "s3:GetObjectVersion"], "Resource": "*"},
    ],
}  # fmt: skip


def test_conditions_see_headers_and_what_a_presigner_moved_into_the_query(house):
    client = house.as_(house.credentials(house.role("no-acl", NO_ACL), ADA))
    client.put_object(Bucket="mybucket", Key="acl", Body=b"x", ACL="private")
    refused(client.put_object, Bucket="mybucket", Key="acl", Body=b"x", ACL="public-read")
    refused(client.put_object, Bucket="mybucket", Key="acl", Body=b"x", Tagging="a=b")
    refused(
        client.put_object_tagging, Bucket="mybucket", Key="acl", Tagging={"TagSet": [{"Key": "secret", "Value": "no"}]}
    )
    refused(client.get_object, Bucket="mybucket", Key="acl", VersionId="null")
    url = client.generate_presigned_url("put_object", Params={"Bucket": "mybucket", "Key": "acl", "ACL": "public-read"})
    target = url.removeprefix(house.url)
    raw = Raw(url=house.url, key_id="", secret="")
    headers = {} if "x-amz-acl=" in target else {"x-amz-acl": "public-read"}
    assert raw.send("PUT", target, headers, b"x", sign=False)[0] == 403


MUST_BE_PUBLIC = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:PutObjectTagging"],
            "Resource": "*",
            "Condition": {"StringEquals": {"s3:RequestObjectTag/kind": "public"}},
        },
    ],
}


def test_tags_that_differ_by_case_alone_are_all_judged(house):
    client = house.as_(house.credentials(house.role("public", MUST_BE_PUBLIC), ADA))
    client.put_object(Bucket="mybucket", Key="tagged", Body=b"x", Tagging="kind=public&other=a+b%20c")
    found = house.admin.get_object_tagging(Bucket="mybucket", Key="tagged")["TagSet"]
    assert {each["Key"]: each["Value"] for each in found} == {"kind": "public", "other": "a b c"}
    refused(client.put_object, Bucket="mybucket", Key="tagged", Body=b"x", Tagging="kind=secret&Kind=public")
    tags = [{"Key": "kind", "Value": "secret"}, {"Key": "KIND", "Value": "public"}]
    refused(client.put_object_tagging, Bucket="mybucket", Key="tagged", Tagging={"TagSet": tags})


_TAG = "<Tag><Key>kind</Key><Value>public</Value></Tag>"


@pytest.mark.parametrize(
    "body",
    [
        f"<Tagging><TagSet/><Other>{_TAG}</Other></Tagging>",
        f"<Tagging>{_TAG}<TagSet/></Tagging>",
        f"<Tagging><TagSet/><TagSet>{_TAG}</TagSet></Tagging>",
        f'<Tagging><TagSet xmlns="urn:other">{_TAG}</TagSet></Tagging>',
        f"<Other><TagSet>{_TAG}</TagSet></Other>",
        "<Tagging><TagSet><Tag><Key>kind</Key><Value>public<b/>secret</Value></Tag></TagSet></Tagging>",
        f"<Tagging><TagSet>{_TAG}{_TAG}</TagSet></Tagging>",
    ],
)
def test_a_tag_that_the_store_would_not_read_is_not_judged_in_its_place(house, body):
    credentials = house.credentials(house.role("public", MUST_BE_PUBLIC), ADA)
    raw = Raw(
        url=house.url,
        key_id=credentials.access_key_id,
        secret=credentials.secret.reveal(),
        token=credentials.session_token.reveal(),
    )
    answer = raw.send("PUT", "/mybucket/tagged?tagging", body=body.encode())
    assert (answer[0], code_of(answer)) == (400, "MalformedXML")
    whole = f"<Tagging><TagSet>{_TAG}</TagSet></Tagging>"
    assert raw.send("PUT", "/mybucket/tagged?tagging", body=whole.encode())[0] < 300


def test_user_metadata_ranges_and_conditions_pass(ada):
    key = f"{ADA}/meta"
    etag = ada.put_object(
        Bucket="mybucket", Key=key, Body=b"0123456789", Metadata={"colour": "green"}, ContentType="text/x"
    )["ETag"]
    found = ada.get_object(Bucket="mybucket", Key=key, Range="bytes=2-4")
    assert (found["Body"].read(), found["Metadata"], found["ContentType"]) == (b"234", {"colour": "green"}, "text/x")
    refused(ada.get_object, "304", Bucket="mybucket", Key=key, IfNoneMatch=etag)
    refused(ada.get_object, "NoSuchKey", Bucket="mybucket", Key=f"{ADA}/missing")


def test_a_store_that_does_not_answer_is_said_in_the_services_own_form(house, tmp_path):
    from tests.support.free_port import free_port
    from tests.support.gateway_house import GatewayHouse

    lonely = GatewayHouse(tmp_path, f"http://127.0.0.1:{free_port()}")
    try:
        refused(lonely.admin.list_buckets, "ServiceUnavailable")
        refused(lonely.client("dynamodb", lonely.key_id, lonely.secret).list_tables, "ServiceUnavailable")
    finally:
        lonely.close()


def test_the_gateway_tells_that_it_is_well(house):
    assert Raw(url=house.url, key_id="", secret="").send("GET", "/_gateway/healthz", sign=False) == (200, "ok\n")
    assert Raw(url=house.url, key_id="", secret="").send("GET", "/_gateway/authorize", sign=False)[0] == 404
