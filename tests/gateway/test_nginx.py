"""nginx asks for a decision and sends the body to the store itself, with the configuration of docs/guide/gateway.md."""

import os

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support import nginx as nginx_support
from tests.support.free_port import free_port
from tests.support.gateway_house import ADA, BOB, GatewayHouse
from tests.support.gateway_raw import Raw, code_of
from tests.support.guide import blocks, fitted
from tests.support.store import empty
from tests.support.waiting import wait_until

TOKEN = "a-token-for-the-tests"
OWN = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        "Resource": "arn:aws:s3:::mybucket/${cognito-identity.amazonaws.com:sub}/*",
    },
}


@pytest.fixture(scope="module")
def asked(store, tmp_path_factory):
    empty(store)
    house = GatewayHouse(tmp_path_factory.mktemp("asked"), store, token=TOKEN)
    house.admin.create_bucket(Bucket="mybucket")
    yield house
    house.close()


@pytest.fixture(scope="module")
def proxied(asked, nginx, tmp_path_factory):
    """A client of Ada's whose endpoint is nginx, and the folder of its logs."""
    port = free_port()
    [config] = blocks("gateway", "nginx")
    http = fitted(
        config,
        {
            "listen 8081": f"listen 127.0.0.1:{port}",
            "the-token-of-the-gateway": TOKEN,
            "http://127.0.0.1:8080$target": f"{asked.store}$target",
            "http://127.0.0.1:9000": asked.url.replace("localhost", "127.0.0.1"),
        },
    )
    credentials = asked.credentials(asked.role("own", OWN), ADA)
    with nginx_support.running(nginx, tmp_path_factory.mktemp("nginx"), http, port=port) as folder:
        client = boto3.client(
            "s3",
            endpoint_url=f"http://localhost:{port}",
            region_name="us-east-1",
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret.reveal(),
            aws_session_token=credentials.session_token.reveal(),
            config=Config(retries={"max_attempts": 0}, signature_version="s3v4"),
        )
        yield client, folder
        client.close()


def last_upstreams(folder, *methods):
    """Where nginx sent the last requests, which were of these methods; it writes of a request only when it has answered it."""

    def last():
        return [line.split() for line in (folder / "access.log").read_text().splitlines()[-len(methods) :]]

    wait_until(lambda: [words[0] for words in last()] == list(methods), seconds=30, what=f"nginx to tell of {methods}")
    return [words[-1] for words in last()]


@pytest.mark.parametrize("name", ["plain", "a b", "ü//x", "a%2Fb", "a+b"])
def test_bodies_go_to_the_store_directly(asked, proxied, name):
    client, folder = proxied
    body = os.urandom(300_000)
    client.put_object(Bucket="mybucket", Key=f"{ADA}/{name}", Body=body, Metadata={"a": "b"})
    found = client.get_object(Bucket="mybucket", Key=f"{ADA}/{name}")
    assert found["Body"].read() == body
    assert found["Metadata"] == {"a": "b"}
    assert set(last_upstreams(folder, "PUT", "GET")) == {asked.store.removeprefix("http://")}


def test_what_is_refused_says_why_through_nginx(proxied):
    client, _ = proxied
    with pytest.raises(ClientError, match="not authorized to perform: s3:GetObject") as caught:
        client.get_object(Bucket="mybucket", Key=f"{BOB}/a")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    with pytest.raises(ClientError, match="not authorized to perform: s3:PutObject"):
        client.put_object(Bucket="mybucket", Key=f"{BOB}/a", Body=b"x")


def test_presigned_requests_pass(proxied):
    client, _ = proxied
    client.put_object(Bucket="mybucket", Key=f"{ADA}/signed", Body=b"x")
    url = client.generate_presigned_url("get_object", Params={"Bucket": "mybucket", "Key": f"{ADA}/signed"})
    origin = url[: url.index("/", 8)]
    raw = Raw(url=origin, key_id="", secret="")
    assert raw.send("GET", url.removeprefix(origin), sign=False) == (200, "x")
    foreign = client.generate_presigned_url("get_object", Params={"Bucket": "mybucket", "Key": f"{BOB}/a"})
    assert raw.send("GET", foreign.removeprefix(origin), sign=False)[0] == 403


def test_what_cannot_be_judged_by_its_head_goes_through_the_gateway(asked, proxied):
    client, folder = proxied
    client.put_object(Bucket="mybucket", Key=f"{ADA}/gone", Body=b"x")
    keys = [{"Key": f"{ADA}/gone"}, {"Key": f"{BOB}/kept"}]
    answer = client.delete_objects(Bucket="mybucket", Delete={"Objects": keys})
    assert [each["Key"] for each in answer["Deleted"]] == [f"{ADA}/gone"]
    assert [each["Key"] for each in answer["Errors"]] == [f"{BOB}/kept"]
    upload = client.create_multipart_upload(Bucket="mybucket", Key=f"{ADA}/p ü//%2Fx")["UploadId"]
    part = client.upload_part(Bucket="mybucket", Key=f"{ADA}/p ü//%2Fx", UploadId=upload, PartNumber=1, Body=b"part")
    assert last_upstreams(folder, "PUT") == [asked.store.removeprefix("http://")]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    client.complete_multipart_upload(Bucket="mybucket", Key=f"{ADA}/p ü//%2Fx", UploadId=upload, MultipartUpload=parts)


