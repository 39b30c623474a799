"""Software tokens, passkeys, recovery codes and devices, on SQLite and PostgreSQL; at once, exactly one wins."""

from dataclasses import replace

import pyotp
import pytest

from app.adapters.sql.devices import SqlDevices
from app.adapters.sql.passkeys import SqlPasskeys
from app.adapters.sql.recovery_codes import SqlRecoveryCodes
from app.adapters.sql.reseal import reseal
from app.adapters.sql.software_tokens import SqlSoftwareTokens
from app.core.devices.model import Device
from app.core.factors.errors import SoftwareTokenNotFound, SoftwareTokenUsed
from app.core.factors.passkey import Passkey
from app.core.factors.ports import PasskeyTaken
from app.core.factors.recovery_codes import RecoveryCodes
from app.core.factors.software_token import SoftwareToken
from app.core.factors.totp import Totp
from app.core.kernel.errors import CodeMismatch, Fact, QuotaExceeded, UserNotFound
from app.core.kernel.ids import PoolId, new_uuid
from app.core.kernel.sealing import Sealer, Unsealable
from app.core.kernel.secret import Secret
from tests.support.parallel import at_once
from tests.support.records import code_record, session_record, stored_user
from tests.support.world import MASTER_KEY, NOON, World

WITH_TOKENS = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
NEW_KEY = bytes(range(32, 64))


def outcome(action, *given, **named):
    """What came of it: ``ok``, or the fact's name."""
    try:
        action(*given, **named)
    except Fact as fact:
        return type(fact).__name__
    return "ok"


@pytest.fixture
def pool(world: World):
    return world.a_pool(WITH_TOKENS)


@pytest.fixture
def user(world: World, pool):
    return stored_user(world, pool)


# -- software tokens ---------------------------------------------------------------------------------------------------


@pytest.fixture
def totp(world: World):
    return Totp(
        store=SqlSoftwareTokens(world.database, world.sealer),
        users=world.users,
        audit=world.audit,
        clock=world.clock,
        transactions=world.database,
    )


def code_of(seed: Secret, at: int = NOON) -> Secret:
    return Secret(pyotp.TOTP(seed.reveal()).at(at))


def test_of_parallel_uses_of_one_code_one_is_accepted(totp, pool, user, world):
    seed = totp.begin(pool, user)
    totp.confirm(pool, user, code_of(seed))
    world.clock.advance(minutes=1)
    code = code_of(seed, world.clock.now())
    outcomes = at_once(lambda _: outcome(totp.check, pool, user, code), range(6))
    assert sorted(outcomes) == ["SoftwareTokenUsed"] * 5 + ["ok"]


def test_of_parallel_confirmations_one_counts(totp, pool, user):
    seed = totp.begin(pool, user)
    outcomes = at_once(lambda _: outcome(totp.confirm, pool, user, code_of(seed)), range(4))
    assert sorted(outcomes) == ["SoftwareTokenNotFound"] * 3 + ["ok"]
    assert totp.is_set_up(pool.pool_id, user.sub)


def test_parallel_beginnings_leave_one_seed(totp, pool, user):
    seeds = at_once(lambda _: totp.begin(pool, user), range(4))
    right = [seed for seed in seeds if outcome(totp.confirm, pool, user, code_of(seed)) == "ok"]
    assert len(right) == 1


def test_a_step_before_the_last_one_used_is_too_late(totp, pool, user, world):
    seed = totp.begin(pool, user)
    totp.confirm(pool, user, code_of(seed, NOON + 30))
    with pytest.raises(SoftwareTokenUsed):
        totp.check(pool, user, code_of(seed, NOON))
    world.clock.advance(seconds=60)
    totp.check(pool, user, code_of(seed, NOON + 60))


def test_a_confirmed_token_cannot_be_confirmed_again(totp, pool, user):
    seed = totp.begin(pool, user)
    totp.confirm(pool, user, code_of(seed))
    with pytest.raises(SoftwareTokenNotFound):
        totp.confirm(pool, user, code_of(seed, NOON + 30))


