"""What the machine can do, and what a tree of processes has used of it: CPU time, memory, percentiles."""

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from argon2.low_level import Type, hash_secret
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def tree(pid: int) -> list[int]:
    """The process and all its descendants that live now."""
    parents: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += parents.get(one, [])
    return found


def cpu_ms(pid: int | None) -> float:
    """User and system time of the whole tree, of children that ended meanwhile too; 0 where there is no process of ours."""
    if pid is None:
        return 0.0
    spent = [_stat(one) for one in tree(pid)]
    # After the name: state is 0, utime 11, stime 12, and 13 and 14 those of children that were waited for.
    return sum(sum(map(int, fields[11:15])) for fields in spent if fields) * 1000 / _TICKS


def command(pid: int) -> list[str]:
    """The words the process was started with, or what it calls itself since; none where it is gone."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []


def age_seconds(pid: int) -> float:
    """How long ago the process was started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(_stat(pid)[19]) / _TICKS


def pss_mib(pid: int) -> float:
    """Proportional set size: what the process has for itself and its share of what it shares."""
    for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _stat(pid: int) -> list[str]:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    # The name stands in brackets and may hold anything.
    return text.rpartition(")")[2].split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """CPU-ms of one operation with every core busy, as a loaded server sees it."""

    rsa_ms: float
    argon2_ms: float


_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def calibrate(*, effort: float = 1.0) -> Rates:
    """One RSA-2048 signature and one Argon2id hash (19 MiB, 2 passes), now; less exactly with an ``effort`` below 1."""
    signatures, passwords = max(10, round(150 * effort)), max(1, round(4 * effort))

    def sign() -> None:
        _KEY.sign(b"calibration", padding.PKCS1v15(), hashes.SHA256())

    def hash_one() -> None:
        hash_secret(b"a password", b"sixteen bytes ..", 2, 19 * 1024, 1, 32, Type.ID)

    sign()
    return Rates(rsa_ms=_on_every_core(sign, signatures), argon2_ms=_on_every_core(hash_one, passwords))


def _on_every_core(work: Callable[[], None], times: int) -> float:
    spent: list[float] = []

    def loop() -> None:
        began = time.thread_time()
        for _ in range(times):
            work()
        spent.append((time.thread_time() - began) * 1000 / times)

    threads = [threading.Thread(target=loop) for _ in range(len(os.sched_getaffinity(0)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(spent) / len(spent)


def mean_rates(rates: Iterable[Rates]) -> Rates:
    every = list(rates)
    return Rates(
        rsa_ms=sum(r.rsa_ms for r in every) / len(every), argon2_ms=sum(r.argon2_ms for r in every) / len(every)
    )


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least ``share`` of all do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
