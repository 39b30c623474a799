"""A flood of forged signatures, from wherever, leaves few rows; and what it says of keys stands in none of them."""

import pytest

from app.core.audit.repeats import RepeatsCollapsed
from app.core.audit.signatures import RefusedSignatures

OURS = "AKIAOURSOURSOURSOURS"


@pytest.fixture
def refused(house):
    log = RepeatsCollapsed(inner=house.world.audit, ephemeral=house.world.ephemeral, clock=house.clock)
    return RefusedSignatures(audit=log, was_issued=lambda key_id: key_id == OURS)


def test_a_key_of_ours_is_named_and_its_flood_told_in_few_from_however_many_addresses(house, refused):
    for n in range(120):
        refused.record("SignatureDoesNotMatch", OURS, service="s3", address=f"198.51.100.{n}", request_id="r" * 40)
    rows = house.audit_rows()
    assert [row.detail.get("repeated") for row in rows] == [None] * 10 + ["100"]
    assert {row.detail["access_key"] for row in rows} == {OURS}
    first = rows[0]
    assert (first.event, first.outcome, first.address) == ("signature", "SignatureDoesNotMatch", "198.51.100.0")
    assert (first.detail["service"], first.request_id, first.pool_id) == ("s3", "r" * 36, None)


@pytest.mark.parametrize("addresses", ["192.0.2.1", "2001:db8:0:1::{}"])
def test_invented_keys_are_not_written_down_and_told_by_their_network(house, refused, addresses):
    for n in range(120):
        refused.record(
            "InvalidAccessKeyId", f"secret-{n}-\u00e9\ud800", service="s3", address=addresses.format(f"{n:x}")
        )
    assert len(house.audit_rows()) == 11
    refused.record("InvalidAccessKeyId", "secret-0", service="s3", address="192.0.2.2")
    rows = house.audit_rows()
    assert len(rows) == 12
    assert "secret" not in str(rows)
    refused.record("InvalidAccessKeyId", "secret-0", service="s3", address=None)
    assert len(house.audit_rows()) == 13


def test_outcomes_are_told_apart_and_a_minute_later_there_is_a_row_again(house, refused):
    for outcome in ("SignatureDoesNotMatch", "ExpiredToken"):
        for _ in range(20):
            refused.record(outcome, OURS, service="s3", address=None)
    assert len(house.audit_rows()) == 20
    house.clock.advance(minutes=1)
    refused.record("ExpiredToken", OURS, service="s3", address=None)
    assert len(house.audit_rows()) == 21
