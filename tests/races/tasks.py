"""What the worker processes do; each function runs in every thread of every worker and returns what the test counts."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt

from app.adapters.ephemeral.redis import RedisEphemeral
from app.adapters.sql.software_tokens import SqlSoftwareTokens
from app.adapters.system.clock import MovableClock
from app.core.attempts.service import Attempts
from app.core.kernel.caller import Caller
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.errors import Fact
from app.core.kernel.ids import new_uuid
from app.core.kernel.secret import Secret
from app.core.keys.model import KeyPurpose
from app.core.keys.service import Keys
from app.core.users.model import User
from tests.races.workers import Start
from tests.support.prepared_keys import keys_of
from tests.support.records import code_record, names, refresh_record, session_record, user_record
from tests.support.world import World


@dataclass
class Shared:
    """What the threads of one worker share, as the threads of one server process do."""

    world: World
    ephemeral: Ephemeral
    keys: Keys
    given: dict[str, Any]


@contextmanager
def opened(given: dict[str, Any]) -> Iterator[Shared]:
    world = World(given["database_url"], clock=MovableClock(Path(given["clock"])))  # type: ignore[arg-type]
    redis = RedisEphemeral(given["redis_url"], world.clock) if given.get("redis_url") else None
    yield Shared(world, redis or world.ephemeral, keys_of(world), given)
    if redis:
        redis.close()
    world.close()


def redeem(start: Start, shared: Shared, _: int) -> list[bool]:
    """For each code: whether this thread redeemed it."""
    won = []
    for code in shared.given["codes"]:
        session = session_record(code)
        refresh = refresh_record(session)
        start.wait()
        won.append(shared.world.tokens.redeem_code(code.code_hash, session, refresh, now=code.created_at))
    return won


def use_steps(start: Start, shared: Shared, _: int) -> list[bool]:
    """For each time step of one software token: whether this thread's code was accepted."""
    store, won = SqlSoftwareTokens(shared.world.database, shared.world.sealer), []
    for step in shared.given["steps"]:
        start.wait()
        won.append(store.use_step(shared.given["token"], step))
    return won


def take(start: Start, shared: Shared, _: int) -> list[bool]:
    """For each key: whether this thread took its value."""
    won = []
    for key in shared.given["names"]:
        start.wait()
        won.append(shared.ephemeral.take("code", key) is not None)
    return won


def claim_attempt(start: Start, shared: Shared, _: int) -> list[str]:
    """For each Session: ``won``, or what the fact is called that this thread was told."""
    world, told = shared.world, []
    attempts = Attempts(ephemeral=shared.ephemeral, clock=world.clock, hasher=world.hasher)
    for session in shared.given["sessions"]:
        start.wait()
        try:
            pool, client = shared.given["pool"], shared.given["client"]
            attempts.claim(pool, client, Secret(session), Caller(), step="SMS_MFA")
            told.append("won")
        except Fact as fact:
            told.append(type(fact).__name__)
    return told


def add_once(start: Start, shared: Shared, _: int) -> list[bool]:
    """For each key: whether this thread was first."""
    won = []
    for key in shared.given["names"]:
        start.wait()
        won.append(shared.ephemeral.add_once("nonce", key, "x", expires_at=shared.world.clock.now() + 60))
    return won


def swap(start: Start, shared: Shared, thread: int) -> list[bool]:
    """For each key: whether this thread replaced the first value."""
    won = []
    mine = f"{shared.given['process']}.{thread}"
    for key in shared.given["names"]:
        start.wait()
        won.append(shared.ephemeral.swap("code", key, old="first", new=mine, expires_at=shared.world.clock.now() + 60))
    return won


def count(start: Start, shared: Shared, _: int) -> list[int]:
    start.wait()
    until = shared.world.clock.now() + 600
    return [shared.ephemeral.count("rate", "shared", expires_at=until) for _ in range(shared.given["times"])]


def write(start: Start, shared: Shared, thread: int) -> int:
    """Registers users, each a transaction that reads first and then writes to three stores; how many were written."""
    world, pool = shared.world, shared.world.pools.list_all()[0]
    start.wait()
    for number in range(shared.given["times"]):
        name = f"user{shared.given['process']}.{thread}.{number}"
        with world.database.transaction():
            assert world.users.find_by_identifiers(pool.pool_id, names(name)) is None
            user: User = user_record(pool, name)
            world.users.add(user, names(name))
            world.tokens.add_code(code_record(user, origin_jti=new_uuid()))
        world.ephemeral.put("seen", name, "x", expires_at=world.clock.now() + 60)
    return int(shared.given["times"])


def sign_and_verify(start: Start, shared: Shared, thread: int) -> tuple[int, set[str]]:
    """Signs, hands the token over in a file, and verifies everybody's, until told to stop.

    How many were verified, and the kids of what this thread signed.
    """
    keys, pool_id = shared.keys, shared.given["pool_id"]
    folder = Path(shared.given["tokens"])
    me = f"{shared.given['process']}-{thread}"
    verified, signed, kids = 0, 0, set()
    start.wait()
    while not (folder / "stop").exists():
        signer = keys.signer(pool_id, KeyPurpose.ACCESS)
        kids.add(signer.kid)
        header = {"alg": signer.algorithm, "kid": signer.kid}
        signed += 1
        fresh = folder / f"{me}.new"
        fresh.write_text(jwt.encode(header, {"sub": "anna"}, signer.key, algorithms=["RS256"]))
        fresh.rename(folder / f"{me}-{signed % 3}.token")
        for path in folder.glob("*.token"):
            found = path.read_text()
            kid = json.loads(urlsafe_b64decode(found.partition(".")[0] + "=="))["kid"]
            verifier = keys.find_verifier(pool_id, KeyPurpose.ACCESS, kid)
            assert verifier is not None, "a token of a worker is refused by another"
            assert jwt.decode(found, verifier.key, algorithms=["RS256"]).claims == {"sub": "anna"}
            verified += 1
        with (folder / f"{me}.rounds").open("a") as rounds:
            rounds.write(".")
    return verified, kids
