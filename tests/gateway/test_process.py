"""``poolhouse gateway`` as its operator runs it: a process of its own beside the server, over the same data."""

import base64
import os
import socket
import subprocess
import sys
import zlib
from contextlib import ExitStack

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from app.config import Settings
from app.installation import open_installation
from tests.support.free_port import free_port
from tests.support.gateway_raw import Raw, code_of
from tests.support.leash import Leashed
from tests.support.listening import listens
from tests.support.prepared_keys import PreparedKeys
from tests.support.server import ROOT, environment
from tests.support.waiting import wait_until
from tests.support.world import fresh_sqlite


def administrators_key(data):
    """An installation with one key, made in this process."""
    data.mkdir()
    settings = Settings(
        public_url="http://localhost:8000", data_dir=data, database_url=fresh_sqlite(data), mail_from="a@example.com"
    )
    opened = open_installation(settings, key_factory=PreparedKeys())
    try:
        return opened.services.access_keys.create("123456789012", "admin")
    finally:
        opened.close()


@pytest.fixture(scope="module")
def running(store, tmp_path_factory):
    """An administrator's key, and the port of a gateway."""
    folder = tmp_path_factory.mktemp("process")
    key = administrators_key(folder / "data")
    port = free_port()
    env = environment(8000) | {
        "POOLHOUSE_UPSTREAM_ACCESS_KEY_ID": "service",
        "POOLHOUSE_UPSTREAM_SECRET_ACCESS_KEY": "service-secret",
        "POOLHOUSE_DATA_DIR": str(folder / "data"),
    }
    command = [sys.executable, "-m", "app.cli", "gateway", "--port", str(port), "--workers", "1"]
    command += ["--upstream-s3", store, "--upstream-dynamodb", store]
    with Leashed(command, log=folder / "gateway.log", env=env, cwd=ROOT) as process:
        wait_until(lambda: listens(port, process), seconds=30, what="the gateway to listen")
        yield key, port


@pytest.fixture(scope="module")
def s3(running):
    key, port = running
    with ExitStack() as stack:
        client = boto3.client(
            "s3",
            endpoint_url=f"http://localhost:{port}",
            region_name="us-east-1",
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret.reveal(),
            config=Config(retries={"max_attempts": 0}, signature_version="s3v4"),
        )
        stack.callback(client.close)
        client.create_bucket(Bucket="process")
        yield client


@pytest.mark.parametrize("key", ["a b", "grüße/日本", "a//b", "/a", "a%2Fb", "a+b", "a&b=c?d#e", "~a-b_c.d!*'()"])
def test_odd_keys_arrive_as_they_are(s3, key):
    s3.put_object(Bucket="process", Key=key, Body=key.encode())
    assert s3.get_object(Bucket="process", Key=key)["Body"].read() == key.encode()


def test_large_objects_pass_both_ways(s3):
    body = os.urandom(3 * 1024 * 1024 + 17)
    s3.put_object(Bucket="process", Key="large", Body=body)
    assert s3.get_object(Bucket="process", Key="large")["Body"].read() == body
    assert s3.head_object(Bucket="process", Key="large")["ContentLength"] == len(body)


def test_ranges_and_conditions_pass(s3):
    etag = s3.put_object(Bucket="process", Key="ranges", Body=b"0123456789")["ETag"]
    assert s3.get_object(Bucket="process", Key="ranges", Range="bytes=2-4")["Body"].read() == b"234"
    with pytest.raises(ClientError, match="304"):
        s3.get_object(Bucket="process", Key="ranges", IfNoneMatch=etag)
    assert s3.get_object(Bucket="process", Key="ranges")["ETag"] == etag


# -- what reaches us byte for byte through granian -----------------------------------------------------------------------


@pytest.fixture
def raw(running):
    key, port = running
    return Raw(url=f"http://localhost:{port}", key_id=key.access_key_id, secret=key.secret.reveal())


