"""Temporary credentials: what they stand for is sealed in their token, and nothing else opens it."""

from contextlib import nullcontext
from dataclasses import dataclass, field, replace

import pytest

from app.core.kernel.errors import InvalidParameter
from app.core.kernel.sealing import Hasher, Sealer
from app.core.principals.key_ids import KeyIds
from app.core.principals.model import RoleSession
from app.core.principals.temporary import (
    LONGEST_SECONDS,
    SessionRevoked,
    SessionTokenExpired,
    SessionTokenInvalid,
    TemporaryKeys,
)
from tests.support.world import MASTER_KEY, NOON, MovedClock

OTHER_KEY = bytes(reversed(range(32)))
POOL, IDENTITY, ROLE = "us-east-1:pool", "us-east-1:somebody", "arn:aws:iam::123456789012:role/app/reader"


@dataclass
class Cutoffs:
    kept: dict[tuple[str, str], int] = field(default_factory=dict)

    def set(self, scope, names, *, before, forget_before):
        self.kept = {key: moment for key, moment in self.kept.items() if moment >= forget_before}
        self.kept |= {(scope, name): before for name in names}

    def list_all(self):
        return self.kept


class AtOnce:
    def transaction(self):
        return nullcontext()


def keys_of(*master, hasher=None, cutoffs=None, clock=None):
    cutoffs = cutoffs or Cutoffs()
    return TemporaryKeys(
        sealer=Sealer(master or (MASTER_KEY,)),
        hasher=hasher or Hasher(b"k" * 32),
        clock=clock or MovedClock(),
        store=cutoffs,
        read_cutoffs=cutoffs.list_all,
        transactions=AtOnce(),
    )


def a_session(**changes):
    session = RoleSession(
        role_arn=ROLE,
        role_id="AROAEXAMPLE",
        session_name="CognitoIdentityCredentials",
        account_id="123456789012",
        context={
            "cognito-identity.amazonaws.com:sub": (IDENTITY,),
            "cognito-identity.amazonaws.com:amr": ("authenticated", "é/*"),
        },
        tags={"team": "blue"},
        session_policies=('{"Version":"2012-10-17","Statement":[]}',),
        issued_at=NOON,
        expires_at=NOON + 3600,
        identity_pool_id=POOL,
        identity_id=IDENTITY,
        source="GetCredentialsForIdentity",
    )
    return replace(session, **changes)


def opened(keys, given):
    return keys.open(given.access_key_id, given.session_token.reveal())


def test_what_was_sealed_comes_back_whole_on_any_worker_that_has_the_key():
    given = keys_of().issue(a_session())
    found = opened(keys_of(), given)
    assert found.session == a_session()
    assert (found.access_key_id, found.secret) == (given.access_key_id, given.secret)
    assert found.session.arn == "arn:aws:sts::123456789012:assumed-role/reader/CognitoIdentityCredentials"


def test_a_key_looks_as_temporary_keys_of_aws_do_and_is_known_as_ours():
    given = keys_of().issue(a_session())
    assert given.access_key_id[:4] == "ASIA"
    assert len(given.access_key_id) == 20
    assert len(given.secret.reveal()) == 40
    assert KeyIds(hasher=Hasher(b"k" * 32)).was_issued(given.access_key_id)
    assert not KeyIds(hasher=Hasher(b"x" * 32)).was_issued(given.access_key_id)


def test_a_token_is_small_and_shows_nothing_of_what_it_holds():
    token = keys_of().issue(a_session()).session_token.reveal()
    assert len(token) < 1000
    assert "somebody" not in token


def test_two_sessions_alike_have_different_keys_and_secrets():
    keys = keys_of()
    one, other = keys.issue(a_session()), keys.issue(a_session())
    assert one.access_key_id != other.access_key_id
    assert one.secret != other.secret


def test_a_token_opens_with_no_other_key_id():
    keys = keys_of()
    one, other = keys.issue(a_session()), keys.issue(a_session(identity_id="us-east-1:eve"))
    with pytest.raises(SessionTokenInvalid):
        keys.open(one.access_key_id, other.session_token.reveal())


@pytest.mark.parametrize("position", [0, 5, 20, -1, -30])
def test_an_altered_token_is_refused(position):
    keys = keys_of()
    given = keys.issue(a_session())
    letters = list(given.session_token.reveal())
    letters[position] = "A" if letters[position] != "A" else "B"
    with pytest.raises(SessionTokenInvalid):
        keys.open(given.access_key_id, "".join(letters))


