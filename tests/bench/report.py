"""The table: what was measured, beside what it must and should be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.bench import meters
from tests.bench.scenarios import Outcome

REFERENCE_RSA_MS = 0.32
"""The machine on which the budgets were set signs RSA-2048 in this time. Times are scaled by it, so that another or a busy
machine is held to the same ratio.
"""

Budget = tuple[float, float]
BUDGETS: dict[str, Budget] = {
    "discovery": (0.2, 0.13),
    "JWKS": (0.2, 0.13),
    "client credentials": (0.80, 0.65),
    "refresh": (1.9, 1.5),
    "userInfo": (0.9, 0.6),
    "whole code flow": (8.0, 5.0),
    "InitiateAuth, password": (5.0, 3.0),
    "SRP sign-in": (6.0, 4.5),
    "GetUser": (0.9, 0.6),
    "AdminGetUser": (0.9, 0.6),
    "ListUsers, first 60": (1.7, 1.1),
}
"""CPU-ms of the server, PostgreSQL and Redis together: must, aim. The flow's are above one Argon2id hash."""
GROWTH = (1.2, 1.1)
START = (1.5, 0.8)
MEMORY = (80.0, 60.0)
PACED = (10.0, 4.4)
BESIDE_HASHING = (40.0, 20.0)
DECISION = (0.15, 0.15)


@dataclass(slots=True, kw_only=True)
class Column:
    """One run of all scenarios."""

    users: int
    redis: bool
    outcomes: list[Outcome] = field(default_factory=list)
    start_seconds: float = 0.0
    start_cpu_ms: float = 0.0
    idle_mib: list[float] = field(default_factory=list)
    busy_mib: list[float] = field(default_factory=list)
    paced: Outcome | None = None
    paced_name: str = ""
    beside_hashing_ms: float | None = None
    decision_ms: float = 0.0

    @property
    def title(self) -> str:
        return f"{self.users:,} users, {'with' if self.redis else 'without'} Redis"


def scaled(outcome: Outcome) -> float:
    """CPU-ms as the reference machine would need them, without the password's hash."""
    rates = outcome.rates
    assert rates is not None
    return (outcome.total_ms - outcome.hashing_ms) * REFERENCE_RSA_MS / rates.rsa_ms


def verdict(value: float, budget: Budget | None) -> str:
    if budget is None:
        return "-"
    return "aim" if value <= budget[1] else "must" if value <= budget[0] else "MISSED"


def print_column(column: Column, say: Callable[[str], None] = print) -> None:
    say(f"\n== {column.title}")
    say(
        f"{'':20}{'req/s':>8}{'p50':>8}{'p99':>8}{'server':>9}{'pg':>7}{'redis':>7}{'total':>8}{'scaled':>8}{'of RSA':>8}"
        f"{'must':>7}{'aim':>6}"
    )
    for outcome in column.outcomes:
        say(_line(outcome))
    rates = meters.mean_rates([one.rates for one in column.outcomes if one.rates])
    start = column.start_cpu_ms * REFERENCE_RSA_MS / rates.rsa_ms / 1000
    say(f"start to the first 200 (warm): {column.start_seconds:.2f} s on the clock, {column.start_cpu_ms:,.0f} CPU-ms of "
        f"parent and workers, scaled {start:.2f} s [{verdict(start, START)}]")  # fmt: skip
    say(f"PSS a worker: idle {_mib(column.idle_mib)} [{verdict(max(column.idle_mib, default=0), MEMORY)}], "
        f"after all this {_mib(column.busy_mib)}")  # fmt: skip
    if column.paced is not None:
        say(f"{column.paced_name} at 60 requests/s: p50 {column.paced.p50_ms:.1f} ms, p99 {column.paced.p99_ms:.1f} ms "
            f"[{verdict(column.paced.p99_ms, PACED)}]")  # fmt: skip
    if column.beside_hashing_ms is not None:
        say(f"the same while two passwords are being hashed: p99 {column.beside_hashing_ms:.1f} ms "
            f"[{verdict(column.beside_hashing_ms, BESIDE_HASHING)}]")  # fmt: skip
    decision = column.decision_ms * REFERENCE_RSA_MS / rates.rsa_ms
    say(f"one policy decision over ten statements: {column.decision_ms:.3f} CPU-ms ({1000 / column.decision_ms:,.0f}/s a core), "
        f"scaled {decision:.3f} [{verdict(decision, DECISION)}]")  # fmt: skip
    say(f"the machine meanwhile: RSA-2048 {rates.rsa_ms:.3f} CPU-ms ({1000 / rates.rsa_ms:,.0f}/s a core), "
        f"Argon2id {rates.argon2_ms:.1f} CPU-ms ({1000 / rates.argon2_ms:,.0f}/s a core)")  # fmt: skip


def _line(outcome: Outcome) -> str:
    name = outcome.scenario.name
    if outcome.rates is None:
        return f"{name:20}   ({outcome.failed})"
    budget = BUDGETS.get(name)
    value = scaled(outcome)
    # In a very short run the clock of the processes may not have ticked.
    share = outcome.scenario.signs * outcome.rates.rsa_ms / outcome.total_ms if outcome.total_ms else 0.0
    return (
        f"{name:20}{outcome.per_second:8,.0f}{outcome.p50_ms:8.1f}{outcome.p99_ms:8.1f}{outcome.server_ms:9.3f}"
        f"{outcome.database_ms:7.3f}{outcome.redis_ms:7.3f}{outcome.total_ms:8.3f}{value:8.3f}"
        f"{f'{share:.0%}' if share else '':>8}"
        + (f"{budget[0]:7.2f}{budget[1]:6.2f}  {verdict(value, budget)}" if budget else "")
    )


def _mib(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.0f} MiB" for value in values) or "none"


def print_growth(columns: Sequence[Column], say: Callable[[str], None] = print) -> None:
    """How much dearer everything is with the most users than with the fewest, Redis alike."""
    alike = [column for column in columns if column.redis == columns[0].redis]
    if len(alike) < 2:
        return
    small, large = alike[0], alike[-1]
    say(f"\n== growth from {small.users:,} to {large.users:,} users")
    for before, after in zip(small.outcomes, large.outcomes, strict=True):
        if before.rates and after.rates:
            ratio = scaled(after) / scaled(before)
            say(f"{before.scenario.name:20}{ratio:6.2f} x  {verdict(ratio, GROWTH)}")
