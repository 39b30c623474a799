"""Secrets at rest and master key rotation, on SQLite and PostgreSQL."""

import pytest
from flask import Flask
from sqlalchemy import text

from app.adapters.sql.clients import SqlClients
from app.adapters.sql.db import open_database
from app.adapters.sql.deliveries import delivery_row
from app.adapters.sql.installation import WrongMasterKey, open_data_key
from app.adapters.sql.keys import SqlKeys
from app.adapters.sql.reseal import reseal
from app.adapters.sql.tables import client_secrets, deliveries, installation, signing_keys
from app.core.kernel.sealing import Sealer, Unsealable
from app.core.keys.model import KeyPurpose
from tests.support.parallel import at_once
from tests.support.prepared_keys import keys_of
from tests.support.world import MASTER_KEY, NOON, World

NEW_KEY = bytes(range(32, 64))


def _deliver(world: World, number: str, content: bytes) -> None:
    with world.database.connection() as connection:
        connection.execute(
            deliveries.insert().values(
                id=number,
                kind="mail",
                sealed=world.sealer.seal(content, row=delivery_row(number)),
                created_at=NOON,
                due_at=NOON,
                tries=0,
            )
        )


def test_the_data_key_is_made_once_and_stays(world: World) -> None:
    first = open_data_key(world.database, world.sealer)
    assert len(first) == 32
    assert open_data_key(world.database, world.sealer) == first


def test_workers_that_start_together_agree_on_the_data_key(database_url: str) -> None:
    database = open_database(Flask("first start"), database_url)
    made = at_once(lambda _: open_data_key(database, Sealer((MASTER_KEY,))), range(6))
    database.close()
    assert len(set(made)) == 1


def test_a_wrong_master_key_is_refused(world: World) -> None:
    with pytest.raises(WrongMasterKey):
        open_data_key(world.database, Sealer((NEW_KEY,)))
    assert open_data_key(world.database, Sealer((NEW_KEY, MASTER_KEY)))


def test_no_secret_lies_in_the_database_in_clear(world: World) -> None:
    pool = world.a_pool()
    client = world.a_client(pool, confidential=True)
    keys_of(world).ensure(pool.pool_id)
    with world.database.connection() as connection:
        dump = "".join(
            str(row)
            for table in (client_secrets, signing_keys, installation)
            for row in connection.execute(table.select())
        )
    assert client.secrets[0].reveal() not in dump
    assert "PRIVATE KEY" not in dump


def test_blobs_that_were_swapped_between_rows_are_refused(world: World) -> None:
    pool = world.a_pool()
    mine, theirs = world.a_client(pool, confidential=True), world.a_client(pool, confidential=True)
    keys_of(world).ensure(pool.pool_id)
    with world.database.transaction(), world.database.connection() as connection:
        sealed = dict(connection.execute(text("SELECT client_id, sealed FROM client_secrets")).all())  # type: ignore[arg-type]
        for to, source in ((mine, theirs), (theirs, mine)):
            owned = client_secrets.c.client_id == to.client_id
            connection.execute(client_secrets.update().where(owned).values(sealed=sealed[source.client_id]))
        pems = connection.execute(signing_keys.select().order_by(signing_keys.c.kid)).all()
        first = signing_keys.c.kid == pems[0].kid
        connection.execute(signing_keys.update().where(first).values(sealed_pem=pems[1].sealed_pem))
    with pytest.raises(Unsealable):
        world.clients.find(mine.client_id)
    with pytest.raises(Unsealable):
        world.keys.list_of(pool.pool_id)


def test_after_resealing_the_old_master_key_can_go(world: World) -> None:
    pool = world.a_pool()
    client = world.a_client(pool, confidential=True)
    keys = keys_of(world)
    keys.ensure(pool.pool_id)
    kid = keys.signer(pool.pool_id, KeyPurpose.ID).kid
    _deliver(world, "d1", b"a message")
    data_key = open_data_key(world.database, world.sealer)

    both, only_new = Sealer((NEW_KEY, MASTER_KEY)), Sealer((NEW_KEY,))
    assert SqlClients(world.database, both).find(client.client_id) == client
    assert reseal(world.database, both) == 1 + 2 + 1 + 1
    assert open_data_key(world.database, only_new) == data_key, "what was hashed still matches"
    assert SqlClients(world.database, only_new).find(client.client_id) == client
    assert kid in {key.kid for key in SqlKeys(world.database, only_new).list_of(pool.pool_id)}
    with world.database.connection() as connection:
        sealed = connection.execute(deliveries.select()).one().sealed
    assert only_new.unseal(sealed, row=delivery_row("d1")) == b"a message"
    with pytest.raises(WrongMasterKey):
        open_data_key(world.database, Sealer((MASTER_KEY,)))
    assert reseal(world.database, both) == 0


def test_resealing_goes_on_past_one_batch(world: World) -> None:
    for number in range(410):
        _deliver(world, f"{number:04}", b"x")
    both = Sealer((NEW_KEY, MASTER_KEY))
    assert reseal(world.database, both) == 410 + 1
    with world.database.connection() as connection:
        assert all(both.is_current(row.sealed) for row in connection.execute(deliveries.select()))


def test_resealing_stops_at_what_no_key_opens(world: World) -> None:
    _deliver(world, "d1", b"a message")
    with pytest.raises(Unsealable):
        reseal(world.database, Sealer((NEW_KEY,)))
    assert open_data_key(world.database, world.sealer)