def test_a_seed_is_sealed_to_its_row_and_sealed_again_under_a_new_key(totp, pool, user, world):
    seed = totp.begin(pool, user)
    totp.confirm(pool, user, code_of(seed))
    both = Sealer((NEW_KEY, MASTER_KEY))
    reseal(world.database, both)
    found = SqlSoftwareTokens(world.database, Sealer((NEW_KEY,))).find(pool.pool_id, user.sub, confirmed=True)
    assert found.seed == seed
    with pytest.raises(Unsealable):
        SqlSoftwareTokens(world.database, world.sealer).find(pool.pool_id, user.sub, confirmed=True)


def test_with_the_user_goes_the_token(totp, pool, user, world):
    totp.confirm(pool, user, code_of(totp.begin(pool, user)))
    world.users.remove(pool.pool_id, user.sub)
    assert not totp.is_set_up(pool.pool_id, user.sub)


def test_a_token_of_nobody_is_not_stored(world, pool, user):
    world.users.remove(pool.pool_id, user.sub)
    store = SqlSoftwareTokens(world.database, world.sealer)
    token = SoftwareToken(
        token_id=new_uuid(), pool_id=pool.pool_id, sub=user.sub, seed=Secret("A" * 52), created_at=NOON
    )
    with pytest.raises(UserNotFound):
        store.put_waiting(token)


# -- passkeys ----------------------------------------------------------------------------------------------------------


def passkey(user, credential_id: str = "abc", **changes) -> Passkey:
    made = Passkey(
        pool_id=user.pool_id,
        credential_id=credential_id,
        sub=user.sub,
        public_key=b"key",
        sign_count=0,
        transports=("internal", "usb"),
        attachment="platform",
        name="Passkey",
        aaguid="00000000-0000-0000-0000-000000000000",
        rp_id="example.com",
        created_at=NOON,
    )
    return replace(made, **changes)


def test_a_passkey_comes_back_as_it_went(world, user):
    store = SqlPasskeys(world.database)
    stored = passkey(user, user_verified=True, backed_up=True, sign_count=7)
    store.add(stored, most=20)
    assert store.find(user.pool_id, "abc") == stored
    assert store.list_of(user.pool_id, user.sub) == [stored]
    assert store.has_any(user.pool_id, user.sub)
    assert store.remove(user.pool_id, user.sub, "abc")
    assert not store.remove(user.pool_id, user.sub, "abc")
    assert not store.has_any(user.pool_id, user.sub)


def test_a_passkey_is_renamed_by_its_owner_alone(world, pool, user):
    store = SqlPasskeys(world.database)
    mine, further = passkey(user), passkey(user, "def", name="Other")
    store.add(mine, most=20)
    store.add(further, most=20)
    assert not store.rename(user.pool_id, stored_user(world, pool, "bob").sub, "abc", "Bob's")
    assert not store.rename(PoolId("us-east-1_Elsewhere"), user.sub, "abc", "x")
    assert not store.rename(user.pool_id, user.sub, "xyz", "x")
    assert store.rename(user.pool_id, user.sub, "abc", "Laptop")
    assert {one.credential_id: one.name for one in store.list_of(user.pool_id, user.sub)} == {
        "abc": "Laptop",
        "def": further.name,
    }


def test_a_credential_belongs_to_one_user_of_a_pool(world, pool, user):
    store = SqlPasskeys(world.database)
    store.add(passkey(user), most=20)
    other = stored_user(world, pool, "bob")
    with world.database.transaction():
        with pytest.raises(PasskeyTaken):
            store.add(passkey(other), most=20)
        store.add(passkey(other, "def"), most=20)
    assert not store.remove(pool.pool_id, other.sub, "abc")
    assert [one.credential_id for one in store.list_of(pool.pool_id, other.sub)] == ["def"]


def test_parallel_registrations_stay_within_the_quota(world, user):
    store = SqlPasskeys(world.database)
    outcomes = at_once(lambda number: outcome(store.add, passkey(user, f"c{number}"), most=3), range(6))
    assert sorted(outcomes) == ["QuotaExceeded"] * 3 + ["ok"] * 3
    with pytest.raises(QuotaExceeded):
        store.add(passkey(user, "more"), most=3)


def test_a_passkey_of_nobody_is_not_stored(world, user):
    world.users.remove(user.pool_id, user.sub)
    with pytest.raises(UserNotFound):
        SqlPasskeys(world.database).add(passkey(user), most=3)


