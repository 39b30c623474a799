import pytest

from app.adapters.sql.audit import SqlAuditLog
from app.core.audit.model import AuditEvent
from app.core.audit.repeats import RepeatsCollapsed
from app.core.audit.trail import Trail
from app.core.kernel.errors import CodeMismatch, Unavailable
from tests.support.directory import BROWSER


@pytest.fixture
def log(house):
    return RepeatsCollapsed(inner=house.world.audit, ephemeral=house.world.ephemeral, clock=house.clock)


def refuse(log, times=1, **differing):
    for _ in range(times):
        event = {"event": "sign_in.password", "outcome": "LockedOut", "pool_id": "pool", "address": "198.51.100.7"}
        log.record(AuditEvent(**{**event, **differing}, refused=True))


def test_repeated_refusals_leave_one_row_and_one_for_each_power_of_ten(house, log):
    refuse(log, 250)
    assert [row.detail for row in house.audit_rows()] == [{}, {"repeated": "10"}, {"repeated": "100"}]


def test_after_a_minute_there_is_a_row_again(house, log):
    refuse(log, 3)
    house.clock.advance(minutes=1)
    refuse(log)
    assert len(house.audit_rows()) == 2


@pytest.mark.parametrize(
    "differing",
    [
        {"event": "sign_up.confirm"},
        {"outcome": "CodeMismatch"},
        {"pool_id": "other"},
        {"sub": "jane"},
        {"address": None},
    ],
)
def test_refusals_that_differ_are_told_apart(house, log, differing):
    refuse(log)
    refuse(log, **differing)
    assert len(house.audit_rows()) == 2


def test_what_was_carried_out_is_always_recorded(house, log):
    for _ in range(5):
        log.record(AuditEvent(event="sign_in.password", outcome="ok"))
    assert len(house.audit_rows()) == 5


def test_a_counter_that_does_not_answer_hides_nothing(house):
    class Silent:
        def count(self, *_args, **_options):
            raise Unavailable

    log = RepeatsCollapsed(inner=house.world.audit, ephemeral=Silent(), clock=house.clock)
    refuse(log, 3)
    assert len(house.audit_rows()) == 3


def test_a_trail_marks_refusals(house, log):
    for _ in range(3):
        with pytest.raises(CodeMismatch), Trail(audit=log, event="sign_up.confirm", caller=BROWSER, pool_id="pool"):
            raise CodeMismatch
    assert len(house.audit_rows()) == 1


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
