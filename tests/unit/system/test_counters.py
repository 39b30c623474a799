"""Counters over several processes."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from app.adapters.system.counters import SharedCounters

ROOT = Path(__file__).resolve().parents[3]
WORKER = """
import sys
from pathlib import Path
from app.adapters.system.counters import SharedCounters
counters = SharedCounters(Path(sys.argv[1]))
for _ in range(1000):
    counters.add("requests", "token")
counters.move("waiting", amount=3)
print("counted", flush=True)
sys.stdin.read()
"""


def worker(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"counted\n"
    return process


def end(process):
    process.communicate(timeout=10)


def test_one_process_counts_for_itself():
    counters = SharedCounters()
    counters.add("requests", "token")
    counters.add("requests", "token", amount=2.5)
    counters.add("requests", "jwks")
    counters.move("waiting", amount=2)
    counters.move("waiting", amount=-1)
    found = counters.read()
    assert (found["requests", "token"], found["requests", "jwks"], found["waiting",]) == (3.5, 1, 1)


def test_processes_are_added_up_and_the_dead_keep_what_they_counted(tmp_path):
    mine = SharedCounters(tmp_path)
    mine.add("requests", "token")
    workers = [worker(tmp_path) for _ in range(2)]
    alive = mine.read()
    for process in workers:
        end(process)
    dead = mine.read()
    assert (alive["requests", "token"], dead["requests", "token"]) == (2001, 2001)
    assert (alive["waiting",], dead.get(("waiting",), 0)) == (6, 0)


def test_threads_lose_no_count():
    counters = SharedCounters()

    def count():
        for number in range(5000):
            counters.add("requests", str(number % 7))

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counters.read().values()) == 20_000


def test_more_series_than_there_is_room_for_are_counted_as_lost():
    counters = SharedCounters()
    for number in range(9000):
        counters.add("requests", str(number))
    found = counters.read()
    assert found["series_dropped",] == 9000 - 8191
    assert found["requests", "0"] == 1


def test_files_are_their_owners_alone(tmp_path):
    SharedCounters(tmp_path / "shared").add("requests")
    assert [oct(path.stat().st_mode & 0o077) for path in (tmp_path / "shared").glob("*.values")] == ["0o0"]


def test_a_folder_that_cannot_be_used_costs_no_request(tmp_path):
    (tmp_path / "file").write_text("in the way")
    counters = SharedCounters(tmp_path / "file" / "below")
    counters.add("requests")
    assert counters.read()["requests",] == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_counts_in_a_file_of_its_own(tmp_path):
    counters = SharedCounters(tmp_path)
    counters.add("requests")
    child = os.fork()
    if child == 0:
        counters.add("requests")
        os._exit(0)
    os.waitpid(child, 0)
    assert counters.read()["requests",] == 2
    assert len(list(tmp_path.glob("*.values"))) == 2
