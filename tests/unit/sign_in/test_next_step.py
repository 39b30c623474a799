"""The one decision, as a table."""

from dataclasses import replace

import pytest

from app.core.attempts.model import Attempt
from app.core.kernel.errors import (
    IncorrectCredentials,
    PasswordResetRequired,
    SessionExpired,
    TemporaryPasswordExpired,
    UserDisabled,
    UserNotConfirmed,
)
from app.core.kernel.secret import Secret
from app.core.sign_in.next_step import Ask, Done, Refuse, next_step
from app.core.users.model import PasswordRecord, User, UserStatus
from tests.support.world import NOON

DAY = 86400


@pytest.fixture
def pool(house):
    schema = [{"Name": "name", "Required": True}, {"Name": "family_name", "Required": True}]
    return house.world.a_pool({"SchemaAttributes": schema}, {"password_expires_days": 30})


@pytest.fixture
def client(house, pool):
    return house.world.a_client(pool)


@pytest.fixture
def user(pool):
    return User(
        pool_id=pool.pool_id,
        sub="s",
        username="s",
        status=UserStatus.CONFIRMED,
        attributes={"email": "jane@example.com", "name": "Jane", "family_name": "Doe"},
        password=PasswordRecord(encoded=Secret("x"), set_at=NOON - 60),
        revision=3,
        created_at=NOON - 60,
        updated_at=NOON - 60,
    )


@pytest.fixture
def attempt(pool, client):
    return Attempt(
        pool_id=pool.pool_id,
        client_id=client.client_id,
        sub="s",
        username="s",
        step="",
        proven=("pwd",),
        user_revision=3,
        started_at=NOON,
        expires_at=NOON + 180,
    )


TABLE = [
    ("a proven password of a confirmed user is enough", {}, {}, Done(amr=("pwd",))),
    ("nothing proven", {"proven": ()}, {}, Refuse(fact=IncorrectCredentials)),
    ("only a later factor proven", {"proven": ("new_password",)}, {}, Refuse(fact=IncorrectCredentials)),
    ("disabled", {}, {"enabled": False}, Refuse(fact=UserDisabled)),
    ("disabled after signing up", {"proven": ("signed_up",)}, {"enabled": False}, Refuse(fact=UserDisabled)),
    ("unconfirmed", {}, {"status": UserStatus.UNCONFIRMED}, Refuse(fact=UserNotConfirmed)),
    (
        "registered, unconfirmed",
        {"proven": ("signed_up",)},
        {"status": UserStatus.UNCONFIRMED},
        Refuse(fact=UserNotConfirmed),
    ),
    ("reset required", {}, {"status": UserStatus.RESET_REQUIRED}, Refuse(fact=PasswordResetRequired)),
    ("federated", {}, {"status": UserStatus.EXTERNAL_PROVIDER}, Refuse(fact=IncorrectCredentials)),
    ("temporary", {}, {"status": UserStatus.FORCE_CHANGE_PASSWORD}, Ask(step="NEW_PASSWORD_REQUIRED")),
    (
        "temporary, attributes missing",
        {},
        {"status": UserStatus.FORCE_CHANGE_PASSWORD, "attributes": {"email": "j@e.com"}},
        Ask(step="NEW_PASSWORD_REQUIRED", missing_attributes=("family_name", "name")),
    ),
    (
        "temporary and seven days old",
        {},
        {
            "status": UserStatus.FORCE_CHANGE_PASSWORD,
            "password": PasswordRecord(encoded=Secret("x"), set_at=NOON - 7 * DAY),
        },
        Refuse(fact=TemporaryPasswordExpired),
    ),
    (
        "temporary, a second before that",
        {},
        {
            "status": UserStatus.FORCE_CHANGE_PASSWORD,
            "password": PasswordRecord(encoded=Secret("x"), set_at=NOON - 7 * DAY + 1),
        },
        Ask(step="NEW_PASSWORD_REQUIRED"),
    ),
    (
        "an expired password",
        {},
        {"password": PasswordRecord(encoded=Secret("x"), set_at=NOON - 30 * DAY)},
        Ask(step="NEW_PASSWORD_REQUIRED"),
    ),
    (
        "a password a second younger",
        {},
        {"password": PasswordRecord(encoded=Secret("x"), set_at=NOON - 30 * DAY + 1)},
        Done(amr=("pwd",)),
    ),
    ("the record changed since", {"user_revision": 2}, {}, Refuse(fact=SessionExpired)),
    ("signed out everywhere since", {}, {"sessions_valid_after": NOON + 1}, Refuse(fact=SessionExpired)),
    ("the attempt's lifetime is over", {"expires_at": NOON}, {}, Refuse(fact=SessionExpired)),
    ("registered and confirmed since", {"proven": ("signed_up",), "user_revision": 0}, {}, Done(amr=("pwd",))),
    (
        "registered, the password changed since",
        {"proven": ("signed_up",)},
        {"password": PasswordRecord(encoded=Secret("x"), set_at=NOON + 1)},
        Refuse(fact=SessionExpired),
    ),
]


@pytest.mark.parametrize(("of_attempt", "of_user", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE])
@pytest.mark.spec("Cognito: UserStatusType")
def test_what_remains(pool, client, user, attempt, of_attempt, of_user, expected):
    found = next_step(replace(attempt, **of_attempt), pool, client, replace(user, **of_user), NOON)
    assert found == expected


def test_a_user_who_is_gone_is_refused_like_a_wrong_password(pool, client, attempt):
    assert next_step(attempt, pool, client, None, NOON) == Refuse(fact=IncorrectCredentials)


def test_only_what_the_client_may_write_is_asked(house, pool, user, attempt):
    client = house.world.a_client(pool, {"WriteAttributes": ["name"]})
    bare = replace(user, status=UserStatus.FORCE_CHANGE_PASSWORD, attributes={})
    assert next_step(attempt, pool, client, bare, NOON) == Ask(
        step="NEW_PASSWORD_REQUIRED", missing_attributes=("name",)
    )
