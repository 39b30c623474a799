from dataclasses import replace

import pytest

from app.adapters.sql.audit import SqlAuditLog
from app.core.audit.model import AuditEvent
from app.core.audit.repeats import RepeatsCollapsed
from app.core.audit.trail import Trail
from app.core.kernel.errors import CodeMismatch, IncorrectCredentials, LockedOut, Unavailable
from tests.support.directory import BROWSER, OTHER


@pytest.fixture
def log(house):
    return RepeatsCollapsed(inner=house.world.audit, ephemeral=house.world.ephemeral, clock=house.clock)


def refuse(log, times=1, **differing):
    for _ in range(times):
        event = {"event": "sign_in.password", "outcome": "LockedOut", "pool_id": "pool", "address": "198.51.100.7"}
        log.record(AuditEvent(**{**event, **differing}, refused=True))


def test_of_repeated_refusals_ten_leave_a_row_and_then_each_power_of_ten(house, log):
    refuse(log, 1100)
    assert [row.detail for row in house.audit_rows()] == [{}] * 10 + [{"repeated": "100"}, {"repeated": "1000"}]


def test_a_lockout_shows_every_guess_that_led_to_it(house):
    pool = house.world.a_pool()
    client, user = house.world.a_client(pool), house.a_user(pool)
    log = RepeatsCollapsed(inner=house.world.audit, ephemeral=house.world.ephemeral, clock=house.clock)
    sign_in = replace(house.sign_in, audit=log)
    for _ in range(5):
        with pytest.raises(IncorrectCredentials):
            sign_in.start(pool, client, house.proof(password=OTHER), BROWSER)
    with pytest.raises(LockedOut):
        sign_in.start(pool, client, house.proof(), BROWSER)
    outcomes = [row.outcome for row in house.audit_rows() if row.sub == user.sub]
    assert outcomes[-6:] == ["IncorrectCredentials"] * 5 + ["LockedOut"]


def test_names_that_nobody_has_are_told_apart_and_not_written_down(house):
    pool = house.world.a_pool()
    client = house.world.a_client(pool)
    log = RepeatsCollapsed(inner=house.world.audit, ephemeral=house.world.ephemeral, clock=house.clock)
    for name in ("eve@example.com", "mallory@example.com", "EVE@example.com"):
        with pytest.raises(IncorrectCredentials):
            replace(house.sign_in, audit=log).start(pool, client, house.proof(name), BROWSER)
    rows = [row.detail for row in house.audit_rows() if row.event == "sign_in.password"]
    assert rows[0] == rows[2] != rows[1]
    assert "eve@" not in str(rows).lower()


def test_after_a_minute_there_is_a_row_again(house, log):
    refuse(log, 30)
    house.clock.advance(minutes=1)
    refuse(log)
    assert len(house.audit_rows()) == 11


@pytest.mark.parametrize(
    "differing",
    [
        {"event": "sign_up.confirm"},
        {"outcome": "CodeMismatch"},
        {"pool_id": "other"},
        {"sub": "jane"},
        {"address": None},
        {"detail": {"name": "name-of-another"}},
    ],
)
def test_refusals_that_differ_are_told_apart(house, log, differing):
    refuse(log, 30)
    refuse(log, 30, **differing)
    assert len(house.audit_rows()) == 20


def test_a_users_refusals_are_not_told_apart_by_their_detail(house, log):
    for n in range(30):
        refuse(log, sub="jane", detail={"reason": str(n)})
    assert len(house.audit_rows()) == 10


def test_what_was_carried_out_is_always_recorded(house, log):
    for _ in range(5):
        log.record(AuditEvent(event="sign_in.password", outcome="ok"))
    assert len(house.audit_rows()) == 5


def test_a_counter_that_does_not_answer_hides_nothing(house):
    class Silent:
        def count(self, *_args, **_options):
            raise Unavailable

    log = RepeatsCollapsed(inner=house.world.audit, ephemeral=Silent(), clock=house.clock)
    refuse(log, 30)
    assert len(house.audit_rows()) == 30


def test_a_trail_marks_refusals(house, log):
    for _ in range(30):
        with pytest.raises(CodeMismatch), Trail(audit=log, event="sign_up.confirm", caller=BROWSER, pool_id="pool"):
            raise CodeMismatch
    assert len(house.audit_rows()) == 10


@pytest.mark.parametrize("pool_id", ["pool", None])
def test_rows_leave_after_their_days_as_others_are_written(house, pool_id):
    log = SqlAuditLog(house.world.database, house.clock, days=2)
    for n in range(40):
        log.record(AuditEvent(event=f"old.{n}", outcome="ok", pool_id=pool_id))
    house.clock.advance(days=1)
    log.record(AuditEvent(event="younger", outcome="ok", pool_id=pool_id))
    house.clock.advance(days=1)
    for _ in range(16):
        log.record(AuditEvent(event="new", outcome="ok", pool_id=pool_id))
    assert {row.event for row in house.audit_rows()} == {"younger", "new"}