def told(port, sent):
    """Everything the gateway says until it hangs up or waits for more."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        try:
            connection.sendall(sent)
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass
    return answer.decode(errors="replace")


def head_of(raw, method, target, *more):
    lines = [
        f"{method} {target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in raw.signed(method, target).items()),
        *more,
    ]
    return "\r\n".join((*lines, "Connection: close", "", "")).encode()


def test_the_raw_target_is_what_is_judged(raw, s3):
    s3.put_object(Bucket="process", Key="plain", Body=b"x")
    assert raw.send("GET", "/process/plain") == (200, "x")
    assert raw.send("GET", "/process/pl%61in") == (200, "x")
    s3.put_object(Bucket="process", Key="/k", Body=b"slash")
    assert raw.send("GET", "//k", host=f"process.{raw.host}") == (200, "slash")
    for target in ("/process/a/../plain", "/process/a/%2e%2e/plain", "/process/%2e/plain", "/other/..%2Fprocess/plain"):
        assert code_of(raw.send("GET", target)) == "InvalidURI"


def test_doubled_headers_are_refused(running, raw, s3):
    _, port = running
    for more in ("X-Amz-Content-Sha256: UNSIGNED-PAYLOAD", "Host: localhost", "Range: bytes=0-0\r\nRange: bytes=1-1"):
        assert told(port, head_of(raw, "GET", "/process/plain", more)).startswith("HTTP/1.1 400")


def test_two_lengths_are_refused(running, raw, s3):
    _, port = running
    both = "Content-Length: 3\r\nTransfer-Encoding: chunked"
    assert told(port, head_of(raw, "PUT", "/process/two", both) + b"3\r\nabc\r\n0\r\n\r\n").startswith("HTTP/1.1 4")
    assert told(port, head_of(raw, "PUT", "/process/two", "Content-Length: 1\r\nContent-Length: 2") + b"ab").startswith(
        "HTTP/1.1 400"
    )
    assert "Contents" not in s3.list_objects_v2(Bucket="process", Prefix="two")


def test_a_client_that_hangs_up_leaves_nothing_behind(running, raw, s3):
    _, port = running
    for length in (100, 3_000_000):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(head_of(raw, "PUT", "/process/half", f"Content-Length: {length}") + b"x" * (length // 2))
    assert raw.send("GET", "/process/plain")[0] in {200, 404}
    assert "Contents" not in s3.list_objects_v2(Bucket="process", Prefix="half")


@pytest.mark.parametrize("size", [5, 1_500_000])
def test_a_body_in_chunks_of_http_with_a_checksum_behind_it_is_stored(running, raw, s3, size):
    """As boto3 uploads over TLS."""
    _, port = running
    body = os.urandom(size)
    checksum = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    headers = {
        "x-amz-decoded-content-length": str(size),
        "x-amz-trailer": "x-amz-checksum-crc32",
        "Content-Encoding": "aws-chunked",
    }
    signed = raw.signed("PUT", "/process/trailer", headers, payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    lines = ["PUT /process/trailer HTTP/1.1", *(f"{name}: {value}" for name, value in signed.items())]
    head = "\r\n".join((*lines, "Transfer-Encoding: chunked", "Connection: close", "", "")).encode()
    for told_sum, status in (("AAAAAA==", "400"), (checksum, "200")):
        inner = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (size, body, told_sum.encode())
        outer = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (inner[: size // 2], inner[size // 2 :]))
        assert told(port, head + outer + b"0\r\n\r\n").startswith(f"HTTP/1.1 {status}")
        assert ("Contents" in s3.list_objects_v2(Bucket="process", Prefix="trailer")) == (status == "200")
    found = s3.get_object(Bucket="process", Key="trailer")
    assert found["Body"].read() == body
    assert not found.get("ContentEncoding")
    s3.delete_object(Bucket="process", Key="trailer")


def test_a_refusal_comes_before_the_body_is_sent(running, raw, s3):
    _, port = running
    sent = head_of(
        raw, "PUT", "/process/never", "Content-Length: 1000000", "Expect: 100-continue", "X-Amz-Acl: public-read"
    )
    answer = told(port, sent)
    assert "AccessDenied" in answer
    assert "100 Continue" not in answer


def test_a_gateway_before_nothing_does_not_start(tmp_path):
    env = environment(8000) | {"POOLHOUSE_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "app.cli", "gateway", "--port", str(free_port())]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "--upstream-s3" in done.stderr


@pytest.mark.parametrize(
    ("service", "operation", "given"),
    [
        ("iam", "list_roles", {}),
        ("sts", "get_caller_identity", {}),
        ("cognito-idp", "list_user_pools", {"MaxResults": 1}),
        ("cognito-identity", "get_id", {"IdentityPoolId": "us-east-1:x"}),
    ],
)
def test_who_asks_the_gateway_for_what_the_server_does_is_sent_there(running, service, operation, given):
    key, port = running
    client = boto3.client(
        service,
        endpoint_url=f"http://localhost:{port}",
        region_name="us-east-1",
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret.reveal(),
        config=Config(retries={"max_attempts": 0}),
    )
    with pytest.raises(ClientError, match="Send requests for Cognito, STS and IAM to the server"):
        getattr(client, operation)(**given)
    client.close()
