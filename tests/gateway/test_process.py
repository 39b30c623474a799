"""``poolhouse gateway`` as its operator runs it: a process of its own beside the server, over the same data."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack

import boto3
import pytest
from botocore.config import Config

from tests.support.free_port import free_port
from tests.support.leash import Leashed
from tests.support.listening import listens
from tests.support.server import ROOT, environment
from tests.support.waiting import wait_until


def poolhouse(data, *arguments):
    command = [sys.executable, "-m", "app.cli", "--data", str(data), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(8000), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def running(store, tmp_path_factory):
    """An administrator's key, and the port of a gateway."""
    folder = tmp_path_factory.mktemp("process")
    poolhouse(folder / "data", "pool", "create", "pool")
    key = poolhouse(folder / "data", "access-key", "create", "admin")
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
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
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
