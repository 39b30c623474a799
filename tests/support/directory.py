"""The rooms around a user, over a real database with a cheap Argon2 profile, and counters of what they cost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.adapters.sql.tables import audit as audit_table
from app.adapters.system.argon2 import Argon2Hasher
from app.adapters.system.big_numbers import choose_power
from app.adapters.system.clock import SystemClock
from app.adapters.system.common_passwords import ZxcvbnPasswords
from app.core.account.administration import AdministrationRecord
from app.core.account.attributes import UserAttributes
from app.core.account.service import Account
from app.core.attempts.service import Attempts
from app.core.clients.model import Client
from app.core.factors.one_time_code import OneTimeCodes
from app.core.factors.password import Passwords
from app.core.kernel.caller import Caller
from app.core.kernel.ephemeral import Ephemeral
from app.core.kernel.secret import Secret
from app.core.limits.lockout import Lockout
from app.core.limits.rates import Rates
from app.core.pools.model import Pool
from app.core.recovery.service import Recovery
from app.core.sign_in.factor_codes import FactorCodes
from app.core.sign_in.model import PasswordProof
from app.core.sign_in.service import SignIn
from app.core.sign_in.srp_exchange import SrpExchange
from app.core.sign_up.model import Registration
from app.core.sign_up.service import SignUp
from app.core.users.model import User
from app.core.users.service import Directory
from tests.support.world import World, fresh_sqlite

PASSWORD = Secret("Correct-Horse-9")
OTHER = Secret("Battery-Staple-7")
BROWSER = Caller(address="198.51.100.7", browser="browser-one", request_id="r-1", language="en")
STRANGER = Caller(address="203.0.113.9", browser="browser-two", request_id="r-2")
JANE = "jane@example.com"


class CountingHasher:
    """A ``PasswordHasher`` that counts hashes and successes."""

    def __init__(self, inner: Argon2Hasher, counts: Counter[str]) -> None:
        self.inner, self.counts = inner, counts

    def hash(self, password: Secret) -> Secret:
        self.counts["hash"] += 1
        return self.inner.hash(password)

    def verify(self, encoded: Secret | None, password: Secret) -> bool:
        self.counts["hash"] += 1
        return self.inner.verify(encoded, password)

    def needs_rehash(self, encoded: Secret) -> bool:
        return self.inner.needs_rehash(encoded)


class CountingEphemeral:
    """An ``Ephemeral`` that counts calls by method."""

    def __init__(self, inner: Ephemeral, counts: Counter[str]) -> None:
        self._inner, self._counts = inner, counts

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self._counts[f"ephemeral.{name}"] += 1
            return method(*args, **kwargs)

        return counted


@dataclass
class House:
    world: World
    counts: Counter[str]
    passwords: Passwords
    codes: OneTimeCodes
    attempts: Attempts
    lockout: Lockout
    rates: Rates
    sign_in: SignIn
    sign_up: SignUp
    recovery: Recovery
    account: Account
    directory: Directory

    @property
    def mailbox(self):
        return self.world.mailbox

    @property
    def clock(self):
        return self.world.clock

    def a_user(self, pool: Pool, name: str = JANE, password: Secret = PASSWORD, **attributes: str) -> User:
        """Confirmed, with a verified address where the name is one."""
        if "@" in name:
            attributes.setdefault("email_verified", "true")
        return self.directory.create(pool, name, attributes, permanent_password=password)

    def proof(self, name: str = JANE, password: Secret = PASSWORD) -> PasswordProof:
        return PasswordProof(username=name, password=password)

    def enter(self, pool: Pool, client: Client, name: str = JANE, password: Secret = PASSWORD, **options: Any) -> Any:
        caller = options.pop("caller", BROWSER)
        return self.sign_in.start(pool, client, self.proof(name, password), caller, **options)

    def registration(self, name: str | None = JANE, **options: Any) -> Registration:
        return Registration(username=name, password=options.pop("password", PASSWORD), **options)

    def last_code(self) -> Secret:
        return (self.mailbox.sent + self.mailbox.queued)[-1].code

    def cost(self, act: Any) -> tuple[Any, Counter[str]]:
        """What the act returned or raised, as text that must not differ, and what it cost."""
        self.counts.clear()
        before = len(self.mailbox.sent), self.audit_rows()
        try:
            outcome = act()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
            outcome = (type(error).__name__, str(error))
        self.counts["sent"] = len(self.mailbox.sent) - before[0]
        self.counts["audit"] = len(self.audit_rows()) - len(before[1])
        return outcome, Counter(self.counts)

    def audit_rows(self) -> list[Any]:
        with self.world.database.connection() as connection:
            return list(connection.execute(select(audit_table)))

    def last_audit(self) -> tuple[str, str]:
        row = self.audit_rows()[-1]
        return row.event, row.outcome


class NoFactors:
    """Users here have a password and nothing else; asking for more is a mistake of the test."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    world = World(fresh_sqlite(tmp_path))
    yield build(world)
    world.close()


