"""Rows tell on whose behalf the server was changed."""

from threading import Thread

import pytest

from app.core.audit.model import AuditEvent
from app.core.audit.operator import AttributedAudit, Operator, operated_by
from app.core.kernel.caller import Caller

CALLER = Caller(address="192.0.2.1", user_agent=None, request_id="the-id")
ADA = Operator(name="arn:aws:iam::1:user/ada", access_key_id="AKIA", caller=CALLER)


class Rows(list):
    def record(self, event):
        self.append(event)


@pytest.fixture
def rows():
    return Rows()


def record(rows, **more):
    AttributedAudit(audit=rows).record(AuditEvent(event="client.create", outcome="ok", **more))


def test_a_row_names_the_operator_and_where_they_called_from(rows):
    with operated_by(ADA):
        record(rows, detail={"domain": "a"})
    (row,) = rows
    assert row.detail == {"domain": "a", "operator": "arn:aws:iam::1:user/ada", "access_key": "AKIA"}
    assert (row.address, row.request_id) == ("192.0.2.1", "the-id")


def test_what_a_row_says_itself_stays(rows):
    with operated_by(ADA):
        record(rows, address="198.51.100.1", request_id="other")
    assert (rows[0].address, rows[0].request_id) == ("198.51.100.1", "other")


def test_the_command_line_has_no_address(rows):
    with operated_by(Operator(name="command line")):
        record(rows)
    assert (rows[0].detail, rows[0].address) == ({"operator": "command line"}, None)


def test_nobody_operates_before_and_after(rows):
    record(rows)
    with pytest.raises(RuntimeError), operated_by(ADA):
        raise RuntimeError
    record(rows)
    assert [row.detail for row in rows] == [{}, {}]


def test_another_threads_operator_is_not_ones_own(rows):
    with operated_by(ADA):
        other = Thread(target=record, args=(rows,))
        other.start()
        other.join()
    assert rows[0].detail == {}
