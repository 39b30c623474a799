"""botocore signs, we check: the same canonical form for odd paths, queries and headers; and ours is what botocore would sign."""

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from app.aws.sigv4 import Request, read_date
from app.core.kernel.secret import Secret
from app.gateway.exchange import Incoming, read_headers, read_query
from app.gateway.refusal import Refusal, s3_error
from app.gateway.signatures import check_claim, read_claim, sign
from tests.support.aws_signing import stamp

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
NOW = 1_900_000_000
TARGETS = [
    "/", "/b", "/b/", "/b/k", "/b//k", "/b/a%20b", "/b/%E6%97%A5%E6%9C%AC", "/b/a%2Fb", "/b/a+b", "/b/a%2Bb", "/b/~x-y_z.w", "/b/a:b", "/b/a%3Ab",
    "/b?prefix=a%2Fb&delimiter=%2F", "/b?delete=", "/b?list-type=2&prefix=", "/b?a=%20&a2=%2B", "/b?z=1&a=2&M=3", "/b/%25", "/b/a..b/...",
    "/b?prefix=%E2%82%AC", "/b?x=a%3Db",
]  # fmt: skip


def incoming(target, headers, method="GET"):
    return Incoming(
        method=method,
        target=target,
        headers={name.lower(): value for name, value in headers.items()},
        read=lambda _: b"",
        peer="",
        secure=False,
    )


def signed(target, headers=None, method="GET", **changes):
    given = {
        "Host": "s3.example",
        "X-Amz-Date": stamp(NOW),
        "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD",
        **(headers or {}),
    }
    request = AWSRequest(method, f"http://s3.example{target}", headers=given)
    request.context["timestamp"] = stamp(NOW)
    signer = S3SigV4Auth(Credentials(KEY_ID, SECRET.reveal()), "s3", "us-east-1")
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    names = signer.signed_headers(signer.headers_to_sign(request))
    given["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={names}, Signature={signature}"
    )
    return incoming(target, {**given, **changes}, method)


def check(request, secret=SECRET, now=NOW):
    check_claim(read_claim(request, service="s3"), secret, service="s3", region="us-east-1", now=now)


def test_what_botocore_signs_is_accepted():
    for target in TARGETS:
        check(signed(target, {"x-amz-meta-a": "  two   spaces ", "x-amz-acl": "private"}))


def test_what_we_sign_is_what_botocore_would():
    for target in TARGETS:
        path, _, query = target.partition("?")
        theirs = signed(target, {"x-amz-acl": "private"}, "PUT")
        ours = sign(
            Request(
                method="PUT",
                path=path,
                query=query,
                headers={"host": "s3.example", "x-amz-acl": "private", "content-type": "text/plain"},
                body=b"",
            ),
            access_key_id=KEY_ID,
            secret=SECRET,
            region="us-east-1",
            service="s3",
            payload="UNSIGNED-PAYLOAD",
            now=NOW,
        )
        assert ours["authorization"] == theirs.headers["authorization"]


def test_what_botocore_presigns_is_accepted():
    for target in TARGETS[1:]:
        request = AWSRequest("GET", f"http://s3.example{target}")
        S3SigV4QueryAuth(Credentials(KEY_ID, SECRET.reveal(), "token"), "s3", "us-east-1", expires=60).add_auth(request)
        got = incoming(request.url.removeprefix("http://s3.example"), {"host": "s3.example"})
        claim = read_claim(got, service="s3")
        assert claim.session_token == "token"
        assert claim.query == read_query(target.partition("?")[2])
        at = read_date(claim.date)
        check(got, now=at + 59)
        for now in (at + 60, at - 901):
            with pytest.raises(Refusal):
                check(got, now=now)
        with pytest.raises(Refusal, match="does not match"):
            check(got, secret=Secret("x" * 40), now=at)


@pytest.mark.parametrize(
    "header",
    ["", "Basic abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a", "AWS4-ECDSA-P256-SHA256 Credential=a/b", "AWS AKIA:x",
     "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request, SignedHeaders=host, Signature=x",
     "AWS4-HMAC-SHA256 Credential=a/20300317/us-east-1/s3/aws4_request, SignedHeaders=x-amz-date;host, Signature=x"],
)  # fmt: skip
def test_a_header_that_is_no_signature_is_refused(header):
    with pytest.raises(Refusal):
        check(signed("/b/k", Authorization=header))


@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-content-sha256"])
def test_what_counts_must_be_signed(name):
    request = signed("/b/k")
    loosened = (
        request.headers["authorization"].replace(name, "").replace(";;", ";").replace("=;", "=").replace(";,", ",")
    )
    with pytest.raises(Refusal, match="signed"):
        check(incoming("/b/k", {**request.headers, "authorization": loosened}))


@pytest.mark.parametrize(
    "payload", ["", "x", "0" * 63, "A" * 64, "UNSIGNED", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"]
)
def test_an_unknown_payload_is_refused(payload):
    with pytest.raises(Refusal, match="sha256"):
        check(signed("/b/k", {"X-Amz-Content-SHA256": payload}))


@pytest.mark.parametrize(
    "date", ["", "20300317", "20301345T000000Z", "Sun, 17 Mar 2030 17:46:40 GMT", "20300317T174640"]
)
def test_a_date_that_is_none_is_refused(date):
    with pytest.raises(Refusal):
        check(signed("/b/k", **{"X-Amz-Date": date}))


def test_a_header_twice_is_refused_unless_proxies_append_to_it():
    with pytest.raises(Refusal, match="more than once"):
        read_headers([(b"X-Amz-Acl", b"private"), (b"x-amz-acl", b"public-read")])
    with pytest.raises(Refusal, match="more than once"):
        read_headers([(b"Content-Length", b"1"), (b"Content-Length", b"1")])
    with pytest.raises(Refusal, match="UTF-8"):
        read_headers([(b"x-amz-meta-a", b"\xff")])
    assert read_headers([(b"Via", b"a"), (b"via", b"b")]) == {"via": "a,b"}


def test_an_error_is_plain_xml_whatever_it_names():
    error = s3_error(Refusal("AccessDenied", "<&\x00\n>"), resource='/"<', request_id="1")
    assert "<Message>&lt;&amp;??&gt;</Message>" in error
    assert "\n" not in error