def build(world: World, hasher: Argon2Hasher | None = None) -> House:
    counts: Counter[str] = Counter()
    ephemeral = CountingEphemeral(world.ephemeral, counts)
    argon2 = CountingHasher(hasher or Argon2Hasher("test", waiting=1000), counts)
    clock, audit, users = world.clock, world.audit, world.users
    power, sealer = choose_power(), world.sealer
    passwords = Passwords(hasher=argon2, power=power, sealer=sealer, common=ZxcvbnPasswords(), users=users, clock=clock)
    codes = OneTimeCodes(ephemeral=ephemeral, clock=clock, hasher=world.hasher)
    attempts = Attempts(ephemeral=ephemeral, clock=clock, hasher=world.hasher)
    lockout = Lockout(ephemeral=ephemeral, clock=clock)
    rates = Rates(ephemeral=ephemeral, clock=clock)
    return House(
        world=world,
        counts=counts,
        passwords=passwords,
        codes=codes,
        attempts=attempts,
        lockout=lockout,
        rates=rates,
        sign_in=SignIn(
            exchange=SrpExchange(passwords=passwords, hasher=world.hasher, power=power, real_time=SystemClock()),
            codes=FactorCodes(hasher=world.hasher, messages=world.mailbox),
            software_tokens=NoFactors(),
            passkeys=NoFactors(),
            devices=NoFactors(),
            recovery_codes=NoFactors(),
            users=users,
            passwords=passwords,
            attempts=attempts,
            lockout=lockout,
            rates=rates,
            audit=audit,
            clock=clock,
            hasher=world.hasher,
            transactions=world.database,
        ),
        sign_up=SignUp(
            users=users,
            passwords=passwords,
            codes=codes,
            attempts=attempts,
            rates=rates,
            messages=world.mailbox,
            audit=audit,
            clock=clock,
            hasher=world.hasher,
            transactions=world.database,
        ),
        recovery=Recovery(
            users=users,
            passwords=passwords,
            codes=codes,
            lockout=lockout,
            rates=rates,
            messages=world.mailbox,
            audit=audit,
            clock=clock,
            hasher=world.hasher,
            transactions=world.database,
        ),
        account=Account(
            users=users,
            attributes=UserAttributes(
                users=users,
                codes=codes,
                messages=world.mailbox,
                rates=rates,
                audit=audit,
                clock=clock,
                hasher=world.hasher,
                transactions=world.database,
            ),
            administration=AdministrationRecord(audit=audit, messages=world.mailbox),
            passwords=passwords,
            lockout=lockout,
            rates=rates,
            audit=audit,
            clock=clock,
            transactions=world.database,
        ),
        directory=Directory(
            users=users,
            passwords=passwords,
            administration=AdministrationRecord(audit=audit, messages=world.mailbox),
            clock=clock,
            transactions=world.database,
        ),
    )
