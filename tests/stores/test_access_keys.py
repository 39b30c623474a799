"""Access keys on SQLite and PostgreSQL."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app.adapters.sql.principals import SqlAccessKeys
from app.adapters.sql.tables import access_keys
from app.core.kernel.sealing import Sealer, Unsealable
from app.core.kernel.secret import Secret
from app.core.principals.model import AccessKey
from tests.support.world import World

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
KEY = AccessKey(
    access_key_id="AKIA" + "A" * 16,
    account_id="123456789012",
    name="ci",
    secret=Secret("s" * 40),
    policy=POLICY,
    created_at=1,
)
LATER = replace(KEY, access_key_id="AKIA" + "B" * 16, policy=None, created_at=2)


@pytest.fixture
def store(world: World) -> SqlAccessKeys:
    return SqlAccessKeys(world.database, world.sealer)


def test_keys_come_back_as_stored_oldest_first(store: SqlAccessKeys) -> None:
    store.add(LATER)
    store.add(KEY)
    assert store.find(KEY.access_key_id) == KEY
    assert store.list_all() == [KEY, LATER]


@pytest.mark.parametrize("stranger", ["", "AKIA", KEY.access_key_id.lower(), "é" * 20, "A" * 10_000, "%"])
def test_a_key_that_nobody_has_is_not_found(store: SqlAccessKeys, stranger: str) -> None:
    store.add(KEY)
    assert store.find(stranger) is None
    assert not store.remove(stranger)


def test_a_key_is_removed_once(store: SqlAccessKeys) -> None:
    store.add(KEY)
    assert store.remove(KEY.access_key_id)
    assert not store.remove(KEY.access_key_id)
    assert store.find(KEY.access_key_id) is None


def test_a_secret_stored_is_sealed_for_its_own_row(world: World, store: SqlAccessKeys) -> None:
    store.add(KEY)
    store.add(LATER)
    with world.database.writing() as connection:
        sealed = connection.execute(select(access_keys.c.sealed).where(access_keys.c.name == "ci")).scalars().all()
        assert "s" * 40 not in "".join(sealed)
        moved = update(access_keys).where(access_keys.c.access_key_id == LATER.access_key_id)
        own = select(access_keys.c.sealed).where(access_keys.c.access_key_id == KEY.access_key_id)
        connection.execute(moved.values(sealed=connection.execute(own).scalar_one()))
    with pytest.raises(Unsealable):
        store.find(LATER.access_key_id)


def test_another_master_key_opens_nothing(world: World, store: SqlAccessKeys) -> None:
    store.add(KEY)
    with pytest.raises(Unsealable):
        SqlAccessKeys(world.database, Sealer((b"o" * 32,))).find(KEY.access_key_id)