# -- the endpoint itself -----------------------------------------------------------------------------------------------


def ask(house, method, target, headers, *, token=TOKEN, path="/_gateway/authorize"):
    raw = Raw(url=house.url, key_id="", secret="")
    told = {"X-Gateway-Token": token, "X-Original-Method": method, "X-Original-Uri": target}
    return raw.send("GET", path, {**headers, **told}, sign=False)


@pytest.fixture(scope="module")
def ada(asked):
    credentials = asked.credentials(asked.role("own", OWN), ADA)
    return Raw(
        url=asked.url,
        key_id=credentials.access_key_id,
        secret=credentials.secret.reveal(),
        token=credentials.session_token.reveal(),
    )


PATH = f"/mybucket/{ADA}/a".replace(":", "%3A")


def test_only_who_knows_the_token_may_ask(asked, ada):
    headers = ada.signed("GET", PATH)
    assert ask(asked, "GET", PATH, headers)[0] == 200
    for token in ("", TOKEN + "x", TOKEN[:-1]):
        assert ask(asked, "GET", PATH, headers, token=token)[0] == 403


@pytest.mark.parametrize(
    ("method", "target", "payload"),
    [
        ("POST", "/mybucket?delete", "UNSIGNED-PAYLOAD"),
        ("POST", f"{PATH}?uploads", "UNSIGNED-PAYLOAD"),
        ("PUT", PATH, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ("PUT", f"{PATH}?tagging", "UNSIGNED-PAYLOAD"),
    ],
)
def test_what_needs_the_body_is_refused_with_what_to_do(asked, method, target, payload):
    admin = Raw(url=asked.url, key_id=asked.key_id, secret=asked.secret)
    status, text = ask(asked, method, target, admin.signed(method, target, payload=payload))
    assert status == 403
    assert "through the gateway itself" in text


def test_the_request_that_the_proxy_holds_must_be_the_one_that_was_signed(asked, ada):
    headers = ada.signed("GET", PATH)
    for method, target in (
        ("PUT", PATH),
        ("GET", PATH + "b"),
        ("GET", ""),
        ("", PATH),
        ("GET", f"/mybucket/{ADA}/../x"),
    ):
        assert ask(asked, method, target, headers)[0] == 403


def test_a_denied_request_is_denied_here_too(asked, ada):
    target = PATH.replace(ADA.replace(":", "%3A"), "bob")
    answer = ask(asked, "GET", target, ada.signed("GET", target))
    assert (answer[0], code_of(answer)) == (403, "AccessDenied")


def test_what_a_client_writes_of_proxies_is_believed_of_none(store, tmp_path):
    """nginx is trusted, and passes such headers on as the client wrote them; it says itself how it was asked."""
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        },
    }
    house = GatewayHouse(tmp_path, store, token=TOKEN, trusted=("127.0.0.1/32",))
    credentials = house.credentials(house.role("inside", policy), ADA)
    raw = Raw(
        url=house.url,
        key_id=credentials.access_key_id,
        secret=credentials.secret.reveal(),
        token=credentials.session_token.reveal(),
    )
    headers = raw.signed("GET", PATH)
    claimed = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9",
        "Forwarded": "for=203.0.113.9;proto=https",
    }
    inside, outside = {"X-Original-Source": "203.0.113.9"}, {"X-Original-Source": "198.51.100.9"}
    encrypted, plain = {"X-Original-Scheme": "https"}, {"X-Original-Scheme": "http"}
    try:
        assert ask(house, "GET", PATH, {**headers, **inside, **encrypted})[0] == 200
        for told in ({**inside, **plain}, {**outside, **encrypted}, encrypted):
            assert ask(house, "GET", PATH, {**headers, **claimed, **told})[0] == 403
    finally:
        house.close()


def test_a_prefix_carries_the_request_itself(asked, ada):
    """As Envoy asks."""
    headers = {**ada.signed("GET", PATH), "X-Gateway-Token": TOKEN}
    raw = Raw(url=asked.url, key_id="", secret="")
    assert raw.send("GET", f"/_gateway/authorize{PATH}", headers, sign=False)[0] == 200
    assert raw.send("GET", f"/_gateway/authorize{PATH}x", headers, sign=False)[0] == 403
    assert (
        raw.send("GET", f"/_gateway/authorize{ada.presigned('GET', PATH)}", {"X-Gateway-Token": TOKEN}, sign=False)[0]
        == 400
    )
