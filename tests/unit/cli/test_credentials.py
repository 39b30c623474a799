"""`poolhouse credentials revoke`, beside rooms that were opened as a server opens them."""

import json

import pytest
from click.testing import CliRunner

from app.cli import main
from app.config import Settings
from app.core.principals.model import RoleSession
from app.core.principals.temporary import SessionRevoked
from app.installation import open_installation
from tests.support.world import fresh_sqlite

ROLE = "arn:aws:iam::123456789012:role/reader"


@pytest.fixture
def rooms(tmp_path, monkeypatch):
    monkeypatch.setenv("POOLHOUSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("POOLHOUSE_DEV", "1")
    fresh_sqlite(tmp_path)
    opened = open_installation(Settings.from_env())
    yield opened.services
    opened.close()


def issued(rooms):
    now = rooms.clock.now()
    return rooms.temporary_keys.issue(
        RoleSession(
            role_arn=ROLE,
            role_id="AROA",
            session_name="s",
            account_id="123456789012",
            issued_at=now,
            expires_at=now + 3600,
            identity_id="us-east-1:ada",
            identity_pool_id="us-east-1:pool",
            source="test",
        )
    )


def ended(rooms, given):
    try:
        rooms.temporary_keys.open(given.access_key_id, given.session_token.reveal())
    except SessionRevoked:
        return True
    return False


@pytest.mark.parametrize(
    ("option", "name", "ends"),
    [
        ("--identity", "us-east-1:ada", True),
        ("--role", ROLE, True),
        ("--identity-pool", "us-east-1:pool", True),
        ("--identity", "us-east-1:pool", False),
        ("--role", f"{ROLE}s", False),
    ],
)
def test_what_is_named_ends_and_nothing_else(rooms, option, name, ends):
    given = issued(rooms)
    assert not ended(rooms, given)
    done = CliRunner().invoke(main, ["credentials", "revoke", option, name])
    assert done.exit_code == 0, done.output
    # Nothing here has that name: it may be deleted or mistyped, and must not look like the one when it is the other.
    assert "Warning: there is no such" in done.stderr
    # Another process changed it: this one looks again after a quarter of a second, or when it changes something itself.
    rooms.temporary_keys.revoke("identity", "us-east-1:nobody")
    assert ended(rooms, given) is ends


@pytest.mark.parametrize("words", [(), ("--identity", "a", "--role", "b"), ("--user", "x")])
def test_without_one_name_nothing_is_revoked(rooms, words):
    given = issued(rooms)
    assert CliRunner().invoke(main, ["credentials", "revoke", *words]).exit_code == 2
    assert not ended(rooms, given)


TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        },
    },
}


def test_a_role_may_be_named_by_its_name_and_a_name_that_none_has_is_refused(rooms):
    unknown = CliRunner().invoke(main, ["credentials", "revoke", "--role", "raeder"])
    assert unknown.exit_code == 1
    assert "raeder" in unknown.stderr
    assert unknown.stdout == ""
    rooms.roles.create("123456789012", "reader", TRUST)
    given = issued(rooms)
    done = CliRunner().invoke(main, ["credentials", "revoke", "--role", "reader"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["Name"] == ROLE
    assert done.stderr == ""
    rooms.temporary_keys.revoke("identity", "us-east-1:nobody")
    assert ended(rooms, given)
