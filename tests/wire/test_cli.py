"""`poolhouse run`, as its operator meets it: real processes, real sockets, real signals."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from base64 import b64encode
from pathlib import Path

import pytest
import requests

from tests.support.free_port import free_port
from tests.support.server import ROOT, environment
from tests.support.waiting import wait_until


def ask(server, path, method="GET", body=None):
    """JSON over a connection of its own, so that any worker may answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        server.url + path, data=data, method=method, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def children_of(pid):
    """Process ids below ``pid``, at any depth."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                parents[int(folder.name)] = int(fields[1])
    found, wave = set(), {pid}
    while wave:
        wave = {child for child, parent in parents.items() if parent in wave}
        found |= wave
    return found


def poolhouse(data, *arguments, port=8000, **env):
    """A command beside a running server."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=ROOT,
        env={**environment(port, env), "POOLHOUSE_DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found in /proc")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_ends_the_server_and_everything_it_started(start_server, ending):
    server = start_server(workers=2, demo=True)
    started = children_of(server.pid)
    assert len(started) >= 2
    os.kill(server.pid, ending)
    server.process.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started), seconds=30, what="the end of all")
    assert server.status("/healthz") == 0


def test_the_clock_moved_in_one_worker_is_moved_in_all(start_server):
    server = start_server(workers=2)
    assert ask(server, "/dev/clock", "POST", {"advance_seconds": 3600})["offset_seconds"] == 3600
    assert {ask(server, "/dev/clock")["offset_seconds"] for _ in range(30)} == {3600}
    ask(server, "/dev/clock", "DELETE")
    assert {ask(server, "/dev/clock")["offset_seconds"] for _ in range(30)} == {0}


def test_a_domain_added_beside_the_server_answers_on_every_worker(start_server):
    server = start_server(workers=2)
    # In development every loopback name answers, so a name that is none must be a pool's.
    status = lambda: status_on(server, "id.shop.example")  # noqa: E731 - read again and again
    assert {status() for _ in range(10)} == {421}
    pool = json.loads(poolhouse(server.data, "pool", "create", "shop", port=server.port).stdout)["Id"]
    added = poolhouse(server.data, "domain", "add", "--pool", pool, "id.shop.example", port=server.port)
    assert added.returncode == 0, added.stderr
    wait_until(lambda: {status() for _ in range(10)} == {404}, seconds=30, what="the domain on every worker")


def status_on(server, host):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"GET /nowhere HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return int(connection.makefile("rb").readline().split()[1])


def test_the_log_holds_no_query(start_server):
    server = start_server(demo=True)
    ask(server, "/dev/outbox.json?to=secret-address")
    log = server.output()
    assert "path=/dev/outbox.json status=200" in log
    assert "secret-address" not in log


def test_what_was_seeded_stays_over_a_restart(start_server, tmp_path):
    data = tmp_path / "kept"
    first = start_server(data=data, demo=True)
    before = first.demo
    first.terminate()
    second = start_server(data=data, demo=True)
    assert second.demo["pool_id"] == before["pool_id"]
    assert second.demo["client_id"] == before["client_id"]
    assert second.demo["password"] == before["password"]
    assert second.demo["url"] == second.url
    assert (data / "demo.json").stat().st_mode & 0o077 == 0


def test_public_url_is_the_port_that_was_asked_for(tmp_path):
    port = free_port()
    env = {name: value for name, value in environment(port).items() if name != "POOLHOUSE_PUBLIC_URL"}
    command = [sys.executable, "-m", "app.cli", "run", "--port", str(port), "--data", str(tmp_path), "--workers", "1"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout.readline().decode().strip() == f"Poolhouse on http://localhost:{port}"
            # A signal that comes before the workers do may be lost on the way.
            wait_until(lambda: answers(port), seconds=60, what="the server to answer")
        finally:
            process.terminate()
            try:
                process.wait(20)
            finally:
                process.kill()


def answers(port):
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


# -- starts that are refused -------------------------------------------------------------------------------------------


def refused(data, *arguments, **env):
    answer = poolhouse(data, "run", "--port", str(free_port()), *arguments, **env)
    assert answer.returncode in {1, 2}, answer.stdout
    assert "Traceback" not in answer.stderr
    return answer.stderr


def test_a_wrong_master_key_stops_the_start_with_a_sentence(tmp_path):
    assert poolhouse(tmp_path, "db", "upgrade").returncode == 0
    assert poolhouse(tmp_path, "pool", "list").returncode == 0
    other = b64encode(bytes(32)).decode()
    complaint = refused(tmp_path, POOLHOUSE_MASTER_KEY=other)
    assert "The master key does not open this database" in complaint
    assert other not in complaint


def test_every_mistaken_setting_stops_the_start(tmp_path):
    complaint = refused(tmp_path, POOLHOUSE_REGION="x", POOLHOUSE_ACCOUNT_ID="y")
    assert "POOLHOUSE_REGION" in complaint
    assert "POOLHOUSE_ACCOUNT_ID" in complaint


def test_a_taken_port_is_told(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = poolhouse(tmp_path, "run", "--port", str(taken.getsockname()[1]))
    assert answer.returncode == 1
    assert "cannot listen on 127.0.0.1" in answer.stderr


def test_a_taken_port_of_the_demo_application_does_not_stop_the_server(start_server, tmp_path):
    with socket.socket() as taken:
        port = free_port()
        taken.bind(("127.0.0.1", port + 1))
        taken.listen()
        server = start_server(demo=True, port=port)
        assert "the demo application is not started" in server.output()
        assert server.status("/healthz") == 200


def test_a_demo_outside_development_mode_is_refused(tmp_path):
    assert "--demo needs development mode" in refused(tmp_path, "--demo", POOLHOUSE_DEV="0")
    assert not (tmp_path / "demo.json").exists()


def test_an_empty_postgresql_stops_the_start_until_it_is_upgraded(tmp_path, postgres_url):
    env = {"POOLHOUSE_DATABASE_URL": postgres_url, "POOLHOUSE_MASTER_KEY": b64encode(bytes(range(32))).decode()}
    assert "poolhouse db upgrade" in refused(tmp_path, **env)
    assert poolhouse(tmp_path, "db", "upgrade", **env).returncode == 0
    assert poolhouse(tmp_path, "pool", "list", **env).stdout.strip() == "[]"
