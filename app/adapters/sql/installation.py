"""What belongs to the installation as a whole: the master key's check value and the data key that keyed hashes use."""

import secrets
from contextlib import suppress

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.adapters.sql.db import Database
from app.adapters.sql.tables import installation
from app.core.kernel.sealing import Sealer, Unsealable

DATA_KEY = "data_key"


def installation_row(name: str) -> str:
    """The associated data under which a fact of the installation is sealed."""
    return f"installation:{name}"


class WrongMasterKey(Exception):  # noqa: N818 - says what is wrong
    """The master key given does not open this database."""


def has_data_key(database: Database) -> bool:
    """Whether some master key has sealed this database already."""
    with database.connection() as connection:
        found = select(installation.c.name).where(installation.c.name == DATA_KEY)
        return connection.execute(found).scalar_one_or_none() is not None


def open_data_key(database: Database, sealer: Sealer) -> bytes:
    """The 32-byte data key, made on first use. Sealed, so it is at once the master key's check value: ``WrongMasterKey`` where it does not open."""
    found = select(installation.c.value).where(installation.c.name == DATA_KEY)
    with database.connection() as connection:
        sealed = connection.execute(found).scalar_one_or_none()
        if sealed is None:
            fresh = sealer.seal(secrets.token_bytes(32), row=installation_row(DATA_KEY))
            with suppress(IntegrityError):  # Another worker was first; its key is the one.
                connection.execute(insert(installation).values(name=DATA_KEY, value=fresh))
            sealed = connection.execute(found).scalar_one()
    try:
        return sealer.unseal(sealed, row=installation_row(DATA_KEY))
    except Unsealable as error:
        raise WrongMasterKey("The master key does not open this database: it was sealed under another one.") from error