def test_of_parallel_uses_with_one_count_one_is_accepted(world, user):
    store = SqlPasskeys(world.database)
    store.add(passkey(user, sign_count=4), most=3)
    outcomes = at_once(lambda _: store.use(passkey(user), sign_count=5), range(4))
    assert sorted(outcomes) == [False, False, False, True]
    assert not store.use(passkey(user), sign_count=0)
    assert not store.use(passkey(user), sign_count=5)


def test_an_authenticator_that_counts_nothing_may_go_on_so(world, user):
    store = SqlPasskeys(world.database)
    store.add(passkey(user), most=3)
    assert store.use(passkey(user), sign_count=0)
    assert store.use(passkey(user), sign_count=0)


# -- recovery codes ----------------------------------------------------------------------------------------------------


@pytest.fixture
def recovery(world: World):
    return RecoveryCodes(
        store=SqlRecoveryCodes(world.database),
        hasher=world.hasher,
        audit=world.audit,
        clock=world.clock,
        transactions=world.database,
    )


def test_each_recovery_code_is_good_once(recovery, pool, user):
    codes = recovery.issue(pool, user)
    assert [len(code.reveal()) for code in codes] == [10] * 10
    assert recovery.count(pool.pool_id, user.sub) == 10
    typed = codes[0].reveal()
    recovery.take(pool, user, Secret(f" {typed[:5].upper()}-{typed[5:]} "))
    assert recovery.count(pool.pool_id, user.sub) == 9
    with pytest.raises(CodeMismatch):
        recovery.take(pool, user, codes[0])


def test_of_parallel_uses_of_one_recovery_code_one_counts(recovery, pool, user):
    code = recovery.issue(pool, user)[3]
    outcomes = at_once(lambda _: outcome(recovery.take, pool, user, code), range(4))
    assert sorted(outcomes) == ["CodeMismatch"] * 3 + ["ok"]


def test_new_recovery_codes_replace_the_old_ones_also_at_once(recovery, pool, user):
    old = recovery.issue(pool, user)[0]
    at_once(lambda _: recovery.issue(pool, user), range(3))
    assert recovery.count(pool.pool_id, user.sub) == 10
    with pytest.raises(CodeMismatch):
        recovery.take(pool, user, old)


@pytest.mark.parametrize("guess", ["", "-", "0000000000", "x" * 5000])
def test_a_guess_is_a_mismatch(recovery, pool, user, guess):
    recovery.issue(pool, user)
    with pytest.raises(CodeMismatch):
        recovery.take(pool, user, Secret(guess))
    assert recovery.count(pool.pool_id, user.sub) == 10


def test_nobody_gets_recovery_codes(recovery, world, pool, user):
    world.users.remove(pool.pool_id, user.sub)
    with pytest.raises(UserNotFound):
        recovery.issue(pool, user)


def test_somebody_elses_recovery_code_is_nobodys(recovery, world, pool, user):
    code = recovery.issue(pool, user)[0]
    with pytest.raises(CodeMismatch):
        recovery.take(pool, stored_user(world, pool, "bob"), code)


# -- devices -----------------------------------------------------------------------------------------------------------


def device(user, key: str = "us-east-1_1", **changes) -> Device:
    made = Device(
        pool_id=user.pool_id,
        sub=user.sub,
        device_key=key,
        group_key="-12345678",
        created_at=NOON,
        modified_at=NOON,
        last_used_at=NOON,
    )
    return replace(made, **changes)


def test_of_parallel_confirmations_of_one_device_one_is_written(world, user):
    store = SqlDevices(world.database)
    store.add(device(user), waiting_since=0, waiting_most=10)
    told = [device(user, confirmed=True, salt=b"salt", verifier=bytes([n])) for n in range(2, 6)]
    outcomes = at_once(store.confirm, told)
    assert sorted(outcomes) == [False, False, False, True]
    found = store.find(user.pool_id, user.sub, "us-east-1_1")
    assert found == told[outcomes.index(True)]


def test_nobody_is_offered_a_device(world, user):
    world.users.remove(user.pool_id, user.sub)
    with pytest.raises(UserNotFound):
        SqlDevices(world.database).add(device(user), waiting_since=0, waiting_most=10)


