"""What belongs to the installation as a whole: the master key's check value and the data key that keyed hashes use."""

import secrets
from contextlib import suppress

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.db import Database
from app.adapters.sql.tables import installation
from app.core.kernel.sealing import Sealer, Unsealable

_DATA_KEY = "data_key"


class WrongMasterKey(Exception):  # noqa: N818 - says what is wrong
    """The master key given does not open this database."""


def open_data_key(database: Database, sealer: Sealer) -> bytes:
    """The 32-byte data key, made on first use. Sealed, so it is at once the master key's check value: ``WrongMasterKey`` where it does not open."""
    found = select(installation.c.value).where(installation.c.name == _DATA_KEY)
    with database.connection() as connection:
        sealed = connection.execute(found).scalar_one_or_none()
        if sealed is None:
            fresh = sealer.seal(secrets.token_bytes(32), row=f"installation:{_DATA_KEY}")
            with suppress(IntegrityError):  # Another worker was first; its key is the one.
                connection.execute(insert(installation).values(name=_DATA_KEY, value=fresh))
            sealed = connection.execute(found).scalar_one()
    try:
        return sealer.unseal(sealed, row=f"installation:{_DATA_KEY}")
    except Unsealable as error:
        raise WrongMasterKey("The master key does not open this database: it was sealed under another one.") from error


def reseal_data_key(database: Database, sealer: Sealer) -> None:
    """Seals the data key under the key that seals now (master key rotation)."""
    data_key = open_data_key(database, sealer)
    with database.connection() as connection:
        connection.execute(
            update(installation)
            .where(installation.c.name == _DATA_KEY)
            .values(value=sealer.seal(data_key, row=f"installation:{_DATA_KEY}"))
        )
