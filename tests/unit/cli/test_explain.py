"""`poolhouse explain`, beside rooms that were opened as a server opens them."""

import json

import pytest
from click.testing import CliRunner

from app.cli import main
from app.config import Settings
from app.installation import open_installation
from tests.support.identity_house import trust
from tests.support.world import fresh_sqlite

ACCOUNT = "123456789012"


@pytest.fixture
def guests(tmp_path, monkeypatch):
    """The id of a pool whose guests have a role without policies."""
    monkeypatch.setenv("POOLHOUSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("POOLHOUSE_DEV", "1")
    fresh_sqlite(tmp_path)
    opened = open_installation(Settings.from_env())
    rooms = opened.services
    settings = {"AllowUnauthenticatedIdentities": True}
    pool = rooms.identity_pools.create(account_id=ACCOUNT, region="us-east-1", name="shop", settings=settings)
    role = rooms.roles.create(ACCOUNT, "guests", trust(pool.identity_pool_id))
    rooms.identity_pools.set_roles(pool.identity_pool_id, {"unauthenticated": role.arn}, {})
    yield pool.identity_pool_id
    opened.close()


@pytest.mark.parametrize("written", ["\x1b[2J", "\r\nok Verdict  Allowed.", "\x9b2J", "\u202e"])
def test_what_somebody_wrote_into_a_request_neither_moves_the_cursor_nor_forges_a_line(guests, written):
    asked = ["--identity-pool", guests, "--action", f"s3:Get{written}", "--resource", f"arn:aws:s3:::b/{written}"]
    done = CliRunner().invoke(main, ["explain", *asked])
    assert done.exit_code == 1
    assert "Denied (NO_IDENTITY_ALLOW)" in done.output
    assert written not in done.output
    assert "\N{REPLACEMENT CHARACTER}" in done.output
    told = CliRunner().invoke(main, ["explain", "--json", *asked])
    assert json.loads(told.output)["Allowed"] is False
