"""The bench runs from end to end; what it measures is nobody's promise here."""

import os
import subprocess
import sys

from tests.bench import meters, report
from tests.bench.scenarios import Outcome, Scenario
from tests.support import postgres
from tests.support.server import ROOT

SCENARIOS = (
    "discovery",
    "JWKS",
    "client credentials",
    "refresh",
    "refresh, rotating",
    "userInfo",
    "introspection",
    "whole code flow",
    "InitiateAuth, password",
    "GetUser",
    "AdminGetUser",
    "ListUsers, first 60",
    "ListUsers, prefix",
    "ListUsers, equality",
    "SRP sign-in",
    "identity credentials",
    "gateway GetObject",
    "gateway PutObject",
    "gateway GetItem",
)


def test_a_tiny_run_measures_every_scenario_and_leaves_nothing_running():
    command = [
        sys.executable,
        "-m",
        "tests.bench",
        "--users",
        "20",
        "--seconds",
        "0.05",
        "--warm",
        "0",
        "--starts",
        "1",
        "--no-redis",
        "never",
    ]
    if not (os.environ.get("TEST_DATABASE_URL") or postgres.wheel()):
        command.append("--sqlite")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "development mode off, audit on, limits on, token revocation on, Argon2id 19 MiB t=2 p=1" in done.stdout
    lines = done.stdout.splitlines()
    for name in SCENARIOS:
        shown = [line for line in lines if line.startswith(f"{name:20}")]
        assert len(shown) == 1, name
        # A scenario may be absent from this build; none may fail.
        assert all("(" not in line or "not in this build" in line for line in shown), shown
    assert "while two passwords are being hashed" in done.stdout
    assert "one policy decision over ten statements" in done.stdout


def test_times_are_scaled_by_the_machine_and_bare_of_the_hash():
    slow = meters.Rates(rsa_ms=report.REFERENCE_RSA_MS * 2, argon2_ms=50)
    outcome = Outcome(
        scenario=Scenario(name="x", job={}, hashes=1),
        server_ms=60,
        database_ms=5,
        redis_ms=1,
        hashing_ms=50,
        rates=slow,
    )
    assert report.scaled(outcome) == 8.0


def test_a_budget_is_reached_at_its_edge_and_missed_above():
    assert [report.verdict(value, (2.0, 1.0)) for value in (1.0, 1.1, 2.0, 2.1)] == ["aim", "must", "must", "MISSED"]


def test_processor_time_of_a_child_that_ended_still_counts():
    before = meters.cpu_ms(os.getpid())
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert meters.cpu_ms(os.getpid()) > before
