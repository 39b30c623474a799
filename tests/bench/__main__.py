"""``python -m tests.bench``: what the server costs, on this machine, beside what the machine can do. docs/performance.md explains."""

import argparse
import os
import platform
import tempfile
from pathlib import Path

from app.adapters.system.counters import SharedCounters
from app.core.audit.tally import HASHING_SECONDS
from tests.bench import meters, report, scenarios, stack
from tests.bench.api_scenarios import sample_api
from tests.bench.credential_scenarios import decision_ms, sample_vended
from tests.bench.report import Column
from tests.bench.scenarios import Generator, Outcome, Scenario
from tests.bench.seed import World, fill, make_world
from tests.support.free_port import free_port

_PACE = 60


def main() -> None:
    options = _options()
    sizes = [int(size) for size in options.users.split(",")]
    _introduce(options)
    with (
        stack.stores(sqlite=options.sqlite) as stores,
        tempfile.TemporaryDirectory(prefix="poolhouse-bench-") as folder,
    ):
        bench = Bench(options, stores, Path(folder))
        columns = []
        for size in sizes:
            bench.fill(size)
            with_redis = stores.redis_url is not None and options.no_redis != "only"
            columns.append(bench.column(size, redis=with_redis))
            report.print_column(columns[-1])
        if columns[-1].redis and options.no_redis == "column":
            columns.append(bench.column(sizes[-1], redis=False))
            report.print_column(columns[-1])
        report.print_growth(columns)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--users", default="1000,1000000", help="pool sizes, ascending")
    parser.add_argument("--seconds", type=float, default=5.0, help="measured, each scenario")
    parser.add_argument("--warm", type=float, default=5.0, help="seconds of load before the first scenario of a server")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--no-redis", choices=["column", "only", "never"], default="column", help="the run without Redis"
    )
    parser.add_argument("--sqlite", action="store_true", help="SQLite instead of PostgreSQL")
    parser.add_argument("--starts", type=int, default=2, help="starts of the server, of which the last one counts")
    parser.add_argument("--only", default="", help="only scenarios whose names hold this text")
    return parser.parse_args()


def _introduce(options: argparse.Namespace) -> None:
    rates = meters.calibrate()
    print(
        f"Poolhouse bench: {options.workers} workers on {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
    )
    print(
        "production defaults: development mode off, audit on, limits on, token revocation on, Argon2id 19 MiB t=2 p=1"
    )
    print(f"this machine: RSA-2048 {rates.rsa_ms:.3f} CPU-ms a signature, Argon2id {rates.argon2_ms:.1f} CPU-ms a hash")
    print(
        f"all times in ms; 'scaled': as if RSA-2048 took {report.REFERENCE_RSA_MS} ms, and without the password's hash"
    )


class Bench:
    """One database that grows, and a server started anew for each column."""

    def __init__(self, options: argparse.Namespace, stores: stack.Stores, folder: Path) -> None:
        self._options = options
        self._stores = stores
        self._data = folder / "data"
        self._data.mkdir()
        self._port = free_port()
        self._master_key = stack.new_master_key()
        stack.migrate(self._env(redis=False), self._data)
        with stack.opened(self._env(redis=False), self._data) as opened:
            self._world: World = make_world(opened)

    def _env(self, *, redis: bool) -> dict[str, str]:
        env = stack.environment(self._stores, self._port, self._master_key, redis=redis)
        return {**env, "POOLHOUSE_METRICS_DIR": str(self._data / "metrics")}

    def _hashing_ms(self) -> float:
        """What the server's workers count of their own processor time inside Argon2id."""
        return 1000 * SharedCounters(self._data / "metrics").read().get((HASHING_SECONDS,), 0.0)

    def fill(self, users: int) -> None:
        with stack.opened(self._env(redis=False), self._data) as opened:
            fill(opened, self._world, users)

    def column(self, users: int, *, redis: bool) -> Column:
        env = self._env(redis=redis)
        column = Column(users=users, redis=redis)
        with stack.opened(env, self._data) as opened:
            tokens = scenarios.sample(opened, self._world, users)
            api = sample_api(opened, self._world, users)
            vended = sample_vended(opened, self._world, [one.id_token.reveal() for one in tokens["plain"]])
        column.decision_ms = decision_ms(vended.identity_id, seconds=min(1.0, self._options.seconds))
        for _ in range(self._options.starts - 1):
            with stack.served(env, self._port, self._data, workers=self._options.workers):
                pass  # Fills the caches of the file system and of bytecode; the last start is measured.
        workers = self._options.workers
        with (
            stack.served(env, self._port, self._data, workers=workers) as running,
            stack.gateway(env, self._data, workers=workers) as (gateway_port, gateway),
        ):
            column.start_seconds, column.start_cpu_ms = running.start_seconds, running.start_cpu_ms
            metadata = stack.metadata(self._port, self._world.pool.pool_id)
            column.idle_mib = [meters.pss_mib(pid) for pid in running.workers]
            every = scenarios.scenarios(
                self._world,
                tokens,
                api,
                vended,
                metadata,
                port=self._port,
                gateway_port=gateway_port,
                users=users,
            )
            wanted = [one for one in every if self._options.only in one.name]
            self._warm_up(wanted)
            asked = {False: running.server.pid, True: gateway}
            rates = meters.calibrate(effort=min(1.0, self._options.seconds))
            for one in wanted:
                outcome, rates = self._run(one, rates, asked[one.gateway], redis=redis)
                column.outcomes.append(outcome)
            token = next((one for one in wanted if one.signs and not one.hashes and one.job is not None), None)
            if token is not None:
                column.paced_name = token.name
                column.paced = self._paced(token)
                column.beside_hashing_ms = self._beside_hashing(token, api.usernames)
            column.busy_mib = [meters.pss_mib(pid) for pid in running.workers]
        return column

    def _warm_up(self, wanted: list[Scenario]) -> None:
        share = self._options.warm / max(1, len(wanted))
        for scenario in wanted:
            # Tokens that are exchanged once would be spent before they are measured.
            if share and scenario.job is not None and scenario.job["kind"] != "rotating":
                Generator(scenario.job, warm=0, seconds=share).end()

    def _run(
        self, scenario: Scenario, rates: meters.Rates, server: int, *, redis: bool
    ) -> tuple[Outcome, meters.Rates]:
        return scenarios.run(
            scenario,
            rates,
            warm=min(0.5, self._options.seconds),
            seconds=self._options.seconds,
            server=server,
            database=self._stores.database_pid,
            redis=self._stores.redis_pid if redis else None,
            hashing_ms=self._hashing_ms,
        )

    def _paced(self, scenario: Scenario) -> Outcome:
        assert scenario.job is not None
        counted = Generator(scenario.job, warm=0.5, seconds=max(self._options.seconds, 1), rate=_PACE).end()
        return Outcome(scenario=scenario, p50_ms=counted.get("p50_ms", 0.0), p99_ms=counted.get("p99_ms", 0.0))

    def _beside_hashing(self, scenario: Scenario, usernames: list[str]) -> float:
        """The paced p99 while two browsers sign in without a pause."""
        job = {
            **scenarios.people(self._world, usernames, "passwords"),
            "port": self._port,
            "host": f"localhost:{self._port}",
            "connections": 2,
        }
        signing_in = Generator(job, warm=0, seconds=max(self._options.seconds, 1) + 1)
        signing_in.begin()
        signing_in.go()
        latency = self._paced(scenario).p99_ms
        signing_in.end()
        return latency


if __name__ == "__main__":
    main()
