"""Forged, spliced, expired and replayed credentials; and requests that two servers would read differently."""

from collections import Counter
from urllib.parse import quote

import pytest
from sqlalchemy import select

from app.adapters.sql.tables import audit
from tests.support.aws_signing import real_time
from tests.support.gateway_house import ADA, BOB
from tests.support.gateway_raw import Raw, code_of
from tests.support.waiting import wait_until

OWN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": "arn:aws:s3:::mybucket/${cognito-identity.amazonaws.com:sub}/*",
        },
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::mybucket",
            "Condition": {"StringLike": {"s3:prefix": "${cognito-identity.amazonaws.com:sub}/*"}},
        },
    ],
}
PATH = f"/mybucket/{ADA}/a".replace(":", "%3A")


@pytest.fixture(scope="module")
def issued(house):
    house.admin.put_object(Bucket="mybucket", Key=f"{ADA}/a", Body=b"ada's")
    house.admin.put_object(Bucket="mybucket", Key=f"{BOB}/a", Body=b"bob's")
    return house.credentials(house.role("own", OWN), ADA)


def raw_of(house, credentials, **changes):
    given = {
        "key_id": credentials.access_key_id,
        "secret": credentials.secret.reveal(),
        "token": credentials.session_token.reveal(),
    }
    return Raw(url=house.url, **{**given, **changes})


@pytest.fixture(scope="module")
def ada(house, issued):
    return raw_of(house, issued)


def test_what_the_refusals_below_vary_is_accepted_as_it_is(ada):
    assert ada.send("GET", PATH) == (200, "ada's")
    assert ada.send("GET", ada.presigned("GET", PATH), sign=False) == (200, "ada's")


# -- credentials -------------------------------------------------------------------------------------------------------


def test_another_secret_is_refused(house, issued):
    assert code_of(raw_of(house, issued, secret="x" * 40).send("GET", PATH)) == "SignatureDoesNotMatch"


def test_a_strangers_key_is_refused_in_development_mode_too(house):
    assert house.installation.settings.dev
    stranger = Raw(url=house.url, key_id="AKIAIOSFODNN7EXAMPLE", secret="x" * 40)
    assert code_of(stranger.send("GET", PATH)) == "InvalidAccessKeyId"
    assert code_of(stranger.send("GET", PATH, sign=False)) == "AccessDenied"


def test_a_temporary_key_without_its_token_is_refused(house, issued):
    refused = raw_of(house, issued, token=None).send("GET", PATH)
    assert code_of(refused) == "InvalidAccessKeyId"
    assert "a session token, and it was not sent" in str(refused)


def test_the_audit_tells_of_refused_signatures_and_of_no_others(house, ada):
    key = house.services.access_keys.create("123456789012", "audited")
    forged = Raw(url=house.url, key_id=key.access_key_id, secret="x" * 40)
    spliced = Raw(url=house.url, key_id=ada.key_id[:-1] + ("A" if ada.key_id[-1] != "A" else "B"), secret=ada.secret)
    before = _told(house)
    assert code_of(forged.send("GET", PATH)) == "SignatureDoesNotMatch"
    assert code_of(spliced.send("GET", PATH)) == "InvalidAccessKeyId"
    assert (
        code_of(Raw(url=house.url, key_id=key.access_key_id, secret="x", token="t").send("GET", PATH)) == "InvalidToken"
    )
    tables = Raw(url=house.url, key_id="not one of ours", secret="x", service="dynamodb")
    assert "UnrecognizedClient" in tables.send("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, b"{}")[1]
    # What policies refuse was signed rightly.
    assert code_of(ada.send("GET", "/mybucket/another")) == "AccessDenied"
    assert sorted((_told(house) - before).elements(), key=str) == [
        ("InvalidAccessKeyId", "dynamodb", None),
        ("InvalidAccessKeyId", "s3", None),
        ("InvalidToken", "s3", key.access_key_id),
        ("SignatureDoesNotMatch", "s3", key.access_key_id),
    ]


def _told(house):
    with house.installation.database.connection() as connection:
        rows = connection.execute(select(audit).where(audit.c.event == "signature")).all()
    assert all(row.address == "127.0.0.1" for row in rows)
    return Counter((row.outcome, row.detail["service"], row.detail.get("access_key")) for row in rows)


def test_a_spliced_token_is_refused(house, issued):
    """Bob's session under Ada's key, with either's secret."""
    other = house.credentials(house.role("own", OWN), BOB)
    for secret in (issued.secret, other.secret):
        spliced = raw_of(house, issued, token=other.session_token.reveal(), secret=secret.reveal())
        assert code_of(spliced.send("GET", PATH.replace(ADA, BOB))) == "InvalidToken"


@pytest.mark.parametrize(
    "change", [lambda t: t[:-2], lambda t: t + "A", lambda t: "A" + t[1:], lambda _: "garbage", lambda _: "é"]
)
def test_an_altered_token_is_refused(house, issued, change):
    altered = raw_of(house, issued, token=change(issued.session_token.reveal()))
    answer = altered.send("GET", ada_target(altered), sign=False)
    assert code_of(answer) == "InvalidToken"


def ada_target(raw):
    return raw.presigned("GET", PATH)


def test_an_administrators_key_with_a_token_is_refused(house, issued):
    mixed = Raw(url=house.url, key_id=house.key_id, secret=house.secret, token=issued.session_token.reveal())
    assert code_of(mixed.send("GET", PATH)) == "InvalidToken"


def test_expired_credentials_are_refused_and_so_is_what_they_presigned(house):
    short = raw_of(house, house.credentials(house.role("own", OWN), ADA, seconds=900))
    target = short.presigned("GET", PATH, 7 * 86400)
    assert short.send("GET", target, sign=False)[0] == 200
    house.clock.advance(seconds=901)
    assert code_of(short.send("GET", PATH)) == "ExpiredToken"
    assert code_of(short.send("GET", target, sign=False)) == "ExpiredToken"


def test_a_revocation_counts_at_once(house):
    carol = raw_of(house, house.credentials(house.role("own", OWN), "carol"))
    assert carol.send("PUT", "/mybucket/carol/a", body=b"x")[0] == 200
    house.services.temporary_keys.revoke("identity", "carol")
    wait_until(
        lambda: code_of(carol.send("GET", "/mybucket/carol/a")) == "ExpiredToken", seconds=10, what="the revocation"
    )


def test_an_edited_policy_counts_at_once(house):
    role = house.role("edited", OWN)
    ada = raw_of(house, house.credentials(role, ADA))
    assert ada.send("GET", PATH)[0] == 200
    house.role("edited", {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})
    assert code_of(ada.send("GET", PATH)) == "AccessDenied"


def test_a_role_of_the_same_name_gives_nothing_to_sessions_of_the_old_one(house):
    ada = raw_of(house, house.credentials(house.role("remade", OWN), ADA))
    house.services.roles.remove_policy("123456789012", "remade", "inline")
    house.services.roles.remove("123456789012", "remade")
    house.role("remade", OWN)
    assert code_of(ada.send("GET", PATH)) == "AccessDenied"


def test_another_accounts_administrator_is_refused(house):
    key = house.services.access_keys.create("999999999999", "stranger")
    stranger = Raw(url=house.url, key_id=key.access_key_id, secret=key.secret.reveal())
    assert code_of(stranger.send("GET", PATH)) == "AccessDenied"


# -- signatures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-901, 901, -86400])
def test_a_signature_of_another_time_is_refused(ada, seconds):
    assert code_of(ada.send("GET", PATH, at=real_time() + seconds)) == "RequestTimeTooSkewed"


def test_a_signature_of_a_few_minutes_ago_is_accepted(ada):
    assert ada.send("GET", PATH, at=real_time() - 800)[0] == 200


def test_a_signature_for_another_region_or_service_is_refused(house, issued):
    for change in ({"region": "eu-west-1"}, {"service": "dynamodb"}, {"service": "sts"}):
        assert code_of(raw_of(house, issued, **change).send("GET", PATH)) == "AuthorizationHeaderMalformed"


def test_a_signature_serves_no_other_request(ada):
    headers = ada.signed("GET", PATH)
    assert ada.send("GET", PATH, headers, sign=False)[0] == 200
    for method, target in (
        ("HEAD", PATH),
        ("DELETE", PATH),
        ("GET", PATH + "b"),
        ("GET", PATH + "?acl"),
        ("GET", PATH.replace("%3A", ":")),
    ):
        assert ada.send(method, target, headers, sign=False)[0] == 403


def test_a_header_that_a_store_acts_upon_must_be_signed(ada):
    headers = ada.signed("PUT", PATH)
    answer = ada.send("PUT", PATH, {**headers, "x-amz-acl": "public-read"}, b"x", sign=False)
    assert code_of(answer) == "AccessDenied"
    assert "x-amz-acl" in answer[1]
    source = {**headers, "x-amz-copy-source": f"/mybucket/{BOB}/a"}
    assert code_of(ada.send("PUT", PATH, source, sign=False)) == "AccessDenied"


def test_a_presigned_request_lives_as_long_as_it_says_and_no_longer_than_seven_days(ada):
    for seconds in (0, 604801, -1):
        assert code_of(ada.send("GET", ada.presigned("GET", PATH, seconds), sign=False)) == "InvalidArgument"
    target = ada.presigned("GET", PATH, 60)
    stretched = target.replace("X-Amz-Expires=60", "X-Amz-Expires=600")
    assert code_of(ada.send("GET", stretched, sign=False)) == "SignatureDoesNotMatch"


def test_a_presigned_request_serves_no_other(ada):
    target = ada.presigned("GET", PATH)
    assert code_of(ada.send("DELETE", target, sign=False)) == "SignatureDoesNotMatch"
    assert code_of(ada.send("GET", target + "&versionId=1", sign=False)) == "SignatureDoesNotMatch"
    assert code_of(ada.send("GET", target + "&X-Amz-Expires=60", sign=False)) == "InvalidArgument"
    assert code_of(ada.send("GET", target, {"Authorization": "AWS4-HMAC-SHA256 x"}, sign=False)) == "InvalidArgument"


@pytest.mark.parametrize(
    "moved",
    [
        "x-amz-meta-a=b%0D%0Ax-amz-acl%3A%20public-read",
        "x-amz-meta-a%0D%0Ab=c",
        "x-amz-meta-a=%20b",
        "x-amz-meta-%C3%A9=c",
    ],
)
def test_a_parameter_that_stands_for_a_header_must_be_able_to_be_one(ada, moved):
    target = ada.presigned("PUT", f"{PATH}?{moved}")
    assert code_of(ada.send("PUT", target, body=b"x", sign=False)) == "InvalidArgument"


def test_signature_version_2_is_answered_with_what_to_do(house):
    client = house.client("s3", house.key_id, house.secret, signature_version="s3")
    url = client.generate_presigned_url("get_object", Params={"Bucket": "mybucket", "Key": "a"})
    status, text = Raw(url=house.url, key_id="", secret="").send("GET", url.removeprefix(house.url), sign=False)
    assert status == 400
    assert "signature_version='s3v4'" in text


# -- one reading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rest",
    [
        f"{ADA}/../{BOB}/a",
        f"{ADA}/%2e%2e/{BOB}/a",
        f"{ADA}/.%2E/{BOB}/a",
        f"{ADA}/..%2F{BOB}/a",
        f"{ADA}%2F..%2F{BOB}%2Fa",
        f"{ADA}/./a",
        f"{ADA}/..%5C{BOB}/a",
        f"{ADA}/..%3B/{BOB}/a",
        f"{ADA}/..;x/{BOB}/a",
        f"{ADA};x/a",
        f"{ADA}/..",
    ],
)
def test_dot_segments_are_refused_however_they_are_spelt(ada, rest):
    for method in ("GET", "PUT"):
        assert code_of(ada.send(method, f"/mybucket/{rest}")) == "InvalidURI"


@pytest.mark.parametrize("rest", [f"%2F{BOB}/a", f"/{BOB}/a", f"{ADA}%2F/../a", f"{BOB}%2Fa"])
def test_a_key_is_what_it_decodes_to(ada, rest):
    assert ada.send("GET", f"/mybucket/{rest}")[0] in {400, 403}


@pytest.mark.parametrize(
    "target",
    [
        "mybucket",
        "http://localhost/mybucket/a",
        "/mybucket/%zz",
        "/mybucket/%ff",
        "/mybucket/%00",
        "/mybucket/a|b",
        '/mybucket/"',
    ],
)
def test_a_target_that_is_no_plain_path_is_refused(ada, target):
    signed = ada.signed("GET", target if target.startswith("/mybucket/%") else PATH)
    assert ada.send("GET", target, signed, sign=False)[0] == 400


@pytest.mark.parametrize("bucket", ["My-Bucket", "a", "my_bucket", "%6dybucket", "a..b"])
def test_a_bucket_of_another_spelling_is_refused(ada, bucket):
    assert ada.send("GET", f"/{bucket}/a")[0] == 400


def test_doubled_parameters_are_refused(ada):
    prefix = f"prefix={quote(ADA)}%2F"
    assert ada.send("GET", f"/mybucket?{prefix}")[0] == 200
    for doubled in (
        f"{prefix}&prefix={quote(BOB)}%2F",
        f"prefix={quote(BOB)}%2F&{prefix}",
        f"{prefix}&pr%65fix={quote(BOB)}%2F",
    ):
        assert code_of(ada.send("GET", f"/mybucket?{doubled}")) == "InvalidArgument"


@pytest.mark.parametrize(
    "query",
    ["torrent", "restore", "x=1", "acl&tagging", "select&select-type=2", "Prefix=a", "analytics", "list-type=3"],
)
def test_what_is_not_mapped_is_not_forwarded(house, query):
    admin = Raw(url=house.url, key_id=house.key_id, secret=house.secret)
    for method in ("GET", "PUT", "POST", "DELETE"):
        for target in ("/mybucket", "/mybucket/a"):
            if (method, target, query) == ("GET", "/mybucket/a", "x"):
                continue
            assert admin.send(method, f"{target}?{query}")[0] == 501


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(ada, method):
    assert code_of(ada.send(method, PATH)) == "NotImplemented"


def test_a_form_upload_is_refused(ada):
    answer = ada.send("POST", "/mybucket", {"Content-Type": "multipart/form-data; boundary=x"}, b"--x--", sign=False)
    assert answer[0] == 403


def test_an_amazon_header_that_the_operation_does_not_know_is_refused(ada):
    assert code_of(ada.send("GET", PATH, {"x-amz-copy-source": "/mybucket/a"})) == "NotImplemented"
    assert code_of(ada.send("GET", PATH, {"x-amz-whatever": "1"})) == "NotImplemented"


def test_two_lengths_are_refused(ada):
    headers = {**ada.signed("PUT", PATH), "Content-Length": "1", "Transfer-Encoding": "chunked"}
    assert ada.send("PUT", PATH, headers, b"1\r\nx\r\n0\r\n\r\n", sign=False)[0] == 400


def test_a_body_that_is_said_to_be_chunked_and_signed_as_it_is_is_refused(ada):
    for encoding in ("aws-chunked", "gzip,AWS-Chunked"):
        answer = ada.send("PUT", PATH, {"Content-Encoding": encoding}, b"1\r\nx\r\n0\r\n\r\n")
        assert (answer[0], code_of(answer)) == (400, "InvalidRequest")


def test_a_body_where_none_belongs_is_refused(ada):
    assert code_of(ada.send("GET", PATH, {"Content-Length": "1"}, b"x")) == "InvalidRequest"


def test_a_host_that_is_not_the_gateways_is_refused(ada):
    assert ada.send("GET", PATH, host="evil.example")[0] == 400


@pytest.mark.parametrize("more", ["/a?acl&x=", "/a?x=", "?acl&x=", "/a#", "/", "%2F", "..", "@", "\\", " "])
def test_a_buckets_own_host_holds_a_bucket_and_nothing_else(ada, more):
    """It becomes the beginning of the target, so that a question mark in it would ask the store for something else."""
    port = ada.host.rpartition(":")[2]
    host = f"mybucket/{ADA.replace(':', '%3A')}{more}.localhost:{port}"
    answer = ada.send("GET", "/", {"Host": host})
    assert (answer[0], code_of(answer)) == (400, "InvalidBucketName")


def test_a_buckets_own_host_is_understood(ada):
    port = ada.host.partition(":")[2]
    path = PATH.removeprefix("/mybucket")
    assert ada.send("GET", path, host=f"mybucket.localhost:{port}") == (200, "ada's")
    assert ada.send("GET", path, host=f"other.localhost:{port}")[0] == 403