def test_a_page_of_devices_holds_the_users_own_confirmed_ones(world, pool, user):
    store = SqlDevices(world.database)
    for number in range(3):
        store.add(device(user, f"k{number}", confirmed=True), waiting_since=0, waiting_most=10)
    store.add(device(user, "k9"), waiting_since=0, waiting_most=10)
    store.add(device(stored_user(world, pool, "bob"), "k4", confirmed=True), waiting_since=0, waiting_most=10)
    page = store.list_page(user.pool_id, user.sub, after="", limit=2)
    assert [one.device_key for one in page] == ["k0", "k1"]
    rest = store.list_page(user.pool_id, user.sub, after="k1", limit=9)
    assert [one.device_key for one in rest] == ["k2"]


def test_with_a_device_go_the_sessions_that_began_on_it(world, user):
    store = SqlDevices(world.database)
    store.add(device(user), waiting_since=0, waiting_most=10)
    sessions = {}
    for name, extra in [("its", {"device_key": "us-east-1_1"}), ("another", {"device_key": "x"}), ("none", {})]:
        sessions[name] = session_record(code_record(user), extra=extra)
        world.tokens.add_session(sessions[name])
    assert not store.remove(user.pool_id, user.sub, "x", at=NOON + 5)
    assert store.remove(user.pool_id, user.sub, "us-east-1_1", at=NOON + 5)
    found = {
        name: world.tokens.find_session(user.pool_id, session.origin_jti)[0].revoked_at
        for name, session in sessions.items()
    }
    assert found == {"its": NOON + 5, "another": None, "none": None}


def test_of_devices_that_wait_the_newest_stay(world, user, pool):
    store = SqlDevices(world.database)
    bob = stored_user(world, pool, "bob")
    store.add(device(bob, "bobs"), waiting_since=0, waiting_most=3)
    store.add(device(user, "confirmed", confirmed=True, created_at=NOON - 9), waiting_since=0, waiting_most=3)
    for number in range(5):
        store.add(device(user, f"k{number}", created_at=NOON + number), waiting_since=0, waiting_most=3)
    keys = ("confirmed", "k0", "k1", "k2", "k3", "k4")
    there = [key for key in keys if store.find(user.pool_id, user.sub, key)]
    assert there == ["confirmed", "k2", "k3", "k4"]
    assert store.find(bob.pool_id, bob.sub, "bobs") is not None


def test_of_confirmed_devices_those_used_last_stay_and_the_others_sessions_end(world, user, pool):
    store = SqlDevices(world.database)
    bob = stored_user(world, pool, "bob")
    store.add(device(bob, "bobs", confirmed=True), waiting_since=0, waiting_most=10)
    for number in range(5):
        used = device(user, f"k{number}", confirmed=True, last_used_at=NOON + 9 - number)
        store.add(used, waiting_since=0, waiting_most=10)
    its = session_record(code_record(user), extra={"device_key": "k3"})
    kept = session_record(code_record(user), extra={"device_key": "k0"})
    world.tokens.add_session(its)
    world.tokens.add_session(kept)
    store.drop_surplus(used, most=3, at=NOON + 20)
    page = store.list_page(user.pool_id, user.sub, after="", limit=9)
    assert [one.device_key for one in page] == ["k0", "k1", "k4"]
    assert world.tokens.find_session(user.pool_id, its.origin_jti)[0].revoked_at == NOON + 20
    assert world.tokens.find_session(user.pool_id, kept.origin_jti)[0].revoked_at is None
    assert store.find(bob.pool_id, bob.sub, "bobs") is not None


def test_somebody_elses_device_is_not_forgotten(world, pool, user):
    store = SqlDevices(world.database)
    store.add(device(user, confirmed=True), waiting_since=0, waiting_most=10)
    other = stored_user(world, pool, "bob")
    assert not store.remove(pool.pool_id, other.sub, "us-east-1_1", at=NOON)
    assert not store.set_remembered(pool.pool_id, other.sub, "us-east-1_1", remembered=True, at=NOON)
    assert store.find(pool.pool_id, other.sub, "us-east-1_1") is None
    assert store.find(pool.pool_id, user.sub, "us-east-1_1") is not None
