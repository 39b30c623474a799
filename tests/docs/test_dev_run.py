"""The README's first command: one line, and a newcomer has a server with something to look at."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from tests.support.free_port import free_port
from tests.support.leash import Leashed
from tests.support.server import Server, ready
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
# Long enough for a machine that must first fetch every package.
SECONDS = 120


@pytest.fixture
def dev_run(tmp_path):
    """Start `./dev run` with more arguments, from a folder that is not the checkout; answers when it is ready."""
    started = []

    def start(*arguments):
        port = free_port()
        env = {name: value for name, value in os.environ.items() if not name.startswith("POOLHOUSE_")}
        command = [sys.executable, ROOT / "dev", "run", "--port", str(port), "--data", "data", *arguments]
        process = Leashed(command, log=tmp_path / f"log{port}", env=env, cwd=tmp_path, sweep=False)
        started.append(process)
        server = Server(port=port, data=tmp_path / "data", process=process)
        wait_until(lambda: ready(server), seconds=SECONDS, what="./dev run")
        return server

    yield start
    for process in started:
        process.stop()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_it_serves_and_tells_what_it_seeded(dev_run):
    server = dev_run()
    assert server.status("/healthz") == 200
    assert server.url in json.dumps(wait_until(lambda: server.demo, seconds=60, what="demo.json"))


def test_without_the_demo_nothing_is_seeded(dev_run):
    server = dev_run("--no-demo")
    assert server.status("/readyz") == 200
    assert not (server.data / "demo.json").exists()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_ending_it_ends_everything_it_started(dev_run, ending):
    server = dev_run()
    os.kill(server.pid, ending)
    server.process.wait()
    assert session_of(server.pid) == []
    assert server.status("/healthz") == 0


def test_with_the_gateway_it_serves_a_store_too_and_ends_all_of_it(dev_run):
    port = free_port()
    server = dev_run("--no-demo", "--gateway", str(port))
    gateway = Server(port=port, data=server.data, process=server.process)
    wait_until(lambda: gateway.status("/_gateway/healthz") == 200, seconds=SECONDS, what="the gateway")
    told = server.output()
    assert f"Gateway on http://localhost:{port}" in told
    assert "in memory" in told
    made = subprocess.run(
        [ROOT / ".venv" / "bin" / "poolhouse", "--data", server.data, "access-key", "create", "admin"],
        capture_output=True,
        check=True,
    )
    key = json.loads(made.stdout)
    s3 = boto3.client(
        "s3",
        endpoint_url=f"http://localhost:{port}",
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    s3.create_bucket(Bucket="mybucket")
    s3.put_object(Bucket="mybucket", Key="a", Body=b"x")
    assert s3.get_object(Bucket="mybucket", Key="a")["Body"].read() == b"x"
    s3.close()
    os.kill(server.pid, signal.SIGTERM)
    server.process.wait()
    assert session_of(server.pid) == []
    assert gateway.status("/_gateway/healthz") == 0


def session_of(leader):
    """Command lines of what still runs in the session that the command led; on systems without /proc, nothing."""
    left = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _parent, _group, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                left.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return left
