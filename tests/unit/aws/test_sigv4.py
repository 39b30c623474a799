"""AWS Signature Version 4, with botocore as the other side, and AWS's own published examples."""

import pytest

from app.aws.errors import AwsError
from app.aws.sigv4 import Request, check_signature, read_authorization, signature_of
from app.core.kernel.secret import Secret
from tests.support.aws_signing import received, sign, stamp

NOW = 1_900_000_000
KEY = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SECRET = Secret(KEY[1])
URL = "http://localhost:8000/"
HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools",
}
BODY = b'{"MaxResults": 1}'


def check(request, *, now=NOW, service="cognito-idp", **more):
    check_signature(
        request, read_authorization(request.headers["authorization"]), SECRET, service=service, now=now, **more
    )


def refused(request, code, *words, **more):
    with pytest.raises(AwsError) as caught:
        check(request, **more)
    assert caught.value.code == code, caught.value.message
    for word in words:
        assert word in caught.value.message
    assert KEY[1] not in caught.value.message


def a_request(url=URL, headers=HEADERS, body=BODY, **more):
    return received(url, sign(url, headers, body, KEY, at=NOW, **more), body)


def changed(request, **headers):
    kept = {**request.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Request(
        method=request.method,
        path=request.path,
        query=request.query,
        headers={name: value for name, value in kept.items() if value is not None},
        body=request.body,
    )


UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"


@pytest.mark.parametrize(
    ("path", "query", "headers", "signature"),
    [
        ("/", "", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("/./", "", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("/example1/example2/../..", "", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("//example//", "", {}, "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"),
        (f"/{UNRESERVED}", "", {}, "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        ("/", "Param2=value2&Param1=value1", {}, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
        ("/", f"{UNRESERVED}={UNRESERVED}", {}, "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"),
        ("/", "%E1%88%B4=bar", {}, "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        (
            "/",
            "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
            {},
            "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
        ),
        (
            "/",
            "",
            {"my-header1": "value4,value1,value3,value2"},
            "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
        ),
        (
            "/",
            "",
            {"my-header1": " value1", "my-header2": ' "a   b   c"'},
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
        (
            "/",
            "",
            {"x-amz-security-token": TOKEN},
            "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
        ),
    ],
)
def test_what_aws_publishes_has_the_published_signature(path, query, headers, signature):
    """AWS's own Signature Version 4 test suite, as far as its requests can stand on a wire."""
    headers = {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z", **headers}
    given = read_authorization(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={';'.join(sorted(headers))}, Signature={signature}"
    )
    request = Request(method="GET", path=path, query=query, headers=headers, body=b"")
    assert signature_of(request, given, "20150830T123600Z", SECRET) == signature


def test_what_aws_publishes_of_a_form_has_the_published_signature():
    headers = {
        "content-length": "13",
        "content-type": "application/x-www-form-urlencoded",
        "host": "example.amazonaws.com",
        "x-amz-content-sha256": "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
        "x-amz-date": "20150830T123600Z",
    }
    signature = "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"
    given = read_authorization(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={';'.join(headers)}, Signature={signature}"
    )
    request = Request(method="POST", path="/", query="", headers=headers, body=b"Param1=value1")
    assert signature_of(request, given, "20150830T123600Z", SECRET) == signature


@pytest.mark.parametrize(
    "path",
    ["", "/", "/a", "/a/", "//a//b", "/./a/../b", "/a/b/../..", "/%20", "/a%2Fb", "/us-east-1%3A1234", "/~_-.", "/a+b", "/a:b;c=d,e@f", "/(a)*'!", "/%C3%A9", "/a%252F"],
)  # fmt: skip
def test_odd_paths_are_signed_as_botocore_signs_them(path):
    check(a_request("http://localhost:8000" + path))


@pytest.mark.parametrize(
    "query",
    ["a=1", "b=2&a=1", "a=2&a=1", "a=&b", "b&a=", "a=%20x", "a=%2Fb", "A=1&a=2&B=3", "a=~-_.", "a=1&a=1", "%41=1"],
)
def test_odd_queries_are_signed_as_botocore_signs_them(query):
    if query == "%41=1":
        # Botocore signs a query as it stands; encoded without need, it is not the canonical form.
        refused(a_request(URL + "?" + query), "InvalidSignatureException")
    else:
        check(a_request(URL + "?" + query))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Odd", "a   b"),
        ("X-Odd", "  a  "),
        ("X-Odd", ""),
        ("X-Odd", "a,b;c=d"),
        ("x-UPPER-lower", "A"),
        ("X-Tab", "a\tb"),
    ],
)
def test_odd_headers_are_signed_as_botocore_signs_them(name, value):
    check(a_request(headers={**HEADERS, name: value}))


@pytest.mark.parametrize("body", [b"", b"{}", b"\x00\xff", b"a" * 100_000], ids=len)
def test_any_body_can_be_signed(body):
    check(a_request(body=body))


@pytest.mark.parametrize(
    "change",
    [
        {"content_type": "text/html"},
        {"x_amz_target": "AWSCognitoIdentityProviderService.DeleteUserPool"},
        {"host": "evil.example"},
        {"x_amz_date": stamp(NOW + 1)},
    ],
    ids=str,
)
def test_a_signed_header_that_was_changed_is_refused(change):
    refused(changed(a_request(), **change), "InvalidSignatureException", "does not match the signature you provided")


def test_a_header_that_was_not_signed_may_change():
    check(changed(a_request(), user_agent="another", accept="*/*"))


@pytest.mark.parametrize("part", ["method", "path", "query", "body"])
def test_a_request_that_was_changed_is_refused(part):
    request = a_request()
    parts = {name: getattr(request, name) for name in ("method", "path", "query", "headers", "body")}
    altered = {"method": "GET", "path": "/x", "query": "a=1", "body": b'{"MaxResults": 2}'}
    refused(Request(**{**parts, part: altered[part]}), "InvalidSignatureException")


def test_what_a_header_says_of_the_body_counts_for_nothing():
    """``x-amz-content-sha256`` is signed like any header; the hash that counts is the body's."""
    request = a_request(headers={**HEADERS, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    refused(request, "InvalidSignatureException")


def test_another_secret_is_refused():
    headers = sign(URL, HEADERS, BODY, (KEY[0], "another"), at=NOW)
    refused(received(URL, headers, BODY), "InvalidSignatureException", "Check your AWS Secret Access Key")


@pytest.mark.parametrize(
    "signature", ["0" * 64, "", "é" * 64, "0" * 63, "A" * 64], ids=["zero", "none", "text", "short", "upper"]
)
def test_a_signature_made_up_is_refused(signature):
    request = a_request()
    header = request.headers["authorization"].rpartition("=")[0] + "=" + signature
    code = "IncompleteSignatureException" if not signature else "InvalidSignatureException"
    refused(changed(request, authorization=header), code)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 300])
def test_five_minutes_of_skew_are_forgiven(seconds):
    check(a_request(), now=NOW + seconds)


@pytest.mark.parametrize(("seconds", "words"), [(301, "Signature expired"), (-301, "Signature not yet current"), (86_400 * 400, "Signature expired")])  # fmt: skip
def test_more_is_not(seconds, words):
    refused(a_request(), "InvalidSignatureException", words, stamp(NOW), now=NOW + seconds)


def test_a_signature_is_good_for_one_service():
    refused(a_request(service="s3"), "InvalidSignatureException", "scoped to correct service: 'cognito-idp'")


def test_the_day_of_the_scope_is_the_day_of_the_request():
    request = a_request()
    header = request.headers["authorization"].replace(stamp(NOW)[:8], "20200101")
    refused(changed(request, authorization=header), "InvalidSignatureException", "Date in Credential scope")


@pytest.mark.parametrize("date", [None, "", "yesterday", "20300317", "20300317T174640", "20301399T999999Z"])
def test_a_request_without_a_time_is_incomplete(date):
    request = changed(a_request(), x_amz_date=date)
    header = request.headers["authorization"].replace(stamp(NOW)[:8], (date or "")[:8] or stamp(NOW)[:8])
    with pytest.raises(AwsError) as caught:
        check(changed(request, authorization=header))
    assert caught.value.code in {"IncompleteSignatureException", "InvalidSignatureException"}


@pytest.mark.parametrize("name", ["host", "x-amz-date", "x-amz-target"])
def test_what_the_server_acts_upon_must_be_signed(name):
    request = a_request()
    header = request.headers["authorization"]
    refused(changed(request, authorization=header.replace(f"{name};", "").replace(f";{name}", "")), "InvalidSignatureException", "must be signed")  # fmt: skip


def test_a_signed_header_must_be_there():
    refused(changed(a_request(headers={**HEADERS, "X-Odd": "a"}), x_odd=None), "InvalidSignatureException")


def test_the_token_of_a_temporary_key_must_be_signed():
    check(a_request(token="t"), session_token=True)
    refused(a_request(), "InvalidSignatureException", session_token=True)


SCOPE = "AKIDEXAMPLE/20300317/us-east-1/cognito-idp/aws4_request"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer abc",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=, Signature=a",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, Credential={SCOPE}, SignedHeaders=host, Signature=a",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}/x, SignedHeaders=host, Signature=a",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE, SignedHeaders=host, Signature=a",
        f"AWS4-HMAC-SHA256 Credential={SCOPE.replace('aws4_request', 'aws5')}, SignedHeaders=host, Signature=a",
        f"AWS4-HMAC-SHA256 Credential={SCOPE.replace('20300317', 'today')}, SignedHeaders=host, Signature=a",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=Host, Signature=a",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=x-amz-date;host, Signature=a",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;host, Signature=a",
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=ho st, Signature=a",
        f"AWS4-ECDSA-P256-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=a",
        "AWS AKIDEXAMPLE:c2lnbmF0dXJl",
    ],
)
def test_a_header_that_is_none_is_incomplete(header):
    with pytest.raises(AwsError) as caught:
        read_authorization(header)
    assert caught.value.code == "IncompleteSignatureException"


@pytest.mark.parametrize("separator", [", ", ",", " , "])
def test_the_header_is_read_however_it_is_spaced(separator):
    text = separator.join((f"Credential={SCOPE}", "SignedHeaders=host;x-amz-date", "Signature=ab"))
    found = read_authorization("AWS4-HMAC-SHA256 " + text)
    assert (found.access_key_id, found.region, found.service) == ("AKIDEXAMPLE", "us-east-1", "cognito-idp")
    assert found.signed_headers == ("host", "x-amz-date")