@pytest.mark.parametrize("token", ["", "x", "s1.", "s1.00000000.AAAA", "é" * 30, "\ud800", "s1." + "A" * 20_000])
def test_what_is_no_token_is_refused(token):
    keys = keys_of()
    with pytest.raises(SessionTokenInvalid):
        keys.open(keys.issue(a_session()).access_key_id, token)


def test_another_server_opens_nothing():
    given = keys_of().issue(a_session())
    with pytest.raises(SessionTokenInvalid):
        opened(keys_of(OTHER_KEY), given)


def test_the_secret_does_not_follow_from_the_master_key_alone():
    given = keys_of().issue(a_session())
    assert opened(keys_of(hasher=Hasher(b"other" * 7)), given).secret != given.secret


def test_credentials_outlive_a_rotation_of_the_master_key():
    given = keys_of().issue(a_session())
    assert opened(keys_of(OTHER_KEY, MASTER_KEY), given).secret == given.secret


def test_they_end_at_their_last_second():
    clock = MovedClock()
    keys = keys_of(clock=clock)
    given = keys.issue(a_session())
    clock.advance(seconds=3599)
    assert opened(keys, given).session.identity_id == IDENTITY
    clock.advance(seconds=1)
    with pytest.raises(SessionTokenExpired):
        opened(keys, given)


@pytest.mark.parametrize(("scope", "name"), [("identity", IDENTITY), ("role", ROLE), ("identity-pool", POOL)])
def test_what_was_issued_before_a_revocation_is_over_and_what_comes_after_it_is_good(scope, name):
    keys = keys_of()
    before = keys.issue(a_session())
    keys.revoke(scope, name)
    with pytest.raises(SessionRevoked):
        opened(keys, before)
    assert opened(keys, keys.issue(a_session())).session.identity_id == IDENTITY


@pytest.mark.parametrize(
    ("scope", "name"), [("identity", "us-east-1:eve"), ("role", ROLE + "s"), ("identity-pool", IDENTITY)]
)
def test_a_revocation_ends_nobody_elses_session(scope, name):
    keys = keys_of()
    given = keys.issue(a_session())
    keys.revoke(scope, name)
    assert opened(keys, given).session.identity_id == IDENTITY


def test_a_session_without_an_identity_ends_with_its_role():
    keys = keys_of()
    given = keys.issue(a_session(identity_id=None, identity_pool_id=None))
    keys.revoke("role", ROLE)
    with pytest.raises(SessionRevoked):
        opened(keys, given)


def test_cut_offs_are_kept_for_as_long_as_a_session_may_last():
    clock, cutoffs = MovedClock(), Cutoffs()
    keys = keys_of(clock=clock, cutoffs=cutoffs)
    keys.revoke("identity", IDENTITY)
    clock.advance(seconds=LONGEST_SECONDS)
    keys.revoke("identity", "us-east-1:another")
    assert ("identity", IDENTITY) in cutoffs.kept
    clock.advance(seconds=LONGEST_SECONDS + 1)
    keys.revoke("identity", "us-east-1:another")
    assert ("identity", IDENTITY) not in cutoffs.kept


def test_a_second_revocation_of_one_second_ends_what_was_issued_between():
    keys = keys_of(clock=MovedClock())
    for _ in range(3):
        given = keys.issue(a_session())
        assert opened(keys, given)
        keys.revoke("identity", IDENTITY)
        with pytest.raises(SessionRevoked):
            opened(keys, given)


@pytest.mark.parametrize(("scope", "name"), [("identity", IDENTITY), ("identity-pool", POOL)])
def test_what_is_no_more_has_no_sessions_not_even_of_the_next_seconds(scope, name):
    """Somebody who still remembers it may issue another."""
    clock, cutoffs = MovedClock(), Cutoffs()
    keys, behind = keys_of(clock=clock, cutoffs=cutoffs), keys_of(clock=clock)
    before = keys.issue(a_session())
    keys.end(scope, [name, "us-east-1:another"])
    clock.advance(seconds=2)
    late = a_session(issued_at=clock.now(), expires_at=clock.now() + 3600)
    for given in (before, keys.issue(late), behind.issue(late)):
        with pytest.raises(SessionRevoked):
            opened(keys, given)
    assert opened(keys, keys.issue(a_session(identity_id="us-east-1:else", identity_pool_id="us-east-1:elsewhere")))


def test_sessions_are_revoked_by_nothing_else():
    with pytest.raises(InvalidParameter):
        keys_of().revoke("user", "x")
