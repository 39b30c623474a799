"""Master key rotation: every sealed column is sealed again under the key that seals now.

Give the servers the new key first and the old one behind it (``NEW,OLD``), reseal, then drop the old key.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Column, ColumnElement, Table, and_, select, true, tuple_, update

from app.adapters.sql.clients import secret_row
from app.adapters.sql.db import Database
from app.adapters.sql.deliveries import delivery_row
from app.adapters.sql.factor_tables import totp_secrets
from app.adapters.sql.installation import DATA_KEY, installation_row
from app.adapters.sql.issuer_tables import issuer_keys
from app.adapters.sql.keys import issuer_key_row, key_row
from app.adapters.sql.principals import access_key_row
from app.adapters.sql.software_tokens import token_row
from app.adapters.sql.tables import access_keys, client_secrets, deliveries, installation, signing_keys, users
from app.core.factors.password import verifier_row
from app.core.kernel.sealing import Sealer

_BATCH = 200
"""Rows per transaction, so that sign-ins are never kept waiting for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    """One sealed column: ``row`` makes the associated data from the primary key, ``among`` says which rows are sealed."""

    table: Table
    key: tuple[Column[str], ...]
    column: Column[str]
    row: Callable[..., str]
    among: ColumnElement[bool] = field(default_factory=true)


_COLUMNS = (
    _Sealed(table=client_secrets, key=(client_secrets.c.secret_id,), column=client_secrets.c.sealed, row=secret_row),
    _Sealed(table=signing_keys, key=(signing_keys.c.kid,), column=signing_keys.c.sealed_pem, row=key_row),
    _Sealed(table=issuer_keys, key=(issuer_keys.c.kid,), column=issuer_keys.c.sealed_pem, row=issuer_key_row),
    _Sealed(table=access_keys, key=(access_keys.c.access_key_id,), column=access_keys.c.sealed, row=access_key_row),
    _Sealed(table=deliveries, key=(deliveries.c.id,), column=deliveries.c.sealed, row=delivery_row),
    _Sealed(
        table=users,
        key=(users.c.pool_id, users.c.sub),
        column=users.c.srp,
        row=lambda _pool_id, sub: verifier_row(sub),
        among=users.c.srp.is_not(None),
    ),
    _Sealed(table=totp_secrets, key=(totp_secrets.c.token_id,), column=totp_secrets.c.sealed, row=token_row),
    _Sealed(
        table=installation,
        key=(installation.c.name,),
        column=installation.c.value,
        row=installation_row,
        among=installation.c.name == DATA_KEY,
    ),
)


def reseal(database: Database, sealer: Sealer) -> int:
    """Seals everything again that is not sealed under the current key; returns how many values that were.

    Safe to repeat and to run beside serving workers: a value that changed meanwhile is left alone. ``Unsealable`` where a
    value opens under none of the keys; what was resealed before it stays resealed.
    """
    return sum(_reseal_column(database, sealer, sealed) for sealed in _COLUMNS)


def _reseal_column(database: Database, sealer: Sealer, sealed: _Sealed) -> int:
    resealed, last = 0, tuple("" for _ in sealed.key)
    while True:
        batch = (
            select(*sealed.key, sealed.column)
            .where(tuple_(*sealed.key) > tuple_(*last), sealed.among)
            .order_by(*sealed.key)
            .limit(_BATCH)
        )
        with database.writing() as connection:
            rows = connection.execute(batch).all()
            for *key, blob in rows:
                if sealer.is_current(blob):
                    continue
                row = sealed.row(*key)
                fresh = sealer.seal(sealer.unseal(blob, row=row), row=row)
                unchanged = and_(
                    *(column == value for column, value in zip(sealed.key, key, strict=True)), sealed.column == blob
                )
                written = connection.execute(update(sealed.table).where(unchanged).values({sealed.column.name: fresh}))
                resealed += written.rowcount
        if len(rows) < _BATCH:
            return resealed
        last = tuple(rows[-1][:-1])
